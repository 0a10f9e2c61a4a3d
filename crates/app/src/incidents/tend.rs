//! The timer of incidents: opens them from open outages, and writes down what has its turn, which
//! deadlines there are and which are about to run out. It carries no data: it looks at evidence and
//! timelines, and what is written there already is not written again.

use std::collections::BTreeMap;

use desk::{Happened, Source, Standing};
use jiff::Timestamp;
use store::{Added, NewIncident};
use terms::{Event, Function, Lang, Name, Service};

use super::down::{self, Down, Seen};
use super::{Draft, Incident, addition, line, load, outlook};
use crate::board::{Term, term};
use crate::contracts::WatchedContract;
use crate::gathered::whole_second;
use crate::sightings::Sightings;
use crate::{AppError, Office};

/// What the timer did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tended {
    /// Incidents opened.
    pub opened: u64,
    /// Entries written into open ones.
    pub entries: u64,
}

/// Looks at the evidence of every contract and at every open incident once.
///
/// # Errors
/// When the records fail; the next look goes on.
pub async fn tend(office: &Office, now: Timestamp) -> Result<Tended, AppError> {
    let mut tended = Tended::default();
    let mut open = BTreeMap::<String, Vec<Incident>>::new();
    for record in office.store.open_incidents().await? {
        let incident = load(office, record, now).await?;
        open.entry(incident.record.contract.clone()).or_default().push(incident);
    }
    // Once for all contracts.
    let mut sightings = Sightings::default();
    for watched in office.contracts() {
        let name = watched.contract.name.as_str();
        let incidents = open.remove(name).unwrap_or_default();
        let runs = term(&watched.contract, now) == Term::Runs;
        if !runs && incidents.is_empty() {
            continue;
        }
        let seen = down::seen(office, watched, now, &mut sightings).await?;
        let mut drafts: BTreeMap<i64, Vec<Draft>> = BTreeMap::new();
        for incident in &incidents {
            drafts.insert(incident.record.id, ended(incident, &seen));
        }
        if runs {
            tended.opened += begin(office, watched, &seen, &incidents, &mut drafts, now).await?;
        }
        for incident in &incidents {
            let drafts = drafts.remove(&incident.record.id).unwrap_or_default();
            tended.entries += write(office, incident, drafts, now).await?;
        }
    }
    Ok(tended)
}

/// Functions of an incident that are up again.
fn ended(incident: &Incident, seen: &Seen) -> Vec<Draft> {
    let up = incident.story.down().filter_map(|outage| {
        let at = seen.up_after(&outage.what, outage.from)?;
        Some(Draft::ours(at, Happened::OutageEnded { function: outage.what.clone() }))
    });
    up.collect()
}

/// Opens an incident for each service of which something is down that no incident has, or adds it to
/// the open one; how many were opened.
async fn begin(
    office: &Office,
    watched: &WatchedContract,
    seen: &Seen,
    incidents: &[Incident],
    drafts: &mut BTreeMap<i64, Vec<Draft>>,
    now: Timestamp,
) -> Result<u64, AppError> {
    let mut opened = 0;
    for service in &watched.contract.terms_at(now).services {
        let is_known = |function: &&Function| {
            let has = |incident: &Incident| {
                incident.story.down().any(|outage| outage.what == function.name)
            };
            incidents.iter().any(has)
        };
        let functions = service.functions.iter().filter(|function| !is_known(function));
        let new: Vec<(&Function, Down)> = functions
            .filter_map(|function| Some((function, *seen.down.get(&function.name)?)))
            .collect();
        if new.is_empty() {
            continue;
        }
        let of_service = |incident: &&Incident| incident.record.service == service.name.as_str();
        if let Some(incident) = incidents.iter().find(of_service) {
            let began = new.iter().map(|(function, down)| began(function, *down));
            drafts.entry(incident.record.id).or_default().extend(began);
        } else if !seen.in_window {
            opened += u64::from(open(office, watched, service, &new, now).await?);
        }
    }
    Ok(opened)
}

fn began(function: &Function, down: Down) -> Draft {
    Draft::ours(down.from, Happened::OutageBegan { function: function.name.clone() })
}

