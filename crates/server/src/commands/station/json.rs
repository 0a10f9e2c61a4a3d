//! Stations as JSON.

use app::stations::{OrderRecord, Seen, StateRecord, state_of};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{order, standing, state_word};

/// A list of stations.
pub fn list(all: &[Seen]) -> Value {
    all.iter().map(seen).collect()
}

fn seen(seen: &Seen) -> Value {
    let station = &seen.station;
    let crossing = |it: &app::stations::CrossingRecord| {
        json!({
            "contract": it.contract, "promise": it.promise, "of": it.used_of,
            "from": it.from, "worst_permille": it.worst,
        })
    };
    json!({
        "station": station.name,
        "kind": station.kind.word(),
        "site": station.site,
        "contracts": station.contracts,
        "standing": standing(seen).to_lowercase(),
        "added": station.created,
        "revoked": station.revoked,
        "last_heard": station.seen,
        "read": station.latest.last().map(|reading| reading.at),
        "values": seen.values,
        "bad": seen.bad.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(),
        "crossings": seen.crossings.iter().map(crossing).collect::<Vec<_>>(),
    })
}

/// One station with everything.
pub fn show(it: &Seen, states: &[StateRecord], orders: &[OrderRecord], now: Timestamp) -> Value {
    let mut whole = seen(it);
    let state = |it: &StateRecord| {
        let word = state_word(it.state).to_lowercase();
        json!({"what": it.name, "state": word, "since": it.since, "detail": it.detail})
    };
    let order = |it: &OrderRecord| {
        json!({
            "order": it.id, "number": it.number, "action": it.action, "incident": it.incident,
            "by": it.by, "given": it.issued, "expires": it.expires, "fetched": it.fetched,
            "state": order::word(state_of(it, now)),
            "started": it.result.as_ref().map(|result| result.started),
            "ended": it.result.as_ref().map(|result| result.ended),
            "detail": it.result.as_ref().map(|result| result.detail.as_str()),
        })
    };
    whole["states"] = states.iter().map(state).collect();
    whole["orders"] = orders.iter().map(order).collect();
    whole
}
