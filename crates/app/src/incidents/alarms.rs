//! Alarms: what opens incidents beside the functions of contracts. A check of the configuration, a
//! threshold that a station reaches, or an alert of another program. An alarm that is on is in one open
//! incident; told again, it changes nothing.

use std::fmt::Write as _;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use calendar::Span;
use desk::{Closing, Ground, Happened, Source, windows};
use jiff::{SignedDuration, Timestamp};
use store::{Added, NewIncident};
use terms::{Lang, Name, Percent, wording};

use super::sights::Sights;
use super::{Draft, Incident, addition, incident, line, open_ones};
use crate::gathered::whole_second;
use crate::stations::{self, Crossing};
use crate::{AppError, Office};

/// Most alerts of one message.
pub const ALERTS_MAX: usize = 1_000;
/// How far back the ends of thresholds that were reached are looked for.
const CROSSINGS_BACK: SignedDuration = SignedDuration::from_hours(48);
/// Longest text of an alarm, in characters.
pub const ALARM_TEXT_MAX: usize = 500;
/// Most doors for alerts.
pub const ALERT_DOORS_MAX: usize = 100;
/// How long before it was told an alarm may have begun.
const BEFORE_MAX: SignedDuration = SignedDuration::from_hours(31 * 24);

/// What opens incidents beside the functions of contracts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmRules {
    /// Checks that no contract measures.
    pub checks: Vec<(String, AlarmPlace)>,
    /// Where other programs tell of alerts.
    pub doors: Vec<AlertDoor>,
}

/// Where an incident is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmPlace {
    /// Under which contract.
    pub contract: String,
    /// Of which service; `None`: the first one.
    pub service: Option<Name>,
}

/// Where another program tells of alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertDoor {
    /// Its name, in the address.
    pub name: String,
    /// Where its incidents are opened.
    pub place: AlarmPlace,
    /// What a resolved alert means.
    pub closing: Closing,
}

/// Alerts that came together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertGroup {
    /// What they have in common; alerts of one group are one incident.
    pub key: String,
    /// At most [`ALERTS_MAX`].
    pub alerts: Vec<Alert>,
}

/// An alert of another program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// The same for the same alert, whenever it is told.
    pub fingerprint: String,
    /// What it says, in a line.
    pub text: String,
    /// Since when.
    pub from: Timestamp,
    /// When it was over; `None` while it is on.
    pub until: Option<Timestamp>,
}

/// What became of alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertsTaken {
    /// Incidents opened.
    pub opened: u64,
    /// Alerts that are new in an open incident.
    pub joined: u64,
    /// Alerts that are over.
    pub ended: u64,
    /// Alerts that were known, or of which nothing was open.
    pub known: u64,
}

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
    Known,
}

/// Looks at the checks that open incidents and at the thresholds that stations reach; how many incidents
/// were opened.
pub(super) async fn look(
    office: &Office,
    incidents: &mut Vec<Incident>,
    sights: &Sights,
    now: Timestamp,
) -> Result<u64, AppError> {
    let mut opened = 0;
    for (check, place) in &office.alarms.checks {
        let alarm = format!("check/{check}");
        let Some(sight) = sights.of(check) else { continue };
        if sight.good {
            quiet(office, incidents, &alarm, sight.first, now).await?;
            continue;
        }
        let lang = lang(office, place);
        let text = match lang {
            Lang::Ja => format!("監視項目 {check} の異常"),
            Lang::En => format!("check {check} fails"),
        };
        let ring = Ring {
            place: place.clone(),
            group: alarm.clone(),
            alarm,
            text,
            closing: Closing::ByItself,
            at: sight.first,
        };
        opened += u64::from(ring_in(office, incidents, &ring, now).await? == Rung::Opened);
    }
    Ok(opened + thresholds(office, incidents, now).await?)
}

/// Looks at the thresholds that stations reach, such as disks at 90 % and inodes at 50 % (004:
/// ディスク容量監視); all of one promise on one station are one incident.
async fn thresholds(
    office: &Office,
    incidents: &mut Vec<Incident>,
    now: Timestamp,
) -> Result<u64, AppError> {
    let since = now.checked_sub(CROSSINGS_BACK).unwrap_or(Timestamp::MIN);
    let mut opened = 0;
    for Crossing { station, what } in stations::crossings(office, since).await? {
        let group = format!("use/{station}/{}/", what.promise);
        let alarm = format!("{group}{}", what.used_of);
        if let Some(until) = what.until {
            quiet(office, incidents, &alarm, until, now).await?;
            continue;
        }
        let place = AlarmPlace { contract: what.contract.clone(), service: None };
        if office.contract(&place.contract).is_err() {
            continue;
        }
        let (of, worst) = (&what.used_of, what.worst);
        let at_least = wording::percent(Percent(what.at_least));
        let text = match lang(office, &place) {
            Lang::Ja => {
                format!("{station}: {of} の使用率が{at_least}以上({}.{} %)", worst / 10, worst % 10)
            }
            Lang::En => format!(
                "{station}: {of} is used to {at_least} or more ({}.{} %)",
                worst / 10,
                worst % 10
            ),
        };
        let closing = Closing::ByItself;
        let ring = Ring { place, alarm, group, text, closing, at: what.from };
        opened += u64::from(ring_in(office, incidents, &ring, now).await? == Rung::Opened);
    }
    Ok(opened)
}

pub(super) fn lang(office: &Office, place: &AlarmPlace) -> Lang {
    office.contract(&place.contract).map_or(Lang::En, |watched| watched.contract.language)
}

/// The word in the address of a door for alerts; the same counts as its bearer token. It follows from
/// the name and the key of this installation, so it is kept nowhere.
#[must_use]
pub fn alert_word(office: &Office, door: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(office.vault.blind("alerts", door))
}

