//! Orders: the office asks an agent for one action of the agent's own list, signed and short-lived.

use jiff::{SignedDuration, Timestamp};
use link::limits::ORDERS_MAX;
use link::{Order, Outcome, SignedOrder, signed_bytes};
use store::{NewOrder, OrderRecord, StationKind, StationRecord};

use super::known;
use super::refusal::{StationRefusal, refused};
use crate::{AppError, Office};

/// How long an order may be begun after it was given.
pub const ORDER_LIFE: SignedDuration = SignedDuration::from_secs(60);

/// How long after an order expired the station may still tell what became of it; then nobody waits for
/// that any more.
pub const RESULT_GRACE: SignedDuration = SignedDuration::from_mins(15);

/// How an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// The station has not fetched it yet.
    Waiting,
    /// The station has it; what became of it is not known yet.
    Fetched,
    /// It was done, and the action says that all is well.
    Done,
    /// It was done or begun, and did not succeed.
    Failed,
    /// The station would not begin it.
    Refused,
    /// The station began and ended before it knew more, or fetched it and told nothing in
    /// [`RESULT_GRACE`]; it is not done again.
    Unknown,
    /// The station did not fetch it in time: it was not done and will not be.
    Expired,
}

/// How an order stands at an instant.
#[must_use]
pub fn state_of(order: &OrderRecord, now: Timestamp) -> OrderState {
    match (&order.result, order.fetched) {
        (Some(result), _) => match result.outcome {
            Outcome::Done => OrderState::Done,
            Outcome::Failed => OrderState::Failed,
            Outcome::Refused => OrderState::Refused,
            Outcome::Unknown => OrderState::Unknown,
        },
        (None, Some(_)) if now.duration_since(order.expires) > RESULT_GRACE => OrderState::Unknown,
        (None, Some(_)) => OrderState::Fetched,
        (None, None) if now >= order.expires => OrderState::Expired,
        (None, None) => OrderState::Waiting,
    }
}

/// Orders a station to do an action of its own list; the number of the order. It expires after
/// [`ORDER_LIFE`]. Whether the station's list has the action is the station's to say.
///
/// # Errors
/// Refused when there is no such agent or it was revoked, the action is no name, [`ORDERS_MAX`] orders
/// wait for it, or the link is off.
pub async fn order(
    office: &Office,
    station: &str,
    action: &str,
    incident: Option<i64>,
    by: &str,
    now: Timestamp,
) -> Result<i64, AppError> {
    if office.stations.link.is_none() {
        return refused(StationRefusal::LinkOff);
    }
    let to = known(office, station).await?;
    let name = station.to_owned();
    if to.revoked.is_some() {
        return refused(StationRefusal::Revoked { name });
    }
    if to.kind != StationKind::Agent {
        return refused(StationRefusal::NotAnAgent { name });
    }
    if !link::is_name(action) {
        return refused(StationRefusal::Action { longest: link::limits::NAME_MAX });
    }
    let before = office.store.orders_to(to.number).await?;
    let waiting = before.iter().filter(|it| state_of(it, now) == OrderState::Waiting).count();
    if waiting >= ORDERS_MAX {
        return refused(StationRefusal::OrdersWaiting { name, most: ORDERS_MAX });
    }
    let issued = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let new = NewOrder {
        station: to.number,
        action: action.to_owned(),
        incident,
        by: by.to_owned(),
        issued,
        expires: issued.checked_add(ORDER_LIFE).map_err(AppError::records)?,
    };
    let id = office.store.add_order(&new).await?;
    tracing::info!(station, action, order = id, incident, "an order was given");
    office.stations.ordered.send_replace(id);
    Ok(id)
}

/// How an order stands.
///
/// # Errors
/// Refused when there is no such order.
pub async fn outcome(office: &Office, order: i64, now: Timestamp) -> Result<OrderState, AppError> {
    match office.store.order(order).await? {
        Some(order) => Ok(state_of(&order, now)),
        None => refused(StationRefusal::NoOrder { id: order }),
    }
}

/// The orders that a station has still to act on, signed, by number; from now on they count as fetched.
/// They are handed over again until their result is here or they have expired: an answer can be lost,
/// and a station knows what it has acted on.
///
/// # Errors
/// When the records fail.
pub async fn waiting(
    office: &Office,
    station: &StationRecord,
    now: Timestamp,
) -> Result<Vec<SignedOrder>, AppError> {
    let Some(link) = &office.stations.link else { return Ok(Vec::new()) };
    let mut signed = Vec::new();
    for order in office.store.fetch_orders(station.number, ORDERS_MAX, now).await? {
        let order = Order {
            id: order.id.to_string(),
            station: station.name.clone(),
            number: order.number,
            action: order.action,
            issued: order.issued,
            expires: order.expires,
            incident: order.incident.map(|id| id.to_string()),
        };
        let text = order.text().map_err(AppError::records)?;
        let signature = link.key.sign(&signed_bytes(&text));
        signed.push(SignedOrder::new(text, &signature));
    }
    Ok(signed)
}

/// Looks for orders that another program (the command line) gave, and tells those who wait.
///
/// # Errors
/// When the records fail.
pub async fn look_for_orders(office: &Office) -> Result<(), AppError> {
    let newest = office.store.newest_order().await?;
    office.stations.ordered.send_if_modified(|known| {
        let is_new = *known < newest;
        *known = newest.max(*known);
        is_new
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_without_an_end_for_a_result() {
        let issued: Timestamp = "2026-11-22T06:00:00Z".parse().expect("an instant");
        let order = OrderRecord {
            id: 1,
            station: 1,
            number: 1,
            action: "restart-nginx".to_owned(),
            incident: None,
            by: "hanako".to_owned(),
            issued,
            expires: issued + ORDER_LIFE,
            fetched: Some(issued),
            result: None,
        };
        let never = OrderRecord { fetched: None, ..order.clone() };
        for (minutes, fetched, waiting) in [
            (0, OrderState::Fetched, OrderState::Waiting),
            (1, OrderState::Fetched, OrderState::Expired),
            (16, OrderState::Fetched, OrderState::Expired),
            (17, OrderState::Unknown, OrderState::Expired),
        ] {
            let now = issued + SignedDuration::from_mins(minutes);
            assert_eq!((state_of(&order, now), state_of(&never, now)), (fetched, waiting));
        }
    }
}
