//! The contracts that an office keeps, and which of their functions it measures itself.

use std::collections::BTreeSet;

use terms::{Contract, Name, Service, UpWhen};

use crate::probes::Probe;
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

impl WatchedContract {
    /// What the function must answer to be up, as its newest version says.
    pub(crate) fn up_when(&self, function: &Name) -> UpWhen {
        let services = self.contract.newest().services.iter();
        let mut functions = services.flat_map(|service: &Service| &service.functions);
        let found = functions.find(|known| known.name == *function);
        found.map_or(UpWhen::Answered, |function| function.up_when)
    }
}

impl Office {
    /// Every probe that a contract asks for.
    #[must_use]
    pub fn probes(&self) -> BTreeSet<Probe> {
        let measured = self.contracts.iter().flat_map(|watched| &watched.measured);
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
        let found = self.contracts.iter().find(|watched| watched.contract.name.as_str() == name);
        found.ok_or_else(|| AppError::Refused(Refusal::NoContract { name: name.to_owned() }))
    }
}
