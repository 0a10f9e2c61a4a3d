//! Runbooks at work: which step has its turn is decided by [`desk::proceed`]; here it is written down,
//! its order given, and what came of it read. An order is in the timeline before it is given, and what
//! was given is found again after a restart, so that no step is done twice.

use desk::{
    Carried, Happened, Next, Proceed, Runbook, StepDoing, StepEnd, next, proceed, runbook_of,
};
use jiff::{SignedDuration, Timestamp};
use store::Added;
use terms::{Lang, Name};

use super::sights::Sights;
use super::tend::Clock;
use super::{Draft, Incident, STEP_WAIT, TRIES_MAX, ground, incident};
use crate::gathered::whole_second;
use crate::{AppError, Office, Refusal, orders};

/// How long the one that wrote a step down has to give its order, before the timer gives it.
const GIVE_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// The runbook that answers an incident.
pub(crate) fn of<'o>(office: &'o Office, incident: &Incident) -> Option<&'o Runbook> {
    runbook_of(&office.runbooks, &incident.record.contract, &incident.story)
}

/// What the ladder of an incident says; one without a ladder is at its end.
fn ladder_says<'o>(
    office: &'o Office,
    incident: &Incident,
    now: Timestamp,
) -> Result<Next<'o>, AppError> {
    let watched = incident.watched(office)?;
    let terms = incident.terms(watched);
    let ground = ground(office, watched, terms);
    let story = &incident.story;
    if let Some(ladder) = story.ladder(terms) {
        return Ok(next(&story.course(ladder), &ground, whole_second(now)));
    }
    let mute = story.mutes.iter().find(|mute| mute.contains(now));
    Ok(match mute {
        Some(mute) => Next::Wait { until: mute.until() },
        None => Next::Exhausted { turn: desk::Turn { since: story.opened, late: None } },
    })
}

/// What checks say of the conditions that steps need, where it is news.
pub(super) fn conditions(office: &Office, incident: &Incident, sights: &Sights) -> Vec<Draft> {
    let story = &incident.story;
    let Some(runbook) = of(office, incident).filter(|_| story.is_open()) else {
        return Vec::new();
    };
    if story.recovered.is_some() {
        return Vec::new();
    }
    let began = story.outages.iter().map(|outage| outage.from).min();
    let began = began.unwrap_or(story.opened);
    let told = runbook.conditions.iter().filter_map(|(condition, check)| {
        let last = story.seen.iter().rev().find(|seen| seen.condition == *condition);
        let since = last.map_or(began, |seen| seen.at);
        let sight = sights.of(check)?;
        let at = sight.after(since)?;
        let is_news = last.is_none_or(|seen| seen.holds != sight.good);
        let (condition, holds) = (condition.clone(), sight.good);
        is_news.then(|| Draft::ours(whole_second(at), Happened::ConditionSeen { condition, holds }))
    });
    told.collect()
}

/// Since when every check that the runbook asks for has succeeded, at the earliest at `since`; `None`
/// while one has not.
pub(super) fn done_since(
    office: &Office,
    incident: &Incident,
    sights: &Sights,
    since: Timestamp,
) -> Option<Timestamp> {
    let checks = of(office, incident).map_or(&[][..], |runbook| &runbook.done);
    checks.iter().try_fold(since, |latest, check| {
        let sight = sights.of(check).filter(|sight| sight.good)?;
        Some(latest.max(sight.after(since)?))
    })
}

/// How the order of the step that is under way stands.
pub(super) async fn carried(
    office: &Office,
    incident: &Incident,
    now: Timestamp,
) -> Result<Carried, AppError> {
    let run = of(office, incident).and_then(|runbook| runbook.under_way(&incident.story));
    match run.and_then(|run| run.order) {
        Some(order) => orders::carried(office, order, lang(office, incident), now).await,
        None => Ok(Carried::Pending),
    }
}

fn lang(office: &Office, incident: &Incident) -> Lang {
    office.language(&incident.record.contract)
}

