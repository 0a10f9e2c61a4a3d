//! When stations were heard: every request says so, and the records are told of all in one transaction,
//! since each costs a sync. A stop in between loses seconds, and the next request makes up for them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::{AppError, Office};

/// The stations that were heard since the records were told, by their numbers.
#[derive(Default)]
pub(super) struct Heard(Mutex<BTreeMap<i64, Timestamp>>);

impl Heard {
    pub(super) fn note(&self, station: i64, at: Timestamp) {
        self.since().insert(station, at);
    }

    /// What was heard of a station before it was revoked says nothing of the one that is added again.
    pub(super) fn forget(&self, station: i64) {
        self.since().remove(&station);
    }

    fn since(&self) -> MutexGuard<'_, BTreeMap<i64, Timestamp>> {
        // Each change is one insert or removal, so a panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the records which stations were heard since the last time.
///
/// # Errors
/// When the records fail; then they are told the next time.
pub async fn record(office: &Office) -> Result<(), AppError> {
    let told = office.stations.heard.since().clone();
    if told.is_empty() {
        return Ok(());
    }
    office.store.saw_stations(&told).await?;
    office.stations.heard.since().retain(|station, at| told.get(station) != Some(at));
    Ok(())
}
