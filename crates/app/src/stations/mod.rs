//! Stations: agents and nodes away from the office, which dial it over the link.
//!
//! A person adds one and hands its token over; from then on it brings what it sees and fetches what it
//! is ordered to do. A station is known by its token alone, and acts for itself alone.

mod crossings;
mod heard;
mod logs;
mod orders;
mod refusal;
mod seen;
mod take;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use link::{Credential, Secret, StationId, Token};
use store::{NewStation, StationAdded};
use tokio::sync::{Mutex, watch};
use vault::OrderKey;

pub use crossings::{Crossing, Limit, crossings, limits};
pub use heard::record as record_heard;
pub use link::{Outcome, StateWord, Trouble};
pub use logs::{HOURS_SHOWN, Hour, SourceHours, collected, trouble};
pub use orders::{ORDER_LIFE, OrderState, look_for_orders, order, outcome, state_of, waiting};
pub use refusal::StationRefusal;
pub use seen::{Graph, Graphs, Seen, drop_expired, fold, graphs, list, seen};
pub use store::{
    CrossingRecord, Figure, OrderRecord, OrderResult, STATION_KINDS, SeenReading, SlotRecord,
    StateChange, StateRecord, StationKind, StationRecord,
};
pub use take::{take_logs, take_readings, take_results};

use heard::Heard;
use refusal::refused;

use crate::{AppError, Office};

/// A station that was not heard for so long is silent: it asks for orders twice a minute.
pub const SILENT_AFTER: SignedDuration = SignedDuration::from_secs(120);
/// Contracts that one machine may be kept under.
pub const CONTRACTS_MAX: usize = 20;
/// Letters of a site.
pub const SITE_MAX: usize = 64;

/// By what stations know this office.
pub struct Link {
    /// Signs orders.
    pub key: OrderKey,
    /// SHA-256 of the public key of the office's listener.
    pub pin: [u8; 32],
}

/// What an office knows of its stations beside the records.
pub struct Stations {
    link: Option<Link>,
    /// One batch is judged and recorded at a time.
    taking: Mutex<()>,
    /// Counts what was taken.
    changed: watch::Sender<u64>,
    /// The newest order.
    ordered: watch::Sender<i64>,
    /// When each was heard, where the records do not say so yet.
    heard: Heard,
}

impl Default for Stations {
    fn default() -> Stations {
        Stations {
            link: None,
            taking: Mutex::default(),
            changed: watch::Sender::new(0),
            ordered: watch::Sender::new(0),
            heard: Heard::default(),
        }
    }
}

impl Stations {
    /// Known to stations by these keys.
    #[must_use]
    pub fn known_by(link: Link) -> Stations {
        Stations { link: Some(link), ..Stations::default() }
    }

    /// Whether stations can dial this office, so that one may be added.
    #[must_use]
    pub fn may_dial(&self) -> bool {
        self.link.is_some()
    }

    /// Changes whenever a station brought something new.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Changes whenever an order was given; who waits for orders asks [`waiting`] again.
    #[must_use]
    pub fn ordered(&self) -> watch::Receiver<i64> {
        self.ordered.subscribe()
    }