/// What the runbook has to write down now.
pub(super) fn steps(
    office: &Office,
    incident: &Incident,
    carried: &Carried,
    now: Timestamp,
) -> Result<Vec<Draft>, AppError> {
    let Some(runbook) = of(office, incident) else { return Ok(Vec::new()) };
    let next = ladder_says(office, incident, now)?;
    let at = whole_second(now);
    Ok(match proceed(runbook, &incident.story, &next, carried, at) {
        Proceed::Rest | Proceed::Under { .. } => Vec::new(),
        Proceed::Begin { step, until } => {
            let began = began(runbook, step, until);
            began.into_iter().map(|happened| Draft::ours(at, happened)).collect()
        }
        Proceed::End { step, how, detail } => {
            let ended = ended(runbook, step, how, detail);
            ended.into_iter().map(|happened| Draft::ours(at, happened)).collect()
        }
    })
}

/// What the beginning of a step comes to: an order is a step of its ladder too.
fn began(runbook: &Runbook, step: u16, until: Timestamp) -> Vec<Happened> {
    let mut happened = vec![Happened::StepBegan { runbook: runbook.name.clone(), step, until }];
    if let Some((ladder, level)) = level_of_order(runbook, step) {
        happened.push(Happened::StepTaken { ladder, level, wait_until: until });
    }
    happened
}

/// What the end of a step comes to.
fn ended(runbook: &Runbook, step: u16, how: StepEnd, detail: String) -> Vec<Happened> {
    let name = runbook.name.clone();
    let mut happened = vec![Happened::StepEnded { runbook: name, step, how, detail }];
    if let Some((ladder, level)) = level_of_order(runbook, step).filter(|_| how != StepEnd::Done) {
        happened.push(Happened::StepFailed { ladder, level });
    }
    happened
}

fn level_of_order(runbook: &Runbook, step: u16) -> Option<(Name, u8)> {
    let step = runbook.step(step)?;
    step.level.clone().filter(|_| matches!(step.doing, StepDoing::Order { .. }))
}

/// Gives the order of the step that has just been written down. It is issued at the time of the giving:
/// how long a station may fetch it counts from there.
pub(super) async fn give(
    office: &Office,
    id: i64,
    by: &str,
    clock: Clock<'_>,
) -> Result<(), AppError> {
    let now = clock();
    let known = incident(office, id, now).await?;
    let Some((name, step, order)) = to_give(office, &known) else { return Ok(()) };
    let order = (order.0.as_str(), order.1.as_str());
    let said = match orders::given(office, id, order, &known.story).await {
        Ok(Some(order)) => Ok(order),
        Ok(None) => orders::give(office, order, id, by, now).await,
        Err(why) => Err(why),
    };
    let happened = match said {
        Ok(order) => vec![Happened::Ordered { runbook: name.clone(), step, order }],
        // The station is not there, or may not be ordered: the step has failed.
        Err(AppError::Refused(why)) => {
            let Some(runbook) = of(office, &known) else { return Ok(()) };
            let lang = lang(office, &known);
            ended(runbook, step, StepEnd::Failed, orders::why_not(lang, &why))
        }
        Err(other) => return Err(other),
    };
    for _ in 0..TRIES_MAX {
        let known = incident(office, id, now).await?;
        let at = whole_second(now);
        let drafts = happened.iter().map(|it| Draft::ours(at, it.clone())).collect();
        if office.store.add_entries(&[known.addition(drafts, now)]).await? == Added::Done {
            office.incident_changed(id);
            return Ok(());
        }
    }
    AppError::refused(Refusal::IncidentBusy { id })
}

/// Gives an order that was written down and not given, as after a crash.
pub(super) async fn give_late(
    office: &Office,
    incident: &Incident,
    clock: Clock<'_>,
) -> Result<(), AppError> {
    let now = clock();
    let run = of(office, incident).and_then(|runbook| runbook.under_way(&incident.story));
    let is_late = run.is_some_and(|run| now.duration_since(run.began) >= GIVE_WITHIN);
    match is_late && to_give(office, incident).is_some() {
        true => give(office, incident.record.id, super::BY_ITSELF, clock).await,
        false => Ok(()),
    }
}

/// The order that a step under way has still to give: runbook, step, station and action.
fn to_give(office: &Office, incident: &Incident) -> Option<(Name, u16, (String, String))> {
    let runbook = of(office, incident)?;
    let run = runbook.under_way(&incident.story).filter(|run| run.order.is_none())?;
    match &runbook.step(run.step)?.doing {
        StepDoing::Order { station, action } => {
            Some((runbook.name.clone(), run.step, (station.clone(), action.clone())))
        }
        StepDoing::Call | StepDoing::Hand(_) => None,
    }
}

