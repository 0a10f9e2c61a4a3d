//! Cases that are about no one contract.

use jiff::SignedDuration;
use settlement::{Pool, Statement, free_months};
use terms::{Kind, Lang};

use crate::world::{Row, contract, run, statement};

/// The case ids of this table.
pub fn ids() -> impl Iterator<Item = &'static str> {
    let told = ["G2", "G10", "G11", "G13", "A29", "O7", "O13"];
    ROWS.iter().map(|row| row.id.split('/').next().unwrap_or(row.id)).chain(told)
}

#[test]
fn across_contracts() {
    run(ROWS);
}

const ROWS: &[Row] = &[
    Row {
        id: "G5",
        says: "the month of a leap second has 44,640 minutes",
        contract: "000",
        reading: &["start = 2016-01-01"],
        month: "2017-01",
        log: &["down web 2017-01-01T08:30 2017-01-01T09:30"],
        expect: &["of 44640m", "counted 1h"],
    },
    Row {
        id: "G6",
        says: "the pace of a check changes in the middle of the month",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &[
            "measured web 2026-11-01T00:00 every 1m 600u 20d 20980u",
            "measured web 2026-11-16T00:00 every 5m 100u 4d 4216u",
        ],
        expect: &["counted 40m", "coverage 100.000000", "kept"],
    },
    Row {
        id: "G7",
        says: "still open: provisional, counted to the cut",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &["down web 2026-11-20T10:00", "as-of 2026-11-20T10:30"],
        expect: &["counted 30m", "finding still_open", "finding provisional", "kept"],
    },
    Row {
        id: "G7/later",
        says: "closed later",
        contract: "000",
        reading: &[],
        month: "2026-11",
        log: &["down web 2026-11-20T10:00 2026-11-20T11:00", "as-of 2026-12-20T10:30"],
        expect: &["counted 1h", "broken", "findings 0"],
    },
    Row {
        id: "G9",
        says: "one of three sites fails, two are needed",
        contract: "five-tiers",
        reading: &["combine = \"any\"", "minimum_tested = \"before-exclusions\""],
        month: "2026-11",
        log: &[
            "measured http@tokyo 2026-11-01T00:00 every 1m 600u 20d 42580u",
            "measured http@osaka 2026-11-01T00:00 every 1m 43200u",
            "measured http@fukuoka 2026-11-01T00:00 every 1m 43200u",
        ],
        expect: &["counted 0s", "kept"],
    },
    Row {
        id: "G9/two",
        says: "two of three fail together for ten minutes",
        contract: "five-tiers",
        reading: &["combine = \"any\"", "minimum_tested = \"before-exclusions\""],
        month: "2026-11",
        log: &[
            "measured http@tokyo 2026-11-01T00:00 every 1m 600u 20d 42580u",
            "measured http@osaka 2026-11-01T00:00 every 1m 610u 20d 42570u",
            "measured http@fukuoka 2026-11-01T00:00 every 1m 43200u",
        ],
        expect: &["counted 10m", "broken", "credit 10%", "claim-by 2026-12-10T23:59:59"],
    },
    Row {
        id: "M18",
        says: "answers of 4xx and a refused session are up, as the check told",
        contract: "001",
        reading: &[],
        month: "2026-11",
        log: &[
            "measured smtp 2026-11-01T00:00 every 1m 43200u",
            "measured console 2026-11-01T00:00 every 1m 43200u",
            "measured api 2026-11-01T00:00 every 1m 43200u",
        ],
        expect: &["counted 0s", "kept", "coverage 100.000000"],
    },
    Row {
        id: "S1",
        says: "one ping lost at a check every ten minutes: the fault lasted between 0 and 20",
        contract: "004",
        reading: &[],
        month: "2026-11",
        log: &["measured server 2026-11-01T00:00 every 10m 100u 1d 4219u"],
        expect: &["bounds 0s 20m"],
    },
];

fn of(
    id: &'static str,
    reading: &'static [&'static str],
    month: &'static str,
    log: &'static [&'static str],
) -> Statement {
    statement(&Row { id, says: "", contract: "000", reading, month, log, expect: &[] })
}

