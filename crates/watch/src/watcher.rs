//! The watcher: looks at its checks round by round and reports what it saw, and when it could not see.
//!
//! One task runs each look and one loop starts them, so a look that stalls delays no other. A watcher
//! that slept or was starved reports a blind span, never up or down.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::answer::Seen;
use crate::check::Check;
use crate::gate::Gate;
use crate::look::look;
use crate::reach::Reach;
use crate::schedule::{Round, Schedule, pace};

/// The time of day may jump against the steady clock by this much before a sleep of the machine is
/// suspected.
const SLEPT_MIN: SignedDuration = SignedDuration::from_secs(1);
/// Turns begun in one go before the loop listens to anything else.
const ROUNDS_AT_ONCE: usize = 256;
/// The loop looks up at least so often, to notice a sleep of the machine.
const PULSE: Duration = Duration::from_secs(1);
/// Blind spans that wait for somebody to take them. Beyond, the oldest is dropped; the gap between
/// measurements still says that nothing is known.
const BLIND_WAITING_MAX: usize = 20_000;

/// What a watcher reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A look in a round of its check.
    Measured(Measured),
    /// Turns in which nobody looked.
    Blind(Blind),
}

/// A look in a round of its check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// What was looked at.
    pub check: Arc<Check>,
    /// When the look began.
    pub at: Timestamp,
    /// How long after its due instant it began.
    pub late: Duration,
    /// Turns before it that were left out because the look before had not ended.
    pub missed: u32,
    /// What was seen.
    pub seen: Seen,
}

/// A span, half-open, of which nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blind {
    /// What was not looked at.
    pub check: Arc<Check>,
    /// The first round without a look in time.
    pub from: Timestamp,
    /// The beginning of the next look, or the end of the sleep.
    pub until: Timestamp,
    /// Why.
    pub cause: BlindCause,
}

/// Why nobody looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlindCause {
    /// The watcher or its machine slept, or was given no time.
    Paused,
    /// There were too many looks under way, at the host or all together.
    Crowded,
    /// The look itself broke down: a fault of this program.
    Broken,
}

/// Looks at checks, round by round.
pub struct Watcher {
    reach: Arc<Reach>,
    name: String,
    gate: Gate<Round>,
}

impl Watcher {
    /// `name` is the watcher's own: watchers of different names look at different moments.
    pub fn new(reach: Arc<Reach>, name: &str) -> Watcher {
        Watcher { reach, name: name.to_owned(), gate: Gate::default() }
    }

    /// With these limits of looks under way, all together and at one host.
    pub fn with_limits(mut self, most: usize, most_per_host: usize) -> Watcher {
        self.gate = Gate::new(most, most_per_host);
        self
    }

    /// Looks until `shutdown` is done or nobody takes reports. A new list in `checks` holds from then
    /// on; a check whose settings make no sense is reported so in each of its rounds.
    ///
    /// A look has ended when its report was taken, so a `sink` that is never emptied comes to hold up
    /// everything. Looks under way at the end are given up and not reported.
    pub async fn run(
        self,
        mut checks: watch::Receiver<Vec<Check>>,
        sink: mpsc::Sender<Report>,
        shutdown: impl Future<Output = ()>,
    ) {
        let blind_sink = sink.clone();
        let mut course = Course::begin(self, sink);
        course.replace(checks.borrow_and_update().clone());
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let pulse = course.now() + PULSE;
            let wake = course.schedule.next_due().map_or(pulse, |due| due.min(pulse));
            tokio::select! {
                () = &mut shutdown => return,
                () = course.sink.closed() => return,
                Ok(room) = blind_sink.reserve(), if !course.blind.is_empty() => {
                    if let Some(blind) = course.blind.pop_front() {
                        room.send(Report::Blind(blind));
                    }
                }
                Some(ended) = course.looks.join_next_with_id() => {
                    course.ended(ended);
                    while let Some(ended) = course.looks.try_join_next_with_id() {
                        course.ended(ended);
                    }
                }
                Ok(()) = checks.changed() => course.replace(checks.borrow_and_update().clone()),
                () = sleep_until(course.began + wake) => course.wake(),
            }
            course.start();
        }
    }
}

/// A watcher under way. Durations are since it began.
struct Course {
    reach: Arc<Reach>,
    schedule: Schedule,
    gate: Gate<Round>,
    looks: JoinSet<()>,
    running: HashMap<Id, Arc<Check>>,
    /// Checks with a look in line or under way, and the rounds they have left out for it.
    busy: HashMap<String, u32>,
    /// Turns left out for a look that has ended since; the next look tells.
    missed: HashMap<String, u32>,
    blind: VecDeque<Blind>,
    sink: mpsc::Sender<Report>,
    began: Instant,
    began_at: Timestamp,
    /// How far the time of day has moved against the steady clock.
    moved: SignedDuration,
}

