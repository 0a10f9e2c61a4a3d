//! Versions and files that extend one another.

use jiff::civil::{Date, date};

const BASE: &str = r#"
name = "base"
title = "Base"
time_zone = "Asia/Tokyo"
start = 2020-01-01
in_force = 2020-01-01
parties = { provider = "P", customer = "C" }

[billing]
due = "end of next month"
tax_rounding = "down"

[[promise]]
name = "answer"
kind = "clock"
title = "Answer"
clause = "1"
starts = "question"
within = "4h"

[[promise]]
name = "report"
kind = "report"
title = "Report"
clause = "2"
every = "1 year"

[[version]]
in_force = 2021-01-01
note = "faster"

[[version.promise]]
name = "answer"
kind = "clock"
title = "Answer"
clause = "1"
starts = "question"
within = "2h"

[[version]]
in_force = 2022-01-01
remove = ["report"]
billing = { due = "end of month" }
"#;

fn read(text: &str) -> terms::Contract {
    let open = |_: &str| Ok(BASE.to_owned());
    let read = terms::read("file.toml", text, &open);
    read.unwrap_or_else(|findings| panic!("{findings:?}")).contract
}

/// Promises with their numbers on that day, and when a bill is due.
fn on(contract: &terms::Contract, day: Date) -> String {
    let terms = &contract.version_on(day).terms;
    let promise = |promise: &terms::Promise| {
        let number = terms::wording::promise_number(promise, terms, terms::Lang::En);
        format!("{} {number}", promise.name)
    };
    let mut said: Vec<String> = terms.promises.iter().map(promise).collect();
    said.extend(terms.billing.due.map(|due| format!("due {}", due.months_after)));
    said.join(", ")
}

#[test]
fn a_version_changes_by_name_and_carries_the_rest_over() {
    let contract = read(BASE);
    let cases = [
        (date(2019, 1, 1), "answer within 4 hours, report at least every year, due 1"),
        (date(2020, 12, 31), "answer within 4 hours, report at least every year, due 1"),
        (date(2021, 1, 1), "answer within 120 minutes, report at least every year, due 1"),
        (date(2022, 1, 1), "answer within 120 minutes, due 0"),
    ];
    for (day, expected) in cases {
        assert_eq!(on(&contract, day), expected, "{day}");
    }
    let newest = contract.newest();
    assert_eq!(newest.billing.tax_rounding, Some(terms::Rounding::Down));
}

/// The body of an option holds in every version of the base, and before what the base revises;
/// its own versions stand among the base's by date.
#[test]
fn a_file_over_another() {
    let contract = read(
        r#"
extends = "base.toml"
name = "gold"

[[promise]]
name = "answer"
kind = "clock"
title = "Answer"
clause = "option"
starts = "question"
within = "1h"

[[version]]
in_force = 2021-07-01

[[version.promise]]
name = "log"
kind = "retention"
title = "Log"
clause = "option"
what = "logs"
keep = "1 year"
"#,
    );
    assert_eq!(contract.name.as_str(), "gold");
    assert_eq!(contract.title.en, "Base");
    let cases = [
        (date(2020, 1, 1), "answer within 1 hour, report at least every year, due 1"),
        (date(2021, 1, 1), "answer within 1 hour, report at least every year, due 1"),
        (
            date(2021, 7, 1),
            "answer within 1 hour, report at least every year, log kept for 1 year, due 1",
        ),
        (date(2022, 1, 1), "answer within 1 hour, log kept for 1 year, due 0"),
    ];
    for (day, expected) in cases {
        assert_eq!(on(&contract, day), expected, "{day}");
    }
    let days: Vec<Date> = contract.versions.iter().map(|version| version.in_force).collect();
    let expected = [date(2020, 1, 1), date(2021, 1, 1), date(2021, 7, 1), date(2022, 1, 1)];
    assert_eq!(days, expected);
}
