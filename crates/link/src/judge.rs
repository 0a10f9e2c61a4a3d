//! Whether an agent acts on an order whose signature is good.

use jiff::Timestamp;

use crate::Order;
use crate::limits::AHEAD_MAX;

/// Why an order is not acted upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It names somebody else.
    #[error("the order is for another station")]
    OtherStation,
    /// It, or a later one, was acted upon already.
    #[error("the order's number is not above {last}, the last one acted upon")]
    Replayed {
        /// The number of the last order acted upon.
        last: u64,
    },
    /// Its time is over.
    #[error("the order expired at {expires}")]
    Expired {
        /// The first instant at which it does not count.
        expires: Timestamp,
    },
    /// It was issued in the agent's future.
    #[error("the order was issued at {issued}, which is still to come: compare both clocks")]
    Ahead {
        /// When the office says it was issued.
        issued: Timestamp,
    },
    /// The agent's file has no such action.
    #[error("this agent's file allows no action of that name")]
    NotAllowed,
}

/// Judges an order whose signature was verified. `last_number` is that of the last order this station
/// acted upon (0: none), `allowed` are the names of the actions in its file.
///
/// # Errors
/// The first [`Refusal`] that applies, in the order in which they are listed there.
pub fn judge(
    order: &Order,
    station: &str,
    last_number: u64,
    allowed: &[&str],
    now: Timestamp,
) -> Result<(), Refusal> {
    if order.station != station {
        return Err(Refusal::OtherStation);
    }
    if order.number <= last_number {
        return Err(Refusal::Replayed { last: last_number });
    }
    if now >= order.expires {
        return Err(Refusal::Expired { expires: order.expires });
    }
    if order.issued.duration_since(now) > AHEAD_MAX {
        return Err(Refusal::Ahead { issued: order.issued });
    }
    match allowed.contains(&order.action.as_str()) {
        true => Ok(()),
        false => Err(Refusal::NotAllowed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(clock: &str) -> Timestamp {
        format!("2026-11-22T{clock}Z").parse().expect("an instant")
    }

    #[test]
    fn orders_are_refused_when_stale_replayed_or_not_ours() {
        // Issued 06:00:00, expires 06:10:00, number 5, for web-1: restart-nginx.
        let (expires, issued) = (at("06:10:00"), at("06:00:00"));
        let order = Order {
            id: "o-17".to_owned(),
            station: "web-1".to_owned(),
            number: 5,
            action: "restart-nginx".to_owned(),
            issued,
            expires,
            incident: None,
        };
        let usual: &[&str] = &["reboot", "restart-nginx"];
        let cases = [
            ("in time", "web-1", 4, usual, "06:05:00", Ok(())),
            ("the first ever", "web-1", 0, usual, "06:05:00", Ok(())),
            ("in its last second", "web-1", 4, usual, "06:09:59", Ok(())),
            ("at its end", "web-1", 4, usual, "06:10:00", Err(Refusal::Expired { expires })),
            ("60 s ahead", "web-1", 4, usual, "05:59:00", Ok(())),
            ("61 s ahead", "web-1", 4, usual, "05:58:59", Err(Refusal::Ahead { issued })),
            ("again", "web-1", 5, usual, "06:05:00", Err(Refusal::Replayed { last: 5 })),
            ("an older one", "web-1", 6, usual, "06:05:00", Err(Refusal::Replayed { last: 6 })),
            ("for another", "web-2", 4, usual, "06:05:00", Err(Refusal::OtherStation)),
            ("not in the list", "web-1", 4, &["reboot"], "06:05:00", Err(Refusal::NotAllowed)),
            ("no list", "web-1", 4, &[], "06:05:00", Err(Refusal::NotAllowed)),
            ("a part of a name", "web-1", 4, &["restart"], "06:05:00", Err(Refusal::NotAllowed)),
        ];
        for (what, station, last, allowed, now, expected) in cases {
            assert_eq!(judge(&order, station, last, allowed, at(now)), expected, "{what}");
        }
    }
}
