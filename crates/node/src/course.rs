//! A node under way: one watcher, one line to the office for what it brings and one for what it asks.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dial::{Address, DialError, Line};
use jiff::{SignedDuration, Timestamp};
use link::{LookBatch, NodeBlind, Taken, Token};
use tokio::sync::{Notify, mpsc, watch as channel};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use watch::{Check, Reach, Report, Roots, Watcher};

use crate::checks::{Given, built, keep, kept};
use crate::journal::{Journal, Waiting};
use crate::settings::Settings;
use crate::told::{self, REPORTS_MAX};

/// Between two syncs of the journal.
const JOURNAL_EVERY: Duration = Duration::from_secs(1);
/// Between two questions for checks.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// Between two tries while the office is away: it doubles up to this.
const RETRY_MAX: Duration = Duration::from_secs(30);
/// The last try to bring something at the end.
const LAST_TRY: Duration = Duration::from_secs(5);
/// Reports that wait for the journal in the watcher's line.
const LINE_MAX: usize = 20_000;
/// Reports that wait while the journal cannot be written; beyond, the oldest are given up.
const UNWRITTEN_MAX: usize = 100_000;

/// Why a node cannot run.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The token.
    #[error("cannot read the token from {path}: put what `yakusoku station add` printed there")]
    TokenFile {
        /// Which file.
        path: std::path::PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What is in its file.
    #[error("the token is of no use")]
    Token(#[from] link::TokenError),
    /// TLS.
    #[error("cannot set TLS up")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The state folder.
    #[error("cannot use the state folder {path}: check that it can be written to")]
    State {
        /// Which folder.
        path: std::path::PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Two nodes with one folder.
    #[error("another node uses {path}: give each its own `state`")]
    Locked {
        /// Which folder.
        path: std::path::PathBuf,
    },
    /// The system's resolvers and roots.
    #[error("cannot look at anything")]
    Reach(#[from] watch::ReachError),
}

/// What the parts of a node share.
struct Node {
    settings: Settings,
    clock: fn() -> Timestamp,
    journal: Mutex<Journal>,
    /// Something was written.
    written: Notify,
    address: Arc<Address>,
    /// Held until the end.
    _lock: File,
}

impl Node {
    fn open(
        settings: Settings,
        token: &Token,
        clock: fn() -> Timestamp,
    ) -> Result<Node, NodeError> {
        let folder = settings.state.clone();
        let failed = |source| NodeError::State { path: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(failed)?;
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false);
        let lock = options.open(folder.join("lock")).map_err(failed)?;
        let exclusive = rustix::fs::FlockOperation::NonBlockingLockExclusive;
        if rustix::fs::flock(&lock, exclusive).is_err() {
            return Err(NodeError::Locked { path: folder });
        }
        let journal = Journal::open(&folder.join("journal"), settings.journal, clock());
        let journal = Mutex::new(journal.map_err(failed)?);
        let address = Address::new(settings.office.clone(), token, "yakusoku-node");
        let address = address.map_err(|error| NodeError::Tls(error.into()))?;
        let (written, address) = (Notify::new(), Arc::new(address));
        Ok(Node { settings, clock, journal, written, address, _lock: lock })
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        // Each change of the journal leaves it whole.
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Work on the journal, away from the threads that serve sockets.
    async fn on_disk<T: Send + 'static>(
        self: &Arc<Node>,
        work: impl FnOnce(&mut Journal) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let node = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&mut node.journal())).await;
        done.map_err(io::Error::other)?
    }
}

/// Runs a node until `stop` is done; calls `ready` when it looks.
///
/// # Errors
/// When it cannot start.
pub async fn run(
    settings: Settings,
    clock: fn() -> Timestamp,
    ready: impl FnOnce(),
    stop: impl Future<Output = ()>,
) -> Result<(), NodeError> {
    let path = settings.token_file.clone();
    let text = fs::read_to_string(&path).map_err(|source| NodeError::TokenFile { path, source })?;
    let token = Token::parse(&text)?;
    let mut reach = reach(&settings, clock)?;
    reach.policy = settings.policy.clone();
    reach.source = settings.source;
    let node = Arc::new(Node::open(settings, &token, clock)?);
    let (stopping, stopped) = channel::channel(false);
    let given = kept(&node.settings.state.join(CHECKS));
    let checks = given.as_ref().map(|it| built(it, &node.settings.plugins)).unwrap_or_default();
    let off = blind_while_off(&node, &checks);
    let (list, checks) = channel::channel(checks);
    let (sink, reports) = mpsc::channel(LINE_MAX);
    let watcher = Watcher::new(Arc::new(reach), &token.station.to_string());
    let mut tasks = JoinSet::new();
    tasks.spawn(watcher.run(checks, sink, told_to_stop(stopped.clone())));
    tasks.spawn(ask(Arc::clone(&node), given, list, stopped.clone()));
    tasks.spawn(bring(Arc::clone(&node), stopped.clone()));
    let journal = tokio::spawn(write(Arc::clone(&node), reports, off));
    tracing::info!(office = node.settings.office.host, "the node is up");
    ready();
    stop.await;
    stopping.send_replace(true);
    while tasks.join_next().await.is_some() {}
    if let Err(error) = journal.await {
        tracing::error!(%error, "the journal ended too early");
    }
    let last = async {
        let mut line = Line::new(Arc::clone(&node.address));
        while bring_some(&node, &mut line).await.is_ok_and(|brought| brought) {}
    };
    if timeout(LAST_TRY, last).await.is_err() {
        tracing::info!("the office did not take everything: the rest waits in the journal");
    }
    Ok(())
}

fn reach(settings: &Settings, clock: fn() -> Timestamp) -> Result<Reach, watch::ReachError> {
    let by = |roots| Reach::new(settings.resolvers.as_deref(), roots, clock);
    // A small container has no roots of its own.
    by(&Roots::System).or_else(|_| by(&Roots::Mozilla))
}

async fn told_to_stop(mut stopped: channel::Receiver<bool>) {
    // An error is the end of the program, too.
    stopped.wait_for(|stop| *stop).await.ok();
}

/// The checks, in the state folder.
const CHECKS: &str = "checks.json";
/// When the node was last there, in the state folder.
const ALIVE: &str = "alive";

/// What was not looked at since the node was last there.
fn blind_while_off(node: &Node, checks: &[Check]) -> Vec<NodeBlind> {
    let text = fs::read_to_string(node.settings.state.join(ALIVE)).unwrap_or_default();
    let Ok(alive) = text.trim().parse::<Timestamp>() else { return Vec::new() };
    let now = (node.clock)();
    let off = now.duration_since(alive);
    let missed = checks
        .iter()
        .filter(|check| SignedDuration::try_from(check.every).is_ok_and(|pace| off >= pace));
    missed.map(|check| told::blind(&Arc::new(check.clone()), alive, now)).collect()
}

/// Writes what the watcher reports until it has ended and all is told.
async fn write(node: Arc<Node>, mut reports: mpsc::Receiver<Report>, off: Vec<NodeBlind>) {
    let mut waiting: Vec<LookBatch> = Vec::new();
    for blind in off.chunks(REPORTS_MAX) {
        waiting.push(LookBatch { blind: blind.to_vec(), ..LookBatch::default() });
    }
    let mut ticks = interval(JOURNAL_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut trouble = Trouble::new("what was seen cannot be written to the journal");
    loop {
        ticks.tick().await;
        let mut come = Vec::new();
        let is_over = take(&mut reports, &mut come);
        waiting.extend(come.chunks(REPORTS_MAX).map(told::batch));
        let now = (node.clock)();
        let batches = std::mem::take(&mut waiting);
        let written = node.on_disk(move |journal| Ok(append(journal, batches, now))).await;
        let (left, done) = written.unwrap_or_else(|error| (Vec::new(), Err(error)));
        waiting = left;
        trouble.note(done);
        node.written.notify_one();
        // Only says since when nobody looked, should this program be killed.
        fs::write(node.settings.state.join(ALIVE), now.to_string()).ok();
        if is_over {
            return;
        }
        let surplus = waiting.len().saturating_sub(UNWRITTEN_MAX / REPORTS_MAX);
        waiting.drain(..surplus);
    }
}

/// Writes batches in their order; what is left when one could not be written.
fn append(
    journal: &mut Journal,
    batches: Vec<LookBatch>,
    now: Timestamp,
) -> (Vec<LookBatch>, io::Result<()>) {
    let shrunk = journal.shrink(now).map(|lost| {
        if !lost.is_empty() {
            tracing::warn!(checks = lost.len(), "the journal is full: the oldest looks are lost");
        }
        lost.chunks(REPORTS_MAX)
            .map(|blind| LookBatch { blind: blind.to_vec(), ..LookBatch::default() })
            .collect::<Vec<_>>()
    });
    let (mut batches, mut done) = match shrunk {
        Ok(lost) => (lost.into_iter().chain(batches).collect::<Vec<_>>(), Ok(())),
        Err(error) => (batches, Err(error)),
    };
    let mut written = 0;
    for batch in &batches {
        if let Err(error) = journal.append(batch.clone(), now) {
            done = Err(error);
            break;
        }
        written += 1;
    }
    batches.drain(..written);
    (batches, done)
}

/// Takes what has come; whether nothing will come any more.
fn take(reports: &mut mpsc::Receiver<Report>, come: &mut Vec<Report>) -> bool {
    loop {
        match reports.try_recv() {
            Ok(report) => come.push(report),
            Err(mpsc::error::TryRecvError::Empty) => return false,
            Err(mpsc::error::TryRecvError::Disconnected) => return true,
        }
    }
}

/// Asks the office for checks.
async fn ask(
    node: Arc<Node>,
    given: Option<Given>,
    list: channel::Sender<Vec<Check>>,
    stopped: channel::Receiver<bool>,
) {
    let mut line = Line::new(Arc::clone(&node.address));
    let mut version = given.map(|given| given.version).unwrap_or_default();
    let mut trouble = Trouble::new("the office cannot be asked for checks");
    // The first answer is wanted whole: it tells how far the office got.
    let mut asked = String::new();
    let asking = async {
        loop {
            let path = format!("{}?version={asked}", link::CHECKS_PATH);
            let answer = line.get(&path, Duration::ZERO).await;
            let answer = answer.map_err(io::Error::other).and_then(|body| match body {
                Some(body) => Ok(Some(serde_json::from_slice::<Given>(&body)?)),
                None => Ok(None),
            });
            if let Ok(Some(given)) = &answer {
                node.journal().taken(given.taken);
                if given.version != version {
                    list.send_replace(built(given, &node.settings.plugins));
                    version.clone_from(&given.version);
                    tracing::info!(checks = given.checks.len(), "the office gave us checks");
                    let kept = keep(&node.settings.state.join(CHECKS), given);
                    kept.unwrap_or_else(|error| tracing::warn!(%error, "they cannot be kept"));
                }
                asked.clone_from(&given.version);
            }
            trouble.note(answer.map(drop));
            sleep(ASK_EVERY).await;
        }
    };
    tokio::select! {
        () = asking => {}
        () = told_to_stop(stopped) => {}
    }
}

/// Brings what waits in the journal, until it is told to stop.
async fn bring(node: Arc<Node>, stopped: channel::Receiver<bool>) {
    let bringing = async {
        let mut line = Line::new(Arc::clone(&node.address));
        let mut trouble = Trouble::new("the office does not take what was seen");
        let mut pause = JOURNAL_EVERY;
        loop {
            match bring_some(&node, &mut line).await {
                Ok(brought) => {
                    trouble.note(Ok(()));
                    pause = JOURNAL_EVERY;
                    if !brought {
                        node.written.notified().await;
                    }
                }
                Err(error) => {
                    trouble.note(Err(error));
                    sleep(pause).await;
                    pause = (pause * 2).min(RETRY_MAX);
                }
            }
        }
    };
    tokio::select! {
        () = bringing => {}
        () = told_to_stop(stopped) => {}
    }
}

/// Brings the oldest batches; whether there were any.
async fn bring_some(node: &Arc<Node>, line: &mut Line) -> io::Result<bool> {
    let Some(waiting) = node.on_disk(|journal| journal.waiting()).await? else { return Ok(false) };
    // The office compares the clocks: no handshake stands between the stamp and its arrival.
    line.reach().await.map_err(io::Error::other)?;
    let body = body(&waiting, (node.clock)());
    let answer = line.post(link::LOOKS_PATH, body.into_bytes()).await.map_err(io::Error::other)?;
    let Taken { taken } = serde_json::from_slice(&answer)?;
    if taken < waiting.last {
        let text = format!("it has batch {taken} and was brought {}", waiting.last);
        return Err(io::Error::other(DialError::Later(text)));
    }
    node.on_disk(move |journal| {
        journal.taken(taken);
        Ok(())
    })
    .await?;
    Ok(true)
}

fn body(waiting: &Waiting, sent: Timestamp) -> String {
    format!("{{\"sent\":\"{sent}\",\"batches\":[{}]}}", waiting.lines.join(","))
}

/// Tells once that something does not work, and once that it does again.
struct Trouble {
    what: &'static str,
    there: bool,
}

impl Trouble {
    fn new(what: &'static str) -> Trouble {
        Trouble { what, there: false }
    }

    fn note(&mut self, done: io::Result<()>) {
        match (done, self.there) {
            (Err(error), false) => {
                tracing::warn!(%error, "{}", self.what);
                self.there = true;
            }
            (Ok(()), true) => {
                tracing::info!("no longer so: {}", self.what);
                self.there = false;
            }
            _ => {}
        }
    }
}
