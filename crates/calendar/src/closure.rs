//! The days on which a company is closed beside weekends and holidays: New Year, summer, its own.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// Days on which a company is closed, first and last included.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Closure {
    /// The same days each year. When `last` comes before `first` in the year, they run over its
    /// end.
    EveryYear {
        /// The first day off.
        first: DayOfYear,
        /// The last day off.
        last: DayOfYear,
    },
    /// Days of one year only. No day at all when `last` is before `first`.
    Once {
        /// The first day off.
        first: Date,
        /// The last day off.
        last: Date,
    },
}

/// A day that comes each year (29 February: in leap years).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DayOfYear {
    month: i8,
    day: i8,
}

/// A text is not a closure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a closure: write 12-30..01-03 or 08-13 for each year, \
     2026-08-13..2026-08-15 or 2026-08-13 for once"
)]
pub struct ClosureError(String);

impl Closure {
    /// Whether the company is closed on a day because of it.
    pub fn covers(self, date: Date) -> bool {
        match self {
            Closure::EveryYear { first, last } => {
                let day = DayOfYear { month: date.month(), day: date.day() };
                if first <= last {
                    first <= day && day <= last
                } else {
                    first <= day || day <= last
                }
            }
            Closure::Once { first, last } => first <= date && date <= last,
        }
    }
}

impl DayOfYear {
    /// A day by its month, 1 to 12, and its number in the month; `None` when no year has it.
    pub fn new(month: i8, day: i8) -> Option<DayOfYear> {
        // 2000 was a leap year, so it has all days that any year has.
        Date::new(2000, month, day).ok().map(|_| DayOfYear { month, day })
    }
}

/// `12-30`.
impl fmt::Display for DayOfYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

/// `12-30..01-03`, `08-13`, `2026-08-13..2026-08-15`.
impl fmt::Display for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Closure::EveryYear { first, last } if first == last => write!(f, "{first}"),
            Closure::EveryYear { first, last } => write!(f, "{first}..{last}"),
            Closure::Once { first, last } if first == last => write!(f, "{first}"),
            Closure::Once { first, last } => write!(f, "{first}..{last}"),
        }
    }
}

impl FromStr for Closure {
    type Err = ClosureError;

    fn from_str(text: &str) -> Result<Closure, ClosureError> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let read = || match (first.len(), last.len()) {
            (5, 5) => {
                Some(Closure::EveryYear { first: day_of_year(first)?, last: day_of_year(last)? })
            }
            (10, 10) => {
                let (first, last) = (first.parse().ok()?, last.parse().ok()?);
                (first <= last).then_some(Closure::Once { first, last })
            }
            _ => None,
        };
        read().ok_or_else(|| ClosureError(text.to_owned()))
    }
}

/// Reads `MM-DD`.
fn day_of_year(text: &str) -> Option<DayOfYear> {
    let day: Date = format!("2000-{text}").parse().ok()?;
    DayOfYear::new(day.month(), day.day())
}