/// Opens an incident; whether its outage had opened none before.
async fn open(
    office: &Office,
    watched: &WatchedContract,
    service: &Service,
    down: &[(&Function, Down)],
    now: Timestamp,
) -> Result<bool, AppError> {
    let at = whole_second(now);
    let Some((function, first)) = down.iter().min_by_key(|(_, down)| down.from) else {
        return Ok(false);
    };
    let contract = &watched.contract;
    let title = title(service, function, contract.language);
    let opened = Happened::Opened { title, source: first.source };
    let mut drafts = vec![Draft::ours(at, opened)];
    drafts.extend(down.iter().map(|(function, down)| began(function, *down)));
    // A log may tell since when somebody knew; otherwise we know of it now.
    let known = down.iter().filter_map(|(_, down)| down.seen).min().unwrap_or(at).min(at);
    drafts.push(Draft::ours(known, Happened::Recognised));
    let micros = first.from.as_microsecond();
    let new = NewIncident {
        contract: contract.name.to_string(),
        service: service.name.to_string(),
        source: line::source_word(first.source),
        origin: Some(format!("{}/{}/{micros}", contract.name, function.name)),
        opened: at,
    };
    let first = addition(0, &[], drafts, now);
    let opened = office.store.open_incident(&new, &first.entries, first.milestones).await?;
    let Some(id) = opened else { return Ok(false) };
    office.incident_changed(id);
    // What has its turn at once is called for at once.
    let incident = super::incident(office, id, now).await?;
    write(office, &incident, Vec::new(), now).await?;
    Ok(true)
}

fn title(service: &Service, function: &Function, lang: Lang) -> String {
    let (service, function) = (service.title.in_lang(lang), function.title.in_lang(lang));
    match lang {
        Lang::Ja => format!("{service}: {function} の停止"),
        Lang::En => format!("{service}: {function} is down"),
    }
}

/// Writes what is new into the timeline of an incident, and what follows from it; how many entries. One
/// that moved on meanwhile is left to the next look.
async fn write(
    office: &Office,
    incident: &Incident,
    mut drafts: Vec<Draft>,
    now: Timestamp,
) -> Result<u64, AppError> {
    // Each of these rests on what the ones before it wrote.
    for follow in [recovered, turns, deadlines] {
        let with = with(incident, &drafts, now);
        drafts.extend(follow(office, &with, now)?);
    }
    if drafts.is_empty() {
        return Ok(0);
    }
    let count = drafts.len() as u64;
    match office.store.add_entries(&[incident.addition(drafts, now)]).await? {
        Added::Done => {
            office.incident_changed(incident.record.id);
            Ok(count)
        }
        Added::Moved => Ok(0),
    }
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

/// It has recovered when every function is seen up again, unless a condition that a step needed was
/// last seen not to hold: then somebody must see first that it does.
fn recovered(
    _office: &Office,
    incident: &Incident,
    _now: Timestamp,
) -> Result<Vec<Draft>, AppError> {
    let story = &incident.story;
    let by_machine = matches!(story.source, Some(Source::Check | Source::Log | Source::Split));
    let up = !story.outages.is_empty() && story.down().next().is_none();
    if !by_machine || !up || story.recovered.is_some() {
        return Ok(Vec::new());
    }
    // A person who took the entry back knows better.
    let was_said = |entry: &desk::Entry| entry.happened == Happened::Recovered;
    let last_up = story.outages.iter().filter_map(|outage| outage.until).max();
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
    Ok(vec![Draft::ours(at, Happened::Recovered)])
}

/// Whoever is on call is called for what has its turn, once, and again when a mute has ended.
fn turns(office: &Office, incident: &Incident, now: Timestamp) -> Result<Vec<Draft>, AppError> {
    let outlook = outlook(office, incident, now)?;
    if outlook.muted.is_some() {
        return Ok(Vec::new());
    }
    let at = whole_second(now);
    let who = office.duty.on_call(now).map(|person| person.name.clone());
    let calls = &incident.story.calls;
    let turn = outlook.doing.turn().filter(|(turn, since)| {
        // A person decides until something else is to be done: that has no second turn.
        let same = |(known, of): (&String, Timestamp)| *known == *turn && of == *since;
        !calls.iter().any(|(known, of, _)| same((known, *of)))
    });
    let again = outlook.again.filter(|_| turn.is_none()).map(|since| ("again".to_owned(), since));
    let called = turn
        .or(again)
        .map(|(turn, since)| Draft::ours(at, Happened::Called { who: who.clone(), turn, since }));
    Ok(called.into_iter().collect())
}

/// Deadlines are told when they are there or have moved, people are warned of what runs out, and an
/// incident whose customer stayed silent for as long as the contract says is closed.
fn deadlines(office: &Office, incident: &Incident, now: Timestamp) -> Result<Vec<Draft>, AppError> {
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
        let runs_out = clock.met.is_none()
            && (clock.standing == Standing::Soon || clock.standing == Standing::Late);
        if silence && clock.met.is_none() && clock.standing == Standing::Late {
            if story.down().next().is_none() {
                drafts.push(Draft::ours(at, Happened::Closed));
            }
            continue;
        }
        let was_warned = story.warned.iter().any(|(known, of)| *known == promise && *of == due);
        if runs_out && !was_warned && outlook.muted.is_none() {
            drafts.push(Draft::ours(at, Happened::ClockWarned { promise, due }));
        }
    }
    Ok(drafts)
}
