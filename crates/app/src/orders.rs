//! Orders to stations, as runbooks give them.

use desk::{Carried, Story};
use jiff::Timestamp;

use crate::{AppError, Office, Refusal};

/// Gives an order; its number.
pub(crate) async fn give(
    _office: &Office,
    station: &str,
    _action: &str,
    _incident: i64,
    _by: &str,
    _now: Timestamp,
) -> Result<i64, AppError> {
    AppError::refused(Refusal::NoStation { name: station.to_owned() })
}

/// How an order stands.
pub(crate) async fn carried(_office: &Office, _order: i64) -> Result<Carried, AppError> {
    Ok(Carried::Pending)
}

/// The order that was given for the step that is under way, and is not in the timeline.
pub(crate) async fn of_incident(
    _office: &Office,
    _incident: i64,
    _station: &str,
    _action: &str,
    _story: &Story,
) -> Result<Option<i64>, AppError> {
    Ok(None)
}
