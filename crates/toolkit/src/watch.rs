//! Watches that uploads of an application work, and raises the alarm when they do not.
//!
//! A run makes its checks, remembers each result in the state file, and sends a notice where a check
//! changed: the machine of [`memory`] decides that, without knowing how notices travel. The channels
//! are in [`alarm`]; what one cannot deliver waits in the state file for the next run.

pub mod alarm;
pub mod checks;
pub mod configuration;
pub mod listener;
pub mod memory;
pub mod metrics;
pub mod result;
pub mod run;
pub mod state;
