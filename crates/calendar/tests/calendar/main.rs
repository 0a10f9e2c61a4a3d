//! What the calendar says, by cases that a person can check against a calendar on the wall, and by
//! properties over many made-up ones.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod business;
mod business_properties;
mod days;
mod holidays;
mod readings;
mod recurrence;
mod spans;

use std::sync::Arc;

use calendar::{BusinessCalendar, HolidayTable, Span};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Places whose clocks do odd things: gaps, double hours over midnight, half hours, lost days.
const ZONES: [&str; 8] = [
    "Asia/Tokyo",
    "Europe/Berlin",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
];

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn tokyo() -> TimeZone {
    zone("Asia/Tokyo")
}

/// An instant by the clocks of Tokyo: `2026-11-20 16:00`.
fn at(text: &str) -> Timestamp {
    text.parse::<DateTime>().unwrap().to_zoned(tokyo()).unwrap().timestamp()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn span(from: &str, until: &str) -> Span {
    Span::new(at(from), at(until)).unwrap()
}

/// An instant as the clocks of Tokyo show it: `Tue 2026-11-24 12:00`.
fn shown(at: Timestamp) -> String {
    at.to_zoned(tokyo()).strftime("%a %Y-%m-%d %H:%M").to_string()
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// The office of contract 003 (Art. 2): Monday to Friday 10:00-12:00 and 13:00-18:00, not on
/// holidays.
fn office() -> BusinessCalendar {
    let weekday = || vec!["10:00-12:00".parse().unwrap(), "13:00-18:00".parse().unwrap()];
    BusinessCalendar {
        zone: tokyo(),
        weekly: [weekday(), weekday(), weekday(), weekday(), weekday(), vec![], vec![]],
        holidays: Some(HolidayTable::japan()),
        closures: vec![],
    }
}

/// A holiday table with a few days, official until a day.
fn table(official_until: &str, days: &[&str]) -> Arc<HolidayTable> {
    let header = format!(
        "# country: JP\n# source: by hand\n# source_version: 1\n# licence: none\n\
         # issued: 2019-02-01\n# official_until: {official_until}\n\
         # first: 2000-01-01\n# last: 2050-12-31\n"
    );
    let days: String = days.iter().map(|day| format!("{day},holiday\n")).collect();
    Arc::new(HolidayTable::read(&(header + &days)).unwrap())
}
