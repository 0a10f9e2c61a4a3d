//! The watcher under way: rounds, stalls, pauses, new lists.

mod common;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use common::{GOOD, check, peer, reach};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch as channel};
use watch::{Answer, BlindCause, Check, Heartbeat, Kind, Report, Target, Tcp, Watcher};

/// A watcher under way.
struct Under {
    reports: mpsc::Receiver<Report>,
    list: channel::Sender<Vec<Check>>,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<()>,
}

fn start(checks: Vec<Check>, limits: (usize, usize)) -> Under {
    let (list, checks) = channel::channel(checks);
    let (sink, reports) = mpsc::channel(1_000);
    let (stop, stopped) = oneshot::channel();
    let watcher = Watcher::new(Arc::new(reach()), "tokyo").with_limits(limits.0, limits.1);
    let done = tokio::spawn(watcher.run(checks, sink, async {
        stopped.await.ok();
    }));
    Under { reports, list, stop, done }
}

impl Under {
    /// What is reported within this time.
    async fn within(&mut self, time: Duration) -> Vec<Report> {
        let mut reports = Vec::new();
        let end = tokio::time::Instant::now() + time;
        while let Ok(Some(report)) = tokio::time::timeout_at(end, self.reports.recv()).await {
            reports.push(report);
        }
        reports
    }
}

/// Somebody who takes every connection and says nothing; the port on this address.
async fn taker(address: &str) -> u16 {
    let listener = TcpListener::bind((address, 0)).await.expect("listener");
    let port = listener.local_addr().expect("address").port();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    port
}

fn named(name: String, port: u16) -> Check {
    Check { name, ..check(Kind::Tcp(Tcp::default()), port) }
}

#[tokio::test]
async fn each_check_once_a_round_and_on_time() {
    let port = taker("127.0.0.1").await;
    let checks = (0..200).map(|n| named(format!("check {n}"), port)).collect();
    let mut under = start(checks, (1_000, 1_000));
    let mut seen: HashMap<String, Vec<jiff::Timestamp>> = HashMap::new();
    for report in under.within(Duration::from_millis(3_100)).await {
        let Report::Measured(measured) = report else { panic!("{report:?}") };
        assert_eq!(measured.seen.answer, Answer::Succeeded);
        assert!(measured.late < Duration::from_millis(500), "{:?}", measured.late);
        seen.entry(measured.check.name.clone()).or_default().push(measured.at);
    }
    assert_eq!(seen.len(), 200);
    assert!(seen.values().all(|times| (3..=4).contains(&times.len())));
    under.stop.send(()).expect("running");
    under.done.await.expect("ends");
}

#[tokio::test]
async fn a_stalled_check_holds_up_no_other() {
    let stalled = peer("S! wait", GOOD).await;
    let waits = Kind::Tcp(Tcp { send: None, expect: Some(b"x".to_vec()) });
    let stalls = |n| Check {
        name: format!("stalled {n}"),
        timeout: Duration::from_secs(10),
        ..check(waits.clone(), stalled.port)
    };
    let mut checks: Vec<Check> = (0..30).map(stalls).collect();
    // Another host, to which the stalled one must not matter.
    let target = Target::port("127.0.0.3", taker("127.0.0.3").await);
    checks.push(Check { target, ..named("good".to_owned(), 0) });
    let mut under = start(checks, (100, 5));
    let reports = under.within(Duration::from_millis(3_300)).await;
    let good: Vec<_> = reports
        .iter()
        .filter_map(|report| match report {
            Report::Measured(measured) => Some(measured),
            Report::Blind(_) => None,
        })
        .collect();
    assert!(good.len() >= 3, "{reports:?}");
    assert!(
        good.iter().all(|one| one.check.name == "good" && one.late < Duration::from_millis(500))
    );
}

