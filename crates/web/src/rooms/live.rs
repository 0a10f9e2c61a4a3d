//! `/live`: tells an open page which of its topics have changed, as server-sent events (HTML living
//! standard, section 9.2). A topic is a word and never content: the page asks for itself again and sees
//! what its session may see. Streams end when the person signs out and when the office stops.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::accounts;
use app::changes::{Change, Heard, Listener};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http_body_util::channel::{Channel, Sender};
use serde::Deserialize;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::Asked;
use crate::{Console, Shared, cookies};

/// Streams of one session: a window each, and some that are just closing.
const STREAMS_OF_SESSION_MAX: usize = 12;
/// Streams in all.
const STREAMS_MAX: usize = 1_000;
/// Topics of one page.
const TOPICS_MAX: usize = 16;
/// A page hears of changes at most so often.
const PACE: Duration = Duration::from_secs(1);
/// So often a stream says that it is alive, and asks whether its session still is.
const BEAT: Duration = Duration::from_secs(15);
/// Longest that a browser may leave what it was told unread.
const UNREAD_MAX: Duration = Duration::from_secs(30);
/// Events that wait for the socket.
const EVENTS_MAX: usize = 4;

pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/live", get(live)).layer(Extension(Arc::<Streams>::default()))
}

/// The streams of each session by its token, the oldest first, with their numbers. What is dropped ends.
type BySession = BTreeMap<String, Vec<(u64, oneshot::Sender<()>)>>;

/// The open streams.
#[derive(Default)]
struct Streams(Mutex<BySession>);

impl Streams {
    fn open(&self) -> MutexGuard<'_, BySession> {
        // Each change is one stream, so a panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more stream, and what tells that it must go; `None` when there are enough in all.
    /// In a session with too many the oldest goes: it is most likely of a page that was left, which
    /// shows only when something is sent there.
    fn enter(self: &Arc<Self>, session: &str) -> Option<(Place, oneshot::Receiver<()>)> {
        let mut open = self.open();
        let number = open.values().flatten().map(|(number, _)| number + 1).max().unwrap_or(0);
        let in_all = open.values().map(Vec::len).sum::<usize>();
        let is_full = open.get(session).is_some_and(|it| it.len() >= STREAMS_OF_SESSION_MAX);
        if in_all >= STREAMS_MAX && !is_full {
            return None;
        }
        let of_session = open.entry(session.to_owned()).or_default();
        if is_full {
            of_session.remove(0);
        }
        let (stays, gone) = oneshot::channel();
        of_session.push((number, stays));
        Some((Place { streams: Arc::clone(self), session: session.to_owned(), number }, gone))
    }
}

/// The place of an open stream, given back when it ends.
struct Place {
    streams: Arc<Streams>,
    session: String,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.open();
        if let Some(of_session) = open.get_mut(&self.session) {
            of_session.retain(|(number, _)| *number != self.number);
            if of_session.is_empty() {
                open.remove(&self.session);
            }
        }
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    topics: String,
}

async fn live(
    State(console): Shared,
    Extension(streams): Extension<Arc<Streams>>,
    f: Frame,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let topics: BTreeSet<String> =
        wanted.topics.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let token = cookies::read(&headers, cookies::SESSION).map(str::to_owned);
    let (Some(token), Some(person)) = (token, &f.person) else { return Err(Failure::Nowhere) };
    if topics.is_empty() || topics.len() > TOPICS_MAX {
        return Err(Failure::Unreadable);
    }
    let Some((place, gone)) = streams.enter(&person.csrf) else {
        return Ok(StatusCode::TOO_MANY_REQUESTS.into_response());
    };
    let (sender, body) = Channel::<Bytes>::new(EVENTS_MAX);
    let listener = console.office.changes.listen();
    let stream = Stream { console, token, topics, sender, _place: place };
    // It ends by itself: with its reader, its session, or the office.
    tokio::spawn(stream.run(listener, gone));
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        // A proxy such as nginx would hold events back until it has a page full.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::new(body)).into_response())
}

/// A page that listens.
struct Stream {
    console: Arc<Console>,
    token: String,
    topics: BTreeSet<String>,
    sender: Sender<Bytes>,
    _place: Place,
}

/// Why a stream ends.
struct Ended;

impl Stream {
    async fn run(mut self, listener: Listener, gone: oneshot::Receiver<()>) {
        // Whatever it was, there is nobody left to tell.
        tokio::select! {
            _ = self.tell(listener) => {}
            _ = gone => {}
        }
    }

