//! How spans, months, openings, closures and rules are written, and what is refused.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use calendar::{Closure, Month, MonthRule, Opening, Span, WhenClosed};

use crate::{day, span, tokyo, zone};

/// Each text is read and written back as it was; each bad one is refused.
fn check<T>(good: &[&str], bad: &[&str])
where
    T: FromStr + Display + Debug,
    T::Err: Display,
{
    for text in good {
        let value = text.parse::<T>().map_err(|error| error.to_string());
        assert_eq!(value.map(|value| value.to_string()), Ok((*text).to_owned()));
    }
    for text in bad {
        let refusal = text.parse::<T>().expect_err(text).to_string();
        assert!(refusal.starts_with(&format!("`{text}` ")), "{refusal}");
        assert!(refusal.contains("write "), "{refusal}");
    }
}

#[test]
fn openings() {
    check::<Opening>(
        &["10:00-12:00", "22:00-24:00", "00:00-24:00", "23:59-24:00"],
        &[
            "",
            "10:00",
            "12:00-10:00",
            "10:00-10:00",
            "22:00-24:01",
            "10:60-11:00",
            "9:00-12:00",
            "22:00-00:00",
            "+1:00-12:00",
            "10:00–12:00",
        ],
    );
}

#[test]
fn months() {
    check::<Month>(
        &["2026-11", "1970-01", "2200-12"],
        &["", "2026", "2026-13", "2026-00", "1969-12", "2201-01", "26-11", "2026-1", "-026-11"],
    );
}

#[test]
fn closures() {
    check::<Closure>(
        &["12-30..01-03", "08-13", "2026-08-13..2026-08-15", "2026-08-13", "02-29"],
        &["", "13-01", "02-30", "08-13..", "2026-08-15..2026-08-13", "08-13..2026-08-15", "8-13"],
    );
}

#[test]
fn month_rules() {
    check::<MonthRule>(
        &["4th thursday", "last sunday", "day 15", "1st monday", "day 31"],
        &["", "thursday", "6th friday", "4th", "day 0", "day 32", "last day", "4. thursday"],
    );
    check::<WhenClosed>(&["keep", "next-business-day", "skip"], &["", "move"]);
}

#[test]
fn spans_in_utc_and_in_a_place() {
    let maintenance = span("2026-11-10 22:00", "2026-11-11 00:00");
    assert_eq!(maintenance.to_string(), "2026-11-10T13:00:00Z/2026-11-10T15:00:00Z");
    assert_eq!(
        maintenance.display_in(&tokyo()).to_string(),
        "2026-11-10T22:00:00+09:00/2026-11-11T00:00:00+09:00"
    );
    for text in
        [maintenance.to_string(), maintenance.display_in(&zone("Europe/Berlin")).to_string()]
    {
        assert_eq!(text.parse(), Ok(maintenance));
    }
    let refusals = [
        ("", "`` is not a span: write FROM/UNTIL"),
        ("2026-11-10T13:00:00Z", "is not a span: write FROM/UNTIL"),
        ("2026-11-10T13:00/2026-11-10T15:00", "is not a span: write FROM/UNTIL"),
        (
            "2026-11-10T15:00Z/2026-11-10T13:00Z",
            "a span cannot end at 2026-11-10T13:00:00Z, before",
        ),
    ];
    for (text, answer) in refusals {
        let refusal = text.parse::<Span>().unwrap_err().to_string();
        assert!(refusal.contains(answer), "{refusal}");
    }
}

#[test]
fn closures_cover_their_days() {
    let cases = [
        ("12-30..01-03", "2026-12-30", true),
        ("12-30..01-03", "2026-12-31", true),
        ("12-30..01-03", "2027-01-03", true),
        ("12-30..01-03", "2027-01-04", false),
        ("12-30..01-03", "2026-12-29", false),
        ("08-13..08-15", "2031-08-14", true),
        ("08-13..08-15", "2031-08-16", false),
        ("2026-08-13..2026-08-15", "2026-08-15", true),
        ("2026-08-13..2026-08-15", "2027-08-15", false),
    ];
    for (closure, date, covered) in cases {
        assert_eq!(
            closure.parse::<Closure>().unwrap().covers(day(date)),
            covered,
            "{closure} {date}"
        );
    }
}
