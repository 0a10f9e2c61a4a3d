//! What probes saw and what logs told: kept once, extended in place, read back by span.

mod common;

use common::{at, on_each_engine};
use jiff::SignedDuration;
use store::{
    Answer, ContractEvent, Import, Imported, KindLimit, MeasuredDay, Rewritten, Sighting,
    StoreError, Told, Withdrawn,
};

fn sighting(probe: &str, time: &str, pace: i64, answer: Answer) -> Sighting {
    let at = at(&format!("2026-11-22T{time}Z"));
    Sighting { probe: probe.into(), at, pace: SignedDuration::from_secs(pace), answer }
}

#[tokio::test]
async fn equal_measurements_are_one_run() {
    use Answer::{Good, Refused, Silent};
    use Told::{Begins, Extends, Past};
    // (probe, time, pace, answer, what it changes)
    let story = [
        ("smtp", "00:00:00", 60, Good, Begins),
        ("smtp", "00:01:00", 60, Good, Extends),
        ("smtp", "00:01:00", 60, Good, Past),
        ("smtp", "00:00:30", 60, Silent, Past),
        ("console", "00:01:00", 60, Good, Begins),
        ("smtp", "00:03:00", 60, Good, Extends),
        ("smtp", "00:05:01", 60, Good, Begins),
        ("smtp", "00:06:00", 60, Refused, Begins),
        ("smtp", "00:07:00", 60, Silent, Begins),
        ("smtp", "00:08:00", 60, Silent, Extends),
        ("smtp", "00:08:30", 30, Silent, Begins),
        ("console", "00:02:00", 60, Good, Extends),
    ];
    on_each_engine(|store| async move {
        assert_eq!(store.last_observed().await.expect("asked"), None);
        for (probe, time, pace, answer, expected) in story {
            let sighting = sighting(probe, time, pace, answer);
            let told = store.observe(&sighting).await.expect("recorded");
            assert_eq!(told, expected, "{probe} {time}");
        }
        let newest = store.last_observed().await.expect("asked");
        assert_eq!(newest, Some(at("2026-11-22T00:08:30Z")));
        let (from, until) = (at("2026-11-22T00:03:00Z"), at("2026-11-22T00:08:30Z"));
        let runs = store.observations(from, until).await.expect("read");
        let shown: Vec<String> = runs
            .iter()
            .map(|run| {
                let time = |at: jiff::Timestamp| at.to_string()[14..19].to_owned();
                let (first, last) = (time(run.first), time(run.last));
                format!("{} {first}..{last} {:?} {}", run.probe, run.answer, run.total)
            })
            .collect();
        let expected = [
            "smtp 00:00..03:00 Good 3",
            "console 01:00..02:00 Good 2",
            "smtp 05:01..05:01 Good 1",
            "smtp 06:00..06:00 Refused 1",
            "smtp 07:00..08:00 Silent 2",
        ];
        assert_eq!(shown, expected);
        assert_eq!(store.drop_observations_before(at("2026-11-22T00:05:00Z")).await.ok(), Some(2));
    })
    .await;
}

fn outage(line: &str, from: &str, until: Option<&str>) -> ContractEvent {
    let until = until.map(at);
    ContractEvent { kind: "outage", from: at(from), until, line: line.into() }
}

fn notice(line: &str, sent: &str) -> ContractEvent {
    ContractEvent { kind: "notice", from: at(sent), until: Some(at(sent)), line: line.into() }
}

/// Words in order, each once; three in a part.
fn join(come: &MeasuredDay, here: &str) -> Rewritten {
    let mut words: Vec<&str> = here.split_whitespace().collect();
    let (mut changed, mut same) = (0, 0);
    for word in come.lines.split_whitespace() {
        if words.contains(&word) {
            same += 1;
        } else {
            changed += 1;
            words.push(word);
        }
    }
    words.sort_unstable();
    rewritten(&words, changed, same)
}

/// The words that do not come.
fn without(come: &MeasuredDay, here: &str) -> Rewritten {
    let gone: Vec<&str> = come.lines.split_whitespace().collect();
    let words: Vec<&str> = here.split_whitespace().collect();
    let left: Vec<&str> = words.iter().copied().filter(|word| !gone.contains(word)).collect();
    let changed = (words.len() - left.len()) as u64;
    rewritten(&left, changed, gone.len() as u64 - changed)
}

fn rewritten(words: &[&str], changed: u64, same: u64) -> Rewritten {
    let parts = words.chunks(3).map(|part| part.join(" ") + " ").collect();
    Rewritten { parts, total: words.len() as u64, changed, same }
}

fn day(day: i64, function: &str, lines: &str) -> MeasuredDay {
    MeasuredDay { day, function: function.into(), site: String::new(), lines: lines.into() }
}

