//! Contracts in an office: evidence from logs and probes becomes a board and statements.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::board::{self, Left, State, Term};
use app::logs::{self, Imported, Log, Withdrawn};
use app::probes::{self, Answer, ClockReading, Probe, Recorded};
use app::{AppError, Measured, Office, RelayFolder, WatchedContract, statements};
use calendar::{HolidayTable, Month};
use evidence::Gatherer;
use jiff::{SignedDuration, Timestamp};
use settlement::{Question, Verdict, settle};
use tempfile::TempDir;
use terms::{Contract, Kind};

fn now() -> Timestamp {
    "2026-11-22T10:00:00+09:00".parse().expect("a time")
}

fn text_of(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    let path = folder.join(name).with_extension("toml");
    std::fs::read_to_string(&path).expect("a contract")
}

fn contract(name: &str) -> Contract {
    read(&text_of(name))
}

fn read(text: &str) -> Contract {
    let nothing = |_: &str| Err("not needed".to_owned());
    terms::read("contract.toml", text, &nothing).expect("a sound contract").contract
}

async fn office(watched: Vec<WatchedContract>) -> (Office, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let vault = Arc::new(vault::Vault::from_master(&[7; 32]).expect("a 32-byte key"));
    let url = format!("sqlite:{}", folder.path().join("records.db").display());
    let store = store::Store::open(&url, vault.clone()).await.expect("opened");
    let relay = RelayFolder(folder.path().join("relay"));
    (Office::new(store, vault, relay, Vec::new()).under(watched), folder)
}

fn unmeasured(name: &str) -> WatchedContract {
    WatchedContract { contract: contract(name), measured: Vec::new() }
}

async fn import(office: &Office, name: &str, text: &str) -> Imported {
    let mut log = Log::default();
    for line in text.lines() {
        log.line(line.as_bytes()).expect("a sound line");
    }
    logs::import(office, name, log, now()).await.expect("imported")
}

const LOG: &str = r#"{"kind":"outage","function":"all","from":"2026-10-03T10:00:20+09:00","until":"2026-10-03T10:52:10+09:00"}
{"kind":"window","id":"m1","from":"2026-10-20T02:00:00+09:00","until":"2026-10-20T04:00:00+09:00"}
{"kind":"notice","of":"m1","channel":"email","sent":"2026-05-01T10:00:00+09:00"}
{"kind":"outage","function":"all","from":"2026-10-20T02:00:00+09:00","until":"2026-10-20T03:30:00+09:00"}
{"kind":"outage","function":"all","from":"2026-11-10T12:00:00+09:00","until":"2026-11-10T12:38:00+09:00"}
{"kind":"window","id":"m3","from":"2026-12-20T02:00:00+09:00","until":"2026-12-20T04:00:00+09:00"}
"#;

/// Title in English, state, and what kind of thing is left.
fn shown(section: &board::Section) -> Vec<String> {
    let told = section.rows.iter().filter(|row| row.left != Left::Nothing);
    told.map(|row| {
        let left = format!("{:?}", row.left);
        let left = left.split([' ', '(']).next().unwrap_or_default().to_owned();
        format!("{} {:?} {left}", row.promise.name, row.state)
    })
    .collect()
}

#[tokio::test]
async fn a_log_becomes_a_board() {
    let (office, _folder) =
        office(vec![unmeasured("customers-mail-cloud"), unmeasured("click-so-ko")]).await;
    let quiet = board::board(&office, now()).await.expect("a board");
    assert!(quiet.iter().all(|section| section.term == Term::Runs));
    let states = quiet[0].rows.iter().map(|row| (row.promise.name.as_str(), row.state));
    let told: Vec<_> = states.filter(|(_, state)| *state != State::NotMeasured).collect();
    assert_eq!(told, [], "nothing is known");
    assert_eq!(import(&office, "customers-mail-cloud", LOG).await, Imported { new: 6, known: 0 });
    let sections = board::board(&office, now()).await.expect("a board");
    let expected = [
        "availability AtRisk Budget",
        "refund NotMeasured Owed",
        "claim NotMeasured Claim",
        "maintenance-notice Running NoticeBy",
        "support-hours NotMeasured Opens",
    ];
    assert_eq!(shown(&sections[0]), expected);
    let terms = sections[0].terms();
    assert_eq!(sections[0].rows.len(), terms.promises.len(), "a row for every promise");
    assert!(shown(&sections[1]).contains(&"monthly NotMeasured NextWindow".to_owned()));

    let early = "2026-11-15T23:59:59+09:00".parse().expect("a time");
    let sections = board::board(&office, early).await.expect("a board");
    let claim = sections[0].rows.iter().find(|row| row.promise.name.as_str() == "claim");
    assert_eq!(claim.map(|row| row.state), Some(State::Running), "it can still be claimed");
}

