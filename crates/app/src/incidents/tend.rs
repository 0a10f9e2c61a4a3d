//! The timer of incidents: opens them from open outages, and writes down what has its turn, which
//! deadlines there are and which are about to run out. It carries no data: it looks at evidence and
//! timelines, and what is written there already is not written again.

use std::collections::BTreeMap;

use desk::{Happened, StepDoing};
use jiff::Timestamp;
use store::{Added, NewIncident, Room};
use terms::{Function, Lang, Name, Service};

use super::down::{self, Down, Seen};
use super::follow::{Around, follow};
use super::sights::Sights;
use super::troubles::Tended;
use super::{
    BY_ITSELF, Draft, Incident, addition, alarms, calling, joining, line, news, outlook, runbooks,
};
use crate::board::{Term, term};
use crate::contracts::WatchedContract;
use crate::gathered::whole_second;
use crate::sightings::Sightings;
use crate::{AppError, Office};

/// Takes the time: an order is issued when it is given, which may be long after a look began.
pub type Clock<'c> = &'c (dyn Fn() -> Timestamp + Sync);

/// Looks at the evidence of every contract and at every open incident once. What fails is in the
/// troubles, and the rest is done.
///
/// # Errors
/// When the records fail altogether; the next look goes on.
pub async fn tend(office: &Office, now: Timestamp, clock: Clock<'_>) -> Result<Tended, AppError> {
    let mut tended = Tended::default();
    let sights = Sights::now(office, now).await?;
    let mut open = BTreeMap::<String, Vec<Incident>>::new();
    for incident in alarms::look(office, &sights, &mut tended, now).await? {
        open.entry(incident.record.contract.clone()).or_default().push(incident);
    }
    let look = Look { office, sights: &sights, now, clock };
    // Once for all contracts.
    let mut sightings = Sightings::default();
    for watched in office.contracts() {
        let incidents = open.remove(watched.contract.name.as_str()).unwrap_or_default();
        let runs = term(&watched.contract, now) == Term::Runs;
        if !runs && incidents.is_empty() {
            continue;
        }
        let seen = down::seen(office, watched, now, &mut sightings).await;
        let seen = tended.troubles.note(|| format!("contract {}", watched.contract.name), seen);
        let mut drafts: BTreeMap<i64, Vec<Draft>> = BTreeMap::new();
        // Where the evidence cannot be read, calls and deadlines go on.
        if let Some(seen) = &seen {
            for incident in &incidents {
                drafts.insert(incident.record.id, ended(incident, seen));
            }
            if runs {
                look.begin(watched, seen, &incidents, &mut drafts, &mut tended).await;
            }
        }
        for incident in &incidents {
            let drafts = drafts.remove(&incident.record.id).unwrap_or_default();
            let written = look.write(incident, drafts).await;
            let about = || format!("incident {}", incident.record.id);
            tended.entries += tended.troubles.note(about, written).unwrap_or(0);
        }
    }
    Ok(tended)
}

/// One look at everything.
struct Look<'l> {
    office: &'l Office,
    sights: &'l Sights,
    /// When it began.
    now: Timestamp,
    clock: Clock<'l>,
}

/// Functions of an incident that are up again.
fn ended(incident: &Incident, seen: &Seen) -> Vec<Draft> {
    let up = incident.story.down().filter_map(|outage| {
        let at = seen.up_after(&outage.what, outage.from)?;
        Some(Draft::ours(at, Happened::OutageEnded { function: outage.what.clone() }))
    });
    up.collect()
}

