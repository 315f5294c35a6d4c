//! The operator's tools: they look at applications that keep their files in a bucket, and at the
//! bucket, from outside, through any S3 endpoint.
//!
//! Nothing here knows the server's own storage. The time, the environment and the trusted certificates
//! are given by the binary; files are read and written only where the operator names them.

pub mod advise;
pub mod application;
pub mod config;
pub mod database;
pub mod doctor;
pub mod files;
pub mod fix;
pub mod http;
pub mod profile;
pub mod profiles;
pub mod recover;
pub mod s3;
pub mod systemd;
pub mod watch;