impl Course {
    fn begin(watcher: Watcher, sink: mpsc::Sender<Report>) -> Course {
        let began_at = (watcher.reach.clock)();
        let since = u64::try_from(began_at.as_nanosecond()).unwrap_or(0);
        Course {
            schedule: Schedule::new(Duration::from_nanos(since), &watcher.name),
            gate: watcher.gate,
            reach: watcher.reach,
            looks: JoinSet::new(),
            running: HashMap::new(),
            busy: HashMap::new(),
            missed: HashMap::new(),
            blind: VecDeque::new(),
            sink,
            began: Instant::now(),
            began_at,
            moved: SignedDuration::ZERO,
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// The time of day at an instant of the steady clock.
    fn at(&self, instant: Duration) -> Timestamp {
        let since = SignedDuration::try_from(instant).unwrap_or(SignedDuration::MAX);
        let at = self.began_at.checked_add(since.saturating_add(self.moved));
        at.unwrap_or(Timestamp::MAX)
    }

    fn replace(&mut self, checks: Vec<Check>) {
        let now = self.now();
        self.schedule.replace(checks, now);
        self.missed.retain(|name, _| self.schedule.has(name));
    }

    /// Puts what is due in line.
    fn wake(&mut self) {
        self.notice_sleep();
        let now = self.now();
        for _ in 0..ROUNDS_AT_ONCE {
            let Some(round) = self.schedule.due(now) else { return };
            if let Some(missed) = self.busy.get_mut(&round.check.name) {
                *missed = missed.saturating_add(1 + round.missed);
                continue;
            }
            if round.missed > 0 {
                let first = round.due.saturating_sub(pace(&round.check) * round.missed);
                self.blind(round.check.clone(), self.at(first), self.at(now), BlindCause::Paused);
            }
            self.busy.insert(round.check.name.clone(), 0);
            let host = round.check.target.host.clone();
            self.gate.arrive(&host, round);
        }
    }

    /// The steady clock stands still while the machine sleeps, and the time of day goes on.
    fn notice_sleep(&mut self) {
        let (steady, now) = (self.at(self.now()), (self.reach.clock)());
        let gap = now.duration_since(steady);
        self.moved = self.moved.saturating_add(gap);
        if gap < SLEPT_MIN {
            return;
        }
        let slept = |check: &&Arc<Check>| gap.unsigned_abs() >= pace(check);
        for check in self.schedule.checks().filter(slept).cloned().collect::<Vec<_>>() {
            self.blind(check, steady, now, BlindCause::Paused);
        }
    }

    /// Starts the looks that the gate lets through.
    fn start(&mut self) {
        while let Some(Round { check, due, .. }) = self.gate.admit() {
            let now = self.now();
            let late = now.saturating_sub(due);
            if late >= pace(&check) {
                self.blind(check.clone(), self.at(due), self.at(now), BlindCause::Crowded);
            }
            // Turns that passed while it stood in line are in the blind span.
            self.busy.insert(check.name.clone(), 0);
            let missed = self.missed.remove(&check.name).unwrap_or(0);
            let (reach, sink) = (self.reach.clone(), self.sink.clone());
            let due = self.began + due;
            let task = self.looks.spawn(report(check.clone(), due, missed, reach, sink));
            self.running.insert(task.id(), check);
        }
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let (id, is_broken) = match ended {
            Ok((id, ())) => (id, false),
            Err(error) => (error.id(), true),
        };
        let Some(check) = self.running.remove(&id) else { return };
        self.gate.leave(&check.target.host);
        let missed = self.busy.remove(&check.name).unwrap_or(0);
        if missed > 0 && self.schedule.has(&check.name) {
            self.missed.insert(check.name.clone(), missed);
        }
        if is_broken {
            let now = self.at(self.now());
            let until = SignedDuration::try_from(pace(&check)).unwrap_or(SignedDuration::MAX);
            let until = now.checked_add(until).unwrap_or(Timestamp::MAX);
            self.blind(check, now, until, BlindCause::Broken);
        }
    }

    fn blind(&mut self, check: Arc<Check>, from: Timestamp, until: Timestamp, cause: BlindCause) {
        if self.blind.len() >= BLIND_WAITING_MAX {
            self.blind.pop_front();
        }
        self.blind.push_back(Blind { check, from, until, cause });
    }
}

/// One look and its report.
async fn report(
    check: Arc<Check>,
    due: Instant,
    missed: u32,
    reach: Arc<Reach>,
    sink: mpsc::Sender<Report>,
) {
    let (at, late) = ((reach.clock)(), due.elapsed());
    let seen = look(&check, &reach).await;
    // Nobody there to take it: the watcher ends.
    sink.send(Report::Measured(Measured { check, at, late, missed, seen })).await.ok();
}
