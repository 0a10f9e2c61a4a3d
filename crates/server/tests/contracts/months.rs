//! Months settled from one log under every contract.

use crate::program::{ONE_LOG, settled, with_input, yakusoku};

/// Contract, month, verdict, percent, counted and denominator in seconds, what is owed.
type Row = (&'static str, &'static str, &'static str, &'static str, i64, i64, &'static str);

/// X1 to X3 and the figures without a target, from `cases/service-levels.md`. Percent are truncated
/// towards the worse, where the cases round: 99.812885… is shown there as 99.812886.
const MONTHS: [Row; 8] = [
    ("cyber-solutions", "2026-11", "broken", "99.812885", 4_850, 2_592_000, "1 month"),
    ("cyber-solutions", "2026-12", "kept", "99.955197", 1_200, 2_678_400, "nothing"),
    ("customers-mail-cloud", "2026-11", "kept", "99.918981", 2_100, 2_592_000, "nothing"),
    ("customers-mail-cloud", "2026-12", "kept", "99.953703", 1_200, 2_592_000, "nothing"),
    ("aoulu-cloud", "2026-11", "broken", "99.812364", 4_850, 2_584_800, "nothing"),
    ("click-so-ko", "2026-11", "no_target", "99.811840", 4_850, 2_577_600, "nothing"),
    ("skyarch", "2026-11", "no_target", "99.616936", 9_929, 2_592_000, "nothing"),
    ("five-tiers", "2026-11", "broken", "99.872685", 3_300, 2_592_000, "25 %"),
];

#[test]
fn one_log_under_every_contract() {
    for (contract, month, verdict, percent, counted, denominator, owed) in MONTHS {
        let it = settled(&format!("contracts/{contract}.toml --log {ONE_LOG} --month {month}"));
        let row = format!("{contract} {month}: {it}");
        assert_eq!(it["verdict"], verdict, "{row}");
        assert_eq!(it["uptime_percent"], percent, "{row}");
        assert_eq!(it["counted_seconds"], counted, "{row}");
        assert_eq!(it["denominator_seconds"], denominator, "{row}");
        assert_eq!(it["coverage_percent"], "100.000000", "{row}");
        let credit = &it["credit"];
        let given = match credit["kind"].as_str() {
            Some("free_months") => format!("{} month", credit["months"]),
            Some("percent") => format!("{} %", credit["percent"]),
            _ => "nothing".to_owned(),
        };
        assert_eq!(given, owed, "{row}");
    }
}

#[test]
fn a_claim_has_its_last_second() {
    let it = settled(&format!("contracts/cyber-solutions.toml --log {ONE_LOG} --month 2026-11"));
    assert_eq!(it["claim_by"], "2026-12-31T23:59:59+09:00");
}

/// M24: the tier of 10 % of all but the work fee.
#[test]
fn a_credit_has_an_amount_when_the_fees_are_given() {
    let log = r#"{"kind":"outage","function":"all","from":"2026-11-05T10:00:00+09:00","until":"2026-11-05T10:44:00+09:00"}"#;
    let line = "settle contracts/customers-mail-cloud.toml --log - --month 2026-11 --format json";
    let fees = "--fee monthly=50000 --fee metered=3200 --fee option=5000 --fee work=20000";
    let ran = with_input(&format!("{line} {fees}"), log);
    let it: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(it["uptime_percent"], "99.898148");
    assert_eq!(it["credit"]["percent"], 10);
    assert_eq!(it["credit"]["amount_yen"], 5_820);
}

/// What was not known at an instant is left out: the second outage was still open, the fee of a
/// later decision unknown.
#[test]
fn as_of_an_instant() {
    let line = format!("contracts/aoulu-cloud.toml --log {ONE_LOG} --month 2026-11");
    let it = settled(&format!("{line} --as-of 2026-11-18T15:30"));
    assert_eq!(it["counted_seconds"], 25 * 60 + 30 + 30 * 60);
    assert_eq!(it["provisional_as_of"], "2026-11-18T15:30:00+09:00");
    let later = settled(&format!("{line} --as-of 2027-01-01T00:00+09:00"));
    assert_eq!(later, settled(&line));
}

/// M11: the denominator stays 43,200 minutes for a customer who began within the month.
#[test]
fn a_customer_who_began_later() {
    let line = format!("contracts/customers-mail-cloud.toml --log {ONE_LOG} --month 2026-11");
    let it = settled(&format!("{line} --start 2026-11-20"));
    assert_eq!(it["counted_seconds"], 600);
    assert_eq!(it["denominator_seconds"], 2_592_000);
    let none = settled(&format!("{line} --start 2027-01-01"));
    assert_eq!(none["findings"][0]["finding"], "not_under_contract");
}

#[test]
fn several_logs_are_one() {
    let lines: Vec<String> = std::fs::read_to_string(crate::program::root().join(ONE_LOG))
        .expect("the log")
        .lines()
        .map(str::to_owned)
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let first = folder.path().join("first.jsonl");
    std::fs::write(&first, lines[..5].join("\n")).expect("written");
    let line = format!(
        "settle contracts/cyber-solutions.toml --month 2026-11 --log {} --log -",
        first.display()
    );
    let parted = with_input(&line, &(lines[5..].join("\r\n") + "\r\n"));
    let whole =
        yakusoku(&format!("settle contracts/cyber-solutions.toml --month 2026-11 --log {ONE_LOG}"));
    assert_eq!(parted.out, whole.out);
}

/// A statement settled again has the same bytes, in every form.
#[test]
fn settled_again() {
    for format in ["text", "json", "html"] {
        let line = format!(
            "settle contracts/cyber-solutions.toml --log {ONE_LOG} --month 2026-11 --explain \
             --format {format}"
        );
        assert_eq!(yakusoku(&line).out, yakusoku(&line).out);
    }
}

#[test]
fn the_service_that_was_taken_is_told() {
    let line = "settle contracts/donau-hosting.toml --log - --month 2026-11";
    let ran = with_input(line, "");
    assert_eq!(ran.status, 0);
    assert_eq!(
        ran.err,
        "this is the service hosting; --service takes mail too\n\
         the log has no events: everything is taken as up\n"
    );
    let mail = with_input(&format!("{line} --service mail --format json"), "");
    assert!(mail.out.contains("\"service\": \"mail\""), "{}", mail.out);
}
