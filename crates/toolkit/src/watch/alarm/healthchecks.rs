//! The dead man's switch: a service that raises the alarm when nothing is heard any more, in the manner
//! of healthchecks.io. It covers what this program cannot tell: that it does not run.

use super::super::configuration::{ConfigurationError, Healthchecks, url};
use crate::http::{HttpRequest, Transport};

/// What the switch is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A run begins.
    Start,
    /// A run ended with this exit code; 0 is well.
    Done(u8),
}

/// The switch.
pub struct DeadMansSwitch {
    url: String,
    transport: Transport,
}

impl DeadMansSwitch {
    /// The switch of a configuration.
    pub fn new(
        configuration: &Healthchecks,
        transport: Transport,
    ) -> Result<Self, ConfigurationError> {
        let file = configuration.url_file.as_deref();
        let url = url(configuration.url.as_deref(), file, "`[healthchecks]`")?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), transport })
    }

    /// Tells it. `run` is the same for the start and the end of a run, so that its length is known there.
    pub async fn ping(&self, signal: Signal, run: &str, summary: &str) -> Result<(), String> {
        let tail = match signal {
            Signal::Start => "/start".to_owned(),
            Signal::Done(code) => format!("/{code}"),
        };
        let request = HttpRequest::new("POST", format!("{}{tail}?rid={run}", self.url))
            .header("content-type", "text/plain; charset=utf-8")
            .body(summary.to_owned());
        let exchange = self.transport.send(&request).await;
        // The URL is the secret: it is not shown.
        if exchange.is_success() { Ok(()) } else { Err(exchange.result()) }
    }
}
