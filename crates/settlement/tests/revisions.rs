//! Rows that once came out wrong: revisions, open outages, bounds, order of lines, hostile money.

#[path = "cases/world.rs"]
#[allow(dead_code, reason = "the tables use more of it")]
mod world;

use calendar::HolidayTable;
use evidence::{Event, Gatherer, Measurement};
use jiff::{SignedDuration, Timestamp};
use settlement::money::{Usage, Use, invoice};
use settlement::{Question, Verdict, settle};
use world::{Row, run, statement};

/// From the 16th the promise of 000 counts a third function.
const THIRD_FUNCTION: &str = r#"[[version]]
in_force = 2026-11-16
[[version.service]]
name = "messaging"
title = "messaging"
[[version.service.function]]
name = "smtp-send"
title = "send"
[[version.service.function]]
name = "web"
title = "web"
[[version.service.function]]
name = "chat"
title = "chat"
[[version.promise]]
name = "availability"
kind = "availability"
title = "revised"
clause = "revised"
service = "messaging"
target = "99.9%"
functions = ["smtp-send", "web", "chat"]
minimum_outage = "10min"
"#;

/// From the 16th the service of 000 is down only while both functions are.
const BOTH: &str = r#"[[version]]
in_force = 2026-11-16
[[version.promise]]
name = "availability"
kind = "availability"
title = "revised"
clause = "revised"
service = "messaging"
target = "99.9%"
functions = ["smtp-send", "web"]
combine = "all"
minimum_outage = "10min"
"#;

/// From the 16th 000 has a second service.
const SECOND_SERVICE: &str = r#"[[version]]
in_force = 2026-11-16
[[version.service]]
name = "drive"
title = "drive"
[[version.service.function]]
name = "files"
title = "files"
[[version.promise]]
name = "drive-availability"
kind = "availability"
title = "drive"
clause = "revised"
service = "drive"
target = "99.9%"
"#;

/// From the 16th 001 promises 99.95 %, with tiers to match.
const HIGHER_TARGET: &str = r#"[[version]]
in_force = 2026-11-16
[[version.promise]]
name = "availability"
kind = "availability"
title = "revised"
clause = "revised"
service = "mail-cloud"
target = "99.95%"
combine = "all"
truncate_to = "1min"
denominator = "43200min"
[[version.promise]]
name = "refund"
kind = "remedy"
title = "refund"
clause = "revised"
of = "availability"
tiers = [{ at_least = "99.0%", below = "99.95%", percent = "10%" }, { below = "99.0%", percent = "25%" }]
fees = ["monthly"]
payment = "next-bill"
"#;

fn row(
    says: &'static str,
    contract: &'static str,
    reading: &'static [&'static str],
    log: &'static [&'static str],
    expect: &'static [&'static str],
) -> Row {
    Row { id: "review", says, contract, reading, month: "2026-11", log, expect }
}

#[test]
fn a_function_that_a_revision_adds_counts_from_then_on() {
    run(&[row(
        "each minute by the version in force",
        "000",
        &[THIRD_FUNCTION],
        &["down chat 2026-11-20T02:00 2026-11-20T04:00"],
        &["counted 2h", "broken"],
    )]);
}

#[test]
fn when_a_service_is_down_is_said_by_the_version_in_force() {
    run(&[row(
        "from the 16th one function alone is no outage",
        "000",
        &[BOTH],
        &["down web 2026-11-20T02:00 2026-11-20T04:00"],
        &["counted 0s", "kept", "partial 1"],
    )]);
}

#[test]
fn a_service_that_a_revision_adds_is_settled_from_then_on() {
    let contract = world::contract("000", &[SECOND_SERVICE]);
    let evidence =
        world::evidence(&["down files 2026-11-20T10:00 2026-11-25T10:30"], &contract.zone);
    let service = "drive".parse().expect("a name");
    let question = Question {
        contract: &contract,
        service: &service,
        month: "2026-11".parse().expect("a month"),
        as_of: None,
        fees: None,
        holidays: &HolidayTable::japan(),
    };
    let statement = settle(&question, &evidence);
    assert_eq!(statement.verdict, Verdict::Broken, "{:?}", statement.findings);
}

#[test]
fn a_month_judged_by_its_last_target_is_paid_by_its_last_tiers() {
    run(&[row(
        "30 minutes miss 99.95 % and fall into its first tier",
        "001",
        &["revised_target = \"at-month-end\"", HIGHER_TARGET],
        &["down all 2026-11-05T10:00 2026-11-05T10:30"],
        &["broken", "credit 10%"],
    )]);
}

