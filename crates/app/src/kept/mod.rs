//! Contracts that were added while the office runs, in the console or by `yakusoku contract add`. Each
//! has a folder of its own below the data: the contract, the files that it extends, what of it we
//! measure, and who is told of it. The office looks at the folders again and again, so it does not matter
//! who wrote them.

mod audience;
mod files;
mod own;
mod templates;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use terms::{Contract, Finding, Name, Read};

pub use audience::tell;
use files::{Found, Mark};
pub use files::{source, source_word};
pub use own::{MONTHS, OwnContract};
pub use templates::{FromTemplate, TEMPLATES, template};

use crate::changes::Change;
use crate::probes::Probe;
use crate::telling::Audience;
use crate::{AppError, Measured, Office, Refusal, Source, WatchedContract, blocking, contracts};

/// Most contracts that are kept beside those of the configuration.
pub const KEPT_MAX: usize = 500;
/// The contract in its folder.
pub const CONTRACT_FILE: &str = "contract.toml";

/// Where an office keeps contracts, and what it has seen there.
#[derive(Default)]
pub struct Kept {
    /// `None`: contracts come from the configuration alone.
    folder: Option<PathBuf>,
    /// By name, the files as they were read last.
    seen: Mutex<BTreeMap<String, Mark>>,
    /// Who is told, by name of the contract, where somebody said so.
    audiences: Mutex<BTreeMap<String, Audience>>,
}

impl Kept {
    fn audiences(&self) -> MutexGuard<'_, BTreeMap<String, Audience>> {
        // A panic elsewhere cannot leave it half-changed: each change is one insert or removal.
        self.audiences.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a contract cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeepError {
    /// The reader found something.
    #[error("the contract cannot be read: {}", .findings.join("; "))]
    Wrong {
        /// A line each, as `yakusoku contract check` says it.
        findings: Vec<String>,
    },
    /// The name is taken.
    #[error("there is a contract {name} already: choose another name")]
    Taken {
        /// Which one.
        name: String,
    },
    /// No room for another one.
    #[error("{most} contracts were added: remove a folder below `contracts` and restart")]
    Full {
        /// How many there may be.
        most: usize,
    },
    /// What of it is measured stands elsewhere.
    #[error(
        "{name} is in the configuration: say there, under [contract.measure], what measures it"
    )]
    Configured {
        /// Which one.
        name: String,
    },
    /// Who is told of it stands elsewhere.
    #[error(
        "{name} is in the configuration: say there, by `notify` and `notify_over`, who is told"
    )]
    AudienceConfigured {
        /// Which one.
        name: String,
    },
    /// No mail address.
    #[error("{text:?} is no mail address, such as \"ops@example.jp\"")]
    Address {
        /// As it was typed.
        text: String,
    },
    /// Too many mail addresses.
    #[error("{most} mail addresses are told of a contract: write to a list of theirs instead")]
    Recipients {
        /// How many there may be.
        most: usize,
    },
    /// No courier of that name.
    #[error("there is no courier {name}: add a [[courier]] to the configuration first")]
    NoCourier {
        /// Which one.
        name: String,
    },
    /// A courier that needs addresses.
    #[error("{name} carries mail: give mail addresses instead")]
    MailCourier {
        /// Which one.
        name: String,
    },
    /// No function of that name.
    #[error("the contract has no function {function}: `yakusoku contract show` lists them")]
    NoFunction {
        /// Which one.
        function: String,
    },
    /// Nothing looks by that name.
    #[error("there is no probe or check {source_name:?}: add the check first")]
    NoSource {
        /// As it was asked for.
        source_name: String,
    },
    /// This office has no folder for contracts.
    #[error("this office keeps no contracts of its own: write it into the configuration")]
    NoFolder,
    /// Changes are kept until the next start.
    #[error("contracts changed {most} times since the start: restart the office")]
    Changed {
        /// How often they may.
        most: usize,
    },
}

/// A contract file with those that it extends, by their names beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The contract.
    pub text: String,
    /// Names, relative to it, and texts.
    pub beside: Vec<(String, String)>,
}

impl Bundle {
    /// Reads the contract as it will be read from its folder.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self) -> Result<Read, Vec<Finding>> {
        terms::read(CONTRACT_FILE, &self.text, &|name| {
            let found = self.beside.iter().find(|(file, _)| file == name);
            found.map(|(_, text)| text.clone()).ok_or_else(|| "there is no such file".to_owned())
        })
    }
}

impl Office {
    /// The same office, keeping contracts in that folder besides those of the configuration.
    #[must_use]
    pub fn keeping(mut self, folder: PathBuf) -> Office {
        self.kept = Kept { folder: Some(folder), ..Kept::default() };
        self
    }
}

