//! When to stop: a signal for the process, a word for its tasks.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// The name of the first signal that asks us to stop.
///
/// # Errors
/// When the system does not let us listen for signals.
pub async fn next() -> std::io::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    })
}

/// Returns when the tasks are told to stop, or when whoever tells them is gone.
pub async fn told(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is the end as well.
    let _ = stopped.wait_for(|stop| *stop).await;
}