#[test]
fn an_outage_told_open_and_later_with_its_end_has_ended() {
    run(&[row(
        "a log that grows: the second line closes the first",
        "000",
        &[],
        &["down web 2026-11-05T10:00", "down web 2026-11-05T10:00 2026-11-05T10:30"],
        &["counted 30m"],
    )]);
}

#[test]
fn an_outage_that_ended_is_not_open_because_another_is() {
    let log = &[
        "down smtp 2026-11-05T10:00",
        "down console 2026-11-05T10:00 2026-11-05T10:30",
        "down api 2026-11-05T10:00 2026-11-05T10:30",
    ];
    let statement = statement(&row("the service was back at 10:30", "001", &[], log, &[]));
    assert!(!statement.outages[0].open);
}

#[test]
fn the_lower_bound_is_no_higher_than_the_figure() {
    run(&[row(
        "blind before the month cannot move what was seen out of it",
        "001",
        &["month_split = \"truncate-then-split\""],
        &["blind 2026-10-31T23:50 2026-11-01T00:00", "down all 2026-11-01T00:00 2026-11-01T01:00"],
        &["counted 1h", "possible 1h"],
    )]);
}

#[test]
fn what_began_before_the_contract_counts_in_its_first_month() {
    run(&[row(
        "no month before it could count it",
        "001",
        &["start = 2026-11-01", "month_split = \"truncate-then-split\""],
        &["down all 2026-10-31T23:50 2026-11-01T01:00"],
        &["counted 1h"],
    )]);
}

#[test]
fn a_notice_of_an_incident_needs_no_window() {
    run(&[row(
        "a notice may be of an incident",
        "000",
        &[],
        &["notice incident-1 email 2026-11-05T10:00"],
        &["findings 0"],
    )]);
}

#[test]
fn a_cut_before_the_first_day_does_not_deny_the_contract() {
    run(&[
        row("the month is to come", "000", &[], &["as-of 2026-10-15T00:00"], &["findings 1"]),
        row(
            "the contract begins later in the month",
            "000",
            &["start = 2026-11-20"],
            &["as-of 2026-11-10T00:00"],
            &["findings 1"],
        ),
    ]);
}

#[test]
fn an_empty_list_of_exclusions_is_none() {
    run(&[row(
        "left out means all, empty means none",
        "000",
        &["exclusions = []"],
        &[
            "down web 2026-11-05T10:00 2026-11-05T12:00",
            "excluded attack 2026-11-05T10:00 2026-11-05T12:00 by sato at 2026-11-06T00:00",
        ],
        &["counted 2h"],
    )]);
}

fn look(second: i64, ok: bool, every: i64) -> Event {
    let start: Timestamp = "2026-11-05T10:00:00+09:00".parse().expect("an instant");
    Event::Measurement(Measurement {
        function: "web".to_owned(),
        site: None,
        at: start + SignedDuration::from_secs(second),
        ok,
        every: SignedDuration::from_secs(every),
    })
}

fn seen(looks: &[(i64, bool, i64)]) -> Vec<evidence::Seen> {
    let mut gatherer = Gatherer::new(None);
    for (second, ok, every) in looks {
        gatherer.add(look(*second, *ok, *every)).expect("room");
    }
    gatherer.finish().measured["web"][""].down.clone()
}

/// Up at each full minute, and 45 failed looks half a minute after one: in the order of time forty-five
/// outages of 30 seconds, none of which counts; one file behind the other it is one of 45 minutes, a
/// missed month and a free one.
#[test]
fn a_gap_is_known_by_the_pace_of_the_measurement_before_it() {
    let seen = seen(&[(0, false, 60), (86_400, true, 86_400)]);
    assert_eq!(seen[0].span.duration(), SignedDuration::from_secs(60));
}

#[test]
fn an_invoice_of_any_size_does_not_overflow() {
    let contract = world::contract("001", &[]);
    let mut usage = Usage::default();
    let most = Use { price: Some(i64::MAX), quantity: Some(1), included: None };
    usage.fees.insert("monthly".parse().expect("a name"), most);
    let invoice = invoice(&contract, "2026-11".parse().expect("a month"), &usage);
    assert_eq!(invoice.total, i64::MAX);
}

/// 004 art. 20(3): the fee of the next month is due with this one; there was no month before the
/// first to pay it in.
#[test]
fn the_first_month_is_not_due_before_the_contract() {
    let contract = world::contract("004", &["start = 2026-10-31"]);
    let invoice = invoice(&contract, "2026-10".parse().expect("a month"), &Usage::default());
    assert!(invoice.due.is_none_or(|due| due >= contract.start), "{:?}", invoice.due);
}