#[tokio::test]
async fn a_statement_from_the_records_has_the_bytes_of_one_from_the_log() {
    let (office, _folder) = office(vec![unmeasured("cyber-solutions")]).await;
    // Measured in April for the first time, again since October: what lies between is blind.
    let minutes = |from: &str, count: i64, bad: std::ops::Range<i64>| {
        let from: Timestamp = from.parse().expect("a time");
        let line = |minute: i64| {
            let at = from + SignedDuration::from_mins(minute);
            let ok = !bad.contains(&minute);
            ["smtp-send", "web"].map(|function| {
                format!(
                    r#"{{"kind":"measurement","function":"{function}","at":"{at}","ok":{ok},"every":"60s"}}"#
                )
            })
        };
        (0..count).flat_map(line).collect::<Vec<_>>().join("\n") + "\n"
    };
    let april = minutes("2026-04-01T00:00:00Z", 600, 0..0);
    let october = minutes("2026-09-30T15:00:00Z", 44_640, 100..150);
    let log = format!("{april}{LOG}{october}");
    import(&office, "cyber-solutions", &log).await;
    for month in ["2026-04", "2026-07", "2026-10"] {
        same_bytes(&office, &log, month).await;
    }
}

/// An outage that is longer than what lies around a month is judged by its whole length.
#[tokio::test]
async fn a_long_measured_outage_is_read_whole() {
    let (office, _folder) = office(vec![unmeasured("cyber-solutions")]).await;
    let run = |function: &str, states: &str| {
        format!(
            r#"{{"kind":"run","function":"{function}","from":"2026-04-01T00:00:00Z","every":"60s","states":"{states}"}}"#
        )
    };
    // Down for 150 days, from 11 April until 8 September; up until the middle of November.
    let log = run("smtp-send", "14400u 216000d 100000u") + "\n" + &run("web", "330400u") + "\n";
    import(&office, "cyber-solutions", &log).await;
    for month in ["2026-04", "2026-05", "2026-06", "2026-09"] {
        same_bytes(&office, &log, month).await;
    }
}

/// The statement of the office has the bytes of that of the whole log.
async fn same_bytes(office: &Office, log: &str, month: &str) {
    let contract = contract("cyber-solutions");
    let mut gatherer = Gatherer::new(None);
    for (number, line) in (1..).zip(log.lines()) {
        let event = evidence::read_line(line.as_bytes(), number).expect("a sound line");
        gatherer.add(event.expect("no empty line")).expect("room");
    }
    let (evidence, holidays) = (gatherer.finish(), HolidayTable::japan());
    let month: Month = month.parse().expect("a month");
    let service = Question::main_service(&contract, month).expect("a service");
    let question = Question {
        contract: &contract,
        service,
        month,
        as_of: None,
        fees: None,
        holidays: &holidays,
    };
    let expected = settle(&question, &evidence).to_json();
    let settled = statements::statement(office, "cyber-solutions", None, month, now()).await;
    assert_eq!(settled.expect("settled").statement.to_json(), expected, "{month}");
}

/// Runs and single measurements of the same minutes are the same, and a function that was measured
/// long ago is a measured one.
#[tokio::test]
async fn runs_are_measurements() {
    const RUN: &str = r#"{"kind":"run","function":"smtp-send","from":"2026-05-01T00:00:00+09:00","every":"60s","states":"3u 1- 2d"}"#;
    const MISSED: &str = r#"{"kind":"run","function":"web","from":"2026-05-01T00:00:00+09:00","every":"60s","states":"9-"}"#;
    const SINGLE: &str = r#"{"kind":"measurement","function":"smtp-send","at":"2026-05-01T00:05:00+09:00","ok":false,"every":"60s"}"#;
    let name = "cyber-solutions";
    for (log, imported) in [
        (RUN.to_owned(), Imported { new: 5, known: 0 }),
        (format!("{RUN}\n{SINGLE}\n"), Imported { new: 5, known: 0 }),
        (MISSED.to_owned(), Imported { new: 1, known: 0 }),
    ] {
        let (office, _folder) = office(vec![unmeasured(name)]).await;
        assert_eq!(import(&office, name, &log).await, imported);
        let month: Month = "2026-11".parse().expect("a month");
        let settled = statements::statement(&office, name, None, month, now()).await;
        let statement = settled.expect("settled").statement;
        assert_eq!(statement.verdict, Verdict::Undetermined, "nobody looked in November: {log}");
        let sections = board::board(&office, now()).await.expect("a board");
        let is_availability = |row: &&board::Row| matches!(row.promise.kind, Kind::Availability(_));
        let row = sections[0].rows.iter().find(is_availability).expect("a row");
        assert_eq!(row.state, State::Undetermined, "{log}");
    }
}