/// Another program tells of alerts; `None` when there is no such door or the word is not its own.
///
/// # Errors
/// When the records fail; then the other program tells again.
pub async fn alerts(
    office: &Office,
    door: &str,
    word: &str,
    group: &AlertGroup,
    now: Timestamp,
) -> Result<Option<AlertsTaken>, AppError> {
    // Compared as hashes, so that the time it takes tells nothing about the word. The vault ignores
    // letter case, which the word does not.
    let same = |text: &str| office.vault.blind("alerts-word", text);
    let own = alert_word(office, door);
    if same(word) != same(&own) || word != own {
        return Ok(None);
    }
    let Some(door) = office.alarms.doors.iter().find(|known| known.name == door) else {
        return Ok(None);
    };
    let group_of = format!("alert/{}/{}/", door.name, short(office, &group.key));
    let mut incidents = open_ones(office, now).await?;
    let mut taken = AlertsTaken::default();
    for alert in group.alerts.iter().take(ALERTS_MAX) {
        let alarm = format!("{group_of}{}", short(office, &alert.fingerprint));
        if let Some(until) = alert.until {
            match quiet(office, &mut incidents, &alarm, until, now).await? {
                true => taken.ended += 1,
                false => taken.known += 1,
            }
            continue;
        }
        let ring = Ring {
            place: door.place.clone(),
            alarm,
            group: group_of.clone(),
            text: alert.text.clone(),
            closing: door.closing,
            at: alert.from,
        };
        match ring_in(office, &mut incidents, &ring, now).await? {
            Rung::Opened => taken.opened += 1,
            Rung::Joined => taken.joined += 1,
            Rung::Known => taken.known += 1,
        }
    }
    Ok(Some(taken))
}

/// A short name for a long key of another program.
fn short(office: &Office, key: &str) -> String {
    let hash = office.vault.blind("alarm", key);
    hash.iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing into a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Writes an alarm that is on into the open incident of its group, or opens one.
pub(super) async fn ring_in(
    office: &Office,
    incidents: &mut Vec<Incident>,
    ring: &Ring,
    now: Timestamp,
) -> Result<Rung, AppError> {
    let rings = |incident: &Incident| incident.story.ringing().any(|it| it.alarm == ring.alarm);
    if incidents.iter().any(rings) {
        return Ok(Rung::Known);
    }
    let now_second = whole_second(now);
    let earliest = now.checked_sub(BEFORE_MAX).unwrap_or(Timestamp::MIN);
    let at = whole_second(ring.at).clamp(earliest, now_second);
    let text: String = ring.text.chars().filter(|c| !c.is_control()).take(ALARM_TEXT_MAX).collect();
    let (alarm, closing) = (ring.alarm.clone(), ring.closing);
    let began = Happened::AlarmBegan { alarm, text: text.clone(), closing };
    let of_group = |incident: &Incident| {
        incident.record.contract == ring.place.contract
            && incident.story.is_open()
            && incident.story.alarms.iter().any(|it| it.alarm.starts_with(&ring.group))
    };
    if let Some(place) = incidents.iter().position(of_group) {
        // It rings in an incident that has it already, from when it was told on.
        let last = incidents[place].story.alarms.iter().filter_map(|it| it.until).max();
        let at = last.map_or(at, |last| at.max(last).min(now_second));
        let addition = incidents[place].addition(vec![Draft::ours(at, began)], now);
        if office.store.add_entries(&[addition]).await? == Added::Done {
            let id = incidents[place].record.id;
            office.incident_changed(id);
            incidents[place] = incident(office, id, now).await?;
        }
        return Ok(Rung::Joined);
    }
    if in_window(office, &ring.place.contract, now).await? {
        return Ok(Rung::Known);
    }
    let watched = office.contract(&ring.place.contract)?;
    let services = &watched.contract.terms_at(now).services;
    let named = services.iter().find(|it| Some(&it.name) == ring.place.service.as_ref());
    let Some(service) = named.or_else(|| services.first()) else { return Ok(Rung::Known) };
    let opened = Happened::Opened { title: text, source: Source::Alarm };
    let drafts = vec![
        Draft::ours(now_second, opened),
        Draft::ours(at, began),
        Draft::ours(now_second, Happened::Recognised),
    ];
    let new = NewIncident {
        contract: ring.place.contract.clone(),
        service: service.name.to_string(),
        source: line::source_word(Source::Alarm),
        origin: Some(format!("{}/{}", ring.alarm, ring.at.as_microsecond())),
        opened: now_second,
    };
    let first = addition(0, &[], drafts, now);
    let id = office.store.open_incident(&new, &first.entries, first.milestones).await?;
    // One that a person has closed is not opened by the same alarm again.
    let Some(id) = id else { return Ok(Rung::Known) };
    incidents.push(incident(office, id, now).await?);
    office.incident_changed(id);
    Ok(Rung::Opened)
}

/// Writes down that an alarm is over; whether it was on.
pub(super) async fn quiet(
    office: &Office,
    incidents: &mut [Incident],
    alarm: &str,
    at: Timestamp,
    now: Timestamp,
) -> Result<bool, AppError> {
    for known in incidents.iter_mut() {
        let Some(from) = known.story.ringing().find(|it| it.alarm == alarm).map(|it| it.from)
        else {
            continue;
        };
        let at = whole_second(at).max(from).min(whole_second(now));
        let ended = Draft::ours(at, Happened::AlarmEnded { alarm: alarm.to_owned() });
        let addition = known.addition(vec![ended], now);
        if office.store.add_entries(&[addition]).await? == Added::Done {
            office.incident_changed(known.record.id);
            *known = incident(office, known.record.id, now).await?;
        }
        return Ok(true);
    }
    Ok(false)
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
