//! Mail in: listeners, and what they do with who comes.

mod guest;
mod passwords;
mod patience;
mod session;
pub(crate) mod stream;

use std::sync::Arc;
use std::time::Duration;

use mail::roster::Composition;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tracing::warn;

use crate::{Core, Listener};
pub(crate) use guest::SessionCounts;
use guest::{Guest, Sessions};
pub(crate) use passwords::Passwords;

/// Wait after a failed accept, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// A client that is turned away has this long to take our word.
const TURN_AWAY_TIMEOUT: Duration = Duration::from_secs(5);

/// What the sessions share.
pub(crate) struct Reception {
    pub core: Arc<Core>,
    pub composition: Arc<Composition>,
    pub implicit_tls: bool,
    sessions: Arc<Sessions>,
}

/// Takes clients until the relay stops.
pub(crate) async fn listen(core: Arc<Core>, composition: Arc<Composition>, listener: Listener) {
    let sessions = core.session_counts.of(&composition.name);
    let implicit_tls = listener.implicit_tls;
    let reception = Arc::new(Reception { core, composition, implicit_tls, sessions });
    let mut stopping = reception.core.stopping.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.bind.accept() => accepted,
            _ = stopping.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, client)) => {
                let ip = client.ip().to_canonical();
                if let Some(guest) = Guest::admit(&reception, ip) {
                    tokio::spawn(session::run(guest, stream, ip));
                } else {
                    tokio::spawn(turn_away(reception.clone(), stream));
                }
            }
            Err(error) => {
                warn!(error = %error, "cannot take a client");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Seed 001 annex 1.3: the session beyond the limit is answered, not left hanging.
async fn turn_away(reception: Arc<Reception>, mut stream: TcpStream) {
    if reception.implicit_tls {
        return;
    }
    let word =
        format!("421 4.7.0 {} Too many sessions, try again later\r\n", reception.core.hostname);
    // Whether it hears us is its own affair.
    let _ = tokio::time::timeout(TURN_AWAY_TIMEOUT, async {
        let _ = stream.write_all(word.as_bytes()).await;
        let _ = stream.shutdown().await;
    })
    .await;
}
