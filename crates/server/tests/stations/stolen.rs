//! What somebody can do with a station's token that he stole, beside being that station.

use std::io::{Read, Write};
use std::net::TcpStream;

use link::{Credential, Token};
use serde_json::Value;

use crate::place::Place;

/// Bodies that the office would take of the right station.
const READINGS: &str = r#"{"batch":900,"readings":[{"at":"2026-11-22T06:00:00Z","values":[["load.1m_milli",99]]}],"states":[]}"#;
const LOGS: &str = r#"{"batch":900,"slots":[]}"#;
const DONE: &str = r#"{"batch":900,"results":[{"order":"1","outcome":"done","detail":"forged","started_at":"2026-11-22T06:00:00Z","ended_at":"2026-11-22T06:00:00Z"}]}"#;

const AGENTS: [(&str, &str); 4] = [
    ("POST /link/v1/readings", READINGS),
    ("POST /link/v1/logs", LOGS),
    ("POST /link/v1/done", DONE),
    ("GET /link/v1/orders?wait=0", ""),
];
const NODES: [(&str, &str); 2] = [
    ("GET /link/v1/checks", ""),
    ("POST /link/v1/looks", r#"{"sent":"2026-11-22T06:00:00Z","batches":[{"batch":1}]}"#),
];

/// Places of the office that stand on other listeners, and some that stand nowhere.
const ELSEWHERE: [(&str, &str); 10] = [
    ("GET /", ""),
    ("GET /machines/web-1", ""),
    ("POST /machines/web-1/order", "action=mark"),
    ("GET /sign-in", ""),
    ("GET /users", ""),
    ("GET /live", ""),
    ("GET /metrics", ""),
    ("GET /status", ""),
    ("POST /link/v1/orders", r#"{"station":"web-1","action":"mark"}"#),
    ("GET /link/v1/../../machines", ""),
];

/// The order that waits for `web-1`: its state and detail.
fn waiting(place: &Place) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let order = &place.show("web-1")["orders"][0];
    (text(&order["state"]), text(&order["detail"]))
}

/// The status of a request to the console in clear, with the token.
fn at_the_console(place: &Place, token: &Token, head: &str, body: &str) -> (u16, String) {
    let ready = std::fs::read_to_string(place.path("ready.json")).expect("it is ready");
    let ready: Value = serde_json::from_str(&ready).expect("JSON");
    let url = ready["console"].as_str().expect("a URL").trim_end_matches('/');
    let host = url.strip_prefix("http://").expect("in clear on loopback");
    let mut stream = TcpStream::connect(host).expect("it listens");
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: {host}\r\nOrigin: {url}\r\nConnection: close\r\n\
         Authorization: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        token.credential().header(),
        body.len()
    )
    .expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    (status, answer)
}

#[test]
fn a_stolen_token_opens_nothing_but_its_own_stations_requests() {
    let place = Place::new();
    let [agent, victim] = ["web-2", "web-1"].map(|name| place.enrol(name));
    let node = place.told(&["station", "add", "osaka", "--kind", "node"]);
    let node = Token::parse(&node).expect("a token");
    let _office = place.office();
    let given = place.run(&["station", "order", "web-1", "mark", "--wait", "0"]);
    assert_eq!(given.status.code(), Some(3), "it waits");

    // A node's token does nothing that agents do, an agent's nothing that nodes do.
    for (head, body) in AGENTS {
        assert_eq!(place.ask(&node, head, body).0, 403, "{head}");
    }
    for (head, body) in NODES {
        assert_eq!(place.ask(&agent, head, body).0, 403, "{head}");
        assert_eq!(place.ask(&node, head, body).0, 200, "{head}");
    }

    // With the name of another station it is good for nothing at all.
    for stolen in [&node, &agent] {
        let Credential { secret, .. } = stolen.credential();
        let mixed = Token { secret, ..victim.clone() };
        for (head, body) in AGENTS.iter().chain(&NODES) {
            assert_eq!(place.ask(&mixed, head, body).0, 401, "{head}");
        }
    }

    // An agent's token reads, ends and fills in nothing of another agent.
    let (_, told) = place.ask(&agent, "GET /link/v1/orders?wait=0", "");
    let told: link::Orders = serde_json::from_str(&told).expect("orders");
    assert_eq!(told.orders, []);
    for (head, body) in &AGENTS[..3] {
        assert_eq!(place.ask(&agent, head, body), (200, r#"{"taken":900}"#.to_owned()), "{head}");
    }
    assert_eq!(waiting(&place), ("waiting".to_owned(), String::new()));
    let shown = place.show("web-1");
    assert!(shown["values"]["load.1m_milli"].is_null() && shown["last_heard"].is_null(), "{shown}");

    // Nothing else of the office opens, neither here nor at the console.
    for stolen in [&node, &agent] {
        for (head, body) in ELSEWHERE {
            let status = place.ask(stolen, head, body).0;
            assert!(matches!(status, 404 | 405), "{head}: {status}");
        }
        for (head, body) in &ELSEWHERE[..6] {
            let (status, answer) = at_the_console(&place, stolen, head, body);
            let to_the_door = status == 303 && answer.contains("\r\nlocation: /sign-in");
            let is_public = head.ends_with("/sign-in");
            let shut = to_the_door || matches!(status, 401 | 403 | 404);
            assert!(is_public || shut, "{head}: {answer}");
        }
    }
    let orders = place.show("web-1")["orders"].as_array().map(Vec::len);
    assert_eq!((orders, waiting(&place).0), (Some(1), "waiting".to_owned()), "nobody gave one");
}
