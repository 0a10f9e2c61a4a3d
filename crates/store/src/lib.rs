//! Records: accounts, sending domains, the delivery log, the evidence of contracts, and incidents. The
//! only crate that speaks SQL.
//!
//! One code path serves SQLite and PostgreSQL. Whoever reads the database without the vault's
//! key learns times, outcomes, domains and counts, but no address, subject or reply (seed 001,
//! article 22). Callers pass `now`; nothing here decides what a person may do.

mod accounts;
mod calls;
mod check_sites;
mod conditions;
mod crossings;
mod day;
mod domains;
mod engine;
mod events;
mod fold;
mod incidents;
mod log;
mod log_slots;
mod look_hours;
mod looks;
mod measured;
mod newest;
mod notices;
mod observations;
mod orders;
mod outbox;
mod packed;
mod plans;
mod reading_hours;
mod readings;
mod record;
mod reports;
mod runs;
mod search;
mod sessions;
mod slots;
mod statement;
mod station_looks;
mod station_states;
mod stations;
mod story;
mod watched;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};
use vault::{Vault, VaultError};

pub use accounts::{AccountRecord, Kind};
pub use calls::{CallKey, CallRecord, NewCall, Waiting};
pub use check_sites::{CheckSite, Wanted};
pub use crossings::{CROSSINGS_LISTED_MAX, CrossingRecord};
pub use day::Day;
pub use domains::{DomainRecord, KEY_LABEL, KeyRecord, NewKey};
pub use events::{ContractEvent, Import, Imported, KindLimit, Rewrite, SealedEvent, Withdrawn};
pub use incidents::{
    ALARM_INCIDENTS_MAX, Added, Addition, ENTRIES_MAX, EntryRecord, INCIDENTS_PAGE_MAX,
    IncidentRecord, Milestones, NewIncident, OPEN_INCIDENTS_MAX, Room,
};
pub use log::{DeliveryRow, Place, Slot, Status, StoryRecord};
pub use log_slots::{SLOTS_DAYS, SLOTS_LISTED_MAX, SlotRecord};
pub use look_hours::LookFigure;
pub use looks::{CHECK_NAMES_MAX, CHECK_PREFIX, Look, Unlooked, probe_of};
pub use measured::{DAY_MEASUREMENTS_MAX, MEASURED_DAYS_MAX, MeasuredDay, Rewritten};
pub use notices::{Draft, NOTICES_MAX, NoticeRecord, Phase};
pub use observations::{Answer, Observation, Sighting, Told};
pub use orders::{NewOrder, ORDERS_LISTED_MAX, OrderRecord, OrderResult};
pub use outbox::{Delivered, Parcel, SendingRecord, SendingState, Turnout};
pub use packed::SeenLook;
pub use plans::{PLANS_MAX, PlanRecord, Planned};
pub use reading_hours::{Figure, HourFigures, figures_of};
pub use readings::{
    BroughtReadings, READING_AHEAD_MAX, READINGS_DAYS, SERIES_MAX, SeenReading, may_be_taken,
};
pub use record::NODES_MAX;
pub use reports::{DRAFTS_MAX, DraftRecord, ReportRecord};
pub use search::{Filter, Listing, PAGE_MAX, Who};
pub use sessions::{SESSIONS_MAX, SessionRecord, TryGate};
pub use slots::{BUSIEST_MAX, DOMAINS_PER_SLOT_MAX, OTHER_DOMAINS, SlotSpan};
pub use station_looks::BroughtLooks;
pub use station_states::{CHANGES_LISTED_MAX, STATES_KEPT_MAX, StateChange, StateRecord};
pub use stations::{
    Accepted, NewStation, STATION_KINDS, STATIONS_MAX, StationAdded, StationKind, StationRecord,
    Stream,
};
pub use watched::WatchedCheck;

/// The records, open. Clones share the connections. What a function recorded survives a power cut from
/// its return on: nothing has to be written out before an acknowledgement.
#[derive(Clone)]
pub struct Store {
    vault: Arc<Vault>,
    engine: engine::Engine,
    /// The one connection that writes.
    writer: AnyPool,
    readers: AnyPool,
    memory: Arc<Mutex<Memory>>,
    /// Whoever records looks holds it until memory has what the records have.
    looks_turn: Arc<tokio::sync::Mutex<()>>,
}

/// What is remembered between batches of facts; all of it can be read again from the records.
#[derive(Default)]
struct Memory {
    days: std::collections::BTreeSet<Day>,
    nodes: std::collections::HashMap<String, i64>,
    census: slots::Census,
    statements: statement::Statements,
    runs: runs::Runs,
    /// Numbers of checks by name.
    checks: std::collections::HashMap<String, i64>,
}

