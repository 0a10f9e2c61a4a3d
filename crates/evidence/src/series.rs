//! The measurements of one function from one site, kept as stretches of one state.
//!
//! Measurements that follow each other tightly with the same state are one [`Stretch`], so memory
//! grows with changes and gaps. When everything is there, stretches are put in order and each holds
//! until the next measurement or for its own pace: regular measurements that came out of order (a clock
//! that was set back, files in the wrong order) give the same as in order. Where stretches of one site
//! overlap, as only two checks under one name do, down beats up.

use calendar::{Span, Spans};
use jiff::{SignedDuration, Timestamp};

use crate::evidence::{Observed, Seen};

/// How many stretches are kept before they are put in order for the first time.
const FOLD_FIRST: usize = 1_024;

/// Measurements of one state, one after the other, so close that no other belongs between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stretch {
    /// The first measurement.
    pub(crate) first: Timestamp,
    /// The last one; the same as the first when there is but one.
    pub(crate) last: Timestamp,
    /// What all of them saw.
    pub(crate) ok: bool,
    /// The pace of the first.
    pub(crate) first_pace: SignedDuration,
    /// The pace of the last.
    pub(crate) last_pace: SignedDuration,
}

impl Stretch {
    /// Whether another one goes on where this one ends, with nothing between them but regular
    /// measurements. Twice the pace would leave room for one that is yet to come.
    fn goes_on(&self, next: &Stretch) -> bool {
        let gap = next.first.duration_since(self.last);
        let same = self.ok == next.ok && self.last_pace == next.first_pace;
        same && !gap.is_negative() && gap.as_nanos() * 4 <= self.last_pace.as_nanos() * 7
    }

    /// Takes a stretch of the same state in that goes on here or overlaps.
    fn absorb(&mut self, other: &Stretch) {
        if other.first < self.first {
            (self.first, self.first_pace) = (other.first, other.first_pace);
        }
        if other.last >= self.last {
            (self.last, self.last_pace) = (other.last, other.last_pace);
        }
    }
}

/// Whether measurements that are about so many seconds apart surely are [tight](Stretch::goes_on): a
/// fraction of a second less or more does not matter.
#[inline]
fn is_tight(seconds: i64, pace: SignedDuration) -> bool {
    seconds > 0 && (seconds + 1) * 4 <= pace.as_secs() * 7
}

/// The stretches of one function from one site.
#[derive(Debug)]
pub(crate) struct Series {
    /// The one that grows.
    open: Option<Stretch>,
    /// The others.
    stretches: Vec<Stretch>,
    fold_at: usize,
}

impl Series {
    pub(crate) fn new() -> Series {
        Series { open: None, stretches: Vec::new(), fold_at: FOLD_FIRST }
    }

    /// Adds one measurement; says the same as [`add`](Series::add).
    #[inline]
    pub(crate) fn look(&mut self, at: Timestamp, ok: bool, pace: SignedDuration) -> isize {
        // Nearly every measurement of a month ends here.
        if let Some(open) = &mut self.open
            && open.ok == ok
            && open.last_pace == pace
            && is_tight(at.as_second() - open.last.as_second(), pace)
        {
            open.last = at;
            return 0;
        }
        self.add(Stretch { first: at, last: at, ok, first_pace: pace, last_pace: pace })
    }

    /// Adds measurements of one state; says how many more stretches are kept than before, which may
    /// be fewer.
    pub(crate) fn add(&mut self, next: Stretch) -> isize {
        if let Some(open) = &mut self.open
            && open.goes_on(&next)
        {
            (open.last, open.last_pace) = (next.last, next.last_pace);
            return 0;
        }
        self.begin(next)
    }

    fn begin(&mut self, next: Stretch) -> isize {
        let Some(open) = self.open.replace(next) else { return 1 };
        self.stretches.push(open);
        if self.stretches.len() < self.fold_at {
            return 1;
        }
        let before = self.stretches.len() as isize;
        fold(&mut self.stretches);
        self.fold_at = FOLD_FIRST.max(2 * self.stretches.len());
        1 + self.stretches.len() as isize - before
    }

    /// What the measurements came to. Nothing is known from `as_of` on.
    pub(crate) fn finish(mut self, as_of: Option<Timestamp>) -> Observed {
        self.stretches.extend(self.open);
        fold(&mut self.stretches);
        let known = self.stretches.iter().map(|stretch| self.holds(stretch)).collect();
        let until = as_of.unwrap_or(Timestamp::MAX);
        let known: Spans = match Span::new(Timestamp::MIN, until) {
            Ok(past) => Spans::clip(&known, past),
            Err(_) => known,
        };
        let (up, down): (Vec<Stretch>, Vec<Stretch>) =
            self.stretches.iter().partition(|stretch| stretch.ok);
        let mut faults: Vec<Fault> = Vec::new();
        for stretch in &down {
            let span = self.holds(stretch);
            match faults.last_mut() {
                Some(fault) if stretch.first <= fault.until => {
                    fault.until = fault.until.max(span.until());
                    fault.last = fault.last.max(stretch.last);
                }
                _ => {
                    let (first, last) = (stretch.first, stretch.last);
                    faults.push(Fault { first, last, until: span.until() });
                }
            }
        }
        let down = faults.iter().filter_map(|fault| fault.seen(&known, &up)).collect();
        Observed { known, down, paces: self.paces() }
    }

