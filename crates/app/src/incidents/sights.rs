//! How checks stand, for those who decide by them in an incident.

use std::collections::HashMap;

use jiff::Timestamp;
use store::{Answer, Observation, probe_of};

use crate::{AppError, Office};

/// The newest run of every check. Of a check that several sites look at, the office's own counts, or
/// without one that of the first site.
#[derive(Debug, Default)]
pub(crate) struct Sights {
    runs: HashMap<String, Observation>,
    /// The series of checks that the office itself does not look at.
    elsewhere: HashMap<String, String>,
}

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
        let runs = runs.into_iter().map(|run| (run.probe.clone(), run)).collect();
        let series = office.watching.configured.iter().map(|check| {
            let (name, settings) = (&check.name, &check.settings);
            (name.clone(), settings.first_series(name))
        });
        Ok(Sights { runs, elsewhere: series.filter(|(name, series)| name != series).collect() })
    }

    /// How a check stands; `None` when nobody could look.
    pub fn of(&self, check: &str) -> Option<Sight> {
        let series = self.elsewhere.get(check).map_or(check, String::as_str);
        let run = self.runs.get(&probe_of(series)).filter(|run| run.answer != Answer::Unseen)?;
        Some(Sight { good: run.answer == Answer::Good, first: run.first, last: run.last })
    }
}
