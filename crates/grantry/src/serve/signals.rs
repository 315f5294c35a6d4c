//! SIGTERM and SIGINT: the first one stops the server in order, the second one at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::failure::Failure;

/// What a process that was ended by signal `n` returns to a shell.
const SIGNAL_EXIT_CODE: i32 = 128;

/// Watches for signals from now on; the value becomes true at the first one. Must be called inside
/// a runtime.
pub(super) fn watch() -> Result<watch::Receiver<bool>, Failure> {
    let failed = |error| Failure::new("cannot watch for signals", error);
    let mut signals = Signals {
        terminate: signal(SignalKind::terminate()).map_err(failed)?,
        interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
    };
    let (stop, watched) = watch::channel(false);
    tokio::spawn(async move {
        let signal = signals.next().await;
        tracing::info!(signal, "stopping; requests in flight may finish");
        stop.send_replace(true);
        let signal = signals.next().await;
        tracing::warn!(signal, "stopping at once");
        std::process::exit(SIGNAL_EXIT_CODE + signal);
    });
    Ok(watched)
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// The number of the next signal.
    async fn next(&mut self) -> i32 {
        let kind = tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
        };
        kind.as_raw_value()
    }
}
