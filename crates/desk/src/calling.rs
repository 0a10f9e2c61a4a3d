//! Who is called next when nobody answers, and when people are warned of a clock.

use calendar::Spans;
use jiff::{SignedDuration, Timestamp};
use terms::{Clock, Within};

use crate::clock::{due, open_hours};
use crate::ground::Ground;
use crate::story::Story;

/// How often everybody who takes turns is called for one thing, before it is given up.
pub const CALL_ROUNDS_MAX: usize = 3;
/// Most warnings of one clock.
pub const MARKS_MAX: usize = 10;

/// When people are warned that a clock runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// So much of its time has passed, in percent from 1 to 99.
    Passed(u8),
    /// So much of its own time is left.
    Left(SignedDuration),
}

/// By default: at half, and when ten minutes are left.
pub const MARKS: [Mark; 2] = [Mark::Passed(50), Mark::Left(SignedDuration::from_mins(10))];

/// The instants at which people are warned, on the clock's own time: it does not run while it is paused
/// or the office is closed. A mark that lies before the clock began is left out.
pub fn marks_at(
    clock: &Clock,
    ground: &Ground<'_>,
    from: Timestamp,
    pauses: &Spans,
    marks: &[Mark],
) -> Vec<Timestamp> {
    let Some(due) = due(clock, ground, from, pauses).due() else { return Vec::new() };
    let in_hours = matches!(clock.within, Within::BusinessTime(_) | Within::BusinessDays(_));
    let hours = open_hours(clock, ground, from, due.end.instant(), in_hours).minus(pauses);
    let total = hours.total();
    let at = |mark: &Mark| {
        let left = match mark {
            Mark::Passed(percent) => {
                // The share comes last, so that nothing is lost to rounding.
                let rest = i64::from(100_u8.saturating_sub(*percent));
                SignedDuration::from_secs(total.as_secs().saturating_mul(rest) / 100)
            }
            Mark::Left(left) => *left,
        };
        (left < total).then(|| crate::clock::instant_with_left(&hours, left)).flatten()
    };
    let mut at: Vec<Timestamp> = marks.iter().filter_map(at).collect();
    at.sort();
    at
}

/// The newest of these instants that has passed and of which nobody was warned; several that passed
/// while nobody looked are one warning.
pub fn warn_now(
    marks: &[Timestamp],
    warned: impl Iterator<Item = Timestamp>,
    now: Timestamp,
) -> bool {
    let newest = marks.iter().filter(|mark| **mark <= now).max();
    let last = warned.max();
    newest.is_some_and(|newest| last.is_none_or(|last| last < *newest))
}

/// Whom to call for something that has its turn, counted from whoever is on call; `None` when nobody is
/// to be called now: the last one has time to answer, or has answered, or everybody was called
/// [`CALL_ROUNDS_MAX`] times.
pub fn call_next(
    story: &Story,
    (turn, since): (&str, Timestamp),
    people: usize,
    patience: SignedDuration,
    now: Timestamp,
) -> Option<usize> {
    let calls = story.calls.iter().filter(|(known, of, _)| known == turn && *of == since);
    let calls: Vec<Timestamp> = calls.map(|(_, _, at)| *at).collect();
    let (Some(first), Some(last)) = (calls.iter().min(), calls.iter().max()) else {
        return Some(0);
    };
    let has_answered = story.heard.is_some_and(|heard| heard >= *first);
    let is_patient = now.duration_since(*last) < patience;
    let all = people.saturating_mul(CALL_ROUNDS_MAX);
    (!has_answered && !is_patient && calls.len() < all).then_some(calls.len())
}
