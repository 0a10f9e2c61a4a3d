//! When each check is due. Values in, values out: the runner brings the time.
//!
//! A check is due at its own offset within its pace, which follows from its name, so that thousands do
//! not start together and a restart changes nothing. Instants are durations since the schedule began;
//! due instants are counted from the offset, never from the last look, so they do not drift.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::check::{Check, EVERY_MAX, EVERY_MIN};

/// A check's round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Whose.
    pub check: Arc<Check>,
    /// When it was due, since the schedule began.
    pub due: Duration,
    /// Turns before this one that passed without anybody looking, because the watcher slept or was
    /// starved.
    pub missed: u32,
}

/// The rounds of all checks.
#[derive(Debug)]
pub struct Schedule {
    /// The instant at which it began, since 1970: offsets are counted from there.
    began: Duration,
    /// What sets the offsets of two watchers apart.
    salt: String,
    next: BinaryHeap<Reverse<Entry>>,
    checks: HashMap<String, Place>,
    generation: u64,
}

/// Soonest first; the generation tells entries of checks that were replaced.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    due: Duration,
    name: String,
    generation: u64,
}

#[derive(Debug)]
struct Place {
    check: Arc<Check>,
    generation: u64,
}

impl Schedule {
    /// Without checks. `began` is the time of day, since 1970, at the schedule's zero; `salt` is the
    /// watcher's own name.
    pub fn new(began: Duration, salt: &str) -> Schedule {
        Schedule {
            began,
            salt: salt.to_owned(),
            next: BinaryHeap::new(),
            checks: HashMap::new(),
            generation: 0,
        }
    }

    /// From `now` on these checks and no others; of two with one name the later. A check that is the
    /// same as before, or keeps its pace, keeps its next round.
    pub fn replace(&mut self, checks: impl IntoIterator<Item = Check>, now: Duration) {
        let mut before = std::mem::take(&mut self.checks);
        for check in checks {
            let kept = before
                .remove(&check.name)
                .or_else(|| self.checks.remove(&check.name))
                .filter(|old| pace(&old.check) == pace(&check));
            let generation = kept.map(|old| old.generation).unwrap_or_else(|| {
                self.generation += 1;
                let due = first_at(self.offset(&check), pace(&check), now);
                let (name, generation) = (check.name.clone(), self.generation);
                self.next.push(Reverse(Entry { due, name, generation }));
                generation
            });
            self.checks.insert(check.name.clone(), Place { check: Arc::new(check), generation });
        }
    }

    /// When the next round is; `None` without checks.
    pub fn next_due(&mut self) -> Option<Duration> {
        while let Some(Reverse(entry)) = self.next.peek() {
            if self
                .checks
                .get(&entry.name)
                .is_some_and(|place| place.generation == entry.generation)
            {
                return Some(entry.due);
            }
            self.next.pop();
        }
        None
    }

    /// The soonest round that is due at `now`, and what it missed. Its check is due again one pace
    /// later, at least after `now`: rounds that passed are not made up for.
    pub fn due(&mut self, now: Duration) -> Option<Round> {
        if self.next_due()? > now {
            return None;
        }
        let Reverse(mut entry) = self.next.pop()?;
        let check = self.checks.get(&entry.name)?.check.clone();
        let (due, missed) = newest(entry.due, pace(&check), now);
        entry.due = due + pace(&check);
        self.next.push(Reverse(entry));
        Some(Round { check, due, missed })
    }

    /// Every check, in no order.
    pub fn checks(&self) -> impl Iterator<Item = &Arc<Check>> {
        self.checks.values().map(|place| &place.check)
    }

