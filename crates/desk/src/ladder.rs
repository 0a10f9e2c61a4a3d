//! What to do now about an incident, level by level.
//!
//! There are no timers here and nothing to remember: the course of the incident so far is a record,
//! and [`next`] reads from it what is to be done at an instant, and since when. A service that was
//! stopped in the middle of a wait or a mute therefore takes the step when it is back, and knows how
//! late it is.

use calendar::{Span, Spans};
use jiff::{SignedDuration, Timestamp};
use terms::{Escalation, Kind, LadderStep, Name};

use crate::ground::Ground;

/// Timers look at least this often, so what is done within it is on time.
pub const ON_TIME: SignedDuration = SignedDuration::from_mins(1);
/// The most ladders that an incident goes over to, one after the other.
pub const LADDERS_MAX: usize = 8;

/// All that happened in an incident so far.
#[derive(Clone, Copy, Debug)]
pub struct Course<'a> {
    /// The promise of kind `escalation` that answers it.
    pub ladder: &'a Name,
    /// When it was opened.
    pub opened: Timestamp,
    /// When the end was seen that [`Escalation::done`] names.
    pub ended: Option<Timestamp>,
    /// The steps that were taken, oldest first.
    pub taken: &'a [Taken],
    /// Conditions that were looked at, oldest first.
    pub seen: &'a [Seen],
    /// Attempts to reach the customer's emergency contact, oldest first.
    pub contacts: &'a [Contact],
    /// When people asked to be left alone.
    pub mutes: &'a Spans,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The ladder.
    pub ladder: Name,
    /// The level on it.
    pub level: u8,
    /// Until when it is waited for; then the next level has its turn.
    pub wait_until: Timestamp,
    /// When it was seen not to help, if that was earlier.
    pub failed: Option<Timestamp>,
}

/// A condition such as `login` that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its name in [`LadderStep::needs`].
    pub condition: Name,
    /// Whether it holds.
    pub holds: bool,
    /// When somebody looked.
    pub at: Timestamp,
}

/// An attempt to reach the emergency contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// When.
    pub at: Timestamp,
    /// Whether somebody answered.
    pub reached: bool,
}

/// When something has its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Since when it could have been done.
    pub since: Timestamp,
    /// By how much that has passed, when it is more than [`ON_TIME`].
    pub late: Option<SignedDuration>,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next<'a> {
    /// Nothing: it has ended.
    Ended,
    /// Take this step.
    Take {
        /// The ladder that the step is on.
        ladder: &'a Name,
        /// The step.
        step: &'a LadderStep,
        /// Since when.
        turn: Turn,
    },
    /// Find out whether a condition holds; which step comes next depends on it.
    Look {
        /// The condition.
        condition: &'a Name,
        /// Since when.
        turn: Turn,
    },
    /// Wait: for the last step to help, or for a mute to end.
    Wait {
        /// Until when.
        until: Timestamp,
    },
    /// Outside the customer's hours, and the emergency contact must be reached before anything is
    /// done (004: 深夜休日の障害連絡). With attempts made the incident is blocked by contact, which is
    /// to be shown as such and is no omission.
    Blocked {
        /// Since when the step could have been taken.
        since: Timestamp,
        /// How often the contact was tried since the incident was opened, in vain.
        attempts: usize,
        /// When the customer's hours begin, and it goes on without.
        until: Option<Timestamp>,
    },
    /// The ladder has no more steps, or the terms have no such ladder: a person decides.
    Exhausted {
        /// Since when.
        turn: Turn,
    },
}

/// What to do now about an incident.
pub fn next<'a>(course: &Course, ground: &Ground<'a>, now: Timestamp) -> Next<'a> {
    if course.ended.is_some_and(|ended| ended <= now) {
        return Next::Ended;
    }
    let last = course.taken.last();
    let waited = last.map(|taken| taken.failed.unwrap_or(taken.wait_until).min(taken.wait_until));
    let (upcoming, possible) = upcoming(course, ground, waited.unwrap_or(course.opened));
    let allowed = match &upcoming {
        Upcoming::Step { escalation, .. } => contact(course, escalation, ground, possible, now),
        Upcoming::Look { .. } | Upcoming::Nothing => Allowed::Since(possible),
    };
    let since = match allowed {
        Allowed::Since(since) => unmuted(course.mutes, since),
        Allowed::Blocked { .. } if now < possible => possible,
        Allowed::Blocked { until } => {
            let attempts = course.contacts.iter().filter(|contact| contact.at <= now).count();
            return Next::Blocked { since: possible, attempts, until };
        }
    };
    if now < since {
        return Next::Wait { until: since };
    }
    let turn = turn(since, now);
    match upcoming {
        Upcoming::Step { ladder, step, .. } => Next::Take { ladder, step, turn },
        Upcoming::Look { condition } => Next::Look { condition, turn },
        Upcoming::Nothing => Next::Exhausted { turn },
    }
}

