//! How much processor time the delivery log costs a message: records facts as a busy relay tells
//! them and prints microseconds of CPU a message (all threads) and bytes on disk.
//!
//! `cargo run --release -p store --example record_speed [MESSAGES] [same|varied]`

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use jiff::SignedDuration;
use mail::SpoolId;
use mail::fact::{Attempt, AttemptKind, Fact, Queued, Reply};
use store::{Filter, SlotSpan, Store, Who};
use vault::Vault;

const BATCH: u64 = 1_000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let messages: u64 = arguments.next().map_or(100_000, |n| n.parse().expect("a number"));
    let varied = arguments.next().is_some_and(|word| word == "varied");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("records.db");
    let vault = Arc::new(Vault::from_master(&[7; 32]).expect("a 32-byte key"));
    let url = std::env::var("YAKUSOKU_TEST_POSTGRES")
        .unwrap_or_else(|_| format!("sqlite:{}", path.display()));
    let store = Store::open(&url, vault).await.expect("opened");
    let (mut cpu, mut wall) = (0.0, 0.0);
    for batch in 0..messages.div_ceil(BATCH) {
        let facts: Vec<Fact> =
            (batch * BATCH..(batch + 1) * BATCH).flat_map(|n| told(n, varied)).collect();
        let (cpu_before, began) = (cpu_seconds(), Instant::now());
        store.record("relay", &batch.to_string(), facts).await.expect("recorded");
        cpu += cpu_seconds() - cpu_before;
        wall += began.elapsed().as_secs_f64();
    }
    let per_message = |seconds: f64| seconds * 1e6 / messages as f64;
    println!("record: {:.1} us CPU, {:.1} us wall a message", per_message(cpu), per_message(wall));
    questions(&store).await;
    store.close().await;
    let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
    println!("size: {} bytes a message", bytes / messages);
}

async fn questions(store: &Store) {
    let everything = || Filter { limit: 50, ..Filter::default() };
    let address = Who::Address("r77@d77.example".into());
    let cases = [
        ("newest", everything()),
        ("one recipient", Filter { to: Some(address), ..everything() }),
        ("a domain", Filter { to: Some(Who::Domain("d7.example".into())), ..everything() }),
        ("a Message-ID", Filter { reference: Some("77@example.jp".into()), ..everything() }),
        ("no composition", Filter { composition: Some("none".into()), ..everything() }),
    ];
    for (name, filter) in cases {
        let began = Instant::now();
        let rows = store.search(&filter).await.expect("searched").rows.len();
        println!("search {name}: {rows} rows in {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
    }
    let began = Instant::now();
    let (from, until) = (jiff::Timestamp::UNIX_EPOCH, jiff::Timestamp::MAX);
    store.slot_totals(SlotSpan::Hour, from, until, None).await.expect("read");
    store.busiest(from, until, None, 10).await.expect("read");
    println!("graph of everything: {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
}

fn told(n: u64, varied: bool) -> [Fact; 2] {
    let message = SpoolId::from_micros(1_795_305_600_000_000 + n * 400);
    let at = message.accepted_at() + SignedDuration::from_millis(1);
    let to = if varied { format!("r{n}@d{}.example", n % 300) } else { "r@example.com".into() };
    let queued = Queued {
        node: "relay-1".into(),
        message,
        recipient: 0,
        at,
        composition: "pro".into(),
        to,
        sender: Some("bounce@example.jp".into()),
        from: Some("shop@example.jp".into()),
        subject: Some("ご注文ありがとうございます".into()),
        message_id: Some(format!("{n}@example.jp")),
        api_data: None,
        source_ip: IpAddr::from([127, 0, 0, 1]),
        user: None,
        tls: Some("TLSv1.3 TLS13_AES_256_GCM_SHA384".into()),
        size: 10_240,
    };
    let attempt = Attempt {
        node: "relay-1".into(),
        message,
        recipient: 0,
        step: 1,
        at: at + SignedDuration::from_millis(5),
        outcome: AttemptKind::Succeeded,
        sender_ip: Some(IpAddr::from([127, 0, 0, 1])),
        remote_host: Some("mx.example.com".into()),
        remote_address: Some("127.0.0.2:25".into()),
        reply: Some(Reply {
            code: 250,
            enhanced: Some((2, 0, 0)),
            text: "Ok: queued as 4X7YzB1Kq3z9".into(),
        }),
        tls: None,
        next_attempt: None,
    };
    [Fact::Queued(queued), Fact::Attempt(attempt)]
}

/// User and system time of every thread, from the kernel (its ticks are 10 ms).
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let behind_name = text.rsplit(") ").next().expect("a stat line");
    let fields: Vec<&str> = behind_name.split(' ').collect();
    let ticks: f64 = fields[11..13].iter().map(|f| f.parse::<f64>().expect("a number")).sum();
    ticks / 100.0
}
