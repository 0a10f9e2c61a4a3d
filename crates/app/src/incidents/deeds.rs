//! What a person does in an incident: each deed is checked, then it is an entry.

use desk::{Happened, PRIORITY_MAX, Source, WAITING_FOR_CUSTOMER};
use jiff::{SignedDuration, Timestamp};
use store::{Added, NewIncident, Room};
use terms::{Name, Service, Terms};

use super::possible::{clock, closed, no_step, on_runbook, step, step_anyway, taken_back};
use super::{Draft, Incident, TRIES_MAX, addition, incident, line, runbooks};
use crate::incidents::down;
use crate::sightings::Sightings;
use crate::{AppError, Office, Refusal};

/// Longest title, note or reference, in characters.
pub const TEXT_MAX: usize = 4_000;
/// How long a step is waited for when nothing else is said.
pub const STEP_WAIT: SignedDuration = SignedDuration::from_mins(30);
/// How long before it was opened something of an incident may have happened.
const BEFORE_MAX: SignedDuration = SignedDuration::from_hours(31 * 24);

/// What a person does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Remarks something.
    Note(String),
    /// Says something that everybody may read: customers, and visitors of status pages.
    Publish(String),
    /// Says that we know of it.
    Recognise,
    /// Judges how urgent it is.
    Judge(u8),
    /// Took a step of a ladder, which is given so long to help.
    Step {
        /// The ladder.
        ladder: Name,
        /// The level.
        level: u8,
        /// How long it is waited for.
        wait: SignedDuration,
    },
    /// Took a step of a ladder although something stands before it.
    StepAnyway {
        /// The ladder.
        ladder: Name,
        /// The level.
        level: u8,
        /// How long it is waited for.
        wait: SignedDuration,
        /// Why.
        reason: String,
    },
    /// Saw that a step did not help.
    StepFailed {
        /// The ladder.
        ladder: Name,
        /// The level.
        level: u8,
    },
    /// Looked at a condition such as `login`.
    Look {
        /// Which one.
        condition: Name,
        /// Whether it holds.
        holds: bool,
    },
    /// Tried to reach the emergency contact.
    Contact {
        /// Whether somebody answered.
        reached: bool,
    },
    /// Asks to be left alone until then.
    Mute(Timestamp),
    /// Told the customer.
    Tell {
        /// Over which channel.
        channel: Name,
        /// Where the proof is.
        reference: String,
    },
    /// Starts a clock.
    StartClock(Name),
    /// Says that what a clock waits for was done.
    MeetClock(Name),
    /// Waits for the customer from now on.
    AwaitCustomer,
    /// The customer answered.
    CustomerAnswered,
    /// Says that it is repaired.
    Recover,
    /// Ends the work on it.
    Close,
    /// Has heard the call and sees to it.
    Acknowledge,
    /// Did a step of the runbook, or lets one begin that has not had its turn.
    DoStep(u16),
    /// Leaves a step of the runbook out.
    SkipStep(u16),
    /// Lets nothing of the runbook begin by itself any more.
    StopRunbook,
    /// Lets the runbook go on.
    ResumeRunbook,
    /// Takes an entry back that was wrong.
    TakeBack(u32),
}

/// An incident that a person opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenByHand {
    /// Under which contract.
    pub contract: String,
    /// Of which service; the one that has the first function when it is not said.
    pub service: Option<String>,
    /// What is down; may be empty.
    pub functions: Vec<String>,
    /// In a few words.
    pub title: String,
}

/// Opens an incident; its number.
///
/// # Errors
/// Refused when there is no such contract, service or function, or the title is empty or too long.
pub async fn open(
    office: &Office,
    what: &OpenByHand,
    by: &str,
    at: Option<Timestamp>,
    now: Timestamp,
) -> Result<i64, AppError> {
    let watched = office.contract(&what.contract)?;
    let contract = &watched.contract;
    let terms = contract.terms_at(now);
    let title = text(&what.title)?;
    let functions = functions(terms, &what.functions)?;
    let service = service(terms, what.service.as_deref(), &functions)?;
    let at = instant(at, now.saturating_sub(BEFORE_MAX).unwrap_or(now), now)?;
    let by = Some(by.to_owned());
    let opened = Happened::Opened { title, source: Source::Hand };
    let mut drafts = vec![Draft { at, by: by.clone(), happened: opened }];
    drafts.push(Draft { at, by: by.clone(), happened: Happened::Recognised });
    drafts.extend(functions.into_iter().map(|function| {
        let happened = Happened::OutageBegan { function };
        Draft { at, by: by.clone(), happened }
    }));
    let new = NewIncident {
        contract: contract.name.to_string(),
        service: service.name.to_string(),
        source: line::source_word(Source::Hand),
        origin: None,
        opened: at,
        room: Room::All,
    };
    let first = addition(0, &[], drafts, now);
    let opened = office.store.open_incident(&new, &first.entries, first.milestones).await?;
    if let Some(id) = opened {
        office.incident_changed(id);
    }
    opened.ok_or(AppError::Refused(Refusal::IncidentBusy { id: 0 }))
}

