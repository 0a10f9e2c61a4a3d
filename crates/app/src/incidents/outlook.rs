//! What is to be done in an incident now, and how its clocks stand.

use std::sync::Arc;

use calendar::HolidayTable;
use desk::{Ground, Next, Running, Standing, next, running, startable, tell_again};
use jiff::{SignedDuration, Timestamp};
use terms::{LadderStep, Name, Promise, Terms};

use super::{EmergencyContact, Incident};
use crate::contracts::WatchedContract;
use crate::gathered::whole_second;
use crate::{AppError, Office};

/// What is to be done now.
#[derive(Clone, Debug, PartialEq)]
pub enum Doing<'o> {
    /// Nothing: it has ended.
    Ended,
    /// Take a step.
    Take {
        /// The ladder.
        ladder: &'o Name,
        /// The step.
        step: &'o LadderStep,
        /// Since when it has its turn.
        since: Timestamp,
    },
    /// Find out whether a condition holds.
    Look {
        /// Which one.
        condition: &'o Name,
        /// Since when.
        since: Timestamp,
    },
    /// Wait for a step to help, or for a mute to end.
    Wait {
        /// Until when.
        until: Timestamp,
    },
    /// Blocked by contact: the emergency contact must be reached first.
    Blocked {
        /// Since when the step could have been taken.
        since: Timestamp,
        /// Tries in vain.
        attempts: usize,
        /// When it goes on without.
        until: Option<Timestamp>,
    },
    /// A person decides: there is no ladder, or it has no more steps.
    Decide {
        /// Since when.
        since: Timestamp,
    },
}

impl Doing<'_> {
    /// A word for what has its turn, and since when; `None` when there is nothing to do.
    #[must_use]
    pub fn turn(&self) -> Option<(String, Timestamp)> {
        match self {
            Doing::Take { ladder, step, since } => {
                Some((format!("take {ladder} {}", step.level), *since))
            }
            Doing::Look { condition, since } => Some((format!("look {condition}"), *since)),
            Doing::Blocked { since, .. } => Some(("contact".to_owned(), *since)),
            Doing::Decide { since } => Some(("decide".to_owned(), *since)),
            Doing::Ended | Doing::Wait { .. } => None,
        }
    }

    /// By how much it is late: what is done within a minute is not.
    #[must_use]
    pub fn late(&self, now: Timestamp) -> Option<SignedDuration> {
        let (_, since) = self.turn()?;
        let late = whole_second(now).duration_since(since);
        (late > desk::ON_TIME && !matches!(self, Doing::Blocked { .. })).then_some(late)
    }
}

/// An incident as it stands now.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook<'o> {
    /// Its contract, and what we measure of it.
    pub watched: &'o WatchedContract,
    /// The terms that it goes by: those in force when it was opened.
    pub terms: &'o Terms,
    /// What is to be done.
    pub doing: Doing<'o>,
    /// Its clocks, in the order of the contract.
    pub clocks: Vec<Running<'o>>,
    /// Clocks that a person may start.
    pub startable: Vec<&'o Promise>,
    /// Whom to reach at the customer's.
    pub contacts: &'o [EmergencyContact],
    /// People are left alone until then.
    pub muted: Option<Timestamp>,
    /// A mute is over and nobody was called since: when it ended.
    pub again: Option<Timestamp>,
}

impl Outlook<'_> {
    /// The clock that has the least time left, among those that still run.
    #[must_use]
    pub fn nearest(&self) -> Option<&Running<'_>> {
        let runs = |clock: &&Running<'_>| {
            clock.met.is_none() && !matches!(clock.standing, Standing::None | Standing::Ended)
        };
        let due = |clock: &&Running<'_>| clock.deadline.due().map(|due| due.shown());
        self.clocks.iter().filter(runs).min_by_key(due)
    }
}

/// What is to be done in an incident and how its clocks stand, by its timeline and the terms.
///
/// # Errors
/// Refused when its contract is in the configuration no more.
pub fn outlook<'o>(
    office: &'o Office,
    incident: &Incident,
    now: Timestamp,
) -> Result<Outlook<'o>, AppError> {
    let watched = incident.watched(office)?;
    let contacts = office.duty.contacts(&incident.record.contract);
    Ok(under(watched, contacts, &office.holidays, incident, now))
}

/// As [`outlook`], under this contract and with these contacts and holidays.
#[must_use]
pub fn under<'o>(
    watched: &'o WatchedContract,
    contacts: &'o [EmergencyContact],
    holidays: &'o Arc<HolidayTable>,
    incident: &Incident,
    now: Timestamp,
) -> Outlook<'o> {
    let now = whole_second(now);
    let terms = incident.terms(watched);
    let ground = Ground { terms, zone: &watched.contract.zone, holidays };
    let story = &incident.story;
    let mute = story.mutes.iter().find(|mute| mute.contains(now));
    let calls: Vec<Timestamp> = story.calls.iter().map(|(_, _, at)| *at).collect();
    let ladder = story.ladder(terms);
    let doing = match ladder {
        _ if !story.is_open() || story.recovered.is_some() => Doing::Ended,
        None => match mute {
            Some(mute) => Doing::Wait { until: mute.until() },
            None => Doing::Decide { since: since_mute(incident, now) },
        },
        Some(ladder) => match next(&story.course(ladder), &ground, now) {
            Next::Ended => Doing::Ended,
            Next::Take { ladder, step, turn } => Doing::Take { ladder, step, since: turn.since },
            Next::Look { condition, turn } => Doing::Look { condition, since: turn.since },
            Next::Wait { until } => Doing::Wait { until },
            Next::Blocked { since, attempts, until } => Doing::Blocked { since, attempts, until },
            Next::Exhausted { turn } => Doing::Decide { since: turn.since },
        },
    };
    let nothing = "none".parse();
    let any = ladder.or(nothing.as_ref().ok());
    let again = any.and_then(|ladder| tell_again(&story.course(ladder), &calls, now));
    Outlook {
        watched,
        terms,
        doing,
        clocks: running(story, &ground, now),
        startable: startable(&ground),
        contacts,
        muted: mute.map(|mute| mute.until()),
        again: again.map(|turn| turn.since).filter(|_| story.is_open()),
    }
}

/// Since when somebody is to decide: since it was opened, or since the mute over that instant ended.
fn since_mute(incident: &Incident, now: Timestamp) -> Timestamp {
    let opened = incident.story.opened;
    let over = incident.story.mutes.iter().find(|mute| mute.contains(opened));
    over.map_or(opened, |mute| mute.until()).min(now)
}
