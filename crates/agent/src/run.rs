//! The loops of the agent, all on one thread: measure, read logs, wait for orders, deliver.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::future::Future;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::time::Duration;

use dial::{Address, DialError, Line};
use jiff::{SignedDuration, Timestamp};
use link::limits::{ORDERS_MAX, SHORT_MAX, WAIT_MAX};
use link::{Orders, Reading, StateWord, StationId, Token};
use rustix::fs::{FlockOperation, flock};
use tokio::sync::watch;

use crate::NAME;
use crate::database;
use crate::deliver::{self, Failures};
use crate::logs::Collector;
use crate::measure::{self, Gauge};
use crate::orders::{Acting, OfficeKey};
use crate::settings::Settings;
use crate::waiting::{Kind, RESULTS_BYTES_MAX, Waiting};
use crate::{AgentError, Clock};

/// How often log files are looked at.
const LOGS_EVERY: Duration = Duration::from_secs(1);
/// How long until orders are asked for again when none of them was new.
const SAME_ORDERS: Duration = Duration::from_secs(2);
/// How long an action that is running when we are told to stop may take.
const STOP_MAX: Duration = Duration::from_secs(10);

/// Between two looks at whether the machine goes down.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What the loops have in common.
struct Agent<'a> {
    settings: &'a Settings,
    station: StationId,
    address: Arc<Address>,
    waiting: &'a Waiting,
    clock: Clock,
    /// How the logs and databases are, and which actions are allowed, by the name of their state.
    conditions: RefCell<BTreeMap<String, (StateWord, String)>>,
    /// An action is running.
    acting: Cell<bool>,
    stopped: watch::Receiver<bool>,
}

/// Runs until it is told to stop. An action that is running then may go on for ten seconds. `opened` is called
/// when nothing that could hinder it is left: the state folder is ours.
///
/// # Errors
/// When the state folder or TLS cannot be used.
pub async fn run(
    settings: &Settings,
    token: &Token,
    clock: Clock,
    mut stopped: watch::Receiver<bool>,
    opened: impl FnOnce(),
) -> Result<(), AgentError> {
    let state = |source| AgentError::State { path: settings.state.clone(), source };
    let _lock = lock(settings)?;
    let waiting = Waiting::open(&settings.state, settings.journal_limit).map_err(state)?;
    let address = Address::new(settings.office.clone(), token, NAME).map_err(AgentError::Tls)?;
    let key = OfficeKey::new(token.orders_key);
    let goes_down = Cell::new(false);
    let acting = Acting::open(settings, key, &waiting, clock, &goes_down).map_err(state)?;
    let agent = Agent {
        settings,
        station: token.station,
        address: Arc::new(address),
        waiting: &waiting,
        clock,
        conditions: RefCell::new(allowed(settings)),
        acting: Cell::new(false),
        stopped: stopped.clone(),
    };
    tracing::info!(station = settings.station, office = settings.office.host, "the agent runs");
    opened();
    let orders = agent.orders(acting);
    let logs = agent.logs();
    let others = async {
        tokio::join!(
            agent.measure(),
            agent.databases(),
            deliver::deliver(Kind::Readings, &waiting, &agent.address),
            deliver::deliver(Kind::Logs, &waiting, &agent.address),
            deliver::deliver(Kind::Results, &waiting, &agent.address),
        )
    };
    tokio::pin!(orders);
    let until_told = async {
        tokio::select! {
            _ = others => {}
            () = &mut orders => {}
            // An error means that whoever tells is gone, which is the end as well.
            _ = stopped.wait_for(|stop| *stop) => {}
        }
    };
    // The logs write down where they stopped.
    tokio::join!(until_told, logs);
    // A restart of the machine that we asked for waits for us.
    let going_down = async {
        while !goes_down.get() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    if agent.acting.get() {
        tokio::select! {
            ended = tokio::time::timeout(STOP_MAX, orders) => {
                if ended.is_err() {
                    tracing::warn!("an action still runs; it will be told as unknown");
                }
            }
            () = going_down => {}
        }
    }
    Ok(())
}

/// The actions of our list, so that people at the office know what they can order.
fn allowed(settings: &Settings) -> BTreeMap<String, (StateWord, String)> {
    let allowed =
        |name: &str| (format!("action.{name}"), (StateWord::Good, "is allowed".to_owned()));
    settings.action_names().into_iter().map(allowed).collect()
}

/// Makes the state folder, mode 700, and keeps other agents out of it.
fn lock(settings: &Settings) -> Result<File, AgentError> {
    let path = settings.state.clone();
    let make = || -> io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        fs::create_dir_all(path.join("logs"))?;
        File::create(path.join("agent.lock"))
    };
    let file = make().map_err(|source| AgentError::State { path: path.clone(), source })?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(_) => Err(AgentError::Taken { path }),
    }
}