/// A person does a step: one that waits for him is done, one that has not begun begins.
pub(super) fn done_by_person(
    office: &Office,
    incident: &Incident,
    number: u16,
    at: Timestamp,
    now: Timestamp,
) -> Result<Vec<Happened>, AppError> {
    let refused = || AppError::Refused(Refusal::NoRunbookStep(number));
    let runbook = of(office, incident).ok_or_else(refused)?;
    let step = runbook.step(number).ok_or_else(refused)?;
    let is_order = matches!(step.doing, StepDoing::Order { .. });
    if matches!(ladder_says(office, incident, now)?, Next::Blocked { .. }) {
        return AppError::refused(Refusal::ContactFirst);
    }
    let until = at.checked_add(step.wait).unwrap_or(Timestamp::MAX);
    let known = incident.story.followed.iter();
    let mut known = known.filter(|run| run.runbook == runbook.name && run.step == number);
    match known.next() {
        Some(run) if run.ended.is_some() || is_order => Err(refused()),
        Some(_) => {
            let mut happened = ended(runbook, number, StepEnd::Done, String::new());
            if let Some((ladder, level)) = step.level.clone() {
                happened.push(Happened::StepTaken { ladder, level, wait_until: until });
            }
            Ok(happened)
        }
        None if runbook.under_way(&incident.story).is_some() => Err(refused()),
        None => Ok(began(runbook, number, until)),
    }
}

/// A person leaves a step out, or does not wait for it any longer.
pub(super) fn skipped(
    office: &Office,
    incident: &Incident,
    number: u16,
) -> Result<Vec<Happened>, AppError> {
    let refused = || AppError::Refused(Refusal::NoRunbookStep(number));
    let runbook = of(office, incident).ok_or_else(refused)?;
    runbook.step(number).ok_or_else(refused)?;
    let known = incident.story.followed.iter();
    let mut known = known.filter(|run| run.runbook == runbook.name && run.step == number);
    match known.next() {
        Some(run) if run.ended.is_some() => Err(refused()),
        Some(_) => Ok(ended(runbook, number, StepEnd::Skipped, String::new())),
        None => {
            let (runbook, how) = (runbook.name.clone(), StepEnd::Skipped);
            let detail = String::new();
            Ok(vec![Happened::StepEnded { runbook, step: number, how, detail }])
        }
    }
}

/// A runbook of an incident as people see it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunbookView<'o> {
    /// The runbook.
    pub runbook: &'o Runbook,
    /// Nothing of it begins by itself.
    pub stopped: bool,
    /// Its steps with what became of each.
    pub steps: Vec<StepView<'o>>,
}

/// A step of a runbook as people see it.
#[derive(Clone, Debug, PartialEq)]
pub struct StepView<'o> {
    /// From 1.
    pub number: u16,
    /// What it does.
    pub step: &'o desk::RunbookStep,
    /// What became of it; `None` before it had its turn.
    pub followed: Option<desk::Followed>,
    /// How its order stands, once it was given.
    pub carried: Option<Carried>,
    /// A person may do it or leave it out now.
    pub is_open: bool,
}

/// The runbook of an incident with its steps; `None` when none answers it.
///
/// # Errors
/// When the records fail.
pub async fn runbook<'o>(
    office: &'o Office,
    incident: &Incident,
    now: Timestamp,
) -> Result<Option<RunbookView<'o>>, AppError> {
    let Some(runbook) = of(office, incident) else { return Ok(None) };
    let story = &incident.story;
    let mut steps = Vec::new();
    for (number, step) in (1_u16..).zip(&runbook.steps) {
        let known = story.followed.iter();
        let mut known = known.filter(|run| run.runbook == runbook.name && run.step == number);
        let followed = known.next().cloned();
        let carried = match followed.as_ref().and_then(|run| run.order) {
            Some(order) => Some(orders::carried(office, order, lang(office, incident), now).await?),
            None => None,
        };
        let is_over = followed.as_ref().is_some_and(|run| run.ended.is_some());
        let is_open = !is_over && story.is_open() && story.recovered.is_none();
        steps.push(StepView { number, step, followed, carried, is_open });
    }
    Ok(Some(RunbookView { runbook, stopped: story.stopped.is_some(), steps }))
}

/// How long a step is given when the configuration does not say.
pub const RUNBOOK_WAIT: SignedDuration = STEP_WAIT;
