//! What a thief of the SQLite file sees, how its questions are answered, and that it opens again.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use common::{at, attempt, facts, queued, vault};
use mail::fact::AttemptKind::Deferred;
use sqlx::{AssertSqlSafe, Connection, Row};
use store::{
    AccountRecord, ContractEvent, Delivered, Draft, Import, Kind, Planned, Store, Turnout,
};

/// A planned window and a notice of it that was sent.
async fn tell_a_customer(store: &Store) {
    let now = at("2026-11-22T01:00:00Z");
    let (by, title) = ("himitsu".to_owned(), "himitsu 件名".to_owned());
    let contracts = vec!["contract".to_owned()];
    let plan = Planned { from: now, until: now, title, by: by.clone(), contracts };
    let number = store.add_plan(&plan, now).await.expect("planned");
    let draft = Draft {
        contract: "contract".into(),
        about: "maintenance".into(),
        plan: Some(number),
        incident: None,
        event: now,
        channel: "email".into(),
        subject: "件名".into(),
        text: "himitsu".into(),
        by,
        to: vec![("relay".into(), "himitsu@example.jp".into())],
    };
    store.add_drafts(&[draft], now).await.expect("drafted");
    store.confirm_notice(1, "himitsu", now).await.expect("confirmed");
    let parcel = store.take_parcel(now).await.expect("taken").expect("due");
    let answer = "250 from mx.example.com himitsu".to_owned();
    let delivered = Delivered { turnout: Turnout::Sent, answer, at: now };
    store.deliver_parcel(&parcel, &delivered).await.expect("recorded");
}

#[tokio::test]
async fn no_private_word_is_in_the_file_in_clear() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("records.db");
    let url = format!("sqlite:{}", path.display());
    let store = Store::open(&url, vault()).await.expect("opened");
    let mut mail = queued("2026-11-22T01:00:00Z", 0, "taro-himitsu@example.com");
    mail.api_data = Some("himitsu-4711".into());
    let tried = attempt(&mail, 1, Deferred, 1, "himitsu mailbox full");
    store.record("relay", "1:1", facts(&mail, &[tried])).await.expect("recorded");
    let now = at("2026-11-22T01:00:00Z");
    let account = AccountRecord {
        kind: Kind::ApiUser,
        name: "api-himitsu@example.jp".into(),
        password_hash: "$argon2id$…".into(),
        created: now,
        contracts: Vec::new(),
    };
    store.add_account(&account).await.expect("added");
    let administrator =
        AccountRecord { kind: Kind::Administrator, name: "himitsu".into(), ..account };
    store.add_account(&administrator).await.expect("added");
    store
        .open_session("himitsu-token", (Kind::Administrator, "himitsu"), now, now)
        .await
        .expect("opened");
    let event = ContractEvent {
        kind: "exclusion",
        from: now,
        until: None,
        line: r#"{"kind":"exclusion","by":"himitsu@example.jp"}"#.into(),
    };
    let import = Import { events: vec![event], days: Vec::new() };
    store.import("contract", &import, &|_, _| unreachable!(), now).await.expect("imported");
    tell_a_customer(&store).await;
    let sources = ["192.0.2.77", "TLS13_AES", "himitsu", "件名", "mx.example.com"];
    for state in ["open", "closed"] {
        if state == "closed" {
            store.close().await;
        }
        for file in fs::read_dir(folder.path()).expect("listed") {
            let file = file.expect("listed").path();
            let bytes = fs::read(&file).expect("read");
            for word in sources {
                let is_there = bytes.windows(word.len()).any(|w| w == word.as_bytes());
                assert!(!is_there, "{word} is in {} while {state}", file.display());
            }
            let mode = fs::metadata(&file).expect("read").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} is open to others", file.display());
        }
    }
    let bytes = fs::read(&path).expect("read");
    assert!(bytes.windows(11).any(|w| w == b"example.com"), "domains are in clear for statistics");
}

