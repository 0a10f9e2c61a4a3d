//! Things that are done once in each slot of time: logs collected every hour, copies made every day.

use calendar::{Span, Spans};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use terms::Period;

use crate::civil;

/// The most slots that are laid out at once: more than a year of hours.
pub const SLOTS_MAX: usize = 10_000;

/// One time that it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// When.
    pub at: Timestamp,
    /// The time that it covers: the lines of a log, the state that was copied.
    pub covers: Span,
}

/// A slot in which it was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The slot.
    pub slot: Span,
    /// When it was made good: all of the slot had been covered. `None` while it is missing.
    pub filled: Option<Timestamp>,
}

/// Slots of one length that follow each other from `first` and have ended by `until`, at most
/// [`SLOTS_MAX`]. None when the length is not positive.
pub fn slots_of_length(every: SignedDuration, first: Timestamp, until: Timestamp) -> Vec<Span> {
    let next = |begin: &Timestamp| {
        let positive = every > SignedDuration::ZERO;
        positive.then(|| begin.checked_add(every).ok()).flatten()
    };
    between(std::iter::successors(Some(first), next), until)
}

/// Slots of a civil period that follow each other from `first`, at its time of day in the zone, and
/// have ended by `until`, at most [`SLOTS_MAX`].
pub fn slots_of_period(
    every: Period,
    first: Timestamp,
    until: Timestamp,
    zone: &TimeZone,
) -> Vec<Span> {
    // Counted from the first each time: month by month the 31st would become the 28th for good.
    let begins = (0_u16..=u16::MAX).map_while(|n| {
        let count = every.count.checked_mul(n)?;
        Some(if n == 0 { first } else { civil::after(first, Period { count, ..every }, zone) })
    });
    between(begins, until)
}

/// The slots in which it was not done, and when they were made good. In any order of doing.
pub fn missed(slots: &[Span], done: &[Done]) -> Vec<Missed> {
    let mut in_order = done.to_vec();
    in_order.sort_by_key(|done| done.at);
    let in_slot = |slot: &Span| in_order.iter().any(|done| slot.contains(done.at));
    let missed = slots.iter().filter(|slot| !in_slot(slot));
    missed.map(|slot| Missed { slot: *slot, filled: filled(*slot, &in_order) }).collect()
}

/// When a slot had been covered whole.
fn filled(slot: Span, done: &[Done]) -> Option<Timestamp> {
    let mut missing: Spans = std::iter::once(slot).collect();
    done.iter().find_map(|done| {
        missing = missing.minus(&std::iter::once(done.covers).collect());
        missing.is_empty().then_some(done.at)
    })
}

/// The spans between neighbours that have ended by an instant.
fn between(begins: impl Iterator<Item = Timestamp>, until: Timestamp) -> Vec<Span> {
    let mut begins = begins.take_while(|begin| *begin <= until).peekable();
    std::iter::from_fn(|| {
        let begin = begins.next()?;
        Span::new(begin, *begins.peek()?).ok()
    })
    .take(SLOTS_MAX)
    .collect()
}