/// Keeps a contract; its name. Functions of the usual names are measured by our own probes, until
/// somebody says otherwise.
///
/// # Errors
/// Refused when it cannot be read, its name is taken, or there are [`KEPT_MAX`].
pub async fn add(office: &Office, bundle: Bundle) -> Result<Name, AppError> {
    let folder = folder(office)?;
    let read = bundle.read().map_err(|wrong| {
        let findings = wrong.iter().map(|it| format!("{}: {}", it.line, it.text)).collect();
        Refusal::Keep(KeepError::Wrong { findings })
    })?;
    let name = read.contract.name.clone();
    if office.contract(name.as_str()).is_ok() {
        return refused(KeepError::Taken { name: name.to_string() });
    }
    let measured = usual(&read.contract);
    let of = name.to_string();
    let is_new = blocking(move || files::write_new(&folder, &of, &bundle, &measured)).await?;
    if !is_new {
        return refused(KeepError::Taken { name: name.to_string() });
    }
    refresh(office).await?;
    Ok(name)
}

/// Says what measures a function of a contract from now on; `None`: nothing.
///
/// # Errors
/// Refused when there is no such contract, function or check, or it is in the configuration; and when
/// those who are told of it could not be reached any more, since it would be about our own relay.
pub async fn measure(
    office: &Office,
    contract: &str,
    function: &str,
    source: Option<Source>,
) -> Result<(), AppError> {
    let folder = folder(office)?;
    let watched = office.contract(contract)?;
    if office.is_configured(contract) {
        return refused(KeepError::Configured { name: contract.to_owned() });
    }
    let functions = watched.functions();
    let Some(function) = functions.into_iter().find(|name| name.as_str() == function) else {
        return refused(KeepError::NoFunction { function: function.to_owned() });
    };
    if let Some(Source::Check(name)) = &source {
        let is_configured = office.watching.configured.iter().any(|check| check.name == *name);
        let added = office.store.watched_checks().await?;
        if !is_configured && !added.iter().any(|check| check.name == *name) {
            return refused(KeepError::NoSource { source_name: name.clone() });
        }
    }
    let kept = watched.measured.iter().filter(|measured| measured.function != function);
    let mut measured: Vec<Measured> = kept.cloned().collect();
    measured.extend(source.map(|source| Measured { function, source }));
    audience::still_reached(office, contract, contracts::measures_relay(&measured))?;
    let name = contract.to_owned();
    let text = files::words(&measured);
    blocking(move || files::write_beside(&folder, &name, files::MEASURED_FILE, &text)).await?;
    refresh(office).await
}

/// Looks at the folder: contracts that are new or have changed since the last time are taken; one that
/// cannot be read is told to the log, and its older self stays.
///
/// # Errors
/// When the folder cannot be read.
pub async fn refresh(office: &Office) -> Result<(), AppError> {
    let Some(folder) = office.kept.folder.clone() else { return Ok(()) };
    let seen = office.kept.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (changed, marks) = blocking(move || files::changed(&folder, &seen)).await?;
    let mut is_new = false;
    for Found { name, watched: read, audience } in changed {
        if office.is_configured(&name) {
            tracing::warn!(contract = %name, "is in the configuration: its kept file is left alone");
            continue;
        }
        match read {
            Ok(watched) => is_new |= put(office, watched)?,
            Err(findings) => {
                tracing::warn!(contract = %name, ?findings, "a kept contract cannot be read");
            }
        }
        // Also where the contract's older self stays.
        if office.contract(&name).is_ok() {
            is_new |= office.kept.take_audience(&name, audience);
            audience::warn_of_routes(office, &name);
        }
    }
    *office.kept.seen.lock().unwrap_or_else(PoisonError::into_inner) = marks;
    if is_new {
        office.evidence_changed();
        office.changes.tell(Change::Contracts);
    }
    Ok(())
}

/// Puts a contract on the shelf, unless it is there as it is.
fn put(office: &Office, watched: WatchedContract) -> Result<bool, AppError> {
    let known = office.contract(watched.contract.name.as_str());
    if known.is_ok_and(|known| *known == watched) {
        return Ok(false);
    }
    if !office.put_contract(watched) {
        return refused(KeepError::Changed { most: contracts::CHANGES_MAX });
    }
    Ok(true)
}

/// Whether the console decides what measures a contract.
#[must_use]
pub fn is_kept(office: &Office, contract: &str) -> bool {
    office.kept.folder.is_some()
        && office.contract(contract).is_ok()
        && !office.is_configured(contract)
}

fn folder(office: &Office) -> Result<PathBuf, AppError> {
    office.kept.folder.clone().ok_or(AppError::Refused(Refusal::Keep(KeepError::NoFolder)))
}

fn refused<T>(why: KeepError) -> Result<T, AppError> {
    AppError::refused(Refusal::Keep(why))
}

/// Functions that are measured by our probes when nobody says otherwise.
const USUAL: [(&str, Probe); 3] =
    [("smtp", Probe::Smtp), ("console", Probe::Console), ("api", Probe::Console)];

/// What measures a contract of which nobody said it: its functions of the usual names.
#[must_use]
pub fn usual(contract: &Contract) -> Vec<Measured> {
    let functions = contracts::functions(contract).into_iter();
    let measured = functions.filter_map(|function| {
        let (_, probe) = USUAL.iter().find(|(name, _)| *name == function.as_str())?;
        Some(Measured { function, source: Source::Probe(*probe) })
    });
    measured.collect()
}