    /// From when on each pace was kept.
    fn paces(&self) -> Vec<(Timestamp, SignedDuration)> {
        let ends = self.stretches.iter().flat_map(|stretch| {
            [(stretch.first, stretch.first_pace), (stretch.last, stretch.last_pace)]
        });
        let mut paces: Vec<(Timestamp, SignedDuration)> = ends.collect();
        paces.sort_unstable();
        paces.dedup_by_key(|(_, pace)| *pace);
        paces
    }

    /// How long the state of a stretch holds: until the next measurement, or for one pace when that
    /// is more than two paces away.
    fn holds(&self, stretch: &Stretch) -> Span {
        let after = self.stretches.partition_point(|other| other.first <= stretch.last);
        let alone = stretch.last.saturating_add(stretch.last_pace).unwrap_or(Timestamp::MAX);
        let until = match self.stretches.get(after) {
            Some(next) if near(stretch, next) => next.first,
            _ => alone,
        };
        Span::new(stretch.first, until).unwrap_or_else(|backwards| empty(backwards.from))
    }
}

/// How many times longer than the pace before it a new pace may be and still reach back to it.
const PACE_CHANGE_MAX: i32 = 10;

/// Whether the next measurement comes within two paces; where the pace changes, within two of the
/// longer one, unless that is more than [`PACE_CHANGE_MAX`] times the other.
fn near(stretch: &Stretch, next: &Stretch) -> bool {
    let most = stretch.last_pace.saturating_mul(PACE_CHANGE_MAX);
    let pace = stretch.last_pace.max(next.first_pace.min(most));
    next.first.duration_since(stretch.last) <= pace.saturating_mul(2)
}

/// Puts stretches in order and makes one of those that overlap or go on with the same state.
fn fold(stretches: &mut Vec<Stretch>) {
    stretches.sort_unstable();
    // The place of the newest stretch of each state among those kept so far.
    let (mut kept, mut newest) = (0, [None::<usize>; 2]);
    for place in 0..stretches.len() {
        let stretch = stretches[place];
        let same = newest[usize::from(stretch.ok)].filter(|same| {
            let own = &stretches[*same];
            // Only what lies side by side goes on: a stretch of the other state may stand between.
            stretch.first <= own.last || (*same + 1 == kept && own.goes_on(&stretch))
        });
        match same {
            Some(same) => stretches[same].absorb(&stretch),
            None => {
                stretches[kept] = stretch;
                newest[usize::from(stretch.ok)] = Some(kept);
                kept += 1;
            }
        }
    }
    stretches.truncate(kept);
}

/// Failed measurements one after the other, from the first until it was up again or unknown.
struct Fault {
    first: Timestamp,
    last: Timestamp,
    until: Timestamp,
}

impl Fault {
    /// The fault as it is seen, with its bounds. `None` when it lies behind what is known.
    fn seen(&self, known: &Spans, up: &[Stretch]) -> Option<Seen> {
        let around = known.touching(Span::new(self.first, self.until).ok()?).iter().next()?;
        let span = Span::new(self.first, self.until.min(around.until())).ok()?;
        // A stretch that overlaps the fault does not tell its measurements one by one, but there was
        // one within two paces.
        let reach = |stretch: &Stretch| stretch.first_pace.max(stretch.last_pace).saturating_mul(2);
        let before = up.partition_point(|stretch| stretch.first < self.first).checked_sub(1);
        let good_before = before.map_or(around.from(), |before| match up[before].last {
            last if last < self.first => last,
            _ => self.first.saturating_sub(reach(&up[before])).unwrap_or(Timestamp::MIN),
        });
        let after = up.partition_point(|stretch| stretch.last <= self.last);
        let good_after = up.get(after).map_or(around.until(), |after| match after.first {
            first if first > self.last => first,
            _ => self.last.saturating_add(reach(after)).unwrap_or(Timestamp::MAX),
        });
        let from = good_before.max(around.from()).min(span.from());
        let until = good_after.min(around.until()).max(span.until());
        Some(Seen {
            span,
            at_least: self.last.duration_since(self.first),
            at_most: until.duration_since(from),
        })
    }
}

fn empty(at: Timestamp) -> Span {
    Span::new(at, at).unwrap_or_else(|_| unreachable!("an instant is not before itself"))
}