    async fn tell(&mut self, mut listener: Listener) -> Result<(), Ended> {
        // A browser whose stream breaks comes back after so many milliseconds.
        self.send("retry: 3000\n\n".to_owned()).await?;
        let mut due: BTreeSet<String> = BTreeSet::new();
        let (mut pace, mut beat) = (interval(PACE), interval(BEAT));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                heard = listener.next() => match heard {
                    Heard::Change(Change::Sessions) => self.is_signed_in().await?,
                    Heard::Change(change) => {
                        let of = self.topics.iter().filter(|topic| concerns(topic, &change));
                        due.extend(of.cloned());
                    }
                    Heard::Missed => due.clone_from(&self.topics),
                    Heard::Over => return Err(Ended),
                },
                _ = pace.tick(), if !due.is_empty() => {
                    let words: Vec<String> = std::mem::take(&mut due).into_iter().collect();
                    self.send(format!("event: changed\ndata: {}\n\n", words.join(" "))).await?;
                }
                _ = beat.tick() => {
                    self.is_signed_in().await?;
                    self.send(":\n\n".to_owned()).await?;
                }
            }
        }
    }

    async fn send(&mut self, event: String) -> Result<(), Ended> {
        let sent = timeout(UNREAD_MAX, self.sender.send_data(Bytes::from(event))).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            _ => Err(Ended),
        }
    }

    /// Ends the stream of a session that is over. One that cannot be asked for now is not.
    async fn is_signed_in(&self) -> Result<(), Ended> {
        let now = (self.console.clock)();
        match accounts::session(&self.console.office, &self.token, now).await {
            Ok(None) => Err(Ended),
            Ok(Some(_)) | Err(_) => Ok(()),
        }
    }
}

/// Whether a topic of a page has changed.
fn concerns(topic: &str, change: &Change) -> bool {
    match change {
        Change::Evidence => topic == "evidence",
        Change::Contracts => topic == "contracts",
        Change::Notices => topic == "notices",
        Change::Sessions => false,
        Change::Checks => topic == "checks" || topic.starts_with("check:"),
        Change::Incident(id) => {
            let one = topic.strip_prefix("incident:").and_then(|number| number.parse().ok());
            topic == "incidents" || one == Some(*id)
        }
        Change::Looks(names) => {
            let one = topic.strip_prefix("check:");
            topic == "checks" || one.is_some_and(|name| names.contains(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_topics_a_change_is_about() {
        let looks = Change::Looks(Arc::new(["top-page".to_owned()].into()));
        let all = [
            "evidence",
            "contracts",
            "notices",
            "checks",
            "check:top-page",
            "check:other",
            "incidents",
            "incident:3",
            "incident:33",
        ];
        let of = |change: &Change| {
            all.iter()
                .filter(|topic| concerns(topic, change))
                .copied()
                .collect::<Vec<_>>()
                .join(" ")
        };
        let cases = [
            (Change::Evidence, "evidence"),
            (Change::Contracts, "contracts"),
            (Change::Notices, "notices"),
            (Change::Checks, "checks check:top-page check:other"),
            (looks, "checks check:top-page"),
            (Change::Incident(3), "incidents incident:3"),
            (Change::Sessions, ""),
        ];
        for (change, expected) in cases {
            assert_eq!(of(&change), expected, "{change:?}");
        }
    }

    #[test]
    fn streams_have_limits_and_give_their_place_back() {
        let streams = Arc::new(Streams::default());
        let mut places: Vec<_> =
            (0..STREAMS_OF_SESSION_MAX).filter_map(|_| streams.enter("a")).collect();
        assert_eq!(places.len(), STREAMS_OF_SESSION_MAX);
        let one_more = streams.enter("a");
        assert!(one_more.is_some());
        let ends = |place: &mut (Place, oneshot::Receiver<()>)| {
            place.1.try_recv() == Err(oneshot::error::TryRecvError::Closed)
        };
        assert!(ends(&mut places[0]), "the oldest makes room");
        assert!(!places[1..].iter_mut().any(ends));
        assert_eq!(streams.open()["a"].len(), STREAMS_OF_SESSION_MAX);
        assert!(streams.enter("b").is_some(), "another session has its own");
        drop((places, one_more));
        assert!(streams.open().is_empty());
        let all: Vec<_> =
            (0..2 * STREAMS_MAX).filter_map(|n| streams.enter(&n.to_string())).collect();
        assert_eq!(all.len(), STREAMS_MAX);
    }
}
