//! How checks stand, for those who decide by them in an incident.

use std::collections::HashMap;

use jiff::Timestamp;
use store::{Answer, Observation, probe_of};

use crate::{AppError, Office};

/// The newest run of every check.
#[derive(Debug, Default)]
pub(crate) struct Sights(HashMap<String, Observation>);

/// How a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    /// It succeeds.
    pub good: bool,
    /// Since when.
    pub first: Timestamp,
    /// When it was last looked at.
    pub last: Timestamp,
}

impl Sight {
    /// When this was first seen after an instant; `None` when nobody has looked since.
    pub fn after(&self, since: Timestamp) -> Option<Timestamp> {
        let at = if self.first > since { self.first } else { self.last };
        (at > since).then_some(at)
    }
}

impl Sights {
    /// Reads them once for all incidents.
    pub async fn now(office: &Office) -> Result<Sights, AppError> {
        let runs = office.store.newest_runs().await?;
        Ok(Sights(runs.into_iter().map(|run| (run.probe.clone(), run)).collect()))
    }

    /// How a check stands; `None` when nobody could look.
    pub fn of(&self, check: &str) -> Option<Sight> {
        let run = self.0.get(&probe_of(check)).filter(|run| run.answer != Answer::Unseen)?;
        Some(Sight { good: run.answer == Answer::Good, first: run.first, last: run.last })
    }
}
