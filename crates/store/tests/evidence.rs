//! What probes saw and what logs told: kept once, extended in place, read back by span.

mod common;

use common::{at, on_each_engine};
use jiff::SignedDuration;
use store::{Answer, ContractEvent, Import, Imported, Joined, MeasuredDay, Sighting, Told};

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

/// Words in order, each once.
fn join(come: &MeasuredDay, here: &str) -> Joined {
    let mut words: Vec<&str> = here.split_whitespace().collect();
    let (mut new, mut known) = (0, 0);
    for word in come.lines.split_whitespace() {
        if words.contains(&word) {
            known += 1;
        } else {
            new += 1;
            words.push(word);
        }
    }
    words.sort_unstable();
    Joined { lines: words.join(" "), new, known }
}

#[tokio::test]
async fn a_log_imported_twice_counts_once() {
    let day = |day, function: &str, lines: &str| MeasuredDay {
        day,
        function: function.into(),
        site: String::new(),
        lines: lines.into(),
    };
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
        assert_eq!(days, ["1 2 3", "1"]);
        let later = at("2026-11-01T00:00:00Z");
        let days = store.measured_days("one", later, later).await.expect("read");
        assert_eq!(days, ["1 2 3", "1"], "the first day of each tells that it is measured at all");
    })
    .await;
}