/// Whether people are to be told again, since a mute has ended and the incident has not. `None`
/// while it is muted, when it never was, and when they were told after it.
pub fn tell_again(course: &Course, told: &[Timestamp], now: Timestamp) -> Option<Turn> {
    if course.ended.is_some_and(|ended| ended <= now) || course.mutes.contains(now) {
        return None;
    }
    let over = |mute: &Span| mute.until() <= now && mute.until() > course.opened;
    let since = course.mutes.iter().rev().find(over)?.until();
    let silent = told.iter().all(|at| *at < since);
    silent.then(|| turn(since, now))
}

/// What has its turn, before contacts and mutes are asked.
enum Upcoming<'a> {
    Step { ladder: &'a Name, escalation: &'a Escalation, step: &'a LadderStep },
    Look { condition: &'a Name },
    Nothing,
}

/// The first step not taken yet on the ladder, or on the one that it goes over to, and since when it
/// could be taken.
fn upcoming<'a>(
    course: &Course,
    ground: &Ground<'a>,
    since: Timestamp,
) -> (Upcoming<'a>, Timestamp) {
    let mut since = since;
    let mut on = escalation(ground, course.ladder);
    for _ in 0..LADDERS_MAX {
        let Some((ladder, escalation)) = on else { break };
        let is_taken = |level| {
            course.taken.iter().any(|taken| taken.ladder == *ladder && taken.level == level)
        };
        let next = escalation.steps.iter().find(|step| !is_taken(step.level));
        let seen_last =
            |condition: &Name| course.seen.iter().rev().find(|seen| seen.condition == *condition);
        let Some(step) = next else {
            // Every step was taken in vain: the ladder to go over to is for what one of them needed
            // and is lost by now. Otherwise a person decides.
            let needed = escalation.steps.iter().filter_map(|step| step.needs.as_ref());
            let Some(lost) = needed.filter_map(seen_last).find(|seen| !seen.holds) else { break };
            since = since.max(lost.at);
            on = escalation.otherwise.as_ref().and_then(|name| self::escalation(ground, name));
            continue;
        };
        let Some(condition) = &step.needs else {
            return (Upcoming::Step { ladder, escalation, step }, since);
        };
        let Some(seen) = seen_last(condition) else {
            return (Upcoming::Look { condition }, since);
        };
        since = since.max(seen.at);
        if seen.holds {
            return (Upcoming::Step { ladder, escalation, step }, since);
        }
        on = escalation.otherwise.as_ref().and_then(|name| self::escalation(ground, name));
    }
    (Upcoming::Nothing, since)
}

/// The ladder of that name.
fn escalation<'a>(ground: &Ground<'a>, name: &Name) -> Option<(&'a Name, &'a Escalation)> {
    let promise = ground.terms.promise(name)?;
    match &promise.kind {
        Kind::Escalation(escalation) => Some((&promise.name, escalation)),
        _ => None,
    }
}

/// Whether a step may be taken as far as the emergency contact is concerned.
enum Allowed {
    Since(Timestamp),
    Blocked { until: Option<Timestamp> },
}

/// Since when a step may be taken that had its turn at `possible`. Outside the customer's hours the
/// contact must have been reached, and what counts is when the step is really taken: a turn that
/// came in the hours and was missed is blocked when they are over.
fn contact(
    course: &Course,
    escalation: &Escalation,
    ground: &Ground,
    possible: Timestamp,
    now: Timestamp,
) -> Allowed {
    let Some(hours) = &escalation.contact_first_outside else { return Allowed::Since(possible) };
    let hours = ground.calendar(Some(hours));
    let opening = |at| hours.next_open(at).map(|opening| opening.value);
    let reached = course.contacts.iter().find(|contact| contact.reached && contact.at <= now);
    let reached = reached.map(|contact| contact.at.max(possible));
    let taken = now.max(possible);
    if reached.is_none() && !hours.is_open(taken) {
        return Allowed::Blocked { until: opening(taken) };
    }
    let earliest = [opening(possible), reached].into_iter().flatten().min();
    Allowed::Since(earliest.unwrap_or(possible))
}

/// An instant, or the end of the mute that it falls into.
fn unmuted(mutes: &Spans, at: Timestamp) -> Timestamp {
    mutes.iter().find(|mute| mute.contains(at)).map_or(at, |mute| mute.until())
}

/// A turn as it looks now.
fn turn(since: Timestamp, now: Timestamp) -> Turn {
    let late = now.duration_since(since);
    Turn { since, late: (late > ON_TIME).then_some(late) }
}