impl Look<'_> {
    /// Opens an incident for each service of which something is down that no incident has, or adds it
    /// to the open one.
    async fn begin(
        &self,
        watched: &WatchedContract,
        seen: &Seen,
        incidents: &[Incident],
        drafts: &mut BTreeMap<i64, Vec<Draft>>,
        tended: &mut Tended,
    ) {
        for service in &watched.contract.terms_at(self.now).services {
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
            let since: Vec<(&Name, Timestamp)> =
                new.iter().map(|(function, down)| (&function.name, down.from)).collect();
            if let Some(incident) = joining::joined(incidents, service.name.as_str(), &since) {
                let began = new.iter().map(|(function, down)| began(function, *down));
                drafts.entry(incident.record.id).or_default().extend(began);
            } else if !seen.in_window {
                let opened = open(self.office, watched, service, &new, self.now).await;
                let about = || format!("service {} of {}", service.name, watched.contract.name);
                let Some(Some(id)) = tended.troubles.note(about, opened) else { continue };
                tended.opened += 1;
                // What has its turn at once is called for at once.
                let first = match super::incident(self.office, id, self.now).await {
                    Ok(incident) => self.write(&incident, Vec::new()).await,
                    Err(why) => Err(why),
                };
                tended.troubles.note(|| format!("incident {id}"), first);
            }
        }
    }

    /// Writes what is new into the timeline of an incident, and what follows from it, and does what was
    /// written down; how many entries. One that moved on meanwhile is left to the next look.
    async fn write(&self, incident: &Incident, drafts: Vec<Draft>) -> Result<u64, AppError> {
        let (office, now, id) = (self.office, self.now, incident.record.id);
        let notices = office.store.notices_of_incident(id).await?;
        let carried = runbooks::carried(office, incident, now).await?;
        let around = Around { sights: self.sights, notices: &notices, carried };
        let drafts = follow(office, incident, drafts, &around, now)?;
        let count = drafts.len() as u64;
        let mut known = incident.clone();
        if !drafts.is_empty() {
            let orders = drafts.iter().any(|draft| is_order(office, draft));
            let outlook = outlook(office, incident, now)?;
            let calls = calling::calls(office, incident, &outlook, &drafts, now);
            let mut addition = incident.addition(drafts, now);
            addition.calls = calls;
            if office.store.add_entries(&[addition]).await? == Added::Moved {
                return Ok(0);
            }
            office.incident_changed(id);
            if orders {
                runbooks::give(office, id, BY_ITSELF, self.clock).await?;
            }
            known = super::incident(office, id, (self.clock)()).await?;
        }
        runbooks::give_late(office, &known, self.clock).await?;
        news::announce(office, &known, &notices, now).await?;
        Ok(count)
    }
}

fn began(function: &Function, down: Down) -> Draft {
    Draft::ours(down.from, Happened::OutageBegan { function: function.name.clone() })
}

/// Opens an incident; `None` when its outage had opened one before.
async fn open(
    office: &Office,
    watched: &WatchedContract,
    service: &Service,
    down: &[(&Function, Down)],
    now: Timestamp,
) -> Result<Option<i64>, AppError> {
    let at = whole_second(now);
    let Some((function, first)) = down.iter().min_by_key(|(_, down)| down.from) else {
        return Ok(None);
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
        room: Room::All,
    };
    let first = addition(0, &[], drafts, now);
    let opened = office.store.open_incident(&new, &first.entries, first.milestones).await?;
    if let Some(id) = opened {
        office.incident_changed(id);
    }
    Ok(opened)
}

fn title(service: &Service, function: &Function, lang: Lang) -> String {
    let (service, function) = (service.title.in_lang(lang), function.title.in_lang(lang));
    match lang {
        Lang::Ja => format!("{service}: {function} の停止"),
        Lang::En => format!("{service}: {function} is down"),
    }
}

/// Whether an entry is the beginning of a step that orders something.
fn is_order(office: &Office, draft: &Draft) -> bool {
    let Happened::StepBegan { runbook, step, .. } = &draft.happened else { return false };
    let known = office.runbooks.iter().find(|known| known.name == *runbook);
    let step = known.and_then(|known| known.step(*step));
    step.is_some_and(|step| matches!(step.doing, StepDoing::Order { .. }))
}