#[tokio::test]
async fn a_log_is_taken_back() {
    let name = "customers-mail-cloud";
    let (office, _folder) = office(vec![unmeasured(name)]).await;
    let log = format!("{LOG}{}", MEASURED);
    import(&office, name, &log).await;
    let mut again = Log::default();
    for line in log.lines() {
        again.line(line.as_bytes()).expect("a sound line");
    }
    let gone = logs::withdraw(&office, name, again, now()).await.expect("withdrawn");
    assert_eq!(gone, Withdrawn { gone: 6 + 5_000, unknown: 0 });
    let quiet = board::board(&office, now()).await.expect("a board");
    assert!(quiet[0].rows.iter().all(|row| row.state == State::NotMeasured));
}

const MEASURED: &str = r#"{"kind":"run","function":"smtp","from":"2026-11-15T00:00:00+09:00","every":"60s","states":"2990u 10d 2000u"}
"#;

/// As many notices as can be looked at are imported, and not one more.
#[tokio::test]
async fn no_log_makes_a_contract_unreadable() {
    let name = "customers-mail-cloud";
    let (office, _folder) = office(vec![unmeasured(name)]).await;
    let mut log = Log::default();
    for number in 0..=evidence::NOTICES_MAX {
        let line = format!(
            r#"{{"kind":"notice","of":"m{number}","channel":"email","sent":"2026-05-01T10:00:00Z"}}"#
        );
        log.line(line.as_bytes()).expect("a sound line");
    }
    let refused = logs::import(&office, name, log, now()).await.expect_err("too many");
    let text = refused.to_string();
    assert!(text.contains("100000 notices") && text.contains("--withdraw"), "{text}");
    let events = office.store.contract_events(name, now(), now(), ["notice"; 4]).await;
    assert_eq!(events.expect("read").len(), 0, "nothing was imported");
}

#[tokio::test]
async fn statements_are_of_months_under_contract() {
    let mut watched = unmeasured("customers-mail-cloud");
    watched.contract = watched.contract.starting("2026-10-15".parse().expect("a day"));
    let (office, _folder) = office(vec![watched]).await;
    let cases = [
        ("customers-mail-cloud", None, "2026-09", false),
        ("customers-mail-cloud", None, "2026-10", true),
        ("customers-mail-cloud", Some("mail-cloud"), "2026-11", true),
        ("customers-mail-cloud", Some("other"), "2026-11", false),
        ("customers-mail-cloud", None, "2026-12", false),
        ("nobody", None, "2026-11", false),
    ];
    for (name, service, month, is_there) in cases {
        let of: Month = month.parse().expect("a month");
        let settled = statements::statement(&office, name, service, of, now()).await;
        match settled {
            Ok(_) => assert!(is_there, "{name} {month}"),
            Err(AppError::Refused(_)) => assert!(!is_there, "{name} {month}"),
            Err(other) => panic!("{name} {month}: {other}"),
        }
    }
}

