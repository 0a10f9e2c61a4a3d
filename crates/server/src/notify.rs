//! Tells systemd how we are (sd_notify(3)): one datagram to the socket in `NOTIFY_SOCKET`.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// What systemd hears.
#[derive(Clone, Copy, Debug)]
pub enum State {
    /// Everything listens.
    Ready,
    /// No new mail; what is on its way is finished.
    Stopping,
}

/// Tells it. Without systemd nothing happens; a refusal is logged, since the service runs anyway.
pub fn tell(state: State) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let message = match state {
        State::Ready => "READY=1\n",
        State::Stopping => "STOPPING=1\n",
    };
    if let Err(error) = send(&path.to_string_lossy(), message) {
        tracing::warn!(%error, "systemd could not be told");
    }
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
