//! An office and an agent as two processes: enrolled, heard, ordered, killed and begun again.

mod between;
mod place;
mod replay;
mod stolen;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use place::Place;
use serde_json::Value;

fn orders(shown: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let orders = shown["orders"].as_array().expect("a list");
    orders.iter().map(|order| (text(&order["action"]), text(&order["state"]))).collect()
}

#[test]
fn an_agent_is_enrolled_heard_ordered_and_revoked() {
    let place = Place::new();
    place.write("app.log", "");
    let token = place.enrol("web-1");
    let office = place.office();
    let _agent = place.agent("web-1");
    place.until("readings arrive", || !place.show("web-1")["values"]["load.1m_milli"].is_null());
    a_second_later();
    let shown = place.show("web-1");
    assert_eq!((shown["kind"].as_str(), shown["site"].as_str()), (Some("agent"), Some("tokyo")));
    assert!(!shown["values"]["memory.used_permille"].is_null(), "{shown}");

    // Done, failed, and what the agent's own list does not have.
    assert_eq!(place.told(&["station", "order", "web-1", "mark", "--incident", "4"]), "done\n");
    for (action, expected) in [("broken", "failed\n"), ("format-disk", "refused\n")] {
        let output = place.run(&["station", "order", "web-1", action]);
        assert_eq!(output.status.code(), Some(1), "{action}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{action}");
    }
    assert_eq!(place.marks(), "once\n");
    let log = fs::read_to_string(place.path("web-1-state/actions.log")).expect("its own log");
    assert!(log.contains("mark") && log.contains("incident 4"), "{log}");

    // Plain HTTP, another key, and a stranger are refused.
    let mut plain = TcpStream::connect(("127.0.0.1", place.port)).expect("it listens");
    write!(plain, "GET /link/v1/orders HTTP/1.1\r\nHost: office\r\n\r\n").expect("asked");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");
    assert!(old_tls_is_refused(place.port));

    // The office dies and comes again: nothing is acknowledged twice, the order runs once.
    office.kill();
    let _office = place.office();
    assert_eq!(place.told(&["station", "order", "web-1", "mark"]), "done\n");
    assert_eq!(place.marks(), "once\nonce\n");

    assert_eq!(place.ask(&token, "GET /link/v1/orders?wait=0", "").0, 200);
    place.told(&["station", "revoke", "web-1"]);
    assert_eq!(place.ask(&token, "GET /link/v1/orders?wait=0", "").0, 401);
    let output = place.run(&["station", "order", "web-1", "mark"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(place.marks(), "once\nonce\n");
}

/// An agent refuses what was ordered before its first start, and orders are to the second.
fn a_second_later() {
    std::thread::sleep(Duration::from_millis(1_100));
}

/// Whether a handshake that offers TLS 1.1 at most is turned away with an alert.
fn old_tls_is_refused(port: u16) -> bool {
    let mut tcp = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    // A ClientHello of TLS 1.1 with one cipher suite and no extensions.
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 47, 1, 0]);
    let mut message = vec![1, 0, 0, hello.len() as u8];
    message.extend(hello);
    let mut record = vec![22, 3, 1, 0, message.len() as u8];
    record.extend(message);
    tcp.write_all(&record).expect("sent");
    let mut answer = Vec::new();
    let _ = tcp.read_to_end(&mut answer);
    // 21 is an alert; 22 would be the office's side of the handshake.
    answer.first() == Some(&21)
}

#[test]
fn an_order_runs_once_whoever_is_killed() {
    let place = Place::new();
    place.write("app.log", "");
    place.enrol("web-1");
    let mut office = place.office();
    let mut agent = place.agent("web-1");
    place.until("the agent is heard", || !place.show("web-1")["last_heard"].is_null());

    a_second_later();

    // The agent dies in the middle of an action: its outcome is unknown, and it is not done again.
    let given = place.run(&["station", "order", "web-1", "slow", "--wait", "0"]);
    assert_eq!(given.status.code(), Some(3), "{}", String::from_utf8_lossy(&given.stderr));
    place.until("the action has begun", || place.marks() == "slow\n");
    agent.kill();
    agent = place.agent("web-1");
    place.until("it is told as unknown", || {
        orders(&place.show("web-1")) == [("slow".to_owned(), "unknown".to_owned())]
    });

    // Both die again and again while orders are given; each runs at most once and none is left.
    let mut given = 0;
    for round in 0..6 {
        let order = place.run(&["station", "order", "web-1", "mark", "--wait", "0"]);
        given += usize::from(order.status.code() == Some(3));
        std::thread::sleep(Duration::from_millis(150 * (round % 3)));
        if round % 2 == 0 {
            office.kill();
            office = place.office();
        } else {
            agent.kill();
            agent = place.agent("web-1");
        }
    }
    let is_over = |state: &str| !matches!(state, "waiting" | "fetched");
    place.until("every order is over", || {
        orders(&place.show("web-1")).iter().all(|(_, state)| is_over(state))
    });
    let shown = place.show("web-1");
    let marks = orders(&shown).into_iter().filter(|(action, _)| action == "mark");
    let states: Vec<String> = marks.map(|(_, state)| state).collect();
    assert_eq!(states.len(), given);
    let ran = place.marks().lines().filter(|line| *line == "once").count();
    let count = |word: &str| states.iter().filter(|state| *state == word).count();
    // An action that the agent's death interrupted may have written its line or not.
    assert!((count("done")..=count("done") + count("unknown")).contains(&ran), "{ran} {states:?}");
    assert!(count("done") > 0, "{states:?}");
    let numbers = shown["orders"].as_array().expect("a list").iter();
    let numbers: Vec<u64> = numbers.filter_map(|order| order["number"].as_u64()).collect();
    assert!(numbers.is_sorted_by(|newer, older| newer > older), "{numbers:?}");
    drop((office, agent));
}

#[test]
fn what_is_acknowledged_survives_a_kill() {
    let place = Place::new();
    place.write("app.log", "");
    let token = place.enrol("web-1");
    let mut office = place.office();
    let minute = jiff::Timestamp::now().as_second() / 60 * 60;
    for batch in 1..=5_i64 {
        let at = jiff::Timestamp::from_second(minute - 600 + batch * 60).expect("an instant");
        let body = format!(
            r#"{{"batch":{batch},"readings":[{{"at":"{at}","values":[["load.1m_milli",{batch}]]}}],"states":[]}}"#
        );
        let taken = place.ask(&token, "POST /link/v1/readings", &body);
        assert_eq!(taken, (200, format!(r#"{{"taken":{batch}}}"#)));
        office.kill();
        office = place.office();
        // The station did not hear the answer.
        let again = place.ask(&token, "POST /link/v1/readings", &body);
        assert_eq!(again, (200, format!(r#"{{"taken":{batch}}}"#)));
        assert_eq!(place.show("web-1")["values"]["load.1m_milli"], batch);
    }
    drop(office);
}

/// The path of a file in the data folder, and who may read it.
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn the_offices_keys_are_its_own() {
    let place = Place::new();
    let first = place.enrol("web-1");
    for name in ["link.key", "orders.key"] {
        assert_eq!(mode(&place.path("data/link").join(name)), 0o600, "{name}");
    }
    // They are made once: a second station knows the office by the same keys.
    let second = place.enrol("web-2");
    assert_eq!((first.pin, first.orders_key), (second.pin, second.orders_key));
    let records = fs::read(place.path("data/office.db")).expect("the records");
    let has = |bytes: &[u8]| records.windows(bytes.len()).any(|window| window == bytes);
    assert!(!has(&first.secret.0), "the secret is not in the records");
}