/// Writes a deed into the timeline of an incident, as it was done at an instant; now, when that is not
/// said.
///
/// # Errors
/// Refused when there is no such incident or the deed is not possible there; the sentence says why.
pub async fn add(
    office: &Office,
    id: i64,
    deed: &Deed,
    by: &str,
    at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), AppError> {
    for _ in 0..TRIES_MAX {
        let incident = incident(office, id, now).await?;
        let earliest = incident.story.opened.saturating_sub(BEFORE_MAX);
        let at = instant(at, earliest.unwrap_or(Timestamp::MIN), now)?;
        if !incident.story.is_open() && !may_follow(deed) {
            return AppError::refused(Refusal::IncidentClosed { id });
        }
        let happened = match deed {
            Deed::Recover => recover(office, &incident, now).await?,
            Deed::DoStep(step) => runbooks::done_by_person(office, &incident, *step, at, now)?,
            Deed::StepAnyway { ladder, level, wait, reason } => {
                let taken = taken(ladder, *level, *wait, at);
                step_anyway(office, &incident, taken, reason, at)?
            }
            Deed::SkipStep(step) => runbooks::skipped(office, &incident, *step)?,
            other => vec![happened(office, &incident, other, at, now)?],
        };
        let draft = |happened| Draft { at, by: Some(by.to_owned()), happened };
        let addition = incident.addition(happened.into_iter().map(draft).collect(), now);
        if office.store.add_entries(&[addition]).await? == Added::Done {
            office.incident_changed(id);
            if matches!(deed, Deed::DoStep(_)) {
                runbooks::give(office, id, by, &|| now).await?;
            }
            return Ok(());
        }
    }
    AppError::refused(Refusal::IncidentBusy { id })
}

/// Whether a deed is still done when the work on an incident has ended.
fn may_follow(deed: &Deed) -> bool {
    matches!(deed, Deed::Note(_) | Deed::Publish(_) | Deed::TakeBack(_))
}

/// What a deed comes to, if it is possible.
fn happened(
    office: &Office,
    incident: &Incident,
    deed: &Deed,
    at: Timestamp,
    now: Timestamp,
) -> Result<Happened, AppError> {
    let watched = incident.watched(office)?;
    let terms = incident.terms(watched);
    let story = &incident.story;
    Ok(match deed {
        Deed::Note(words) => Happened::Noted { text: text(words)? },
        Deed::Publish(words) => Happened::Published { text: text(words)? },
        Deed::Recognise => Happened::Recognised,
        Deed::Judge(priority) if (1..=PRIORITY_MAX).contains(priority) => {
            Happened::Judged { priority: *priority }
        }
        Deed::Judge(_) => return AppError::refused(Refusal::Priority(PRIORITY_MAX)),
        Deed::Step { ladder, level, wait } => {
            step(office, incident, (ladder, *level), at, false)?;
            taken(ladder, *level, *wait, at)
        }
        Deed::StepAnyway { ladder, level, wait, .. } => taken(ladder, *level, *wait, at),
        Deed::StepFailed { ladder, level } => {
            let is_it = |taken: &desk::Taken| taken.ladder == *ladder && taken.level == *level;
            if !story.taken.iter().any(is_it) {
                return AppError::refused(no_step(ladder, *level));
            }
            Happened::StepFailed { ladder: ladder.clone(), level: *level }
        }
        Deed::Look { condition, holds } => {
            Happened::ConditionSeen { condition: condition.clone(), holds: *holds }
        }
        Deed::Contact { reached } => Happened::ContactTried { reached: *reached },
        Deed::Mute(until) if *until > at => Happened::Muted { until: *until },
        Deed::Mute(_) => return AppError::refused(Refusal::MuteBackwards),
        Deed::Tell { channel, reference } => {
            let reference = at_most(reference)?;
            Happened::NoticeTold { channel: channel.clone(), reference }
        }
        Deed::StartClock(promise) | Deed::MeetClock(promise) => {
            clock(office, incident, terms, promise, deed)?
        }
        Deed::AwaitCustomer => Happened::StateBegan { state: waiting_for_customer()? },
        Deed::CustomerAnswered => Happened::StateEnded { state: waiting_for_customer()? },
        Deed::Close if story.recovered.is_some() => closed(office, incident, now)?,
        Deed::Acknowledge => Happened::Acknowledged,
        Deed::DoStep(_) | Deed::SkipStep(_) | Deed::StopRunbook | Deed::ResumeRunbook => {
            on_runbook(office, incident, deed)?
        }
        Deed::Close | Deed::Recover => {
            return AppError::refused(Refusal::NotRecovered { id: incident.record.id });
        }
        Deed::TakeBack(number) => taken_back(incident, *number)?,
    })
}

