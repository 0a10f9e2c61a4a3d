//! An alarm begins and ends in the timelines: what belongs together is one incident, and what has no room
//! for an incident of its own goes into one that a contract has for the rest.

use calendar::Span;
use desk::{Closing, Ground, Happened, Source, windows};
use jiff::{SignedDuration, Timestamp};
use store::{Added, NewIncident, Room};
use terms::Lang;

use super::alarms::{ALARM_TEXT_MAX, AlarmPlace};
use super::troubles::Troubles;
use super::{Draft, Incident, TIMELINE_JOINED_MAX, TRIES_MAX, addition, incident, line, load};
use crate::gathered::whole_second;
use crate::{AppError, Office, Refusal};

/// How long before it was told an alarm may have begun.
const BEFORE_MAX: SignedDuration = SignedDuration::from_hours(31 * 24);

/// An alarm that is on.
pub(super) struct Ring {
    pub place: AlarmPlace,
    pub alarm: String,
    /// What the names of alarms begin with that belong into one incident.
    pub group: String,
    pub text: String,
    pub closing: Closing,
    pub at: Timestamp,
}

/// What became of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rung {
    Opened,
    Joined,
    /// It was on and is over.
    Over,
    Known,
}

/// The open incidents with everything that is written in them, also what was written since this look
/// began. One that cannot be read is noted and left out.
pub(super) async fn readable(
    office: &Office,
    troubles: &mut Troubles,
) -> Result<Vec<Incident>, AppError> {
    let mut incidents = Vec::new();
    for record in office.store.open_incidents().await? {
        let id = record.id;
        let read = load(office, record, Timestamp::MAX).await;
        incidents.extend(troubles.note(|| format!("incident {id}"), read));
    }
    Ok(incidents)
}

/// Writes an alarm that is on into the open incident of its group, or opens one. Whoever rings holds
/// `office.ringing`.
///
/// # Errors
/// Refused when there is no room or the timeline moves on again and again; when the records fail. Nothing
/// was written then.
pub(super) async fn ring_in(
    office: &Office,
    incidents: &mut Vec<Incident>,
    ring: &Ring,
    now: Timestamp,
) -> Result<Rung, AppError> {
    for _ in 0..TRIES_MAX {
        let ours = |incident: &&Incident| incident.record.contract == ring.place.contract;
        let rings = |incident: &Incident| incident.story.ringing().any(|it| it.alarm == ring.alarm);
        if incidents.iter().filter(ours).any(rings) {
            return Ok(Rung::Known);
        }
        let of_group = |incident: &Incident| {
            let mut alarms = incident.story.alarms.iter();
            alarms.any(|it| it.alarm.starts_with(&ring.group))
        };
        let mut place = position(incidents, ring, of_group);
        if place.is_none() {
            if in_window(office, &ring.place.contract, now).await? {
                return Ok(Rung::Known);
            }
            match open(office, incidents, ring, Room::Alarms, now).await {
                Err(AppError::Refused(Refusal::IncidentsFull { .. })) => {}
                done => return done,
            }
            let title = rest(office.language(&ring.place.contract));
            place = position(incidents, ring, |incident| incident.story.title == title);
        }
        let Some(place) = place else {
            return open(office, incidents, ring, Room::Rest, now).await;
        };
        if join(office, incidents, place, ring, now).await? {
            return Ok(Rung::Joined);
        }
    }
    AppError::refused(Refusal::IncidentBusy { id: 0 })
}

/// The open incident of the alarm's contract that an alarm opened, has room for more and fits.
fn position(
    incidents: &[Incident],
    ring: &Ring,
    fits: impl Fn(&Incident) -> bool,
) -> Option<usize> {
    incidents.iter().position(|incident| {
        incident.record.contract == ring.place.contract
            && incident.record.entries < TIMELINE_JOINED_MAX
            && incident.story.is_open()
            && !incident.story.alarms.is_empty()
            && fits(incident)
    })
}

/// The title of the incident that takes alarms in for which there is no room otherwise.
fn rest(lang: Lang) -> &'static str {
    match lang {
        Lang::Ja => "その他の警報(障害の件数が上限に近いため)",
        Lang::En => "further alarms (there is no room for incidents of their own)",
    }
}

/// Writes an alarm into an incident; not when that has moved on, which is read again then.
async fn join(
    office: &Office,
    incidents: &mut Vec<Incident>,
    place: usize,
    ring: &Ring,
    now: Timestamp,
) -> Result<bool, AppError> {
    let known = &incidents[place];
    let (at, began) = began(ring, now);
    // It rings in an incident that has it already, from when it was told on.
    let last = known.story.alarms.iter().filter(|it| it.alarm == ring.alarm);
    let last = last.filter_map(|it| it.until).max();
    let at = last.map_or(at, |last| at.max(last).min(whole_second(now)));
    let addition = known.addition(vec![Draft::ours(at, began)], now);
    write(office, incidents, place, addition).await
}