#[tokio::test]
async fn our_own_measurements_count_where_the_configuration_says_so() {
    let measured = vec![Measured {
        function: "smtp-send".parse().expect("a name"),
        source: app::Source::Probe(Probe::Smtp),
    }];
    let watched = WatchedContract { contract: contract("cyber-solutions"), measured };
    let (office, _folder) = office(vec![watched]).await;
    assert_eq!(office.probes().into_iter().collect::<Vec<_>>(), [Probe::Smtp]);
    let begin: Timestamp = "2026-11-21T15:00:00Z".parse().expect("a time");
    let minute = SignedDuration::from_mins(1);
    for n in 0..40 {
        let at = begin + minute * n;
        // A 4xx to the send check is a failed send (000).
        let answer = if (10..25).contains(&n) { Answer::Refused } else { Answer::Good };
        let clock = ClockReading { before: at - minute, now: at, elapsed: Duration::from_secs(60) };
        let recorded = probes::record(&office, Probe::Smtp, at, answer, &clock).await;
        assert_eq!(recorded.expect("recorded"), Recorded::Kept);
    }
    let month: Month = "2026-11".parse().expect("a month");
    let settled = statements::statement(&office, "cyber-solutions", None, month, now()).await;
    let statement = settled.expect("settled").statement;
    assert_eq!(statement.net.counted, minute * 15);
    let known = statement.coverage.denominator - statement.coverage.counted;
    assert_eq!(known, minute * 15, "nobody looks at `web`: only the outage is certain");
    import(&office, "cyber-solutions", WEB).await;
    let settled = statements::statement(&office, "cyber-solutions", None, month, now()).await;
    let statement = settled.expect("settled").statement;
    let known = statement.coverage.denominator - statement.coverage.counted;
    assert_eq!(known, minute * 40, "before and after is blind");
}

const WEB: &str = r#"{"kind":"outage","function":"web","from":"2026-09-03T10:00:00+09:00","until":"2026-09-03T10:01:00+09:00"}"#;

#[tokio::test]
async fn a_clock_that_was_set_records_nothing() {
    let (office, _folder) = office(Vec::new()).await;
    let minute = SignedDuration::from_mins(1);
    let tick = |before: Timestamp, now: Timestamp| ClockReading {
        before,
        now,
        elapsed: Duration::from_secs(60),
    };
    let first = now();
    // (when the clock said before and now, whether it is believed)
    let story = [
        (first - minute, first, true),
        (first, first + SignedDuration::from_hours(9), false),
        (first + SignedDuration::from_hours(9), first - SignedDuration::from_hours(1), false),
        (first - SignedDuration::from_hours(1), first - SignedDuration::from_mins(59), false),
        (first, first + minute, true),
    ];
    for (before, at, is_believed) in story {
        let clock = tick(before, at);
        let recorded = probes::record(&office, Probe::Console, at, Answer::Good, &clock).await;
        let is_kept = recorded.expect("no trouble with the records") == Recorded::Kept;
        assert_eq!(is_kept, is_believed, "{before} {at}");
    }
    let runs = office.store.observations(first, first + minute * 2).await.expect("read");
    assert_eq!(runs.iter().map(|run| run.total).sum::<i64>(), 2);
}

/// Each remedy and claim of a board as `PROMISE STATE MONTH`.
async fn claims(contract: Contract, log: &str, at: &str) -> Vec<String> {
    let name = contract.name.to_string();
    let (office, _folder) = office(vec![WatchedContract { contract, measured: Vec::new() }]).await;
    import(&office, &name, log).await;
    let sections = board::board(&office, at.parse().expect("a time")).await.expect("a board");
    let rows = sections[0].rows.iter();
    let rows = rows.filter(|row| matches!(row.left, Left::Owed { .. } | Left::Claim { .. }));
    rows.map(|row| {
        let (service, month) = row.statement.as_ref().expect("a statement");
        format!("{} {:?} {service} {month}", row.promise.name, row.state)
    })
    .collect()
}

const SUMMER: &str = r#"{"kind":"outage","function":"all","from":"2026-08-03T10:00:00+09:00","until":"2026-08-03T11:00:00+09:00"}
{"kind":"outage","function":"all","from":"2026-09-03T10:00:00+09:00","until":"2026-09-03T11:00:00+09:00"}
{"kind":"outage","function":"all","from":"2026-10-03T10:00:00+09:00","until":"2026-10-03T11:00:00+09:00"}
{"kind":"outage","function":"all","from":"2026-11-03T10:00:00+09:00","until":"2026-11-03T11:00:00+09:00"}
"#;

#[tokio::test]
async fn every_month_that_can_be_claimed_for_is_shown() {
    let patient = text_of("customers-mail-cloud").replace("day 15 of next month", "70 days");
    let at = "2026-11-22T10:00:00+09:00";
    let expected = [
        "refund Running mail-cloud 2026-10",
        "refund Running mail-cloud 2026-09",
        "claim Running mail-cloud 2026-10",
        "claim Running mail-cloud 2026-09",
    ];
    assert_eq!(claims(read(&patient), SUMMER, at).await, expected, "that of August is over");

    let two = format!("{patient}{SECOND_SERVICE}");
    let expected = [
        "refund Running mail-cloud 2026-10",
        "refund Running mail-cloud 2026-09",
        "claim Running mail-cloud 2026-10",
        "claim Running mail-cloud 2026-09",
        "claim Running archive 2026-10",
        "claim Running archive 2026-09",
        "archive-refund Running archive 2026-10",
        "archive-refund Running archive 2026-09",
    ];
    assert_eq!(claims(read(&two), SUMMER, at).await, expected, "one clock for two remedies");
}

