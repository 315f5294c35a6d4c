//! The checks: each asks, and a table or a few lines say what the answers mean.

pub mod checksums;
pub mod configuration;
pub mod public;
pub mod queues;
pub mod reach;
mod reading;
pub mod service;
pub mod settings;
pub mod transfer;
pub mod uploads;
