//! Calendar months.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use crate::Span;
use crate::day::first_instant;

const FIRST_YEAR: i16 = 1970;
const LAST_YEAR: i16 = 2200;

/// A calendar month of the years 1970 to 2200. Which instants it spans depends on the zone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Month {
    year: i16,
    month: i8,
}

/// A text is not a month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a month: write YYYY-MM, as in 2026-11, from 1970-01 to 2200-12")]
pub struct MonthError(String);

impl Month {
    /// The first month there is.
    pub const MIN: Month = Month { year: FIRST_YEAR, month: 1 };
    /// The last month there is.
    pub const MAX: Month = Month { year: LAST_YEAR, month: 12 };

    /// A month by its year, 1970 to 2200, and its number, 1 to 12.
    pub fn new(year: i16, month: i8) -> Option<Month> {
        let known = (FIRST_YEAR..=LAST_YEAR).contains(&year) && (1..=12).contains(&month);
        known.then_some(Month { year, month })
    }

    /// The month whose [`span`](Month::span) in the zone holds the instant; the first or the last
    /// month there is for instants before or after all of them.
    pub fn of(at: Timestamp, zone: &TimeZone) -> Month {
        let month = Month::of_date(zone.to_datetime(at).date());
        // Clocks set back over midnight show the end of the old month once more after the new one
        // has begun (St. John's, 2009-11-01): that hour belongs to the new month.
        let span = month.span(zone);
        match at {
            at if at < span.from() => month.plus(-1),
            at if at >= span.until() => month.plus(1),
            _ => month,
        }
    }

    /// The month of a day; the first or the last month there is for days outside of all.
    pub fn of_date(day: Date) -> Month {
        match Month::new(day.year(), day.month()) {
            Some(month) => month,
            None if day.year() < FIRST_YEAR => Month::MIN,
            None => Month::MAX,
        }
    }

    /// The year, 1970 to 2200.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The number of the month, 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// From the first instant of its first day in the zone until the first instant of the next
    /// month's.
    pub fn span(self, zone: &TimeZone) -> Span {
        let next = self.last().tomorrow().unwrap_or(Date::MAX);
        Span::forward(first_instant(self.first().into(), zone), first_instant(next.into(), zone))
    }

    /// Its first day.
    pub fn first(self) -> Date {
        date(self.year, self.month, 1)
    }

    /// Its last day.
    pub fn last(self) -> Date {
        self.first().last_of_month()
    }

    /// The month `n` months later, earlier when negative; stops at the first and the last there is.
    pub fn plus(self, n: i32) -> Month {
        let (first, last) = (Month::MIN.number(), Month::MAX.number());
        let number = self.number().saturating_add(n).clamp(first, last);
        let (year, month) = (number.div_euclid(12), number.rem_euclid(12) + 1);
        // Between the first and the last month both numbers fit.
        Month { year: year as i16, month: month as i8 }
    }

    /// How many months later `other` is; negative when it is earlier.
    pub fn months_until(self, other: Month) -> i32 {
        other.number() - self.number()
    }

    /// All months from this one to `last`, both included; none when `last` is earlier.
    pub fn through(self, last: Month) -> impl Iterator<Item = Month> {
        (0..=self.months_until(last)).map(move |n| self.plus(n))
    }

    /// Months since the year 0.
    fn number(self) -> i32 {
        i32::from(self.year) * 12 + i32::from(self.month) - 1
    }
}

/// `2026-11`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Month, MonthError> {
        let read = || {
            let (year, month) = text.split_once('-')?;
            let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            if year.len() != 4 || month.len() != 2 || !digits(year) || !digits(month) {
                return None;
            }
            Month::new(year.parse().ok()?, month.parse().ok()?)
        };
        read().ok_or_else(|| MonthError(text.to_owned()))
    }
}