impl Agent<'_> {
    /// To the millisecond: finer is not true of what is measured.
    fn now(&self) -> Timestamp {
        let now = (self.clock)();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Measures at once, and then at this station's own place in each interval.
    async fn measure(&self) {
        let mut gauge = Gauge::new(self.settings.watch.clone());
        loop {
            let now = self.now();
            let (reading, mut states) = gauge.look(now).await;
            states.extend(self.news(&mut gauge, now));
            if let Err(error) = self.waiting.tell(Some(reading), states) {
                tracing::error!(%error, "a reading is lost: the journal cannot be written");
            }
            tokio::time::sleep(until_next(self.station, self.settings.interval, self.now())).await;
        }
    }

    /// The conditions that are news.
    fn news(&self, gauge: &mut Gauge, now: Timestamp) -> Vec<link::StationState> {
        let conditions = self.conditions.borrow();
        let states = conditions
            .iter()
            .map(|(name, (word, detail))| measure::state(now, name.clone(), *word, detail));
        states.filter(|state| gauge.is_news(state)).collect()
    }

    fn note(&self, name: String, trouble: Option<&str>) {
        let condition = match trouble {
            None => (StateWord::Good, "is read".to_owned()),
            Some(why) => (StateWord::Bad, link::clipped(why, SHORT_MAX).to_owned()),
        };
        self.conditions.borrow_mut().insert(name, condition);
    }

    /// Asks for sizes, one database after another.
    async fn databases(&self) {
        let databases = &self.settings.databases;
        let mut due: Vec<Timestamp> = vec![self.now(); databases.len()];
        loop {
            for (database, due) in databases.iter().zip(&mut due) {
                let now = self.now();
                // A clock that was set back must not silence us.
                let wait = due.duration_since(now);
                if wait > SignedDuration::ZERO && wait <= database.every {
                    continue;
                }
                *due = now.checked_add(database.every).unwrap_or(now);
                let size = database::size(database).await;
                let name = format!("database.{}", database.name);
                self.note(name.clone(), size.as_ref().err().map(String::as_str));
                let Ok(bytes) = size else { continue };
                let values = database.values(bytes);
                let told = self.waiting.tell(Some(Reading { at: now, values }), Vec::new());
                if let Err(error) = told {
                    tracing::error!(%error, "a size is lost: the journal cannot be written");
                }
            }
            let next =
                due.iter().min().map_or(SignedDuration::MAX, |due| due.duration_since(self.now()));
            let next = Duration::try_from(next).unwrap_or_default();
            tokio::time::sleep(next.clamp(LOGS_EVERY, Duration::from_secs(3600))).await;
        }
    }

    /// Reads every log until we are told to stop; then where we stopped is written down.
    async fn logs(&self) {
        let folder = self.settings.state.join("logs");
        let resume =
            |log: &crate::settings::Log| Collector::resume(log.clone(), &folder, self.now());
        let mut collectors: Vec<Collector> = self.settings.logs.iter().map(resume).collect();
        let mut stopped = self.stopped.clone();
        loop {
            let mut more = false;
            for collector in &mut collectors {
                let collected = collector.look(self.now()).await;
                more |= collected.more;
                let closed = !collected.slots.is_empty();
                let told = match closed {
                    true => self.waiting.tell_slots(&collected.slots),
                    false => Ok(()),
                };
                let kept = told.and_then(|()| collector.keep(self.now(), closed));
                let trouble = kept.err().map(|error| format!("the agent's disk: {error}"));
                let name = format!("log.{}", collector.name());
                self.note(name, trouble.as_deref().or(collector.trouble()));
            }
            let pause = if more { Duration::ZERO } else { LOGS_EVERY };
            if wait_or_stop(&mut stopped, pause, collectors.is_empty()).await {
                break;
            }
        }
        for collector in &mut collectors {
            if let Err(error) = collector.keep(self.now(), true) {
                tracing::error!(%error, log = collector.name(), "cannot write where we stopped");
            }
        }
    }

    /// Waits for orders and acts on them, one after another, until we are told to stop.
    async fn orders(&self, mut acting: Acting<'_>) {
        let mut line = Line::new(Arc::clone(&self.address));
        let mut failures = Failures::default();
        let mut known_as = String::new();
        while !*self.stopped.borrow() {
            if self.waiting.results.bytes() > RESULTS_BYTES_MAX {
                tracing::error!("too many results wait for the office: no order is taken");
                tokio::time::sleep(SAME_ORDERS * 10).await;
                continue;
            }
            let heard = self.waiting.results.bytes() == 0;
            let orders = match ask(&mut line, WAIT_MAX).await {
                Ok(orders) => orders,
                Err(error) => {
                    failures.wait(link::ORDERS_PATH, &error).await;
                    continue;
                }
            };
            failures.over(link::ORDERS_PATH);
            if orders.station != known_as {
                known_as.clone_from(&orders.station);
                if !is_known_as(&known_as, &self.settings.station) {
                    let office = known_as.as_str();
                    tracing::error!(
                        office,
                        "the office knows us by another name: no order is taken"
                    );
                }
            }
            let mut new = orders.orders.is_empty();
            self.acting.set(true);
            for order in orders.orders.iter().take(ORDERS_MAX) {
                if !*self.stopped.borrow() {
                    new |= acting.handle(order, heard).await;
                }
            }
            self.acting.set(false);
            if !new {
                // The office has not heard our results yet.
                tokio::time::sleep(SAME_ORDERS).await;
            }
        }
    }
}

