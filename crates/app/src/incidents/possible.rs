//! Whether a deed is possible in an incident as it stands, and what it comes to.

use desk::{Happened, Hindrance, hindrance, startable};
use jiff::Timestamp;
use terms::{Event, Name, Terms};

use super::deeds::{Deed, text};
use super::{Incident, ground, outlook, runbooks};
use crate::{AppError, Office, Refusal};

/// It is closed when no report of it is owed any more.
pub(super) fn closed(
    office: &Office,
    incident: &Incident,
    now: Timestamp,
) -> Result<Happened, AppError> {
    let owed = |clock: &desk::Running<'_>| {
        clock.clock.event == Some(Event::Recovery) && clock.met.is_none()
    };
    if outlook(office, incident, now)?.clocks.iter().any(owed) {
        return AppError::refused(Refusal::ReportFirst { id: incident.record.id });
    }
    Ok(Happened::Closed)
}

/// What stands before a step that a person wants to take, unless it is taken all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepRefusal {
    /// There is nothing to repair.
    #[error("it has recovered: no step is taken any more; take that entry back if it has not")]
    Recovered,
    /// A step is taken once.
    #[error("{ladder} {level} was taken before: look at what has its turn")]
    Taken {
        /// Which ladder.
        ladder: String,
        /// Which level.
        level: u8,
    },
    /// A condition that it needs does not hold.
    #[error(
        "the step needs {condition}, which does not hold: look again and say so, or take another"
    )]
    Lost {
        /// Which one.
        condition: String,
    },
}

/// Whether a step may be taken: the ladder has it, it was not taken, what it needs holds, and the
/// emergency contact does not stand before it.
pub(super) fn step(
    office: &Office,
    incident: &Incident,
    (ladder, level): (&Name, u8),
    at: Timestamp,
    anyway: bool,
) -> Result<(), AppError> {
    let watched = incident.watched(office)?;
    let terms = incident.terms(watched);
    let ground = ground(office, watched, terms);
    let course = incident.story.course(ladder);
    AppError::refused(match hindrance(&course, &ground, (ladder, level), at) {
        Some(Hindrance::NoStep) => no_step(ladder, level),
        None => return Ok(()),
        Some(_) if anyway => return Ok(()),
        Some(Hindrance::Contact) => Refusal::ContactFirst,
        Some(Hindrance::Recovered) => StepRefusal::Recovered.into(),
        Some(Hindrance::Taken) => StepRefusal::Taken { ladder: ladder.to_string(), level }.into(),
        Some(Hindrance::Lost(condition)) => {
            StepRefusal::Lost { condition: condition.to_string() }.into()
        }
    })
}

/// A step that is taken whatever stands before it, and why.
pub(super) fn step_anyway(
    office: &Office,
    incident: &Incident,
    taken: Happened,
    reason: &str,
    at: Timestamp,
) -> Result<Vec<Happened>, AppError> {
    if let Happened::StepTaken { ladder, level, .. } = &taken {
        step(office, incident, (ladder, *level), at, true)?;
    }
    Ok(vec![Happened::Noted { text: text(reason)? }, taken])
}

pub(super) fn no_step(ladder: &Name, level: u8) -> Refusal {
    Refusal::NoStep { ladder: ladder.to_string(), level }
}

/// A clock is started when a person may start it, and met when it runs.
pub(super) fn clock(
    office: &Office,
    incident: &Incident,
    terms: &Terms,
    promise: &Name,
    deed: &Deed,
) -> Result<Happened, AppError> {
    let watched = incident.watched(office)?;
    let ground = ground(office, watched, terms);
    let refusal = || Refusal::NoClock { promise: promise.to_string() };
    match deed {
        Deed::StartClock(_) => {
            let may = startable(&ground).iter().any(|known| known.name == *promise);
            if !may {
                return AppError::refused(refusal());
            }
            Ok(Happened::ClockStarted { promise: promise.clone() })
        }
        _ => {
            let known = terms.promise(promise).and_then(desk::promise_clock).is_some();
            if !known {
                return AppError::refused(refusal());
            }
            Ok(Happened::ClockMet { promise: promise.clone() })
        }
    }
}

/// What a person's hand on the runbook comes to.
pub(super) fn on_runbook(
    office: &Office,
    incident: &Incident,
    deed: &Deed,
) -> Result<Happened, AppError> {
    let step = match deed {
        Deed::DoStep(step) | Deed::SkipStep(step) => *step,
        _ => 0,
    };
    match deed {
        Deed::StopRunbook if runbooks::of(office, incident).is_some() => {
            Ok(Happened::RunbookStopped)
        }
        Deed::ResumeRunbook if runbooks::of(office, incident).is_some() => {
            Ok(Happened::RunbookResumed)
        }
        _ => AppError::refused(Refusal::NoRunbookStep(step)),
    }
}

/// What taking an entry back comes to.
pub(super) fn taken_back(incident: &Incident, number: u32) -> Result<Happened, AppError> {
    let entry = incident.entries.iter().find(|entry| entry.number == number);
    match entry.is_some_and(|entry| entry.happened.may_be_taken_back()) {
        true => Ok(Happened::TakenBack { entry: number }),
        false => AppError::refused(Refusal::NotTakenBack { entry: number }),
    }
}
