//! Deadlines that were told to somebody, kept as they were told.
//!
//! Holidays are published year by year and can be moved by law, and a clock can pause. A deadline
//! still ahead is therefore reckoned anew, and a new value is told beside the old one, which stays.

use calendar::Spans;
use jiff::Timestamp;
use jiff::civil::Date;
use terms::Clock;

use crate::clock::{Deadline, due};
use crate::ground::Ground;

/// A deadline as it was told at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// What was told.
    pub deadline: Deadline,
    /// When it was told.
    pub at: Timestamp,
    /// When the table of holidays was issued on which it was reckoned.
    pub holidays_issued: Date,
}

/// What to tell now, after all that was told before, oldest first: the first deadline, or one that
/// differs from the last. `None` when nothing is new, and when the last deadline has passed: what
/// has run out stays as it was told, whatever law or table says later.
pub fn revised(
    told: &[Told],
    clock: &Clock,
    ground: &Ground,
    from: Timestamp,
    pauses: &Spans,
    now: Timestamp,
) -> Option<Told> {
    let last = told.last();
    let passed = last.and_then(|last| last.deadline.due()).is_some_and(|due| !due.met_by(now));
    if passed {
        return None;
    }
    let deadline = due(clock, ground, from, pauses);
    if last.is_some_and(|last| last.deadline == deadline) {
        return None;
    }
    Some(Told { deadline, at: now, holidays_issued: ground.holidays.issued() })
}
