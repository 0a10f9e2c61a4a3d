//! The worked cases that are decided at the desk, one row each, under the contract files of the
//! repository. Times are Asia/Tokyo. `../cases.ids` lists the ids, one a line.

mod calls;
mod claims;
mod clocks;
mod incidents;
mod notices;
mod records;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use calendar::{HolidayTable, Span, Spans};
use desk::Ground;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use terms::{Contract, Promise, Terms};

/// A case that is not a row of a text table.
struct Case {
    id: &'static str,
    input: &'static str,
    got: fn() -> String,
    expected: &'static str,
}

/// Checks all cases and names each that differs.
fn check(cases: &[Case]) {
    let differing: Vec<_> = cases
        .iter()
        .map(|case| (case, (case.got)()))
        .filter(|(case, got)| got != case.expected)
        .map(|(case, got)| {
            format!("{}: {}\n  expected {}\n  got      {got}", case.id, case.input, case.expected)
        })
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// The cells of a text table, row by row.
fn rows<const N: usize>(table: &str) -> Vec<[&str; N]> {
    let lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            cells.try_into().unwrap_or_else(|_| panic!("{line}: not {N} cells"))
        })
        .collect()
}

/// Checks the last cell of each row and names each row that differs.
fn check_rows<const N: usize>(table: &str, got: impl Fn(&[&str; N]) -> String) {
    let differing: Vec<_> = rows::<N>(table)
        .iter()
        .map(|row| (row, got(row)))
        .filter(|(row, got)| got != row[N - 1])
        .map(|(row, got)| format!("{}\n  got {got}", row.join(" | ")))
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// The contract file of that name.
fn contract(name: &str) -> Contract {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    let open =
        |file: &str| std::fs::read_to_string(folder.join(file)).map_err(|error| error.to_string());
    let file = format!("{name}.toml");
    let text = open(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    match terms::read(&file, &text, &open) {
        Ok(read) => read.contract,
        Err(findings) => panic!("{file}: {findings:?}"),
    }
}

/// A promise of a contract by its name.
fn promise<'a>(terms: &'a Terms, name: &str) -> &'a Promise {
    let promise = name.parse().ok().and_then(|name| terms.promise(&name));
    promise.unwrap_or_else(|| panic!("no promise {name}"))
}

/// Runs something on the ground of a contract's newest terms and the holidays as they are known.
fn on<R>(contract_name: &str, run: impl FnOnce(&Ground) -> R) -> R {
    with_holidays(contract_name, &HolidayTable::japan(), run)
}

/// The same with other holidays.
fn with_holidays<R>(
    contract_name: &str,
    holidays: &Arc<HolidayTable>,
    run: impl FnOnce(&Ground) -> R,
) -> R {
    let contract = contract(contract_name);
    run(&Ground { terms: contract.newest(), zone: &contract.zone, holidays })
}

fn tokyo() -> TimeZone {
    TimeZone::get("Asia/Tokyo").expect("a zone")
}

/// `2026-11-20 16:00`, `2026-11-20 16:00:30`, `Fri 2026-11-20 16:00`; the weekday must be right.
fn at(text: &str) -> Timestamp {
    let civil = text.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let seconds = if civil.len() == "2026-11-20 16:00".len() { ":00" } else { "" };
    let instant: DateTime = format!("{civil}{seconds}").parse().expect("a date and a time");
    let weekday = instant.strftime("%a").to_string();
    assert!(civil == text || text.starts_with(&weekday), "{text} is a {weekday}");
    instant.to_zoned(tokyo()).expect("an instant").timestamp()
}

/// `2026-11-20 16:00 to 2026-11-21 10:00`.
fn span(text: &str) -> Span {
    let (from, until) = text.split_once(" to ").expect("FROM to UNTIL");
    Span::new(at(from), at(until)).expect("forward")
}

/// Spans with commas between; `-` for none.
fn spans(text: &str) -> Spans {
    text.split(", ").filter(|text| *text != "-").map(span).collect()
}

/// `Fri 2026-11-20 16:00`, with seconds when there are some.
fn say(at: Timestamp) -> String {
    let civil = at.to_zoned(tokyo());
    let format = if civil.second() == 0 { "%a %Y-%m-%d %H:%M" } else { "%a %Y-%m-%d %H:%M:%S" };
    civil.strftime(format).to_string()
}

/// `15 min`.
fn minutes(length: SignedDuration) -> String {
    assert_eq!(length.as_secs() % 60, 0, "{length} is not whole minutes");
    format!("{} min", length.as_mins())
}

#[test]
fn the_list_of_ids_is_what_the_tables_cover() {
    let tables = [
        rows::<5>(clocks::CLOCKS).iter().map(|row| row[0].to_owned()).collect::<Vec<_>>(),
        rows::<4>(clocks::WARNINGS).iter().map(|row| row[0].to_owned()).collect(),
        rows::<6>(notices::NOTICES).iter().map(|row| row[0].to_owned()).collect(),
        rows::<5>(claims::CLAIMS).iter().map(|row| row[0].to_owned()).collect(),
    ];
    let lists = [clocks::CASES, claims::CASES, calls::CASES, records::CASES];
    let listed = lists.iter().flat_map(|cases| cases.iter().map(|case| case.id.to_owned()));
    let covered: BTreeSet<String> = tables.into_iter().flatten().chain(listed).collect();
    let ids: BTreeSet<String> = include_str!("../cases.ids").lines().map(str::to_owned).collect();
    assert_eq!(covered, ids);
}
