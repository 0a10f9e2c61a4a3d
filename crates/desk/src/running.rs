//! The clocks of an incident: which of the contract's run, since when, until when, and whether they
//! were met.

use jiff::Timestamp;
use terms::{About, Clock, Event, Kind, Name, Promise, Timing};

use crate::clock::{Deadline, due, promise_clock, warn_at};
use crate::ground::Ground;
use crate::story::Story;

/// The state in which the answer of the customer is waited for.
pub const WAITING_FOR_CUSTOMER: &str = "waiting-for-customer";

/// How a clock of an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It runs.
    Running,
    /// It runs and people are to be warned, or were.
    Soon,
    /// It stands, in a state in which it does not run.
    Paused,
    /// It was met in time.
    Met,
    /// It was met too late, or its time has passed.
    Late,
    /// It ended before it ran out: with the repair, the end of the incident, or its merging into another.
    Ended,
    /// It has no deadline in this incident.
    None,
}

/// A clock of the contract in one incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Running<'a> {
    /// The promise.
    pub promise: &'a Promise,
    /// Its clock.
    pub clock: &'a Clock,
    /// Since when it runs.
    pub from: Timestamp,
    /// By when, or why there is no such time. It moves on while the clock stands.
    pub deadline: Deadline,
    /// When to warn.
    pub warn_at: Option<Timestamp>,
    /// When what it waits for was done.
    pub met: Option<Timestamp>,
    /// How it stands.
    pub standing: Standing,
}

/// Every clock of the terms that an incident started, in the order of the contract. `ground` has the
/// terms in force when the incident was opened.
pub fn running<'a>(story: &Story, ground: &Ground<'a>, now: Timestamp) -> Vec<Running<'a>> {
    let promises = ground.terms.promises.iter();
    promises.filter_map(|promise| one(promise, story, ground, now)).collect()
}

/// The clocks that a person may start in an incident: those of no event, but for what a customer
/// claims by.
pub fn startable<'a>(ground: &Ground<'a>) -> Vec<&'a Promise> {
    let promises = || ground.terms.promises.iter();
    let is_claim = |name: &Name| {
        promises().any(|promise| match &promise.kind {
            Kind::Remedy(remedy) => remedy.claim.as_ref() == Some(name),
            _ => false,
        })
    };
    let fits = |promise: &&Promise| match &promise.kind {
        Kind::Clock(clock) => clock.event.is_none() && !is_claim(&promise.name),
        _ => false,
    };
    promises().filter(fits).collect()
}

fn one<'a>(
    promise: &'a Promise,
    story: &Story,
    ground: &Ground<'a>,
    now: Timestamp,
) -> Option<Running<'a>> {
    let clock = promise_clock(promise)?;
    if matches!(&promise.kind, Kind::Notice(notice) if notice.about != About::Incident) {
        return None;
    }
    let from = started(promise, clock, story).filter(|from| *from <= now)?;
    let end = ends(clock, story).filter(|end| *end <= now);
    let now = end.unwrap_or(now);
    let pauses = story.spans_of(&clock.pauses, now);
    let deadline = due(clock, ground, from, &pauses);
    let met = done(promise, clock, story, from);
    let warn_at = warn_at(clock, ground, from, &pauses);
    let in_pause = clock.pauses.iter().any(|state| story.is_in(state.as_str()));
    let standing = match (deadline, met) {
        (Deadline::None(_), _) => Standing::None,
        (Deadline::Due(due), Some(at)) if due.met_by(at) => Standing::Met,
        (Deadline::Due(_), Some(_)) => Standing::Late,
        (Deadline::Due(due), None) if !due.met_by(now) && !in_pause => Standing::Late,
        (Deadline::Due(_), None) if end.is_some() => Standing::Ended,
        (Deadline::Due(_), None) if in_pause => Standing::Paused,
        (Deadline::Due(_), None) if warn_at.is_some_and(|at| at <= now) => Standing::Soon,
        (Deadline::Due(_), None) => Standing::Running,
    };
    Some(Running { promise, clock, from, deadline, warn_at, met, standing })
}

/// Since when the clock runs, if it does.
fn started(promise: &Promise, clock: &Clock, story: &Story) -> Option<Timestamp> {
    if clock.priority.is_some() && clock.priority != story.judged.map(|(priority, _)| priority) {
        return None;
    }
    match clock.event {
        Some(Event::Outage) => {
            let first = story.outages.iter().map(|outage| outage.from).min();
            first.or(Some(story.opened))
        }
        Some(Event::Recognition) => story.recognised,
        Some(Event::Judgement) => story.judged.map(|(_, at)| at),
        Some(Event::Recovery) => story.recovered,
        Some(Event::WaitingForCustomer) => {
            let waits = story.states.iter().rev();
            let mut waits = waits.filter(|state| state.what.as_str() == WAITING_FOR_CUSTOMER);
            waits.next().map(|state| state.from)
        }
        None => latest(&story.started, &promise.name),
    }
}

/// When a clock stops without being met: one that a person started with the repair, since nobody has to
/// come any more; one that waits for the customer with the incident. Word of the fault and its report
/// are owed all the same. In an incident that goes on in another, all of them.
fn ends(clock: &Clock, story: &Story) -> Option<Timestamp> {
    let ended = match clock.event {
        None => story.recovered.or(story.closed),
        Some(Event::WaitingForCustomer) => story.closed,
        Some(Event::Judgement | Event::Outage | Event::Recognition | Event::Recovery) => None,
    };
    ended.or(story.merged_into.map(|(_, at)| at))
}

/// When what the clock waits for was done, if it was.
fn done(promise: &Promise, clock: &Clock, story: &Story, from: Timestamp) -> Option<Timestamp> {
    let by_hand = || {
        let met = story.met.iter().filter(|(name, at)| *name == promise.name && *at >= from);
        met.map(|(_, at)| *at).min()
    };
    if let Kind::Notice(notice) = &promise.kind
        && let Timing::After { channels, .. } = &notice.timing
    {
        let counts = |channel: &Name| channels.is_empty() || channels.contains(channel);
        let told = story.notices.iter().filter(|(channel, _)| counts(channel));
        return told.map(|(_, at)| *at).chain(by_hand()).min();
    }
    match clock.event {
        Some(Event::Recovery) => {
            story.reports.iter().copied().filter(|at| *at >= from).chain(by_hand()).min()
        }
        Some(Event::WaitingForCustomer) => {
            let wait =
                story.states.iter().rev().find(|state| {
                    state.what.as_str() == WAITING_FOR_CUSTOMER && state.from == from
                });
            wait.and_then(|state| state.until)
        }
        _ => by_hand(),
    }
}

fn latest(of: &[(Name, Timestamp)], name: &Name) -> Option<Timestamp> {
    of.iter().filter(|(known, _)| known == name).map(|(_, at)| *at).max()
}
