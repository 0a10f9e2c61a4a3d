//! What follows from a timeline as it stands: that it has recovered, which step of a runbook has its
//! turn, who is called, and which deadlines there are.

use desk::{
    Carried, Closing, Happened, LOOK_WAIT, Source, Standing, StepDoing, call_next, marks_at,
    warn_now,
};
use jiff::Timestamp;
use store::NoticeRecord;
use terms::{Event, Name};

use super::sights::Sights;
use super::{Doing, Draft, Incident, Outlook, ground, news, outlook, runbooks};
use crate::gathered::whole_second;
use crate::{AppError, Office};

/// What is known around an incident.
pub(super) struct Around<'a> {
    /// How checks stand.
    pub sights: &'a Sights,
    /// Its notices.
    pub notices: &'a [NoticeRecord],
    /// How the order of the step under way stands.
    pub carried: Carried,
}

/// What is new, and what follows from it.
pub(super) fn follow(
    office: &Office,
    incident: &Incident,
    mut drafts: Vec<Draft>,
    around: &Around<'_>,
    now: Timestamp,
) -> Result<Vec<Draft>, AppError> {
    drafts.extend(news::proofs(&incident.entries, around.notices));
    drafts.extend(runbooks::conditions(office, incident, around.sights));
    // Each of these rests on what the ones before it wrote. The end of a step lets the next one begin.
    for follows in [recovered, steps, steps, turns, deadlines] {
        let with = with(incident, &drafts, now);
        drafts.extend(follows(office, &with, around, now)?);
    }
    Ok(drafts)
}

/// The incident as it will be with these entries.
fn with(incident: &Incident, drafts: &[Draft], now: Timestamp) -> Incident {
    let mut with = incident.clone();
    for (number, draft) in (with.entries.len() as u32 + 1..).zip(drafts) {
        let Draft { at, by, happened } = draft.clone();
        with.entries.push(desk::Entry { number, at, noted: now, by, happened });
    }
    with.story = desk::Story::read(&with.entries, now);
    with
}

fn steps(
    office: &Office,
    incident: &Incident,
    around: &Around<'_>,
    now: Timestamp,
) -> Result<Vec<Draft>, AppError> {
    runbooks::steps(office, incident, &around.carried, now)
}

/// It has recovered when every function is seen up and every alarm is over, unless a condition that a
/// step needed was last seen not to hold, or a check that the runbook asks for has not succeeded since:
/// then somebody must see first that it does.
fn recovered(
    office: &Office,
    incident: &Incident,
    around: &Around<'_>,
    _now: Timestamp,
) -> Result<Vec<Draft>, AppError> {
    let story = &incident.story;
    let by_machine = story.source.is_some_and(|source| source != Source::Hand);
    if !by_machine || over_since(incident).is_none() || story.recovered.is_some() {
        return Ok(Vec::new());
    }
    if story.alarms.iter().any(|alarm| alarm.closing == Closing::ByPerson) {
        return Ok(Vec::new());
    }
    // A person who took the entry back knows better.
    let was_said = |entry: &desk::Entry| entry.happened == Happened::Recovered;
    let last_up = over_since(incident);
    let said_since = incident.entries.iter().any(|e| was_said(e) && Some(e.at) >= last_up);
    let holds = |condition: &Name| {
        let last = story.seen.iter().rev().find(|seen| seen.condition == *condition);
        last.is_none_or(|seen| seen.holds)
    };
    if said_since || !story.seen.iter().all(|seen| holds(&seen.condition)) {
        return Ok(Vec::new());
    }
    let seen = story.seen.iter().map(|seen| seen.at).max();
    let at = last_up.max(seen).unwrap_or(story.opened);
    let done = runbooks::done_since(office, incident, around.sights, at);
    Ok(done.map(|at| Draft::ours(whole_second(at), Happened::Recovered)).into_iter().collect())
}

/// Since when nothing is down and no alarm is on any more; `None` while something is, or when there was
/// nothing of the kind.
fn over_since(incident: &Incident) -> Option<Timestamp> {
    let story = &incident.story;
    if story.down().next().is_some() || story.ringing().next().is_some() {
        return None;
    }
    let outages = story.outages.iter().filter_map(|outage| outage.until);
    outages.chain(story.alarms.iter().filter_map(|alarm| alarm.until)).max()
}