#[tokio::test]
async fn records_open_again_with_all_that_was_in_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("deep/records.db").display());
    let mail = queued("2026-11-22T01:00:00Z", 0, "taro@example.com");
    let store = Store::open(&url, vault()).await.expect("opened");
    store.record("relay", "1:1", facts(&mail, &[])).await.expect("recorded");
    store.close().await;
    let store = Store::open(&url, vault()).await.expect("opened again");
    let told = facts(&mail, &[attempt(&mail, 1, Deferred, 1, "later")]);
    store.record("relay", "1:2", told).await.expect("recorded");
    let story = store.story(mail.message, 0).await.expect("read").expect("there");
    assert_eq!((story.row.queued, story.attempts.len()), (mail, 1));
}

#[tokio::test]
async fn addresses_of_no_database_are_refused_in_words() {
    let error = Store::open("mysql://me:secret@db/x", vault()).await.err().expect("refused");
    assert_eq!(
        error.to_string(),
        "\"mysql://me@db/x\" names no database: use sqlite:PATH or postgres://USER@HOST/NAME"
    );
}

/// Each question that a search asks walks an index and needs no sorting.
#[tokio::test]
async fn questions_walk_indexes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("records.db");
    let store = Store::open(&format!("sqlite:{}", path.display()), vault()).await.expect("opened");
    let mail = queued("2026-11-22T01:00:00Z", 0, "taro@example.com");
    store.record("relay", "1:1", facts(&mail, &[])).await.expect("recorded");
    let mut connection = sqlx::AnyConnection::connect(&format!("sqlite://{}", path.display()))
        .await
        .expect("connected");
    let cases = [
        ("delivery_key < 9", "SEARCH d USING INTEGER PRIMARY KEY (rowid<?)"),
        (
            "delivery_key < 9 AND to_index = 1",
            "delivery_20261122_to_index (to_index=? AND rowid<?)",
        ),
        ("from_index = 1", "delivery_20261122_from_index (from_index=?)"),
        ("sender_index = 1", "delivery_20261122_sender_index (sender_index=?)"),
        ("message_id_index = 1", "delivery_20261122_message_id_index (message_id_index=?)"),
        ("api_data_index = 1", "delivery_20261122_api_data_index (api_data_index=?)"),
        ("to_domain = 'x'", "delivery_20261122_to_domain (to_domain=?)"),
        ("from_domain = 'x'", "delivery_20261122_from_domain (from_domain=?)"),
        ("composition = 'x'", "delivery_20261122_composition (composition=?)"),
        ("status = 3 AND d.status <> 2", "delivery_20261122_status (status=?)"),
    ];
    for (condition, expected) in cases {
        let text = format!(
            "EXPLAIN QUERY PLAN SELECT d.sealed FROM delivery_20261122 AS d \
             LEFT JOIN attempt_20261122 AS a ON a.delivery_key = d.delivery_key \
             AND a.step = d.step WHERE d.sealed IS NOT NULL AND d.{condition} \
             ORDER BY d.delivery_key DESC LIMIT 50"
        );
        let rows =
            sqlx::query(AssertSqlSafe(text)).fetch_all(&mut connection).await.expect("explained");
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        let plan = plan.join("; ");
        assert!(plan.contains(expected), "{condition}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{condition} sorts: {plan}");
        assert!(!plan.contains("SCAN a"), "{condition}: {plan}");
    }
}

/// The newest measurement is asked for with each one: it must not cost more with the years.
#[tokio::test]
async fn the_newest_measurement_is_found_by_an_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("records.db");
    let _store = Store::open(&format!("sqlite:{}", path.display()), vault()).await.expect("opened");
    let mut connection = sqlx::AnyConnection::connect(&format!("sqlite://{}", path.display()))
        .await
        .expect("connected");
    let text = "EXPLAIN QUERY PLAN SELECT MAX(last_at) AS last_at FROM observation";
    let plan = sqlx::query(text).fetch_all(&mut connection).await.expect("explained");
    let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
    assert!(plan.join(" ").contains("observation_last"), "{plan:?}");
}