#[tokio::test]
async fn a_look_longer_than_its_pace_misses_rounds() {
    let slow = peer("S! slow 1700\nS: x", GOOD).await;
    let kind = Kind::Tcp(Tcp { send: None, expect: Some(b"x".to_vec()) });
    let check = Check { timeout: Duration::from_secs(5), ..check(kind, slow.port) };
    let mut under = start(vec![check], (100, 5));
    let reports = under.within(Duration::from_millis(5_500)).await;
    let missed: Vec<u32> = reports
        .iter()
        .map(|report| match report {
            Report::Measured(measured) => measured.missed,
            Report::Blind(blind) => panic!("{blind:?}"),
        })
        .collect();
    assert!(
        missed.len() >= 2 && missed[0] == 0 && missed[1..].iter().all(|n| *n == 1),
        "{missed:?}"
    );
}

#[tokio::test]
async fn who_waits_too_long_is_blind_not_down() {
    let stalled = peer("S! wait", GOOD).await;
    let waits = Kind::Tcp(Tcp { send: None, expect: Some(b"x".to_vec()) });
    let one = |name: &str| Check {
        name: name.to_owned(),
        timeout: Duration::from_millis(1_500),
        ..check(waits.clone(), stalled.port)
    };
    let mut under = start(vec![one("a"), one("b"), one("c"), one("d")], (1, 1));
    let reports = under.within(Duration::from_millis(7_000)).await;
    let blind = reports.iter().filter_map(|report| match report {
        Report::Blind(blind) => Some(blind),
        Report::Measured(_) => None,
    });
    let blind: Vec<_> = blind.collect();
    assert!(!blind.is_empty(), "{reports:?}");
    for span in blind {
        assert_eq!(span.cause, BlindCause::Crowded);
        let length = span.until.duration_since(span.from);
        assert!(length >= jiff::SignedDuration::from_secs(1), "{span:?}");
    }
}

#[test]
fn a_starved_watcher_says_so() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        let port = taker("127.0.0.1").await;
        let mut under = start(vec![named("a".to_owned(), port)], (10, 10));
        under.within(Duration::from_millis(1_200)).await;
        // Nobody on this thread runs for three rounds.
        std::thread::sleep(Duration::from_millis(3_500));
        let reports = under.within(Duration::from_millis(500)).await;
        let blind = reports.iter().find_map(|report| match report {
            Report::Blind(blind) => Some(blind),
            Report::Measured(_) => None,
        });
        let blind = blind.expect("a blind span");
        assert_eq!(blind.cause, BlindCause::Paused);
        let length = blind.until.duration_since(blind.from).as_millis();
        assert!((2_000..4_600).contains(&length), "{blind:?}");
        let measured =
            reports.iter().filter(|report| matches!(report, Report::Measured(_))).count();
        assert!((1..=2).contains(&measured), "rounds are not made up for: {reports:?}");
    });
}

#[tokio::test]
async fn a_new_list_holds_at_once_and_wrong_checks_are_told() {
    let port = taker("127.0.0.1").await;
    let mut under = start(vec![named("a".to_owned(), port)], (10, 10));
    assert!(!under.within(Duration::from_millis(1_100)).await.is_empty());
    let mut wrong = named("wrong".to_owned(), port);
    wrong.every = Duration::ZERO;
    let beat = Kind::Heartbeat(Heartbeat { within: Duration::from_secs(5) });
    let beat = Check { name: "beat".to_owned(), ..check(beat, 0) };
    under.list.send(vec![wrong, beat]).expect("running");
    under.within(Duration::from_millis(50)).await;
    let reports = under.within(Duration::from_millis(1_500)).await;
    let mut said: Vec<String> = reports
        .iter()
        .map(|report| match report {
            Report::Measured(one) => {
                format!("{} {}", one.check.name, common::shown(one.seen.answer))
            }
            Report::Blind(blind) => format!("{blind:?}"),
        })
        .collect();
    said.sort();
    said.dedup();
    assert_eq!(said, ["beat unseen too-early", "wrong unseen settings"]);
}
