//! Orders that are given again, late, to somebody else or changed, by somebody between agents and office
//! who holds the office's TLS key.

use std::fs;
use std::time::Duration;

use link::SignedOrder;
use serde_json::Value;

use crate::a_second_later;
use crate::between::Between;
use crate::place::{Place, Program};

/// How long an order lives, and a second.
const LIFE: Duration = Duration::from_secs(61);

/// What the agent wrote down of its orders.
fn ledger(place: &Place, station: &str) -> String {
    fs::read_to_string(place.path(&format!("{station}-state/actions.log"))).unwrap_or_default()
}

/// Number, state and detail of each order of a station, the newest first.
fn recorded(place: &Place, station: &str) -> Vec<(u64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let shown = place.show(station);
    let orders = shown["orders"].as_array().expect("a list").iter();
    let number = |order: &Value| order["number"].as_u64().unwrap_or(0);
    orders.map(|it| (number(it), text(&it["state"]), text(&it["detail"]))).collect()
}

fn heard(place: &Place, station: &str) {
    place.until("the agent is heard", || !place.show(station)["last_heard"].is_null());
}

/// The same order with one thing in it changed.
fn forged(order: &SignedOrder, from: &str, to: &str) -> SignedOrder {
    assert!(order.text.contains(from), "{}", order.text);
    SignedOrder { text: order.text.replacen(from, to, 1), ..order.clone() }
}

#[test]
fn an_order_that_was_overheard_is_good_for_nothing() {
    let place = Place::new();
    place.write("app.log", "");
    let tokens = ["web-1", "web-2", "web-3"].map(|name| (name, place.enrol(name)));
    let _office = place.office();
    let stations = tokens.each_ref().map(|(name, token)| (*name, token));
    let between = Between::begin(&place, &stations);
    for (name, _) in &tokens {
        place.dial(name, between.port);
    }
    let mut first = place.agent("web-1");
    let _others: [Program; 2] = ["web-2", "web-3"].map(|name| place.agent(name));
    for (name, _) in &tokens {
        heard(&place, name);
    }
    a_second_later();

    // One order is held back until its time is over.
    between.hold("web-3");
    let given = place.run(&["station", "order", "web-3", "mark", "--wait", "0"]);
    assert_eq!(given.status.code(), Some(3), "it waits");
    place.until("it was overheard", || between.kept("web-3").len() == 1);
    let held = std::time::Instant::now();

    assert_eq!(place.told(&["station", "order", "web-1", "mark"]), "done\n");
    let overheard = between.kept("web-1").first().cloned().expect("it went through his hands");
    assert_eq!(place.marks(), "once\n");

    // To the same agent, at once and after its restart.
    const AGAIN: &str = ": mark refused, it was acted upon before and is given again";
    for starts in 1..=2 {
        between.give(&place, "web-1", &overheard);
        between.give(&place, "web-1", &overheard);
        let told = ledger(&place, "web-1");
        assert_eq!(told.matches(AGAIN).count(), starts, "told once a start: {told}");
        first.kill();
        first = place.agent("web-1");
    }

    // Changed: the action, the number, the signature, and the station for which it is.
    let signature = overheard.signature.chars().rev().collect();
    let bad = [
        forged(&overheard, "action mark", "action slow"),
        forged(&overheard, "number ", "number 9"),
        SignedOrder { signature, ..overheard.clone() },
    ];
    for order in &bad {
        between.give(&place, "web-1", order);
    }
    between.give(&place, "web-2", &forged(&overheard, "station web-1", "station web-2"));
    const KEY: &str = "refused, the office's key did not sign it";
    assert_eq!(ledger(&place, "web-1").matches(KEY).count(), bad.len());
    assert_eq!(ledger(&place, "web-2").matches(KEY).count(), 1);

    // As it was, to another station.
    between.give(&place, "web-2", &overheard);
    let others = ledger(&place, "web-2");
    assert!(others.contains("mark refused, the order is for another station"), "{others}");

    // A good order is still good, and does not make the old one good again.
    assert_eq!(place.told(&["station", "order", "web-1", "mark"]), "done\n");
    between.give(&place, "web-1", &overheard);
    assert_eq!(place.marks(), "once\nonce\n");

    // Late.
    std::thread::sleep(LIFE.saturating_sub(held.elapsed()));
    between.give(&place, "web-3", &between.kept("web-3")[0]);
    place.until("the office knows", || recorded(&place, "web-3")[0].1 == "refused");

    // The records say what was done and what not, whatever was told of forged orders.
    let whole = recorded(&place, "web-1");
    assert_eq!(whole.len(), 2, "{whole:?}");
    assert!(whole.iter().all(|(_, state, _)| state == "done"), "{whole:?}");
    assert!(recorded(&place, "web-2").is_empty());
    let late = recorded(&place, "web-3");
    assert!(late[0].2.starts_with("the order expired at "), "{late:?}");
    assert_eq!(place.marks(), "once\nonce\n");
    let said = fs::read_to_string(place.path("agent.log")).expect("the agents' log");
    assert!(said.contains("an order is refused"), "{said}");
    let office = fs::read_to_string(place.path("office.log")).expect("the office's log");
    assert!(office.contains("a part of what a station brought is not kept"), "{office}");
}
