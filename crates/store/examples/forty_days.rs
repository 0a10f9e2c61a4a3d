//! A delivery log as large as it gets: fills a database with 40 days of a busy relay's facts, or
//! times what the console asks of one.
//!
//! `cargo run --release -p store --example forty_days -- fill FOLDER [RECIPIENTS A DAY]`
//! `cargo run --release -p store --example forty_days -- ask FOLDER`
//!
//! FOLDER is a data folder of `yakusoku up` (its key is used, so that the console can be started
//! on it afterwards) or an empty one.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use jiff::{SignedDuration, Timestamp};
use mail::SpoolId;
use mail::fact::{Attempt, AttemptKind, Fact, Queued, Reply};
use store::{Filter, SlotSpan, Status, Store, Who};
use vault::Vault;

const DAYS: u64 = 40;
const BATCH: u64 = 2_000;
/// Recipient domains: a few hold most of the mail, as they do.
const DOMAINS: u64 = 3_000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(verb), Some(folder)) = (arguments.next(), arguments.next()) else {
        panic!("forty_days fill|ask FOLDER");
    };
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).expect("a folder");
    let vault = Vault::open_or_create(&folder.join("yakusoku.key")).expect("a key file");
    let url = format!("sqlite:{}", folder.join("office.db").display());
    let store = Store::open(&url, Arc::new(vault)).await.expect("opened");
    let now = Timestamp::try_from(SystemTime::now()).expect("a clock in our time");
    match verb.as_str() {
        "fill" => {
            let a_day = arguments.next().map_or(100_000, |n| n.parse().expect("a number"));
            fill(&store, now, a_day).await;
        }
        _ => ask(&store, now).await,
    }
    store.close().await;
}

async fn fill(store: &Store, now: Timestamp, a_day: u64) {
    let began = Instant::now();
    let start = now - SignedDuration::from_hours(24 * DAYS as i64);
    let step = 86_400_000_000 / a_day;
    let mut told = 0;
    while told < DAYS * a_day {
        let facts: Vec<Fact> =
            (told..told + BATCH).flat_map(|n| facts_of(start, n, step)).collect();
        store.record("forty-days", &told.to_string(), facts).await.expect("recorded");
        told += BATCH;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{told} recipients in {seconds:.0} s, {:.1} us each", seconds * 1e6 / told as f64);
}

/// Times each question a few times; prints the first time (nothing cached) and the best.
macro_rules! timed {
    ($name:expr, $question:expr) => {{
        let mut times = Vec::new();
        let mut size = 0;
        for _ in 0..5 {
            let began = Instant::now();
            size = $question;
            times.push(began.elapsed().as_secs_f64() * 1e3);
        }
        let best = times.iter().copied().fold(f64::MAX, f64::min);
        println!("{:<34} first {:>8.1} ms, best {best:>8.1} ms ({size} rows)", $name, times[0]);
    }};
}

async fn ask(store: &Store, now: Timestamp) {
    let ago = |hours: i64| now - SignedDuration::from_hours(hours);
    for (name, hours, span) in [
        ("1 hour", 1, SlotSpan::Minute),
        ("24 hours", 24, SlotSpan::Hour),
        ("7 days", 168, SlotSpan::Hour),
        ("40 days", 960, SlotSpan::Hour),
    ] {
        let from = ago(hours);
        timed!(
            format!("graph of {name}"),
            store.slot_totals(span, from, now, None).await.expect("read").len()
        );
        timed!(
            format!("busiest domains of {name}"),
            store.busiest(from, now, None, 10).await.expect("read").len()
        );
    }
    let page = || Filter { limit: 50, ..Filter::default() };
    let far = Some(ago(39 * 24));
    let cases = [
        ("newest", page()),
        ("39 days ago", Filter { until: far, ..page() }),
        ("one recipient", Filter { to: Some(Who::Address("r77@d77.example".into())), ..page() }),
        (
            "a recipient never seen",
            Filter { to: Some(Who::Address("no@d7.example".into())), ..page() },
        ),
        ("a busy domain", Filter { to: Some(Who::Domain("d0.example".into())), ..page() }),
        ("a rare domain", Filter { to: Some(Who::Domain("d2999.example".into())), ..page() }),
        ("a domain never seen", Filter { to: Some(Who::Domain("no.example".into())), ..page() }),
        (
            "the sender of everything",
            Filter { sender: Some(Who::Address("shop@example.jp".into())), ..page() },
        ),
        (
            "a sender domain never seen",
            Filter { sender: Some(Who::Domain("no.example".into())), ..page() },
        ),
        ("a Message-ID", Filter { reference: Some("<77@example.jp>".into()), ..page() }),
        ("a reference never seen", Filter { reference: Some("no".into()), ..page() }),
        ("failed", Filter { status: Some(Status::Tried(AttemptKind::Failed)), ..page() }),
        ("deferred", Filter { status: Some(Status::Tried(AttemptKind::Deferred)), ..page() }),
        ("queued", Filter { status: Some(Status::Queued), ..page() }),
        ("suppressed", Filter { status: Some(Status::Tried(AttemptKind::Suppressed)), ..page() }),
        ("a composition without mail", Filter { composition: Some("none".into()), ..page() }),
    ];
    for (name, filter) in cases {
        timed!(name, store.search(&filter).await.expect("searched").rows.len());
    }
    let newest = store.search(&page()).await.expect("searched").rows.remove(0).queued;
    timed!("a story", {
        let story = store.story(newest.message, newest.recipient).await.expect("read");
        story.map_or(0, |story| story.attempts.len())
    });
}

/// Accepted, and then what becomes of it: 1 in 50 fails, 1 in 200 waits.
fn facts_of(start: Timestamp, n: u64, step: u64) -> [Fact; 2] {
    let micros = start.as_microsecond().unsigned_abs() + n * step;
    let message = SpoolId::from_micros(micros);
    let at = message.accepted_at() + SignedDuration::from_millis(1);
    // Squared, so that the first domains are the busy ones.
    let draw = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 44;
    let domain = draw * draw / (1 << 20) * DOMAINS / (1 << 20);
    let (outcome, code, enhanced, text) = match n {
        n if n % 200 == 7 => (AttemptKind::Deferred, 450, (4, 2, 0), "Greylisted, try again later"),
        n if n % 50 == 3 => (AttemptKind::Failed, 550, (5, 1, 1), "No such user here"),
        _ => (AttemptKind::Succeeded, 250, (2, 0, 0), "Ok: queued as 4X7YzB1Kq3z9"),
    };
    let queued = Queued {
        node: "local".into(),
        message,
        recipient: 0,
        at,
        composition: "sandbox".into(),
        to: format!("r{n}@d{domain}.example"),
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
        node: "local".into(),
        message,
        recipient: 0,
        step: 1,
        at: at + SignedDuration::from_millis(5),
        outcome,
        sender_ip: Some(IpAddr::from([127, 0, 0, 1])),
        remote_host: Some(format!("mx.d{domain}.example")),
        remote_address: Some("127.0.0.2:25".into()),
        reply: Some(Reply { code, enhanced: Some(enhanced), text: text.into() }),
        tls: None,
        next_attempt: (code < 500 && code > 250).then(|| at + SignedDuration::from_secs(120)),
    };
    [Fact::Queued(queued), Fact::Attempt(attempt)]
}