#[tokio::test]
async fn a_log_imported_twice_counts_once() {
    on_each_engine(|store| async move {
        let now = at("2026-11-22T00:00:00Z");
        let first = Import {
            events: vec![
                outage("a", "2026-10-31T00:00:00Z", Some("2026-11-01T00:00:00Z")),
                outage("A", "2026-11-10T00:00:00Z", None),
                notice("n", "2026-05-01T00:00:00Z"),
            ],
            days: vec![day(20_000, "smtp", "1 2"), day(20_001, "smtp", "7")],
        };
        let more = Import {
            events: vec![outage("b", "2026-12-01T00:00:00Z", Some("2026-12-02T00:00:00Z"))],
            days: vec![day(20_000, "smtp", "2 3"), day(20_000, "web", "1")],
        };
        let import = async |log| store.import("one", log, &join, now).await.expect("imported");
        assert_eq!(import(&first).await, Imported { new: 6, known: 0 });
        assert_eq!(import(&first).await, Imported { new: 0, known: 6 });
        assert_eq!(import(&more).await, Imported { new: 3, known: 1 });
        let other = store.import("other", &first, &join, now).await.expect("imported");
        assert_eq!(other, Imported { new: 6, known: 0 }, "each contract for itself");

        let november = (at("2026-11-01T00:00:01Z"), at("2026-12-01T00:00:00Z"));
        let events = async |always| {
            let (from, until) = november;
            store.contract_events("one", from, until, always).await.expect("read")
        };
        assert_eq!(events(["notice", "window", "run"]).await, ["n", "A"]);
        assert_eq!(events(["window", "blind", "run"]).await, ["A"]);
        let midnight = at("2024-10-04T00:00:00Z");
        assert_eq!(MeasuredDay::of(midnight), 20_000);
        let days = store.measured_days("one", midnight, midnight).await.expect("read");
        assert_eq!(days, ["1 2 3 ", "1 "]);
        let later = at("2026-11-01T00:00:00Z");
        let days = store.measured_days("one", later, later).await.expect("read");
        assert_eq!(
            days,
            ["1 2 3 ", "1 "],
            "the first day of each tells that it is measured at all"
        );
    })
    .await;
}

#[tokio::test]
async fn a_log_can_be_taken_back() {
    on_each_engine(|store| async move {
        let now = at("2026-11-22T00:00:00Z");
        let log = Import {
            events: vec![notice("a", "2026-05-01T00:00:00Z"), notice("b", "2026-05-02T00:00:00Z")],
            days: vec![day(20_000, "smtp", "1 2 3 4 5 6 7"), day(20_001, "smtp", "8")],
        };
        let wrong = Import {
            events: vec![notice("b", "2026-05-02T00:00:00Z"), notice("c", "2026-05-03T00:00:00Z")],
            days: vec![day(20_000, "smtp", "2 3 4 5 6 9"), day(20_001, "smtp", "8")],
        };
        store.import("one", &log, &join, now).await.expect("imported");
        store.import("other", &log, &join, now).await.expect("imported");
        let midnight = at("2024-10-04T00:00:00Z");
        let days = async |of| store.measured_days(of, midnight, midnight).await.expect("read");
        assert_eq!(days("one").await, ["1 2 3 ", "4 5 6 ", "7 "], "a long day has parts");
        let gone = store.withdraw("one", &wrong, &without, now).await.expect("withdrawn");
        assert_eq!(gone, Withdrawn { gone: 7, unknown: 2 });
        assert_eq!(days("one").await, ["1 7 "]);
        assert_eq!(days("other").await.len(), 3, "each contract for itself");
        let always = ["notice"; 4];
        let events = store.contract_events("one", now, now, always).await.expect("read");
        assert_eq!(events.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn each_kind_has_its_limit() {
    let limits = [KindLimit { kind: "notice", what: "notices", most: 3 }];
    let notices = |lines: &[&str]| Import {
        events: lines.iter().map(|line| notice(line, "2026-05-01T00:00:00Z")).collect(),
        days: Vec::new(),
    };
    on_each_engine(|store| async move {
        let now = at("2026-11-22T00:00:00Z");
        store.import("one", &notices(&["a", "b"]), &join, now).await.expect("imported");
        // (what a log tells, whether there is room)
        let cases: [(&[&str], bool); 4] =
            [(&["c"], true), (&["a", "b", "c"], true), (&["c", "c"], true), (&["c", "d"], false)];
        for (lines, expected) in cases {
            let room = store.room_for("one", &notices(lines), &limits).await;
            match room {
                Ok(()) => assert!(expected, "{lines:?}"),
                Err(StoreError::Full { what, most, .. }) => {
                    assert_eq!((expected, what, most), (false, "notices", 3), "{lines:?}");
                }
                Err(other) => panic!("{other}"),
            }
        }
    })
    .await;
}

/// Somebody else writes in between: a log does not keep the records for itself.
#[tokio::test]
async fn a_long_import_lets_others_write() {
    on_each_engine(|store| async move {
        let now = at("2026-11-22T00:00:00Z");
        let line = |number: i64| notice(&number.to_string(), "2026-05-01T00:00:00Z");
        let log = Import { events: (0..20_000).map(line).collect(), days: Vec::new() };
        let importing = {
            let store = store.clone();
            tokio::spawn(async move { store.import("one", &log, &join, now).await })
        };
        let mut written = 0;
        while !importing.is_finished() {
            let minute = now + SignedDuration::from_mins(written);
            let pace = SignedDuration::from_mins(1);
            let sighting =
                Sighting { probe: "smtp".into(), at: minute, pace, answer: Answer::Good };
            store.observe(&sighting).await.expect("recorded");
            written += 1;
        }
        let imported = importing.await.expect("it ends").expect("imported");
        assert_eq!(imported, Imported { new: 20_000, known: 0 });
        assert!(written >= 5, "{written} measurements were recorded in between");
    })
    .await;
}
