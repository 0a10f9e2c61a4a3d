//! What stations bring, into the records. Nothing is acknowledged before it is there, and what comes
//! again is not recorded twice.

use jiff::Timestamp;
use link::{Logs, Readings, Results, Taken};
use store::{Accepted, BroughtReadings, StationRecord};

use super::crossings::crossed;
use crate::{AppError, Office};

/// Takes readings and states, and judges them by the thresholds of the machine's contracts.
///
/// # Errors
/// When the records fail; then nothing of it was taken.
pub async fn take_readings(
    office: &Office,
    station: &StationRecord,
    readings: &Readings,
    now: Timestamp,
) -> Result<Taken, AppError> {
    let accepted = {
        let _one_at_a_time = office.stations.taking.lock().await;
        // As it is now: what came before may have been judged since the station was admitted.
        let known = office.store.station(&station.name).await?;
        let newest = known.and_then(|it| it.latest.last().map(|reading| reading.at));
        let open = office.store.open_crossings(station.number).await?;
        let crossings = crossed(office, station, &readings.readings, newest, open, now);
        let brought = BroughtReadings { readings, crossings: &crossings };
        office.store.take_readings(station.number, brought, now).await?
    };
    settled(office, station, "readings", accepted).await
}

/// Takes slots of collected logs.
///
/// # Errors
/// When the records fail; then nothing of it was taken.
pub async fn take_logs(
    office: &Office,
    station: &StationRecord,
    logs: &Logs,
    now: Timestamp,
) -> Result<Taken, AppError> {
    let accepted = office.store.take_slots(station.number, logs, now).await?;
    settled(office, station, "logs", accepted).await
}

/// Takes results of orders.
///
/// # Errors
/// When the records fail; then nothing of it was taken.
pub async fn take_results(
    office: &Office,
    station: &StationRecord,
    results: &Results,
) -> Result<Taken, AppError> {
    let accepted = office.store.take_results(station.number, results).await?;
    if accepted.is_new {
        for result in &results.results {
            let (name, outcome) = (station.name.as_str(), result.outcome);
            tracing::info!(station = name, order = %result.order, ?outcome, "an order has ended");
        }
    }
    settled(office, station, "results", accepted).await
}

async fn settled(
    office: &Office,
    station: &StationRecord,
    what: &'static str,
    accepted: Accepted,
) -> Result<Taken, AppError> {
    if accepted.dropped > 0 {
        let (name, dropped) = (station.name.as_str(), accepted.dropped);
        tracing::warn!(
            station = name,
            what,
            dropped,
            "a part of what a station brought is not kept"
        );
    }
    if accepted.is_new {
        office.stations.tell_changed();
    }
    Ok(Taken { taken: accepted.taken })
}
