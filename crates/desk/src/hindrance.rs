//! Why a person may not take a step of a ladder.

use jiff::Timestamp;
use terms::{Kind, Name};

use crate::ground::Ground;
use crate::ladder::Course;

/// What stands before a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// The terms have no such ladder or step.
    NoStep,
    /// The incident has recovered.
    Recovered,
    /// It was taken before.
    Taken,
    /// It needs a condition that was last seen not to hold.
    Lost(Name),
    /// It is outside the customer's hours, and the emergency contact was not reached (004: 深夜休日の
    /// 障害連絡).
    Contact,
}

/// What stands before taking a step of a ladder at an instant, whichever has its turn.
pub fn hindrance(
    course: &Course,
    ground: &Ground,
    (ladder, level): (&Name, u8),
    at: Timestamp,
) -> Option<Hindrance> {
    let escalation = ground.terms.promise(ladder).and_then(|promise| match &promise.kind {
        Kind::Escalation(escalation) => Some(escalation),
        _ => None,
    });
    let step = escalation.and_then(|it| it.steps.iter().find(|step| step.level == level));
    let (Some(escalation), Some(step)) = (escalation, step) else {
        return Some(Hindrance::NoStep);
    };
    if course.ended.is_some_and(|ended| ended <= at) {
        return Some(Hindrance::Recovered);
    }
    if course.taken.iter().any(|taken| taken.ladder == *ladder && taken.level == level) {
        return Some(Hindrance::Taken);
    }
    if let Some(condition) = &step.needs {
        let known = course.seen.iter().rev();
        let last = known.filter(|seen| seen.at <= at).find(|seen| seen.condition == *condition);
        if last.is_some_and(|seen| !seen.holds) {
            return Some(Hindrance::Lost(condition.clone()));
        }
    }
    let hours = escalation.contact_first_outside.as_ref()?;
    let is_reached = course.contacts.iter().any(|contact| contact.reached && contact.at <= at);
    let is_open = ground.calendar(Some(hours)).is_open(at);
    (!is_reached && !is_open).then_some(Hindrance::Contact)
}