/// Whether the office knows a station by the name that stands in its file.
#[must_use]
pub fn is_known_as(office: &str, file: &str) -> bool {
    office.is_empty() || office == file
}

/// Asks for orders, and waits up to so many seconds for the first.
pub(crate) async fn ask(line: &mut Line, wait: u64) -> Result<Orders, DialError> {
    let path = format!("{}?wait={wait}", link::ORDERS_PATH);
    let answer = line.get(&path, Duration::from_secs(wait)).await?.unwrap_or_default();
    serde_json::from_slice(&answer)
        .map_err(|error| DialError::Later(format!("a strange answer: {error}")))
}

/// Waits so long, or without an end when there is nothing to do; `true` when we are told to stop.
async fn wait_or_stop(stopped: &mut watch::Receiver<bool>, pause: Duration, idle: bool) -> bool {
    let wait: std::pin::Pin<Box<dyn Future<Output = ()>>> = match idle {
        true => Box::pin(std::future::pending()),
        false => Box::pin(tokio::time::sleep(pause)),
    };
    tokio::select! {
        biased;
        _ = stopped.wait_for(|stop| *stop) => true,
        () = wait => false,
    }
}

/// How long until the next reading: each station has its own place in the interval, so that not all
/// come at once.
fn until_next(station: StationId, interval: Duration, now: Timestamp) -> Duration {
    let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
    let place = i64::from(crc32fast::hash(&station.0)) % interval;
    let passed = (now.as_millisecond() - place).rem_euclid(interval);
    Duration::from_millis(u64::try_from(interval - passed).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_station_has_its_place() {
        let minute = Duration::from_secs(60);
        let at = |millis| Timestamp::from_millisecond(millis).expect("an instant");
        for byte in 0..10 {
            let station = StationId([byte; 16]);
            let first = until_next(station, minute, at(1_800_000_000_000));
            assert!(first > Duration::ZERO && first <= minute);
            let millis = i64::try_from(first.as_millis()).expect("small");
            let next = at(1_800_000_000_000 + millis);
            assert_eq!(until_next(station, minute, next), minute, "no drift");
            let late = at(1_800_000_000_000 + millis + 1_500);
            assert_eq!(until_next(station, minute, late), minute - Duration::from_millis(1_500));
        }
    }
}
