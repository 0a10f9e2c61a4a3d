//! Periods on the civil calendar: a month later, a week before, at the same time of day.

use calendar::day_span;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use terms::{Period, PeriodUnit};

/// The instant a period after another, at the same time of day. The end of time when it is past it.
pub(crate) fn after(at: Timestamp, period: Period, zone: &TimeZone) -> Timestamp {
    let later = at.to_zoned(zone.clone()).checked_add(length(period));
    later.map_or(Timestamp::MAX, |later| later.timestamp())
}

/// The instant a period before another, at the same time of day. The beginning of time when it is
/// before it.
pub(crate) fn before(at: Timestamp, period: Period, zone: &TimeZone) -> Timestamp {
    let earlier = at.to_zoned(zone.clone()).checked_sub(length(period));
    earlier.map_or(Timestamp::MIN, |earlier| earlier.timestamp())
}

/// The day a period after another; a day that its month lacks becomes the last.
pub(crate) fn day_after(day: Date, period: Period) -> Date {
    day.saturating_add(length(period))
}

/// The day a period before another; a day that its month lacks becomes the last.
pub(crate) fn day_before(day: Date, period: Period) -> Date {
    day.saturating_sub(length(period))
}

/// The day that clocks show at an instant.
pub(crate) fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(at).date()
}

/// The first instant after a day.
pub(crate) fn end_of(day: Date, zone: &TimeZone) -> Timestamp {
    day_span(day, zone).until()
}

/// A period as jiff reckons with it.
fn length(period: Period) -> jiff::Span {
    // At most 1,000 of any unit, which every unit of jiff holds.
    let count = i64::from(period.count);
    match period.unit {
        PeriodUnit::Day => count.days(),
        PeriodUnit::Week => count.weeks(),
        PeriodUnit::Month => count.months(),
        PeriodUnit::Year => count.years(),
    }
}