#[test]
fn g2_services_are_pooled_not_averaged() {
    let whole = of("G2", &[], "2026-11", &[]);
    let ten_days = of(
        "G2",
        &["start = 2026-11-21", "partial_month = \"covered\""],
        "2026-11",
        &["down web 2026-11-25T10:00 2026-11-25T10:30"],
    );
    let pool = Pool::of([&whole, &ten_days]);
    assert_eq!(pool.net.denominator, SignedDuration::from_secs(57_600 * 60));
    assert_eq!(pool.net.percent_text(), "99.947916 %");
}

#[test]
fn a29_free_months_are_counted_by_month_not_by_incident() {
    let november = of("A29", &[], "2026-11", &["times 3 each 48h down web 2026-11-03T02:00 20m"]);
    let december = of("A29", &[], "2026-12", &[]);
    let january = of("A29", &[], "2027-01", &["down web 2027-01-03T02:00 2027-01-03T03:00"]);
    assert_eq!(free_months([&november, &december, &january]), 2);
}

#[test]
fn g10_uptime_is_never_above_100_percent() {
    let quiet = of("G10", &[], "2026-11", &["down web 2026-10-31T10:00 2026-10-31T11:00"]);
    assert_eq!(quiet.net.percent_text(), "100.000000 %");
}

#[test]
fn g11_text_and_json_carry_the_same_minutes() {
    let statement =
        of("G11", &[], "2026-11", &["down web 2026-11-03T02:00:00 2026-11-03T02:44:00"]);
    let json: serde_json::Value = serde_json::from_str(&statement.to_json()).expect("JSON");
    assert_eq!(json["counted_seconds"], 44 * 60);
    assert_eq!(json["uptime_percent"], "99.898148");
    for lang in [Lang::Ja, Lang::En] {
        let text = settlement::text(&statement, lang, true);
        let counted = terms::wording::length(statement.net.counted, lang);
        assert!(text.contains("99.898148 %") && text.contains(&counted), "{text}");
        assert!(!text.contains("99.90 %"), "{text}");
    }
    assert_eq!(statement.to_json(), statement.to_json());
}

#[test]
fn o7_slow_answers_miss_the_response_time_and_are_never_downtime() {
    let contract = contract("002", &[]);
    let promised = contract.newest().promises.iter().find_map(|promise| match &promise.kind {
        Kind::ResponseTime(response) => Some(response.clone()),
        _ => None,
    });
    let promised = promised.expect("a response time");
    for (millis, met) in [(3_000, true), (3_001, false)] {
        assert_eq!(promised.is_met_by(SignedDuration::from_millis(millis)), met, "{millis} ms");
    }
    // A slow answer is an answer: the check says up.
    run(&[Row {
        id: "O7",
        says: "slow is up",
        contract: "002",
        reading: &[],
        month: "2026-11",
        log: &["measured web 2026-11-01T00:00 every 1m 43200u"],
        expect: &["kept", "counted 0s"],
    }]);
}

#[test]
fn o13_an_old_tls_is_a_fault_of_compliance() {
    let contract = contract("002", &[]);
    let floor = contract.newest().promises.iter().find_map(|promise| match &promise.kind {
        Kind::SecurityFloor(floor) => Some(floor.clone()),
        _ => None,
    });
    let floor = floor.expect("a floor");
    for (version, accepted) in [((1, 0), false), ((1, 1), false), ((1, 2), true), ((1, 3), true)] {
        assert_eq!(floor.accepts(version), accepted, "TLS {version:?}");
    }
}

#[test]
fn g13_a_clock_that_is_an_hour_wrong_is_not_trusted() {
    let at = |text: &str| text.parse::<jiff::Timestamp>().expect("an instant");
    let minute = SignedDuration::from_secs(60);
    let (newest, now) = (at("2026-11-20T10:00:00+09:00"), at("2026-11-20T10:01:00+09:00"));
    let is_sane = |before, now, elapsed| {
        evidence::sanity::clock_is_sane(Some(newest), before, now, elapsed).is_ok()
    };
    assert!(is_sane(newest, now, minute));
    assert!(
        !is_sane(newest - minute * 60, now - minute * 60, minute),
        "an hour behind what is recorded"
    );
    assert!(!is_sane(newest, now + minute * 60, minute), "an hour ahead after a minute");
}