/// Whoever is on call is called for what has its turn, and the next one when nobody answers; and again
/// when a mute has ended.
fn turns(
    office: &Office,
    incident: &Incident,
    _around: &Around<'_>,
    now: Timestamp,
) -> Result<Vec<Draft>, AppError> {
    let outlook = outlook(office, incident, now)?;
    if outlook.muted.is_some() {
        return Ok(Vec::new());
    }
    let at = whole_second(now);
    let turn = turn(office, incident, &outlook, at);
    let again = outlook.again.map(|since| ("again".to_owned(), since));
    let (people, patience) = (office.duty.people.len(), office.duty.patience);
    let rank = |(turn, since): &(String, Timestamp)| {
        call_next(&incident.story, (turn, *since), people, patience, at)
    };
    let called =
        turn.and_then(|turn| Some((rank(&turn)?, turn))).or_else(|| again.map(|again| (0, again)));
    let draft = called.map(|(rank, (turn, since))| {
        let who = office.duty.after(rank, now).map(|person| person.name.clone());
        Draft::ours(at, Happened::Called { who, turn, since })
    });
    Ok(draft.into_iter().collect())
}

/// What people have to do now, and since when: what the ladder says, unless the runbook does it, a step
/// of the runbook that is theirs, or to see whether it has recovered.
fn turn(
    office: &Office,
    incident: &Incident,
    outlook: &Outlook<'_>,
    now: Timestamp,
) -> Option<(String, Timestamp)> {
    let story = &incident.story;
    let waits_for_person = story.alarms.iter().any(|alarm| alarm.closing == Closing::ByPerson);
    if let Some(since) = over_since(incident).filter(|_| waits_for_person)
        && story.recovered.is_none()
    {
        return Some(("confirm".to_owned(), since));
    }
    let runbook = runbooks::of(office, incident);
    if let Some((runbook, run)) = runbook.and_then(|it| Some((it, it.under_way(story)?))) {
        return match runbook.step(run.step).map(|step| &step.doing) {
            Some(StepDoing::Order { .. }) => None,
            _ => Some((format!("runbook {} {}", runbook.name, run.step), run.began)),
        };
    }
    if let (Doing::Look { condition, since }, Some(runbook)) = (&outlook.doing, runbook)
        && runbook.check_of(condition).is_some()
        && now.duration_since(*since) < LOOK_WAIT
    {
        return None;
    }
    outlook.doing.turn()
}

/// Deadlines are told when they are there or have moved, people are warned of what runs out, and an
/// incident whose customer stayed silent for as long as the contract says is closed.
fn deadlines(
    office: &Office,
    incident: &Incident,
    _around: &Around<'_>,
    now: Timestamp,
) -> Result<Vec<Draft>, AppError> {
    let outlook = outlook(office, incident, now)?;
    let (story, at) = (&incident.story, whole_second(now));
    let mut drafts = Vec::new();
    for clock in &outlook.clocks {
        let promise = clock.promise.name.clone();
        let Some(due) = clock.deadline.due().map(|due| due.shown()) else { continue };
        let last_told = story.told.iter().rev().find(|(known, _)| *known == promise);
        let stands = matches!(clock.standing, Standing::Paused | Standing::Ended);
        if !stands && clock.met.is_none() && last_told.is_none_or(|(_, told)| *told != due) {
            drafts.push(Draft::ours(at, Happened::ClockTold { promise: promise.clone(), due }));
        }
        let silence = clock.clock.event == Some(Event::WaitingForCustomer);
        if silence && clock.met.is_none() && clock.standing == Standing::Late {
            if story.down().next().is_none() {
                drafts.push(Draft::ours(at, Happened::Closed));
            }
            continue;
        }
        if outlook.muted.is_none() && is_to_warn(office, incident, clock, &outlook, at) {
            drafts.push(Draft::ours(at, Happened::ClockWarned { promise, due }));
        }
    }
    Ok(drafts)
}

/// Whether people are to be warned of a clock now: at each mark, when the contract says so, and when it
/// has run out. Several that passed while nobody looked are one warning.
fn is_to_warn(
    office: &Office,
    incident: &Incident,
    clock: &desk::Running<'_>,
    outlook: &Outlook<'_>,
    now: Timestamp,
) -> bool {
    let runs = matches!(clock.standing, Standing::Running | Standing::Soon | Standing::Late);
    let Some(due) = clock.deadline.due().filter(|_| runs && clock.met.is_none()) else {
        return false;
    };
    let ground = ground(office, outlook.watched, outlook.terms);
    let pauses = incident.story.spans_of(&clock.clock.pauses, now);
    let mut marks = marks_at(clock.clock, &ground, clock.from, &pauses, &office.duty.marks);
    marks.extend(clock.warn_at);
    let late = due.shown().checked_add(jiff::SignedDuration::from_secs(1));
    marks.extend(late);
    let marks: Vec<Timestamp> = marks.into_iter().map(whole_second).collect();
    let warned = incident.story.warned.iter();
    let warned = warned.filter(|(known, of, _)| *known == clock.promise.name && *of == due.shown());
    warn_now(&marks, warned.map(|(_, _, at)| *at), now)
}