/// Adds to an incident of the list, which is read again afterwards; whether it was added.
async fn write(
    office: &Office,
    incidents: &mut Vec<Incident>,
    place: usize,
    addition: store::Addition,
) -> Result<bool, AppError> {
    let id = addition.incident;
    let added = office.store.add_entries(&[addition]).await?;
    if added == Added::Done {
        office.incident_changed(id);
        incidents[place] = incident(office, id, Timestamp::MAX).await?;
        return Ok(true);
    }
    // It may have been closed, or go on in another one.
    *incidents = readable(office, &mut Troubles::default()).await?;
    Ok(false)
}

fn began(ring: &Ring, now: Timestamp) -> (Timestamp, Happened) {
    let earliest = now.checked_sub(BEFORE_MAX).unwrap_or(Timestamp::MIN);
    let at = whole_second(ring.at).clamp(earliest, whole_second(now));
    let (alarm, closing) = (ring.alarm.clone(), ring.closing);
    (at, Happened::AlarmBegan { alarm, text: text(ring), closing })
}

fn text(ring: &Ring) -> String {
    ring.text.chars().filter(|c| !c.is_control()).take(ALARM_TEXT_MAX).collect()
}

async fn open(
    office: &Office,
    incidents: &mut Vec<Incident>,
    ring: &Ring,
    room: Room,
    now: Timestamp,
) -> Result<Rung, AppError> {
    let watched = office.contract(&ring.place.contract)?;
    let services = &watched.contract.terms_at(now).services;
    let named = services.iter().find(|it| Some(&it.name) == ring.place.service.as_ref());
    let Some(service) = named.or_else(|| services.first()) else { return Ok(Rung::Known) };
    let title = match room {
        Room::Rest => rest(watched.contract.language).to_owned(),
        Room::All | Room::Alarms => text(ring),
    };
    let now_second = whole_second(now);
    let (at, began) = began(ring, now);
    let drafts = vec![
        Draft::ours(now_second, Happened::Opened { title, source: Source::Alarm }),
        Draft::ours(at, began),
        Draft::ours(now_second, Happened::Recognised),
    ];
    let new = NewIncident {
        contract: ring.place.contract.clone(),
        service: service.name.to_string(),
        source: line::source_word(Source::Alarm),
        origin: Some(format!("{}/{}", ring.alarm, ring.at.as_microsecond())),
        opened: now_second,
        room,
    };
    let first = addition(0, &[], drafts, now);
    let id = office.store.open_incident(&new, &first.entries, first.milestones).await?;
    // One that a person has closed is not opened by the same alarm again.
    let Some(id) = id else { return Ok(Rung::Known) };
    incidents.push(incident(office, id, Timestamp::MAX).await?);
    office.incident_changed(id);
    Ok(Rung::Opened)
}

/// Writes down that an alarm of a contract is over since then; whether it was on. Whoever does it holds
/// `office.ringing`.
///
/// # Errors
/// As [`ring_in`].
pub(super) async fn quiet(
    office: &Office,
    incidents: &mut Vec<Incident>,
    (contract, alarm, at): (&str, &str, Timestamp),
    now: Timestamp,
) -> Result<bool, AppError> {
    for _ in 0..TRIES_MAX {
        let on = incidents.iter().enumerate().find_map(|(place, known)| {
            let ours = known.record.contract == contract && known.story.is_open();
            let on = known.story.ringing().find(|it| ours && it.alarm == alarm)?;
            Some((place, on.from))
        });
        let Some((place, from)) = on else { return Ok(false) };
        let at = whole_second(at).max(from).min(whole_second(now).max(from));
        let ended = Draft::ours(at, Happened::AlarmEnded { alarm: alarm.to_owned() });
        let addition = incidents[place].addition(vec![ended], now);
        if write(office, incidents, place, addition).await? {
            return Ok(true);
        }
    }
    AppError::refused(Refusal::IncidentBusy { id: 0 })
}

/// Whether maintenance of a contract goes on that was planned or recurs: people know of what fails then.
async fn in_window(office: &Office, contract: &str, now: Timestamp) -> Result<bool, AppError> {
    for plan in office.store.plans(now).await? {
        let concerns = plan.plan.contracts.iter().any(|known| known == contract);
        let is_now = plan.plan.from <= now && now < plan.plan.until;
        if concerns && is_now && plan.cancelled.is_none() {
            return Ok(true);
        }
    }
    let contract = &office.contract(contract)?.contract;
    let terms = contract.terms_at(now);
    let ground = Ground { terms, zone: &contract.zone, holidays: &office.holidays };
    let next = now.checked_add(SignedDuration::from_secs(1)).unwrap_or(now);
    Ok(Span::new(now, next).is_ok_and(|span| !windows(&ground, span).is_empty()))
}
