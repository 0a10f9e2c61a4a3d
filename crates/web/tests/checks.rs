//! Checks over HTTP: added, looked at, paused, changed and removed by a person; called by a machine.

mod common;

use common::{Answer, House};

const PAGE: &str = "kind=http&name=top-page&url=http%3A%2F%2F127.0.0.1%3A1%2F&expect_body=&statuses=\
    &redirects=&every=60&timeout=2000&slow_after=";

async fn send(house: &House, session: &str, from: &str, to: &str, fields: &str) -> Answer {
    let token = house.get(from, session).await.token();
    house.post(to, session, &format!("csrf={token}&{fields}")).await
}

#[tokio::test]
async fn a_check_from_the_form_to_its_end() {
    let house = House::start().await;
    let session = house.signed_in().await;
    let empty = house.get("/checks", &session).await.text();
    assert!(empty.contains("href=\"/checks-new\""), "an empty list leads on");
    let form = "/checks-new?kind=http";
    // A look is shown and nothing is stored; this machine is out of reach of the console.
    let tried = send(&house, &session, form, "/checks-new", &format!("{PAGE}&deed=look")).await;
    assert_eq!(tried.status, 200);
    assert!(tried.text().contains("allow_private"), "{}", tried.text());
    assert!(!house.get("/checks", &session).await.text().contains("top-page"));
    let added = send(&house, &session, form, "/checks-new", &format!("{PAGE}&deed=store")).await;
    assert_eq!(added.status, 303, "{}", added.text());
    assert_eq!(added.header("location"), Some("/checks/top-page?done=check-added&count=1"));
    let again = send(&house, &session, form, "/checks-new", &format!("{PAGE}&deed=store")).await;
    assert_eq!(again.status, 422);
    for span in ["", "?span=7d", "?span=40d", "?span=1y", "?span=x"] {
        let page = house.get(&format!("/checks/top-page{span}"), &session).await;
        assert_eq!(page.status, 200, "{span}");
        assert!(page.text().contains("added:top-page"), "the page tells how to name it");
    }
    let own = "/checks/top-page";
    for (to, fields, word) in [
        ("/checks/top-page/pause", "", "check-paused"),
        ("/checks/top-page/resume", "", "check-resumed"),
        ("/checks/top-page/edit", &format!("{PAGE}&deed=store"), "check-changed"),
        ("/checks/top-page/remove", "", "check-removed"),
    ] {
        let answer = send(&house, &session, own, to, fields).await;
        assert_eq!(answer.status, 303, "{to}: {}", answer.text());
        let location = answer.header("location").expect("a place to go");
        assert!(location.contains(word), "{location}");
    }
    assert_eq!(house.get(own, &session).await.status, 404);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let house = House::start().await;
    let session = house.signed_in().await;
    for (kind, fields) in [
        ("http", "name=a&url=example.jp&every=60&timeout=2000&deed=store"),
        ("http", "name=A&url=http%3A%2F%2F127.0.0.1%2F&every=60&timeout=2000&deed=store"),
        ("http", "name=a&url=http%3A%2F%2F127.0.0.1%2F&every=x&timeout=2000&deed=store"),
        ("http", "name=a&url=http%3A%2F%2F127.0.0.1%2F&every=0&timeout=2000&deed=store"),
        ("tcp", "name=a&host=127.0.0.1&port=70000&every=60&timeout=2000&deed=store"),
        ("imap", "name=a&host=127.0.0.1&user=b&every=60&timeout=2000&deed=store"),
    ] {
        let form = format!("/checks-new?kind={kind}");
        let fields = format!("kind={kind}&{fields}");
        let answer = send(&house, &session, &form, "/checks-new", &fields).await;
        assert_eq!(answer.status, 422, "{fields}");
    }
    let plugin = "kind=plugin&name=a&command=%2Fbin%2Fsh&every=60&timeout=2000&deed=store";
    let answer = send(&house, &session, "/checks-new?kind=http", "/checks-new", plugin).await;
    assert_eq!(answer.status, 400, "a command is the configuration's");
    let forged = house.post("/checks-new", &session, PAGE).await;
    assert_eq!(forged.status, 403);
}

#[tokio::test]
async fn the_other_side_of_a_heartbeat_calls() {
    let house = House::start().await;
    let session = house.signed_in().await;
    let fields =
        "kind=heartbeat&name=backup&within=86400&every=60&timeout=2000&slow_after=&deed=store";
    let form = "/checks-new?kind=heartbeat";
    let added = send(&house, &session, form, "/checks-new", fields).await;
    assert_eq!(added.status, 303, "{}", added.text());
    let page = house.get("/checks/backup", &session).await.text();
    let address = page.split("<pre>/beat/").nth(1).and_then(|rest| rest.split('<').next());
    let address = format!("/beat/{}", address.expect("an address to call"));
    assert_eq!(house.get(&address, "").await.status, 204);
    assert_eq!(house.post(&address, "", "").await.status, 204);
    assert_eq!(house.get("/beat/backup/wrong", "").await.status, 404);
    assert_eq!(house.get(&address.replace("backup", "other"), "").await.status, 404);
}