fn taken(ladder: &Name, level: u8, wait: SignedDuration, at: Timestamp) -> Happened {
    let wait_until = at.checked_add(wait).unwrap_or(Timestamp::MAX);
    Happened::StepTaken { ladder: ladder.clone(), level, wait_until }
}

/// It is repaired: functions that nobody measures are up by the word of who says so; one that is seen
/// down is not.
async fn recover(
    office: &Office,
    incident: &Incident,
    now: Timestamp,
) -> Result<Vec<Happened>, AppError> {
    let watched = office.shared_contract(&incident.record.contract)?;
    let seen = down::seen(office, &watched, now, &mut Sightings::default()).await?;
    let mut ended = Vec::new();
    for outage in incident.story.down() {
        if seen.is_down(&outage.what) {
            let function = outage.what.to_string();
            return AppError::refused(Refusal::StillDown { function });
        }
        ended.push(Happened::OutageEnded { function: outage.what.clone() });
    }
    let alarms = incident.story.ringing();
    ended.extend(alarms.map(|it| Happened::AlarmEnded { alarm: it.alarm.clone() }));
    ended.push(Happened::Recovered);
    Ok(ended)
}

fn waiting_for_customer() -> Result<Name, AppError> {
    let name = WAITING_FOR_CUSTOMER.parse();
    name.map_err(|()| AppError::Refused(Refusal::NoClock { promise: String::new() }))
}

/// An instant at which something can have been done.
fn instant(
    at: Option<Timestamp>,
    earliest: Timestamp,
    now: Timestamp,
) -> Result<Timestamp, AppError> {
    let now = crate::gathered::whole_second(now);
    match at {
        None => Ok(now),
        Some(at) if at <= now && at >= earliest => Ok(at),
        Some(_) => AppError::refused(Refusal::NotThen),
    }
}

pub(super) fn text(words: &str) -> Result<String, AppError> {
    let words = at_most(words)?;
    if words.is_empty() {
        return AppError::refused(Refusal::NoText);
    }
    Ok(words)
}

fn at_most(words: &str) -> Result<String, AppError> {
    let words = words.trim();
    if words.chars().count() > TEXT_MAX {
        return AppError::refused(Refusal::LongText { most: TEXT_MAX });
    }
    Ok(words.to_owned())
}

/// The functions of these names.
pub(super) fn functions(terms: &Terms, asked: &[String]) -> Result<Vec<Name>, AppError> {
    let known = || terms.services.iter().flat_map(|service| &service.functions);
    let find = |name: &String| {
        let found = known().find(|function| function.name.as_str() == name);
        let refusal = || AppError::Refused(Refusal::NoFunction { name: name.clone() });
        found.map(|function| function.name.clone()).ok_or_else(refusal)
    };
    asked.iter().map(find).collect()
}

fn service<'t>(
    terms: &'t Terms,
    asked: Option<&str>,
    functions: &[Name],
) -> Result<&'t Service, AppError> {
    let has = |service: &&Service| match (asked, functions.first()) {
        (Some(asked), _) => service.name.as_str() == asked,
        (None, Some(function)) => service.functions.iter().any(|known| known.name == *function),
        (None, None) => true,
    };
    let name = asked.unwrap_or_default().to_owned();
    terms.services.iter().find(has).ok_or(AppError::Refused(Refusal::NoService { name }))
}
