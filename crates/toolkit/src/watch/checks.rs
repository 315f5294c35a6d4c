//! What is watched: one module a check.

pub mod local_accounts;
pub mod media;
pub mod pictures;
pub mod queue;
pub mod sampling;
pub mod write;

use super::alarm::Place;
use super::configuration::Pictures;
use crate::application::Application;
use crate::s3::S3Client;

/// What checks work with.
pub struct Watched<'a> {
    /// The application.
    pub application: &'a Application,
    /// Its bucket, asked with its own credentials.
    pub client: &'a S3Client,
    /// Where the watch runs.
    pub place: &'a Place,
    /// How pictures and media are looked at.
    pub pictures: &'a Pictures,
}