    /// How many checks there are.
    pub fn len(&self) -> usize {
        self.checks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// Whether there is a check of this name.
    pub fn has(&self, name: &str) -> bool {
        self.checks.contains_key(name)
    }

    /// A check's first round at or after zero: multiples of its pace since 1970, moved by its name.
    fn offset(&self, check: &Check) -> Duration {
        let every = pace(check).as_nanos();
        let mix = u128::from(mix(&self.salt, &check.name));
        // The upper bits of a product spread evenly where a remainder of a few would not.
        let phase = (mix * every) >> 64;
        let began = self.began.as_nanos() % every;
        nanos((phase + every - began) % every)
    }
}

/// The pace of a check; one outside the limits has its rounds all the same, in which it is told wrong.
pub(crate) fn pace(check: &Check) -> Duration {
    check.every.clamp(EVERY_MIN, EVERY_MAX)
}

/// The first of `offset`, `offset + every` … that is not before `now`.
fn first_at(offset: Duration, every: Duration, now: Duration) -> Duration {
    let behind = now.saturating_sub(offset).as_nanos();
    let paces = behind.div_ceil(every.as_nanos().max(1));
    offset + nanos(paces * every.as_nanos())
}

/// The last of `due`, `due + every` … that is not after `now`, and how many come before it.
fn newest(due: Duration, every: Duration, now: Duration) -> (Duration, u32) {
    let paces = now.saturating_sub(due).as_nanos() / every.as_nanos().max(1);
    (due + nanos(paces * every.as_nanos()), u32::try_from(paces).unwrap_or(u32::MAX))
}

fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// A number that follows from the names alone: FNV-1a, with its bits stirred once more, for the same
/// offsets in each run and on each machine.
fn mix(salt: &str, name: &str) -> u64 {
    let bytes = salt.bytes().chain([0]).chain(name.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Kind, Target, Tcp};

    const SECOND: Duration = Duration::from_secs(1);

    fn check(name: &str, every: u32) -> Check {
        Check {
            name: name.to_owned(),
            function: "web".to_owned(),
            every: SECOND * every,
            timeout: SECOND,
            slow_after: None,
            target: Target::port("192.0.2.1", 80),
            kind: Kind::Tcp(Tcp::default()),
        }
    }

    fn schedule(checks: impl IntoIterator<Item = Check>) -> Schedule {
        let mut schedule = Schedule::new(SECOND * 1_800_000_000, "tokyo");
        schedule.replace(checks, Duration::ZERO);
        schedule
    }

    #[test]
    fn ten_thousand_checks_start_evenly() {
        let mut schedule = schedule((0..10_000).map(|n| check(&format!("check {n}"), 10)));
        let mut slots = [0_u32; 100];
        while let Some(round) = schedule.due(SECOND * 10 - Duration::from_nanos(1)) {
            slots[usize::try_from(round.due.as_millis() / 100).expect("slot")] += 1;
            if slots.iter().sum::<u32>() == 10_000 {
                break;
            }
        }
        // A hundred in each tenth of a second, give or take what chance gives.
        assert_eq!(slots.iter().sum::<u32>(), 10_000);
        assert!(slots.iter().all(|slot| (60..150).contains(slot)), "{slots:?}");
    }

    #[test]
    fn due_instants_do_not_drift() {
        let mut schedule = schedule([check("a", 10)]);
        let first = schedule.next_due().expect("due");
        for n in 0..1_000_u32 {
            // Looked at a little later each time; the due instants do not follow.
            let late = Duration::from_millis(u64::from(n) * 7 % 900);
            let round = schedule.due(first + SECOND * 10 * n + late).expect("round");
            assert_eq!((round.due, round.missed), (first + SECOND * 10 * n, 0));
        }
    }

    #[test]
    fn what_a_pause_misses() {
        for (late, missed, next) in [
            (Duration::ZERO, 0, 10),
            (SECOND * 9, 0, 10),
            (SECOND * 10, 1, 20),
            (SECOND * 35, 3, 40),
            (SECOND * 86_400, 8_640, 86_410),
        ] {
            let mut schedule = schedule([check("a", 10)]);
            let first = schedule.next_due().expect("due");
            let round = schedule.due(first + late).expect("round");
            assert_eq!(round.missed, missed, "{late:?}");
            assert_eq!(round.due, first + SECOND * 10 * missed);
            assert_eq!(schedule.due(first + late), None, "rounds are not made up for");
            assert_eq!(schedule.next_due(), Some(first + SECOND * next));
        }
    }

    #[test]
    fn a_restart_keeps_the_offsets() {
        let began = SECOND * 1_800_000_000;
        let due_at = |later: u32| {
            let mut schedule = Schedule::new(began + SECOND * later, "tokyo");
            schedule.replace([check("a", 3_600)], Duration::ZERO);
            schedule.next_due().expect("due") + SECOND * later
        };
        let first = due_at(0);
        for later in [1, 100, 3_599, 3_600, 5_000, 86_399] {
            let behind = due_at(later).as_nanos() - first.as_nanos();
            assert_eq!(behind % (SECOND * 3_600).as_nanos(), 0, "{later}");
        }
    }

    #[test]
    fn checks_come_and_go() {
        let mut schedule = schedule([check("a", 10), check("b", 10)]);
        let all = |schedule: &mut Schedule, now: u32| {
            let mut names = Vec::new();
            while let Some(round) = schedule.due(SECOND * now) {
                names.push((round.check.name.clone(), round.check.timeout.as_secs()));
            }
            names.sort();
            names
        };
        let pair = |name: &str, timeout| (name.to_owned(), timeout);
        assert_eq!(all(&mut schedule, 10), [pair("a", 1), pair("b", 1)]);
        // One goes, one changes its timeout and keeps its round, one comes.
        let changed = Check { timeout: SECOND * 2, ..check("b", 10) };
        schedule.replace([changed, check("c", 10)], SECOND * 10);
        assert_eq!(schedule.len(), 2);
        assert!(!schedule.has("a"));
        assert_eq!(all(&mut schedule, 20), [pair("b", 2), pair("c", 1)]);
        // The same name twice is one check.
        schedule.replace([check("c", 10), check("c", 10)], SECOND * 20);
        assert_eq!(all(&mut schedule, 30), [pair("c", 1)]);
        // A new pace begins anew, and the old round is gone.
        schedule.replace([check("c", 20)], SECOND * 30);
        assert_eq!(all(&mut schedule, 50), [pair("c", 1)]);
        schedule.replace([], SECOND * 50);
        assert_eq!(schedule.next_due(), None);
        assert!(schedule.is_empty());
    }

    #[test]
    fn two_watchers_look_at_different_moments() {
        let due = |salt| {
            let mut schedule = Schedule::new(Duration::ZERO, salt);
            schedule.replace([check("a", 600)], Duration::ZERO);
            schedule.next_due()
        };
        assert_ne!(due("tokyo"), due("osaka"));
    }
}
