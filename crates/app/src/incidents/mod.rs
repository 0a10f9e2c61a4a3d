//! Incidents: what people work on when something is down, from the outage to the report.
//!
//! A timeline is added to and never changed; [`desk`] reads from it what is to be done, which clocks
//! run and whether they were met. [`tend()`] is the timer: it opens incidents from open outages and
//! writes down what has its turn. It looks at the state alone, so a restart loses nothing.

mod alarms;
pub mod calling;
mod deeds;
pub(crate) mod down;
mod duty;
mod follow;
mod joining;
mod line;
mod news;
mod outlook;
mod parts;
mod possible;
pub mod report;
mod ring;
mod runbooks;
mod sights;
mod steps;
mod tend;
mod troubles;

use desk::{Entry, Ground, Happened, Story};
use jiff::Timestamp;
use store::{Addition, IncidentRecord, Milestones};
use terms::Terms;

pub use alarms::{
    ALARM_TEXT_MAX, ALERT_DOORS_MAX, ALERTS_MAX, AlarmPlace, AlarmRules, Alert, AlertDoor,
    AlertGroup, AlertsTaken, alert_word, alerts,
};
pub use deeds::{Deed, OpenByHand, STEP_WAIT, TEXT_MAX, add, open};
pub use duty::{Duty, EmergencyContact, OnCall, PATIENCE};
pub use joining::FLAPPING;
pub use line::{SOURCES, kind_word, source_word, step_end_key};
pub use news::{BY_ITSELF, prove};
pub use outlook::{Doing, Outlook, outlook, under};
pub use parts::{merge, split};
pub use possible::StepRefusal;
pub use runbooks::{RUNBOOK_WAIT, RunbookView, StepView, runbook};
pub use tend::{Clock, tend};
pub use troubles::{TROUBLES_TOLD_MAX, Tended, Trouble, Troubles};

use crate::contracts::WatchedContract;
use crate::{AppError, Office, Refusal};

/// How often a verb decides anew when somebody else wrote into the timeline meanwhile.
const TRIES_MAX: usize = 5;
/// Entries from which on a timeline takes no further outages and alarms in: the rest is for their ends
/// and for people.
const TIMELINE_JOINED_MAX: i64 = store::ENTRIES_MAX / 10 * 9;

/// An incident with its timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Its number and place.
    pub record: IncidentRecord,
    /// In the order of writing.
    pub entries: Vec<Entry>,
    /// What they come to now.
    pub story: Story,
}

/// Reads one incident.
///
/// # Errors
/// Refused when there is none of that number; when the records fail.
pub async fn incident(office: &Office, id: i64, now: Timestamp) -> Result<Incident, AppError> {
    match office.store.incident(id).await? {
        Some(record) => load(office, record, now).await,
        None => AppError::refused(Refusal::NoIncident { id }),
    }
}

/// The open incidents, the oldest first.
///
/// # Errors
/// When the records fail.
pub async fn open_ones(office: &Office, now: Timestamp) -> Result<Vec<Incident>, AppError> {
    all(office, office.store.open_incidents().await?, now).await
}

/// How many incidents are open.
///
/// # Errors
/// When the records fail.
pub async fn count_open(office: &Office) -> Result<u64, AppError> {
    Ok(office.store.count_open_incidents().await?)
}

/// The newest incidents numbered below `before`, the newest first, at most so many.
///
/// # Errors
/// When the records fail.
pub async fn newest(
    office: &Office,
    before: i64,
    most: i64,
    now: Timestamp,
) -> Result<Vec<Incident>, AppError> {
    all(office, office.store.incidents_before(before, most).await?, now).await
}

async fn all(
    office: &Office,
    records: Vec<IncidentRecord>,
    now: Timestamp,
) -> Result<Vec<Incident>, AppError> {
    let mut incidents = Vec::with_capacity(records.len());
    for record in records {
        incidents.push(load(office, record, now).await?);
    }
    Ok(incidents)
}

/// The incident of a record.
pub(crate) async fn load(
    office: &Office,
    mut record: IncidentRecord,
    now: Timestamp,
) -> Result<Incident, AppError> {
    let kept = office.store.incident_entries(record.id).await?;
    // What was written between the two reads belongs to it.
    record.entries = record.entries.max(kept.len() as i64);
    let entries: Result<Vec<Entry>, AppError> =
        kept.iter().map(|entry| line::read(record.id, entry)).collect();
    let entries = entries?;
    let story = Story::read(&entries, now);
    Ok(Incident { record, entries, story })
}

/// An entry that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub at: Timestamp,
    pub by: Option<String>,
    pub happened: Happened,
}

impl Draft {
    /// The office itself notes something.
    pub(crate) fn ours(at: Timestamp, happened: Happened) -> Draft {
        Draft { at, by: None, happened }
    }
}

impl Incident {
    /// What adding entries to it means for the records.
    pub(crate) fn addition(&self, drafts: Vec<Draft>, now: Timestamp) -> Addition {
        addition(self.record.id, &self.entries, drafts, now)
    }

    /// The contract that it is under.
    ///
    /// # Errors
    /// Refused when the configuration has it no more.
    pub(crate) fn watched<'o>(&self, office: &'o Office) -> Result<&'o WatchedContract, AppError> {
        office.contract(&self.record.contract)
    }

    /// The terms that its clocks and steps go by: those in force when it was opened.
    pub(crate) fn terms<'o>(&self, watched: &'o WatchedContract) -> &'o Terms {
        watched.contract.terms_at(self.story.opened)
    }
}

/// What adding entries to a timeline means for the records.
pub(crate) fn addition(
    incident: i64,
    before: &[Entry],
    drafts: Vec<Draft>,
    now: Timestamp,
) -> Addition {
    let mut entries = before.to_vec();
    for Draft { at, by, happened } in drafts {
        let number = u32::try_from(entries.len()).unwrap_or(u32::MAX).saturating_add(1);
        entries.push(Entry { number, at, noted: now, by, happened });
    }
    // What others wrote since `now` was taken counts.
    let known = before.iter().map(|entry| entry.noted).max();
    let story = Story::read(&entries, known.map_or(now, |noted| noted.max(now)));
    Addition {
        incident,
        after: before.len() as i64,
        entries: entries[before.len()..].iter().map(line::kept).collect(),
        milestones: milestones(&story),
        calls: Vec::new(),
    }
}

pub(crate) fn milestones(story: &Story) -> Milestones {
    let closed = story.closed.or(story.merged_into.map(|(_, at)| at));
    Milestones { recognised: story.recognised, recovered: story.recovered, closed }
}

/// What its deadlines are reckoned on.
pub(crate) fn ground<'o>(
    office: &'o Office,
    watched: &'o WatchedContract,
    terms: &'o Terms,
) -> Ground<'o> {
    Ground { terms, zone: &watched.contract.zone, holidays: &office.holidays }
}
