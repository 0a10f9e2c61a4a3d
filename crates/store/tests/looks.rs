//! What checks saw: kept look by look, folded by the hour, and as runs that a restart finds again.

mod common;

use common::{at, on_each_engine, vault};
use jiff::SignedDuration;
use store::{Answer, Look, LookFigure, SeenLook, Store, Unlooked, Wanted};

fn look(check: &str, time: &str, answer: Answer, took_ms: u32) -> Look {
    let reason = (answer != Answer::Good).then(|| "timed-out".to_owned());
    let at = at(&format!("2026-11-22T{time}Z"));
    let seen = SeenLook { at, answer, reason, took_ms };
    Look { check: check.into(), pace: SignedDuration::from_secs(10), seen }
}

async fn runs(store: &Store, check: &str) -> Vec<String> {
    let (from, until) = (at("2026-11-22T00:00:00Z"), at("2026-11-23T00:00:00Z"));
    let runs = store.runs_of(check, from, until).await.expect("read");
    let time = |at: jiff::Timestamp| at.to_string()[11..19].to_owned();
    runs.iter()
        .map(|run| {
            format!("{}..{} {:?} {}", time(run.first), time(run.last), run.answer, run.total)
        })
        .collect()
}

const STORY: [(&str, Answer); 7] = [
    ("05:59:40.2", Answer::Good),
    ("05:59:50.2", Answer::Good),
    ("06:00:00.2", Answer::Refused),
    ("06:00:10.2", Answer::Silent),
    ("06:00:20.2", Answer::Unseen),
    ("06:00:30.2", Answer::Good),
    ("06:00:40.2", Answer::Good),
];

const RUNS: [&str; 5] = [
    "05:59:40..05:59:50 Good 2",
    "06:00:00..06:00:00 Refused 1",
    "06:00:10..06:00:10 Silent 1",
    "06:00:20..06:00:20 Unseen 1",
    "06:00:30..06:00:40 Good 2",
];

#[tokio::test]
async fn looks_become_runs_and_hours() {
    on_each_engine(|store| async move {
        for (took, (time, answer)) in (10..).zip(STORY) {
            let looks = [look("top", time, answer, took), look("mx", time, Answer::Good, 5)];
            store.record_looks(&looks, &[]).await.expect("recorded");
        }
        assert_eq!(runs(&store, "top").await, RUNS);
        let (from, until) = (at("2026-11-22T05:00:00Z"), at("2026-11-22T07:00:00Z"));
        let before = store.looks("top", from, until).await.expect("read");
        assert_eq!(before.len(), STORY.len());
        assert_eq!(before[3].reason.as_deref(), Some("timed-out"));
        // What is newer stays in its batch, and folding again changes nothing.
        let cut = at("2026-11-22T06:00:35Z");
        assert_eq!(store.fold_looks(cut).await.expect("folded"), 6);
        assert_eq!(store.fold_looks(cut).await.expect("folded"), 0);
        let unfolded = store.unfolded_since().await.expect("read");
        assert_eq!(unfolded, Some(at("2026-11-22T06:00:40.2Z")));
        assert_eq!(store.looks("top", from, until).await.expect("read"), before);
        assert_eq!(store.fold_looks(until).await.expect("folded"), 1);
        assert_eq!(store.unfolded_since().await.expect("read"), None);
        assert_eq!(store.looks("top", from, until).await.expect("read"), before);
        let figures = store.look_figures("top", from, until).await.expect("read");
        let six = LookFigure {
            from: at("2026-11-22T06:00:00Z"),
            looks: 5,
            failures: 2,
            unseen: 1,
            p50_ms: 15,
            p95_ms: 16,
            max_ms: 16,
        };
        assert_eq!(figures.len(), 2);
        assert_eq!(figures[1], six);
        let dropped = store.drop_looks_before(at("2026-11-22T06:00:00Z"), from).await;
        assert_eq!(dropped.expect("forgotten"), 2);
        assert_eq!(store.looks("top", from, until).await.expect("read"), before[2..]);
        assert_eq!(store.looks("nobody", from, until).await.expect("read"), []);
    })
    .await;
}

