//! The contracts that an office keeps, and which of their functions it measures itself.

mod shelf;

use std::collections::BTreeSet;
use std::sync::Arc;

use calendar::day_span;
use jiff::Timestamp;
use terms::{Contract, Lang, Name, Service, UpWhen, Version};

use crate::probes::Probe;
pub(crate) use shelf::CHANGES_MAX;
pub(crate) use shelf::Shelf;

/// Every function of every version of a contract.
#[must_use]
pub fn functions(contract: &Contract) -> BTreeSet<Name> {
    let services = contract.versions.iter().flat_map(|version| &version.terms.services);
    services.flat_map(|service| &service.functions).map(|function| function.name.clone()).collect()
}
use crate::{AppError, Office, Refusal};

/// A contract and what we see of it ourselves.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedContract {
    /// What was promised.
    pub contract: Contract,
    /// By function; a function that is not here is known from imported logs alone.
    pub measured: Vec<Measured>,
}

/// A function that we measure ourselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Which function of the contract.
    pub function: Name,
    /// What looks at it.
    pub source: Source,
}

/// What looks at a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A probe of our own functions.
    Probe(Probe),
    /// A check, by its name.
    Check(String),
}

impl Source {
    /// The word under which what it saw is kept.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Source::Probe(probe) => probe.word().to_owned(),
            Source::Check(name) => store::probe_of(name),
        }
    }

    /// Whether it is the check of that name.
    #[must_use]
    pub fn is_check(&self, name: &str) -> bool {
        matches!(self, Source::Check(known) if known == name)
    }
}

/// Whether our own relay is what these tell of.
pub(crate) fn measures_relay(measured: &[Measured]) -> bool {
    measured.iter().any(|measured| measured.source == Source::Probe(Probe::Smtp))
}

impl WatchedContract {
    /// Every function of every version.
    #[must_use]
    pub fn functions(&self) -> BTreeSet<Name> {
        functions(&self.contract)
    }

    /// Whether our own relay is what it is about: we measure its SMTP.
    #[must_use]
    pub fn measures_relay(&self) -> bool {
        measures_relay(&self.measured)
    }

    /// What the function must answer to be up, as the version says that is in force at that instant;
    /// where that one does not know the function, as the newest that does.
    pub(crate) fn up_when(&self, function: &Name, at: Timestamp) -> UpWhen {
        let in_force = std::iter::once(self.contract.terms_at(at));
        let newest_first = self.contract.versions.iter().rev().map(|version| &version.terms);
        let services = in_force.chain(newest_first).flat_map(|terms| &terms.services);
        let mut functions = services.flat_map(|service: &Service| &service.functions);
        let found = functions.find(|known| known.name == *function);
        found.map_or(UpWhen::Answered, |function| function.up_when)
    }

    /// When versions begin, after the first, oldest first.
    pub(crate) fn revisions(&self) -> impl Iterator<Item = Timestamp> {
        let begins = |version: &Version| day_span(version.in_force, &self.contract.zone).from();
        self.contract.versions.iter().skip(1).map(begins)
    }
}

impl Office {
    /// Every contract, and what of it we measure ourselves: those of the configuration in its order,
    /// then those that were added, the oldest first. A later change shows in a later call.
    #[must_use]
    pub fn contracts(&self) -> Vec<&Arc<WatchedContract>> {
        self.shelf.all()
    }

    /// Whether it keeps any contract.
    #[must_use]
    pub fn keeps_contracts(&self) -> bool {
        !self.shelf.is_empty()
    }

    /// Whether the configuration has a contract of that name.
    pub(crate) fn is_configured(&self, name: &str) -> bool {
        self.shelf.is_configured(name)
    }

    /// Puts a contract behind the others; whether there was room.
    pub(crate) fn put_contract(&self, contract: WatchedContract) -> bool {
        self.shelf.put(contract)
    }

    /// Every probe that a contract asks for.
    #[must_use]
    pub fn probes(&self) -> BTreeSet<Probe> {
        let contracts = self.contracts();
        let measured = contracts.iter().flat_map(|watched| &watched.measured);
        let probes = measured.filter_map(|measured| match measured.source {
            Source::Probe(probe) => Some(probe),
            Source::Check(_) => None,
        });
        probes.collect()
    }

    /// The contract of that name.
    ///
    /// # Errors
    /// Refused when there is none.
    pub fn contract(&self, name: &str) -> Result<&WatchedContract, AppError> {
        self.find_contract(name).map(Arc::as_ref)
    }

    /// The language of what is written about a contract; English where it is not there any more.
    #[must_use]
    pub fn language(&self, contract: &str) -> Lang {
        self.contract(contract).map_or(Lang::En, |watched| watched.contract.language)
    }

    /// As [`contract`](Office::contract), for work that goes on elsewhere.
    pub(crate) fn shared_contract(&self, name: &str) -> Result<Arc<WatchedContract>, AppError> {
        self.find_contract(name).map(Arc::clone)
    }

    fn find_contract(&self, name: &str) -> Result<&Arc<WatchedContract>, AppError> {
        let mut contracts = self.contracts().into_iter();
        let found = contracts.find(|watched| watched.contract.name.as_str() == name);
        found.ok_or_else(|| AppError::Refused(Refusal::NoContract { name: name.to_owned() }))
    }
}