const SECOND_SERVICE: &str = r#"
[[version.service]]
name = "archive"
title = { ja = "保管", en = "archive" }

[[version.service.function]]
name = "search"
title = { ja = "検索", en = "search" }
up_when = "answered"

[[version.promise]]
name = "archive-availability"
kind = "availability"
title = { ja = "保管の稼働率", en = "availability of the archive" }
clause = "第99条"
service = "archive"
target = "99.9%"

[[version.promise]]
name = "archive-refund"
kind = "remedy"
title = { ja = "保管料金の返還", en = "refund for the archive" }
clause = "第99条"
of = "archive-availability"
tiers = [{ below = "99.9%", percent = "10%" }]
fees = ["monthly"]
rounding = "up"
claim = "claim"
payment = "next-bill"
carry_over = true
"#;

#[tokio::test]
async fn a_contract_that_has_ended_shows_what_can_still_be_claimed() {
    let ended = |day: &str| {
        let mut contract = contract("customers-mail-cloud");
        contract.end = Some(day.parse().expect("a day"));
        contract
    };
    let october = ["refund Running mail-cloud 2026-10", "claim Running mail-cloud 2026-10"];
    let november = ["refund Running mail-cloud 2026-11", "claim Running mail-cloud 2026-11"];
    // (last day, when it is looked at, what can be claimed)
    let cases: [(&str, &str, &[&str]); 4] = [
        ("2026-10-31", "2026-11-15T23:59:59+09:00", &october),
        ("2026-10-31", "2026-11-16T00:00:00+09:00", &[]),
        ("2026-11-12", "2026-11-22T10:00:00+09:00", &november),
        ("2026-11-12", "2026-12-15T10:00:00+09:00", &november),
    ];
    for (end, at, expected) in cases {
        assert_eq!(claims(ended(end), SUMMER, at).await, expected, "{end} {at}");
    }
}

#[tokio::test]
async fn one_unreadable_contract_leaves_the_others() {
    let (office, _folder) =
        office(vec![unmeasured("customers-mail-cloud"), unmeasured("cyber-solutions")]).await;
    // Into the records as no import would let it.
    let events = (0..=evidence::NOTICES_MAX).map(|number| store::ContractEvent {
        kind: "notice",
        from: now(),
        until: Some(now()),
        line: format!(
            r#"{{"kind":"notice","of":"m{number}","channel":"email","sent":"2026-05-01T10:00:00Z"}}"#
        ),
    });
    let import = store::Import { events: events.collect(), days: Vec::new() };
    let join = |_: &store::MeasuredDay, _: &str| unreachable!("no measurements");
    office.store.import("customers-mail-cloud", &import, &join, now()).await.expect("imported");
    let sections = board::board(&office, now()).await.expect("a board");
    assert!(matches!(sections[0].trouble, Some(app::Refusal::TooMuchEvidence { .. })));
    assert!(sections[0].rows.is_empty());
    assert!(sections[1].trouble.is_none() && !sections[1].rows.is_empty());
}

/// In the week in which clocks go forward eight days have less than 168 hours left in the evening.
#[test]
fn always_open_is_always_open() {
    let open = text_of("customers-mail-cloud")
        .replace("Asia/Tokyo", "Europe/Berlin")
        .replace("hours = [\"10:00-18:00\"]", "hours = [\"00:00-24:00\"]")
        .replace("days_off = [\"sat\", \"sun\"]\nholidays = \"jp\"", "");
    let contract = read(&open);
    for at in ["2027-03-22T23:30:00+01:00", "2027-03-20T00:00:00+01:00"] {
        let at: Timestamp = at.parse().expect("a time");
        let rows = board::rows(&contract, &evidence::Evidence::default(), &[], at);
        let hours = rows.iter().find(|row| row.promise.name.as_str() == "support-hours");
        assert_eq!(hours.map(|row| &row.left), Some(&Left::AlwaysOpen), "{at}");
    }
}
