//! Configuration of applications, read by each application's own rules.
//!
//! Every format becomes the same: a list of named values with the lines where they stand, names of
//! nested values joined with dots. Nothing is executed and nothing is guessed: what is not literal is
//! said to be unknown.

pub mod aws;
pub mod docker_env;
pub mod dotenv;
pub mod elixir;
mod layers;
mod lines;
mod literal;
pub mod php;
pub mod phpdotenv;
pub mod ruby;
pub mod systemd_env;
pub mod toml;
pub mod yaml;

pub(crate) use layers::read_text;
pub use layers::{Entry, Format, Found, Layer, Layers, Origin, ReadError};
