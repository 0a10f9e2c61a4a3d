//! What is told of incidents and windows: published words, that notices were sent, and times.

use std::collections::BTreeMap;

use calendar::Span;
use desk::Ground;
use jiff::{SignedDuration, Timestamp};
use terms::{Contract, Name, Text};

use super::{DAYS, INCIDENTS_MAX, ShownIncident, ShownWindow, Update, WINDOWS_AHEAD, WINDOWS_MAX};
use crate::incidents::{Incident, load};
use crate::{AppError, Office, windows};

/// Public names of the functions of a contract that are shown.
pub type Names = BTreeMap<Name, Text>;

/// What is told of an incident. Its title, steps, remarks and people never are.
#[must_use]
pub fn told(incident: &Incident, names: &Names) -> ShownIncident {
    let story = &incident.story;
    let published =
        story.published.iter().map(|(text, at)| Update { at: *at, text: Some(text.clone()) });
    let notices = story.notices.iter().map(|(_, at)| Update { at: *at, text: None });
    let mut updates: Vec<Update> = published.chain(notices).collect();
    updates.sort_by_key(|update| std::cmp::Reverse(update.at));
    let mut functions: Vec<Text> = Vec::new();
    for name in story.outages.iter().filter_map(|outage| names.get(&outage.what)) {
        if !functions.contains(name) {
            functions.push(name.clone());
        }
    }
    ShownIncident {
        id: incident.record.id,
        contract: incident.record.contract.clone(),
        functions,
        from: story.opened,
        until: story.recovered.or(story.closed),
        updates,
    }
}

/// Whether it concerns whoever looks: something shown was down, or something was published of it. What
/// goes on in another incident is told there.
fn concerns(incident: &Incident, told: &ShownIncident) -> bool {
    let is_published = told.updates.iter().any(|update| update.text.is_some());
    incident.story.merged_into.is_none() && (!told.functions.is_empty() || is_published)
}

/// Every function that a contract ever had, under the contract's titles.
fn all_names(contract: &Contract) -> Names {
    let versions = contract.versions.iter().flat_map(|version| &version.terms.services);
    let functions = versions.flat_map(|service| &service.functions);
    functions.map(|function| (function.name.clone(), function.title.clone())).collect()
}

/// What a customer is told of the incidents of his contract, open or of the last [`DAYS`] days.
///
/// # Errors
/// Refused when the office does not keep the contract; when the records fail.
pub async fn incidents_of(
    office: &Office,
    contract: &str,
    now: Timestamp,
) -> Result<Vec<ShownIncident>, AppError> {
    let contract = &office.contract(contract)?.contract;
    incidents(office, contract, &all_names(contract), now).await
}

/// What a customer of these contracts is told of an incident; `None` when there is none of that number
/// under them.
///
/// # Errors
/// When the records fail.
pub async fn incident_of(
    office: &Office,
    id: i64,
    contracts: &[String],
    now: Timestamp,
) -> Result<Option<ShownIncident>, AppError> {
    let Some(record) = office.store.incident(id).await? else { return Ok(None) };
    let Ok(watched) = office.contract(&record.contract) else { return Ok(None) };
    if !contracts.contains(&record.contract) {
        return Ok(None);
    }
    let incident = load(office, record, now).await?;
    Ok(Some(told(&incident, &all_names(&watched.contract))))
}

/// What is told of the incidents of a contract, open or of the last [`DAYS`] days, the newest first.
///
/// # Errors
/// When the records fail.
pub async fn incidents(
    office: &Office,
    contract: &Contract,
    names: &Names,
    now: Timestamp,
) -> Result<Vec<ShownIncident>, AppError> {
    let from = now.checked_sub(SignedDuration::from_hours(24 * DAYS)).unwrap_or(Timestamp::MIN);
    let until = now.checked_add(SignedDuration::from_secs(1)).unwrap_or(now);
    let records = office.store.incidents_of(contract.name.as_str(), from, until).await?;
    let mut shown = Vec::new();
    for record in records.into_iter().rev().take(INCIDENTS_MAX) {
        let incident = load(office, record, now).await?;
        let told = told(&incident, names);
        shown.extend(concerns(&incident, &told).then_some(told));
    }
    Ok(shown)
}

/// Windows of a contract that run or are to come: those that recur, and planned ones once customers
/// were told or the window begins. Where the office tells nobody, planning one is telling of it.
///
/// # Errors
/// When the records fail.
pub async fn coming(
    office: &Office,
    contract: &Contract,
    now: Timestamp,
) -> Result<Vec<ShownWindow>, AppError> {
    let name = contract.name.as_str();
    let mut shown = recurring(contract, now);
    for record in office.store.plans(now).await? {
        let concerns = record.plan.contracts.iter().any(|known| known == name);
        if !concerns || record.cancelled.is_some() || record.plan.until <= now {
            continue;
        }
        let notices = office.store.notices_of_plan(record.number).await?;
        if !windows::is_told(office, name, &record, &notices, now) {
            continue;
        }
        shown.push(ShownWindow {
            id: windows::id(record.number),
            title: Text::both(record.plan.title.clone()),
            span: Span::new(record.plan.from, record.plan.until).map_err(AppError::records)?,
            zone: contract.zone.clone(),
            provisional: false,
            planned: Some(record.planned),
        });
    }
    shown.sort_by_key(|window| window.span);
    shown.truncate(WINDOWS_MAX);
    Ok(shown)
}

fn recurring(contract: &Contract, now: Timestamp) -> Vec<ShownWindow> {
    let Ok(until) = now.checked_add(WINDOWS_AHEAD) else { return Vec::new() };
    let Ok(ahead) = Span::new(now, until) else { return Vec::new() };
    let holidays = calendar::HolidayTable::japan();
    let terms = contract.terms_at(now);
    let ground = Ground { terms, zone: &contract.zone, holidays: &holidays };
    let each = desk::windows(&ground, ahead).into_iter().map(|window| ShownWindow {
        id: format!("{}-{}", window.promise, window.span.from().strftime("%Y%m%dT%H%MZ")),
        title: terms.promise(window.promise).map_or_else(
            || Text::both(window.promise.to_string()),
            |promise| promise.title.clone(),
        ),
        span: window.span,
        zone: contract.zone.clone(),
        provisional: window.provisional,
        planned: None,
    });
    each.collect()
}