    /// Tells those who look at stations that something new is in the records.
    pub fn tell_changed(&self) {
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// A station that a person adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its name, 1 to 64 letters of `a-z A-Z 0-9 . _ -`.
    pub name: String,
    /// What it is for.
    pub kind: StationKind,
    /// Where it stands.
    pub site: Option<String>,
    /// The contracts of the office under which its machine is kept.
    pub contracts: Vec<String>,
}

/// Adds a station, or gives one that was revoked a new token. The token's text is told this once.
///
/// # Errors
/// Refused when the name, the site or a contract is none, the name is taken, or the link is off.
pub async fn add(office: &Office, wanted: &Wanted, now: Timestamp) -> Result<String, AppError> {
    let Some(link) = &office.stations.link else { return refused(StationRefusal::LinkOff) };
    if !link::is_name(&wanted.name) {
        return refused(StationRefusal::Name { longest: link::limits::NAME_MAX });
    }
    if wanted.site.as_ref().is_some_and(|site| !is_site(site)) {
        return refused(StationRefusal::Site { longest: SITE_MAX });
    }
    for contract in &wanted.contracts {
        office.contract(contract)?;
    }
    if wanted.contracts.len() > CONTRACTS_MAX {
        return refused(StationRefusal::Contracts { most: CONTRACTS_MAX });
    }
    let token = Token {
        station: StationId(vault::random().map_err(AppError::records)?),
        secret: Secret(vault::random().map_err(AppError::records)?),
        pin: link.pin,
        orders_key: link.key.public(),
    };
    let new = NewStation {
        name: wanted.name.clone(),
        kind: wanted.kind,
        site: wanted.site.clone(),
        contracts: wanted.contracts.clone(),
        token_id: token.station.0,
        digest: vault::sha256(&token.secret.0),
    };
    let name = wanted.name.clone();
    match office.store.add_station(&new, now).await? {
        StationAdded::Done => {}
        StationAdded::NameTaken => return refused(StationRefusal::Taken { name }),
        StationAdded::OtherKind => return refused(StationRefusal::OtherKind { name }),
    }
    Ok(token.text())
}

fn is_site(site: &str) -> bool {
    (1..=SITE_MAX).contains(&site.chars().count()) && !site.contains(char::is_control)
}

/// Takes a station's token back: its next request is refused.
///
/// # Errors
/// Refused when there is no such station, or it was revoked before.
pub async fn revoke(office: &Office, name: &str, now: Timestamp) -> Result<(), AppError> {
    let known = known(office, name).await?;
    if !office.store.revoke_station(name, now).await? {
        return refused(StationRefusal::Revoked { name: name.to_owned() });
    }
    office.stations.heard.forget(known.number);
    office.store.end_crossings(known.number, now).await?;
    office.stations.tell_changed();
    // Those that wait for orders look again, and are refused.
    office.stations.ordered.send_modify(|_| {});
    Ok(())
}

/// The station of that name.
///
/// # Errors
/// Refused when there is none.
pub async fn known(office: &Office, name: &str) -> Result<StationRecord, AppError> {
    match office.store.station(name).await? {
        Some(station) => Ok(station),
        None => refused(StationRefusal::Nobody { name: name.to_owned() }),
    }
}

/// Who asks, if the credential is good and was not revoked; the station counts as heard.
///
/// # Errors
/// When the records fail.
pub async fn admit(
    office: &Office,
    credential: &Credential,
    now: Timestamp,
) -> Result<Option<StationRecord>, AppError> {
    let known = office.store.station_by_token(&credential.station.0).await?;
    let digest = vault::sha256(&credential.secret.0);
    // Compared also where there is no such station, so that the time it takes tells little.
    let expected = known.as_ref().map_or(&[0; 32][..], |station| &station.digest);
    let is_its_own = vault::same(&digest, expected);
    let Some(station) = known.filter(|station| is_its_own && station.revoked.is_none()) else {
        return Ok(None);
    };
    office.stations.heard.note(station.number, now);
    if station.seen.is_none() {
        // Somebody waits to see that it is there.
        heard::record(office).await?;
    }
    Ok(Some(station))
}

/// Whether a station that was admitted is still admitted: it may have been revoked while it waited.
///
/// # Errors
/// When the records fail.
pub async fn is_admitted(office: &Office, station: &StationRecord) -> Result<bool, AppError> {
    let now = office.store.station(&station.name).await?;
    Ok(now.is_some_and(|now| now.revoked.is_none() && now.digest == station.digest))
}

/// The values of a reading by the names of their series.
fn named(series: &BTreeMap<i64, String>, values: &[(i64, i64)]) -> BTreeMap<String, i64> {
    let name = |(number, value): &(i64, i64)| Some((series.get(number)?.clone(), *value));
    values.iter().filter_map(name).collect()
}
