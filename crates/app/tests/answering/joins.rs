//! Which incident a new outage belongs to, and that a runbook minds its own functions.

use app::incidents::{self, Deed, OpenByHand};
use app::telling::OnIncident;
use link::Outcome;

use super::{House, at, outage};

/// Every incident with what was down in it: `1: http; postgresql`.
async fn all(house: &House, now: &str) -> Vec<String> {
    let all = incidents::newest(&house.office, i64::MAX, 10, at(now)).await.expect("read");
    let line = |incident: &incidents::Incident| {
        let down: Vec<&str> = incident.story.outages.iter().map(|it| it.what.as_str()).collect();
        format!("{}: {}", incident.record.id, down.join("; "))
    };
    let mut lines: Vec<String> = all.iter().map(line).collect();
    lines.reverse();
    lines
}

/// The web server was down for three minutes and has recovered at 17:43.
async fn recovered() -> House {
    let house = House::new(OnIncident::Nothing).await.with_agent().await;
    house.look("ssh", true, "2026-11-20 17:41").await;
    house.log("skyarch", &outage("http", "2026-11-20 17:40", None), "2026-11-20 17:42").await;
    house.tend("2026-11-20 17:42").await;
    let over = outage("http", "2026-11-20 17:40", Some("2026-11-20 17:43"));
    house.log("skyarch", &over, "2026-11-20 17:43").await;
    house.look("front", true, "2026-11-20 17:43:01").await;
    house.tend("2026-11-20 17:43:10").await;
    let story = house.story("2026-11-20 17:43:10").await;
    assert!(story.contains(&"17:43:01 recovered".to_owned()), "{story:?}");
    house
}

#[tokio::test]
async fn an_outage_after_the_recovery_is_another_incident() {
    for (function, from, expected) in [
        ("postgresql", "2026-11-20 17:45", vec!["1: http", "2: postgresql"]),
        ("http", "2026-11-20 17:50", vec!["1: http; http"]),
        ("http", "2026-11-20 17:55", vec!["1: http", "2: http"]),
    ] {
        let house = recovered().await;
        let now = "2026-11-20 17:56";
        house.log("skyarch", &outage(function, from, None), now).await;
        house.tend(now).await;
        house.tend(now).await;
        assert_eq!(all(&house, now).await, expected, "{function} at {from}");
    }
}

/// What is reported stays as it was reported.
#[tokio::test]
async fn a_reported_incident_is_not_opened_again() {
    let house = recovered().await;
    let now = at("2026-11-20 17:46");
    let word = || "済".to_owned();
    let parts = incidents::report::Parts {
        title: word(),
        summary: word(),
        effect: word(),
        cause: word(),
        treatment: word(),
        prevention: word(),
    };
    incidents::report::edit(&house.office, 1, 0, &parts, "tanaka", now).await.expect("kept");
    incidents::report::issue(&house.office, 1, 1, "tanaka", now).await.expect("issued");
    house.log("skyarch", &outage("http", "2026-11-20 17:47", None), "2026-11-20 17:48").await;
    house.tend("2026-11-20 17:48").await;
    assert_eq!(all(&house, "2026-11-20 17:48").await, ["1: http", "2: http"]);
}

/// The database joins the incident of the web server, which comes up again: the rest is for people.
#[tokio::test]
async fn a_runbook_minds_its_own_functions() {
    let house = House::new(OnIncident::Nothing).await.with_agent().await;
    house.look("ssh", true, "2026-11-20 17:41").await;
    house.log("skyarch", &outage("http", "2026-11-20 17:40", None), "2026-11-20 17:42").await;
    house.tend("2026-11-20 17:42").await;
    house.agent_says(Outcome::Done, "", "2026-11-20 17:42:20").await;
    let database = outage("postgresql", "2026-11-20 17:42:50", None);
    house.log("skyarch", &database, "2026-11-20 17:43").await;
    house.tend("2026-11-20 17:43").await;
    assert_eq!(all(&house, "2026-11-20 17:43").await, ["1: http; postgresql"]);
    let over = outage("http", "2026-11-20 17:40", Some("2026-11-20 17:44"));
    house.log("skyarch", &over, "2026-11-20 17:44").await;
    house.look("front", true, "2026-11-20 17:44").await;
    for now in ["2026-11-20 17:44", "2026-11-20 17:46", "2026-11-20 17:50", "2026-11-20 18:20"] {
        house.tend(now).await;
    }
    let story = house.story("2026-11-20 18:21").await;
    assert!(story.contains(&"17:46 step 1 Done".to_owned()), "{story:?}");
    assert!(!story.iter().any(|line| line.contains("step 2")), "{story:?}");
}

/// A call that comes late is late by whole seconds.
#[tokio::test]
async fn late_by_whole_seconds() {
    let house = House::new(OnIncident::Nothing).await;
    let what = OpenByHand {
        contract: "skyarch".into(),
        service: None,
        functions: Vec::new(),
        title: "遅い".into(),
    };
    let opened = at("2026-11-20 17:40");
    incidents::open(&house.office, &what, "tanaka", None, opened).await.expect("opened");
    house.does(Deed::Acknowledge, "2026-11-20 17:41").await;
    let now = opened + jiff::SignedDuration::from_millis(125_368);
    let incident = incidents::incident(&house.office, 1, now).await.expect("read");
    let outlook = incidents::outlook(&house.office, &incident, now).expect("an outlook");
    assert_eq!(outlook.doing.late(now), Some(jiff::SignedDuration::from_secs(125)));
}
