//! The verbs: one function for each thing a person or a timer can do.
//!
//! Each loads what it needs, lets a lower floor decide, and records. `now` is always an argument.

pub mod accounts;
pub mod board;
pub mod changes;
pub mod checks;
mod contracts;
pub mod deliveries;
pub mod domains;
pub mod figures;
pub mod first_run;
mod gathered;
pub mod incidents;
pub mod kept;
mod letters;
pub mod logs;
mod measured;
pub mod notices;
mod orders;
pub mod outbox;
pub mod password;
pub mod probes;
pub mod promised;
pub mod queue;
mod refusal;
mod roster_file;
pub mod sandbox;
mod sightings;
pub mod statements;
pub mod stations;
pub mod status;
pub mod telling;
pub mod windows;

use std::path::PathBuf;
use std::sync::Arc;

use mail::roster::Composition;
use store::{Store, StoreError};
use tokio::sync::{Mutex, Semaphore};
use vault::Vault;

pub use contracts::{Measured, Source, WatchedContract, functions};
pub use refusal::Refusal;
pub use store::{Draft as NoticeDraft, NoticeRecord, PlanRecord, SendingRecord, SendingState};

/// What every verb works on.
pub struct Office {
    /// The records.
    pub store: Store,
    /// Seals and opens.
    pub vault: Arc<Vault>,
    /// Where the relay keeps its things.
    pub relay: RelayFolder,
    /// Compositions by name, and what they do with mail, for the screens.
    pub compositions: Vec<Composition>,
    /// What is promised, and what of it we measure ourselves.
    shelf: contracts::Shelf,
    /// Who is to be called.
    pub duty: incidents::Duty,
    /// What is done about incidents by itself.
    pub runbooks: Vec<desk::Runbook>,
    /// What opens incidents beside the functions of contracts.
    pub alarms: incidents::AlarmRules,
    /// One tells of alarms at a time, so that what belongs together is one incident.
    ringing: Mutex<()>,
    /// The public holidays, as far as they are known.
    holidays: Arc<calendar::HolidayTable>,
    /// Whom we tell, and over what.
    pub telling: telling::Telling,
    /// What is looked at, by whom.
    pub watching: checks::Watching,
    /// Contracts that were added.
    kept: kept::Kept,
    /// What changes, for those who show it.
    pub changes: changes::Changes,
    /// Who dials us from elsewhere.
    pub stations: stations::Stations,
    /// How many passwords are being hashed at once.
    hashing: Arc<Semaphore>,
    /// One judgement of evidence at a time: each takes a processor for as long as it lasts.
    judging: Arc<Semaphore>,
    /// Status pages, in the order of the configuration.
    pub status_pages: Vec<Arc<status::StatusPage>>,
    /// What was made last of each.
    statuses: status::Statuses,
    /// The board that was made last.
    boards: board::Boards,
    counted_hours: board::CountedHours,
    /// One roster is written at a time, so that the newest comes last.
    publishing: Mutex<()>,
}

impl Office {
    /// An office over open records, without contracts.
    #[must_use]
    pub fn new(
        store: Store,
        vault: Arc<Vault>,
        relay: RelayFolder,
        compositions: Vec<Composition>,
    ) -> Office {
        Office {
            store,
            vault,
            relay,
            compositions,
            shelf: contracts::Shelf::of(Vec::new()),
            duty: incidents::Duty::default(),
            runbooks: Vec::new(),
            alarms: incidents::AlarmRules::default(),
            ringing: Mutex::new(()),
            holidays: calendar::HolidayTable::japan(),
            telling: telling::Telling::default(),
            watching: checks::Watching::default(),
            kept: kept::Kept::default(),
            changes: changes::Changes::default(),
            stations: stations::Stations::default(),
            hashing: Arc::new(Semaphore::new(password::AT_ONCE)),
            judging: Arc::new(Semaphore::new(1)),
            status_pages: Vec::new(),
            statuses: status::Statuses::default(),
            boards: board::Boards::default(),
            counted_hours: board::CountedHours::default(),
            publishing: Mutex::new(()),
        }
    }

    /// The same office under these contracts.
    #[must_use]
    pub fn under(mut self, contracts: Vec<WatchedContract>) -> Office {
        self.shelf = contracts::Shelf::of(contracts);
        self
    }

    /// The same office with these people to call.
    #[must_use]
    pub fn on_duty(mut self, duty: incidents::Duty) -> Office {
        self.duty = duty;
        self
    }

    /// The same office with these runbooks, and with what opens incidents beside the contracts.
    #[must_use]
    pub fn answering(
        mut self,
        runbooks: Vec<desk::Runbook>,
        alarms: incidents::AlarmRules,
    ) -> Office {
        (self.runbooks, self.alarms) = (runbooks, alarms);
        self
    }

    /// The same office, telling these people.
    #[must_use]
    pub fn telling(mut self, telling: telling::Telling) -> Office {
        self.telling = telling;
        self
    }

    /// The same office with these status pages.
    #[must_use]
    pub fn showing(mut self, pages: Vec<status::StatusPage>) -> Office {
        self.status_pages = pages.into_iter().map(Arc::new).collect();
        self
    }

    /// The same office, known to stations by these keys.
    #[must_use]
    pub fn known_by(mut self, link: stations::Link) -> Office {
        self.stations = stations::Stations::known_by(link);
        self
    }

    /// The same office with these checks.
    #[must_use]
    pub fn watching(mut self, watching: checks::Watching) -> Office {
        self.watching = watching;
        self
    }
}

/// The relay's folder: `roster.json`, `journal/`, `sandbox/`, `control.sock` are in it.
#[derive(Clone, Debug)]
pub struct RelayFolder(pub PathBuf);

impl RelayFolder {
    /// What the relay must know: users and signing keys.
    #[must_use]
    pub fn roster(&self) -> PathBuf {
        self.0.join("roster.json")
    }

    /// The journal of facts.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    /// The sandbox mailbox.
    #[must_use]
    pub fn sandbox(&self) -> PathBuf {
        self.0.join("sandbox")
    }

    /// The socket where a running relay answers questions.
    #[must_use]
    pub fn control_socket(&self) -> PathBuf {
        self.0.join("control.sock")
    }
}

/// Why a verb could not be done. Display is one sentence for the person who asked; the source has
/// the details.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The person asked for something that cannot be; the sentence says what to do.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The records could not be read or written.
    #[error("the records cannot be reached")]
    Records(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The relay did not answer.
    #[error("the relay does not answer: is it running?")]
    Relay(#[source] std::io::Error),
}

impl AppError {
    fn records(source: impl std::error::Error + Send + Sync + 'static) -> AppError {
        AppError::Records(Box::new(source))
    }

    fn refused<T>(why: Refusal) -> Result<T, AppError> {
        Err(AppError::Refused(why))
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> AppError {
        match error {
            StoreError::Full { contract, what, most } => {
                AppError::Refused(Refusal::EvidenceFull { contract, what, most })
            }
            StoreError::IncidentsFull { contract, most } => {
                AppError::Refused(Refusal::IncidentsFull { contract, most })
            }
            StoreError::TimelineFull { incident, most } => {
                AppError::Refused(Refusal::TimelineFull { id: incident, most })
            }
            other => AppError::records(other),
        }
    }
}

/// A file of the relay's folder could not be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {path}: check that the relay's folder is there and can be written to")]
struct FileError {
    doing: &'static str,
    path: PathBuf,
    source: std::io::Error,
}

/// Runs work that blocks (files, hashing) away from the threads that serve sockets.
async fn blocking<T, F>(work: F) -> Result<T, AppError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, AppError> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.map_err(AppError::records)?
}
