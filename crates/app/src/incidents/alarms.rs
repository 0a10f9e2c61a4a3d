//! Alarms: what opens incidents beside the functions of contracts. A check of the configuration, a
//! threshold that a station reaches, or an alert of another program. An alarm that is on is in one open
//! incident; told again, it changes nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use desk::Closing;
use jiff::{SignedDuration, Timestamp};
use store::CROSSINGS_LISTED_MAX;
use terms::{Lang, Name, Percent, wording};

use super::Incident;
use super::ring::{self, Ring, Rung, quiet, ring_in};
use super::sights::Sights;
use super::troubles::{Tended, Troubles};
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

/// Looks at the checks that open incidents and at the thresholds that stations reach. What fails is
/// noted, and the rest is looked at. The open incidents as they are then.
pub(super) async fn look(
    office: &Office,
    sights: &Sights,
    tended: &mut Tended,
    now: Timestamp,
) -> Result<Vec<Incident>, AppError> {
    let _alone = office.ringing.lock().await;
    let mut incidents = ring::readable(office, &mut tended.troubles).await?;
    for (check, place) in &office.alarms.checks {
        let alarm = format!("check/{check}");
        let Some(sight) = sights.of(check) else { continue };
        let done = match sight.good {
            true => {
                let over = (place.contract.as_str(), alarm.as_str(), sight.first);
                quiet(office, &mut incidents, over, now).await.map(|_| Rung::Known)
            }
            false => {
                let text = match office.language(&place.contract) {
                    Lang::Ja => format!("監視項目 {check} の異常"),
                    Lang::En => format!("check {check} fails"),
                };
                let (place, group) = (place.clone(), alarm.clone());
                let (alarm, closing) = (alarm.clone(), Closing::ByItself);
                let ring = Ring { place, group, alarm, text, closing, at: sight.first };
                ring_in(office, &mut incidents, &ring, now).await
            }
        };
        tended.rung(&alarm, done);
    }
    let done = thresholds(office, &mut incidents, tended, now).await;
    tended.troubles.note(|| "thresholds of stations".to_owned(), done);
    Ok(incidents)
}

/// Looks at the thresholds that stations reach, such as disks at 90 % and inodes at 50 % (004:
/// ディスク容量監視); all of one promise on one station are one incident. The newest crossing of each
/// says whether it is reached; one that is on and of which no crossing lasts is over.
async fn thresholds(
    office: &Office,
    incidents: &mut Vec<Incident>,
    tended: &mut Tended,
    now: Timestamp,
) -> Result<(), AppError> {
    let since = now.checked_sub(CROSSINGS_BACK).unwrap_or(Timestamp::MIN);
    let listed = stations::crossings(office, since).await?;
    let is_whole = (listed.len() as i64) < CROSSINGS_LISTED_MAX;
    let mut newest: BTreeMap<(String, String), Ring> = BTreeMap::new();
    let mut ended: BTreeMap<(String, String), Timestamp> = BTreeMap::new();
    for crossing in listed {
        let ring = of_crossing(office, &crossing);
        let key = (ring.place.contract.clone(), ring.alarm.clone());
        match crossing.what.until {
            None => drop(newest.insert(key, ring)),
            Some(until) => drop(ended.insert(key, until)),
        }
    }
    let ringing = incidents.iter().flat_map(|incident| {
        let contract = &incident.record.contract;
        incident.story.ringing().map(|it| (contract.clone(), it.alarm.clone()))
    });
    let ringing = ringing.filter(|(_, alarm)| alarm.starts_with("use/"));
    let over: Vec<_> = ringing.filter(|key| !newest.contains_key(key)).collect();
    for key in over {
        let Some(until) = ended.get(&key).copied().or(is_whole.then_some(now)) else { continue };
        let done = quiet(office, incidents, (&key.0, &key.1, until), now).await;
        tended.rung(&key.1, done.map(|_| Rung::Known));
    }
    for ring in newest.into_values() {
        if office.contract(&ring.place.contract).is_ok() {
            let done = ring_in(office, incidents, &ring, now).await;
            tended.rung(&ring.alarm, done);
        }
    }
    Ok(())
}

fn of_crossing(office: &Office, Crossing { station, what }: &Crossing) -> Ring {
    let group = format!("use/{station}/{}/", what.promise);
    let alarm = format!("{group}{}", what.used_of);
    let place = AlarmPlace { contract: what.contract.clone(), service: None };
    let (of, worst) = (&what.used_of, what.worst);
    let at_least = wording::percent(Percent(what.at_least));
    let (whole, tenth) = (worst / 10, worst % 10);
    let text = match office.language(&place.contract) {
        Lang::Ja => format!("{station}: {of} の使用率が{at_least}以上({whole}.{tenth} %)"),
        Lang::En => format!("{station}: {of} is used to {at_least} or more ({whole}.{tenth} %)"),
    };
    Ring { place, alarm, group, text, closing: Closing::ByItself, at: what.from }
}

/// The word in the address of a door for alerts; the same counts as its bearer token. It follows from
/// the name and the key of this installation, so it is kept nowhere.
#[must_use]
pub fn alert_word(office: &Office, door: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(office.vault.blind("alerts", door))
}

/// Another program tells of alerts; `None` when there is no such door or the word is not its own. Each
/// alert is taken by itself: one that cannot be written holds none of the others up.
///
/// # Errors
/// The first trouble, when an alert could not be written; then the other program tells again.
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
    let _alone = office.ringing.lock().await;
    let mut troubles = Troubles::default();
    let mut incidents = ring::readable(office, &mut troubles).await?;
    let mut taken = AlertsTaken::default();
    let mut failed = None;
    for alert in group.alerts.iter().take(ALERTS_MAX) {
        let alarm = format!("{group_of}{}", short(office, &alert.fingerprint));
        let done = match alert.until {
            Some(until) => {
                let over = (door.place.contract.as_str(), alarm.as_str(), until);
                let was_on = quiet(office, &mut incidents, over, now).await;
                was_on.map(|was_on| if was_on { Rung::Over } else { Rung::Known })
            }
            None => {
                let ring = Ring {
                    place: door.place.clone(),
                    alarm,
                    group: group_of.clone(),
                    text: alert.text.clone(),
                    closing: door.closing,
                    at: alert.from,
                };
                ring_in(office, &mut incidents, &ring, now).await
            }
        };
        match done {
            Ok(Rung::Opened) => taken.opened += 1,
            Ok(Rung::Joined) => taken.joined += 1,
            Ok(Rung::Over) => taken.ended += 1,
            Ok(Rung::Known) => taken.known += 1,
            Err(why) => failed = failed.or(Some(why)),
        }
    }
    match failed {
        Some(why) => Err(why),
        None => Ok(Some(taken)),
    }
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
