//! Fresh records on each engine: SQLite always, PostgreSQL where `YAKUSOKU_TEST_POSTGRES` names a
//! server on which databases may be made.

#![allow(dead_code, reason = "each test file uses its part")]

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use mail::SpoolId;
use mail::fact::{Attempt, AttemptKind, Fact, Queued, Reply};
use sqlx::{AssertSqlSafe, Connection};
use store::Store;
use vault::Vault;

pub fn vault() -> Arc<Vault> {
    Arc::new(Vault::from_master(&[7; 32]).expect("a 32-byte key"))
}

/// Runs a test on every engine that is there.
pub async fn on_each_engine<F, Fut>(test: F)
where
    F: Fn(Store) -> Fut,
    Fut: Future<Output = ()>,
{
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("records with space.db").display());
    let store = Store::open(&url, vault()).await.expect("opened");
    test(store.clone()).await;
    store.close().await;
    let Ok(server) = std::env::var("YAKUSOKU_TEST_POSTGRES") else { return };
    let (url, name) = fresh_database(&server).await;
    let store = Store::open(&url, vault()).await.expect("opened");
    test(store.clone()).await;
    store.close().await;
    run_on(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

async fn fresh_database(server: &str) -> (String, String) {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let name = format!("yakusoku_test_{}_{number}", std::process::id());
    run_on(server, format!("CREATE DATABASE {name}")).await;
    let (scheme, rest) = server.split_once("://").expect("a URL");
    let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
    let host = path.split('/').next().unwrap_or_default();
    (format!("{scheme}://{host}/{name}?{options}"), name)
}

async fn run_on(server: &str, statement: String) {
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(server).await.expect("the test server");
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect("allowed");
    connection.close().await.expect("closed");
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

pub fn id(at: Timestamp) -> SpoolId {
    SpoolId::from_micros(at.as_microsecond() as u64)
}

/// The beginning of a delivery, with a private word in every field that must be sealed.
pub fn queued(accepted: &str, recipient: u16, to: &str) -> Queued {
    let accepted = at(accepted);
    Queued {
        node: "relay-1".into(),
        message: id(accepted),
        recipient,
        at: accepted + SignedDuration::from_millis(3),
        composition: "pro".into(),
        to: to.into(),
        sender: Some("bounce-himitsu@example.jp".into()),
        from: Some("hanako-himitsu@example.jp".into()),
        subject: Some("himitsu 件名".into()),
        message_id: Some(format!("himitsu-{}@example.jp", id(accepted))),
        api_data: None,
        source_ip: IpAddr::from([192, 0, 2, 77]),
        user: Some("api-himitsu@example.jp".into()),
        tls: Some("TLSv1.3 TLS13_AES_256_GCM_SHA384".into()),
        size: 10_240,
    }
}

pub fn attempt(of: &Queued, step: u16, outcome: AttemptKind, seconds: i64, reply: &str) -> Attempt {
    let at = of.at + SignedDuration::from_secs(seconds);
    let is_deferred = outcome == AttemptKind::Deferred;
    Attempt {
        node: of.node.clone(),
        message: of.message,
        recipient: of.recipient,
        step,
        at,
        outcome,
        sender_ip: Some(IpAddr::from([192, 0, 2, 1])),
        remote_host: Some("mx.example.com".into()),
        remote_address: Some("198.51.100.25:25".into()),
        reply: Some(Reply {
            code: if outcome == AttemptKind::Succeeded { 250 } else { 450 },
            enhanced: Some((4, 2, 0)),
            text: reply.into(),
        }),
        tls: None,
        next_attempt: is_deferred.then(|| at + SignedDuration::from_secs(60)),
    }
}

pub fn facts(queued: &Queued, attempts: &[Attempt]) -> Vec<Fact> {
    std::iter::once(Fact::Queued(queued.clone()))
        .chain(attempts.iter().cloned().map(Fact::Attempt))
        .collect()
}
