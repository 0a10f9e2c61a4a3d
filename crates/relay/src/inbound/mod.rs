//! Mail in: listeners, and how many sessions each composition allows.

mod passwords;
mod session;
pub(crate) mod stream;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mail::roster::Composition;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tracing::warn;

use crate::{Core, Listener};
pub(crate) use passwords::Passwords;

/// Wait after a failed accept, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// A client that is turned away has this long to take our word.
const TURN_AWAY_TIMEOUT: Duration = Duration::from_secs(5);

/// Sessions of a composition, over all its listeners.
#[derive(Default)]
pub(crate) struct SessionCounts(Mutex<HashMap<String, Arc<AtomicU32>>>);

impl SessionCounts {
    fn of(&self, composition: &str) -> Arc<AtomicU32> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.entry(composition.to_owned()).or_default().clone()
    }
}

/// What the sessions share.
pub(crate) struct Reception {
    pub core: Arc<Core>,
    pub composition: Arc<Composition>,
    pub implicit_tls: bool,
    sessions: Arc<AtomicU32>,
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
                if let Some(guest) = Guest::admit(&reception) {
                    tokio::spawn(session::run(guest, stream, client.ip().to_canonical()));
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

/// One of the composition's sessions, given back when dropped.
pub(crate) struct Guest(Arc<Reception>);

impl Guest {
    fn admit(reception: &Arc<Reception>) -> Option<Guest> {
        let limit = u32::from(reception.composition.limits.sessions);
        let took = reception.sessions.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
            (count < limit).then_some(count + 1)
        });
        let counts = &reception.core.counts;
        if took.is_err() {
            counts.sessions_refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        counts.sessions.fetch_add(1, Ordering::Relaxed);
        counts.sessions_total.fetch_add(1, Ordering::Relaxed);
        Some(Guest(reception.clone()))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::Relaxed);
        self.0.core.counts.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::ops::Deref for Guest {
    type Target = Reception;

    fn deref(&self) -> &Reception {
        &self.0
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
