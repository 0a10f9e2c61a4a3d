//! Tells systemd how we are (sd_notify(3)): one datagram to the socket in `NOTIFY_SOCKET`.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// What systemd hears.
#[derive(Clone, Copy, Debug)]
pub enum State {
    /// Everything listens.
    Ready,
    /// No new mail; what is on its way is finished.
    Stopping,
    /// Work goes on; see [`watched`].
    Alive,
}

/// Tells it. Without systemd nothing happens; a refusal is logged, since the service runs anyway.
pub fn tell(state: State) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let message = match state {
        State::Ready => "READY=1\n",
        State::Stopping => "STOPPING=1\n",
        State::Alive => "WATCHDOG=1\n",
    };
    if let Err(error) = send(&path.to_string_lossy(), message) {
        tracing::warn!(%error, "systemd could not be told");
    }
}

/// How often systemd is to hear that we are alive: twice as often as it asks for (sd_watchdog_enabled(3)).
/// `None` when it does not.
pub fn watched() -> Option<Duration> {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let us = u64::from(std::process::id());
    let of_another = number("WATCHDOG_PID").is_some_and(|pid| pid != us);
    let micros = number("WATCHDOG_USEC").filter(|micros| *micros > 0 && !of_another)?;
    Some(Duration::from_micros(micros / 2))
}

/// A name that begins with `@` is in the abstract namespace.
fn send(path: &str, message: &str) -> io::Result<()> {
    let address = match path.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(path)?,
    };
    UnixDatagram::unbound()?.send_to_addr(message.as_bytes(), &address)?;
    Ok(())
}