/// Why the records could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address of the database is of no known kind.
    #[error("{0:?} names no database: use sqlite:PATH or postgres://USER@HOST/NAME")]
    Url(String),
    /// The database file or its folder could not be made.
    #[error("cannot make the database file {path}: check that its folder can be written to")]
    File {
        /// Which file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database could not be opened.
    #[error("cannot open the database {url}: check that it is there and lets us in")]
    Open {
        /// Which one, without its password.
        url: String,
        /// What the driver said.
        source: sqlx::Error,
    },
    /// The tables could not be brought up to date.
    #[error("cannot bring the tables of {url} up to date: was a newer yakusoku here?")]
    Migrate {
        /// Which one, without its password.
        url: String,
        /// What went wrong.
        source: sqlx::migrate::MigrateError,
    },
    /// A statement failed.
    #[error("cannot {doing}")]
    Sql {
        /// What was being attempted.
        doing: &'static str,
        /// What the driver said.
        source: sqlx::Error,
    },
    /// A value could not be sealed or opened.
    #[error("cannot {doing}")]
    Vault {
        /// What was being attempted.
        doing: &'static str,
        /// Why.
        source: VaultError,
    },
    /// A sealed value opened to something else than it should hold.
    #[error("cannot read {what}: it was written by a newer yakusoku or is damaged")]
    Content {
        /// Which value.
        what: &'static str,
        /// Where it stops making sense.
        source: serde_json::Error,
    },
    /// A contract has more evidence than the records keep.
    #[error("{contract} has {most} {what} in the records: no more are kept")]
    Full {
        /// Of which contract.
        contract: String,
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        most: i64,
    },
    /// A contract has too many open incidents.
    #[error("{contract} has {most} open incidents: close what is over")]
    IncidentsFull {
        /// Of which contract.
        contract: String,
        /// How many there may be.
        most: i64,
    },
    /// A timeline is full.
    #[error("incident {incident} has {most} entries: no more are written")]
    TimelineFull {
        /// Of which incident.
        incident: i64,
        /// How many there may be.
        most: i64,
    },
    /// More relays than the records can number.
    #[error("there are records of {NODES_MAX} nodes already: give relays stable names")]
    TooManyNodes,
    /// More checks than the records can number.
    #[error("there are records of {CHECK_NAMES_MAX} checks already: give checks stable names")]
    TooManyChecks,
    /// The program stopped the work half-way.
    #[error("the work on the records was stopped")]
    Stopped,
}

/// The result of most functions here.
pub type Result<T> = std::result::Result<T, StoreError>;

impl Store {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        // A panic elsewhere cannot leave the memory half-changed: each change is one insert.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn begin(&self, doing: &'static str) -> Result<sqlx::Transaction<'static, sqlx::Any>> {
        self.writer.begin_with(self.engine.begin()).await.map_err(sql(doing))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1")
            .fetch_one(&self.readers)
            .await
            .map_err(sql("reach the database"))?;
        Ok(())
    }

    /// Closes every connection; SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    fn seal(&self, label: &str, plain: &[u8], doing: &'static str) -> Result<Vec<u8>> {
        self.vault.seal(label, plain).map_err(|source| StoreError::Vault { doing, source })
    }

    fn seal_json<T: serde::Serialize>(
        &self,
        label: &str,
        body: &T,
        doing: &'static str,
    ) -> Result<Vec<u8>> {
        let plain = serde_json::to_vec(body)
            .map_err(|source| StoreError::Content { what: "a record", source })?;
        self.seal(label, &plain, doing)
    }

    fn open_json<T: serde::de::DeserializeOwned>(
        &self,
        label: &str,
        sealed: &[u8],
        doing: &'static str,
    ) -> Result<T> {
        let text = self.open_text(label, sealed, doing)?;
        serde_json::from_str(&text)
            .map_err(|source| StoreError::Content { what: "a record", source })
    }

    fn open_text(&self, label: &str, sealed: &[u8], doing: &'static str) -> Result<String> {
        let plain =
            self.vault.open(label, sealed).map_err(|source| StoreError::Vault { doing, source })?;
        String::from_utf8(plain)
            .map_err(|_| StoreError::Vault { doing, source: VaultError::Damaged })
    }
}

fn sql(doing: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |source| StoreError::Sql { doing, source }
}

/// A column of a row, with the attempt named where it is not what it should be.
fn column<'r, T>(row: &'r AnyRow, name: &str, doing: &'static str) -> Result<T>
where
    T: sqlx::Decode<'r, sqlx::Any> + sqlx::Type<sqlx::Any>,
{
    row.try_get(name).map_err(sql(doing))
}

fn instant(micros: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX)
}
