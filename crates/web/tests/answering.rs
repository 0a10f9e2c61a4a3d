//! What answers by itself, over HTTP: alerts of another program, and a runbook in the hands of a person.

mod common;

use app::incidents::alert_word;
use common::{Answer, House};

/// Two alerts of one group, in the form of Alertmanager's documentation (version 4).
const FIRING: &str = r#"{
  "version": "4",
  "groupKey": "{}/{severity=\"page\"}:{alertname=\"DiskFull\"}",
  "truncatedAlerts": 0,
  "status": "firing",
  "receiver": "yakusoku",
  "groupLabels": {"alertname": "DiskFull"},
  "commonLabels": {"alertname": "DiskFull", "severity": "page"},
  "commonAnnotations": {},
  "externalURL": "http://alertmanager.example.jp:9093",
  "alerts": [
    {
      "status": "firing",
      "labels": {"alertname": "DiskFull", "instance": "db1:9100", "severity": "page"},
      "annotations": {"summary": "db1 の /var が満杯\n(95%)", "description": "…"},
      "startsAt": "2026-11-22T09:28:31.415926535+09:00",
      "endsAt": "0001-01-01T00:00:00Z",
      "generatorURL": "http://prometheus.example.jp:9090/graph?g0.expr=up",
      "fingerprint": "d3b07384d113edec"
    },
    {
      "status": "firing",
      "labels": {"alertname": "DiskFull", "instance": "db2:9100", "severity": "page"},
      "annotations": {},
      "startsAt": "2026-11-22T09:29:01Z",
      "endsAt": "0001-01-01T00:00:00Z",
      "generatorURL": "",
      "fingerprint": "49f68a5c8493ec2c"
    }
  ]
}"#;

async fn json(house: &House, path: &str, bearer: &str, body: &str) -> Answer {
    let bearer = match bearer {
        "" => String::new(),
        word => format!("\nAuthorization: Bearer {word}"),
    };
    let head = format!("POST {path} HTTP/1.1\nContent-Type: application/json{bearer}");
    house.ask(&head, body).await
}

#[tokio::test]
async fn alertmanager_tells_by_its_webhook() {
    let house = House::start_with_contract("").await;
    let word = alert_word(&house.office, "cyber-solutions");
    let path = format!("/alerts/cyber-solutions/{word}");
    let first = json(&house, &path, "", FIRING).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let counted = r#"{"opened":1,"joined":1,"ended":0,"known":0,"truncated":0}"#;
    assert_eq!(first.text(), counted);
    let again = json(&house, "/alerts/cyber-solutions", &word, FIRING).await;
    assert!(again.text().contains("\"known\":2"), "{}", again.text());
    let session = house.signed_in().await;
    let page = house.get("/incidents/1", &session).await.text();
    assert!(page.contains("DiskFull: db1 の /var が満杯 (95%)"), "{page}");
    assert!(page.contains("instance=db2:9100"), "labels where there is no summary");
    let resolved = FIRING
        .replace("\"status\": \"firing\"", "\"status\": \"resolved\"")
        .replace("0001-01-01T00:00:00Z", "2026-11-22T00:30:00Z");
    let over = json(&house, &path, "", &resolved).await;
    assert!(over.text().contains("\"ended\":2"), "{}", over.text());
    let over = json(&house, &path, "", &resolved).await;
    assert!(over.text().contains("\"known\":2"), "told twice: {}", over.text());
}

#[tokio::test]
async fn what_makes_no_sense_is_said_to_those_who_know_the_word() {
    let house = House::start_with_contract("").await;
    let word = alert_word(&house.office, "cyber-solutions");
    let path = format!("/alerts/cyber-solutions/{word}");
    let older = FIRING.replace("\"version\": \"4\"", "\"version\": \"3\"");
    let odd = FIRING.replace(
        "\"status\": \"firing\",\n      \"labels\"",
        "\"status\": \"odd\",\n      \"labels\"",
    );
    let many = {
        let one = r#"{"status":"firing","startsAt":"2026-11-22T00:00:00Z","fingerprint":"a"}"#;
        format!(r#"{{"version":"4","alerts":[{}]}}"#, vec![one; 1_001].join(","))
    };
    for (body, status, words) in [
        (older.as_str(), 400, "send version 4"),
        (odd.as_str(), 400, "firing or resolved"),
        (many.as_str(), 413, "max_alerts"),
        ("{", 400, "JSON"),
        ("{}", 422, "version"),
    ] {
        let answer = json(&house, &path, "", body).await;
        assert_eq!(answer.status, status, "{words}: {}", answer.text());
        assert!(answer.text().contains(words), "{words}: {}", answer.text());
        // A stranger is told nothing of it.
        let strange = json(&house, "/alerts/cyber-solutions/x", "", body).await;
        assert_eq!(strange.status, 404);
    }
    assert_eq!(json(&house, &path, "", &" ".repeat(2 * 1024 * 1024)).await.status, 413);
    assert_eq!(json(&house, "/alerts/cyber-solutions", "wrong", FIRING).await.status, 404);
    assert_eq!(json(&house, "/alerts/other", &word, FIRING).await.status, 404);
    let form = house.ask(&format!("POST {path} HTTP/1.1"), "a=b").await;
    assert_eq!(form.status, 415);
    assert_eq!(house.get(&path, "").await.status, 404);
    let incidents = house.office.store.open_incidents().await.expect("read");
    assert_eq!(incidents.len(), 0);
}

#[tokio::test]
async fn a_person_works_on_a_runbook() {
    let log = r#"{"kind":"outage","function":"web","from":"2026-11-22T00:20:00Z"}"#;
    let house = House::start_with_contract(log).await;
    app::incidents::tend(&house.office, common::now(), &common::now).await.expect("tended");
    let session = house.signed_in().await;
    let page = house.get("/incidents/1", &session).await.text();
    assert!(page.contains("look at the lamp") && page.contains("value=\"do-step\""), "{page}");
    let token = house.get("/incidents/1", &session).await.token();
    let deed = async |fields: &str| {
        let fields = format!("csrf={token}&{fields}");
        house.post("/incidents/1/deeds", &session, &fields).await.status
    };
    assert_eq!(deed("deed=do-step&level=1").await, 303);
    assert_eq!(deed("deed=do-step&level=1").await, 422, "once");
    assert_eq!(deed("deed=skip-step&level=2").await, 303);
    assert_eq!(deed("deed=skip-step&level=3").await, 422, "there is none");
    assert_eq!(deed("deed=stop-runbook").await, 303);
    assert_eq!(deed("deed=resume-runbook").await, 303);
    assert_eq!(deed("deed=acknowledge").await, 303);
    let page = house.get("/on-call", &session).await.text();
    assert!(page.contains("/alerts/cyber-solutions/"), "{page}");
    assert!(page.contains("by-hand"), "{page}");
}