#[tokio::test]
async fn a_blind_span_ends_a_run() {
    on_each_engine(|store| async move {
        let (from, until) = (at("2026-11-22T06:00:10Z"), at("2026-11-22T06:00:40Z"));
        let pace = SignedDuration::from_secs(10);
        let blind = Unlooked { check: "top".into(), pace, from, until };
        let good = |time| look("top", time, Answer::Good, 1);
        store.record_looks(&[good("06:00:00")], &[]).await.expect("recorded");
        store.record_looks(&[good("06:00:40")], &[blind]).await.expect("recorded");
        let expected = [
            "06:00:00..06:00:00 Good 1",
            "06:00:10..06:00:30 Unseen 0",
            "06:00:40..06:00:40 Good 1",
        ];
        assert_eq!(runs(&store, "top").await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_restart_finds_the_runs_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("records.db").display());
    let store = Store::open(&url, vault()).await.expect("opened");
    for (time, answer) in STORY {
        store.record_looks(&[look("top", time, answer, 1)], &[]).await.expect("recorded");
    }
    // Nothing tells the store that it ends here: the last run is longer than its row says.
    let again = Store::open(&url, vault()).await.expect("opened");
    let mut stale = RUNS;
    stale[4] = "06:00:30..06:00:30 Good 1";
    assert_eq!(runs(&again, "top").await, stale);
    let next = look("top", "06:00:50.2", Answer::Good, 1);
    again.record_looks(&[next], &[]).await.expect("recorded");
    let mut longer = RUNS;
    longer[4] = "06:00:30..06:00:50 Good 3";
    assert_eq!(runs(&again, "top").await, longer);
}

#[tokio::test]
async fn checks_of_the_console() {
    on_each_engine(|store| async move {
        let now = at("2026-11-22T06:00:00Z");
        assert!(store.add_check("top", "{\"a\":1}", None, now).await.expect("added"));
        assert!(!store.add_check("top", "{}", None, now).await.expect("asked"));
        assert!(store.change_check("top", "{\"a\":2}", now).await.expect("changed"));
        assert!(store.pause_check("top", Some(now)).await.expect("paused"));
        let checks = store.watched_checks().await.expect("listed");
        assert_eq!(checks.len(), 1);
        assert_eq!((checks[0].settings.as_str(), checks[0].paused), ("{\"a\":2}", Some(now)));
        assert!(store.pause_check("top", None).await.expect("resumed"));
        assert!(store.remove_check("top").await.expect("removed"));
        assert!(!store.remove_check("top").await.expect("asked"));
    })
    .await;
}

async fn sites(store: &Store) -> Vec<String> {
    let time = |at: jiff::Timestamp| at.to_string()[11..16].to_owned();
    let sites = store.check_sites().await.expect("read");
    let said = sites.iter().map(|it| {
        let until = it.until.map_or("…".to_owned(), time);
        format!("{}@{} {}..{until}", it.check, it.site, time(it.since))
    });
    said.collect()
}

/// A site is one from when it was asked to look, or had looked before anybody noted it.
#[tokio::test]
async fn sites_of_checks_begin_and_end() {
    on_each_engine(|store| async move {
        store.record_looks(&[look("top", "05:00:00.0", Answer::Good, 9)], &[]).await.expect("done");
        let wanted = |sites: &[&str]| {
            let one = |site: &&str| {
                let series = if *site == "office" { "top".into() } else { format!("top@{site}") };
                Wanted { check: "top".into(), site: (*site).to_owned(), series }
            };
            sites.iter().map(one).collect()
        };
        for (time, asked, expected) in [
            ("06:00", &["office"][..], &["top@office 05:00..…"][..]),
            ("06:00", &["office"], &["top@office 05:00..…"]),
            ("07:00", &["office", "osaka"], &["top@office 05:00..…", "top@osaka 07:00..…"]),
            ("08:00", &["office"], &["top@office 05:00..…", "top@osaka 07:00..08:00"]),
            (
                "09:00",
                &["osaka"],
                &["top@office 05:00..09:00", "top@osaka 07:00..08:00", "top@osaka 09:00..…"],
            ),
        ] {
            let now = at(&format!("2026-11-22T{time}:00Z"));
            store.set_check_sites(&wanted(asked), now).await.expect("noted");
            assert_eq!(sites(&store).await, expected, "{time}");
        }
    })
    .await;
}

/// What a station did not see lies among what it saw, when both come at once.
#[tokio::test]
async fn minutes_that_come_at_once_become_the_runs_that_they_were() {
    on_each_engine(|store| async move {
        let looks: Vec<Look> = ["06:00:00.0", "06:00:10.0", "06:00:50.0", "06:01:00.0"]
            .map(|time| look("top@osaka", time, Answer::Good, 9))
            .into();
        let blind = Unlooked {
            check: "top@osaka".into(),
            pace: SignedDuration::from_secs(10),
            from: at("2026-11-22T06:00:20Z"),
            until: at("2026-11-22T06:00:50Z"),
        };
        store.record_looks(&looks, &[blind]).await.expect("recorded");
        assert_eq!(
            runs(&store, "top@osaka").await,
            [
                "06:00:00..06:00:10 Good 2",
                "06:00:20..06:00:40 Unseen 0",
                "06:00:50..06:01:00 Good 2"
            ]
        );
    })
    .await;
}
