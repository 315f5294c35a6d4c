//! The command line of `grantry events`.

use clap::{ArgGroup, Args, Subcommand};

use crate::settings::DataDirectoryFlags;

/// Arguments of `grantry events`.
#[derive(Debug, Args)]
pub(crate) struct EventsArguments {
    /// Where the events are.
    #[command(flatten)]
    pub(crate) place: DataDirectoryFlags,
    /// Print JSON: one object a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What to do with them.
    #[command(subcommand)]
    pub(crate) command: EventsCommand,
}

/// The commands about events.
#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// Tell how many events wait for each destination and how many were given up; or list those of one
    /// destination, oldest first.
    List {
        /// The name of a destination.
        destination: Option<String>,
        /// Only those that were given up.
        #[arg(long, requires = "destination")]
        given_up: bool,
    },
    /// Show one event with the message that is sent.
    Show {
        /// Number of the event, or `x-grantry-event-id` of its message.
        id: String,
    },
    /// Send what was given up again, as if it were new.
    Retry(GivenUpArguments),
    /// Forget what was given up; nobody will be told of it.
    Forget(GivenUpArguments),
}

/// Which of the events that were given up are meant.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true))]
pub(crate) struct GivenUpArguments {
    /// Number of the event, or `x-grantry-event-id` of its message.
    #[arg(group = "which")]
    pub(crate) id: Option<String>,
    /// All of them.
    #[arg(long, group = "which")]
    pub(crate) all: bool,
    /// With --all: of one destination only.
    #[arg(long, value_name = "NAME", conflicts_with = "id")]
    pub(crate) destination: Option<String>,
}
