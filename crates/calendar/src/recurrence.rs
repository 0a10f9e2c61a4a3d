//! Windows that come each month by a rule, such as "the fourth Thursday, 22:00 to 24:00; on the
//! next business day when that is a day off" (contract 003, Art. 2 (3)).

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use crate::{BusinessCalendar, Month, Opening, Reckoned, Span};

/// How many days a window moves at most when its day is a day off. One that would have to move
/// further does not take place: the next month has its own.
pub const MOVE_DAYS: u32 = 31;

/// The weekdays, Monday first, as rules name them.
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];
/// The ordinals of weekdays in a month, as rules name them.
const ORDINALS: [(&str, u8); 5] = [("1st", 1), ("2nd", 2), ("3rd", 3), ("4th", 4), ("5th", 5)];

/// Which day of a month.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MonthRule {
    /// The n-th of a weekday; no day in a month that has fewer.
    NthWeekday {
        /// Which of them, 1 to 5.
        nth: u8,
        /// The weekday.
        weekday: Weekday,
    },
    /// The last of a weekday.
    LastWeekday(Weekday),
    /// A day by its number, 1 to 31; the last day of a shorter month.
    Day(u8),
}

/// What happens to a window whose day is not a business day.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WhenClosed {
    /// It stays where it is.
    Keep,
    /// It moves to the next business day, at the same time of day.
    NextBusinessDay,
    /// It does not take place.
    Skip,
}

/// A window that comes once a month.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RecurringWindow {
    /// Its day.
    pub rule: MonthRule,
    /// Its part of that day.
    pub opening: Opening,
    /// What happens when that day is not a business day.
    pub when_closed: WhenClosed,
}

/// A text is not a rule for a day of the month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day of the month: write it as `4th thursday`, `last sunday` or `day 15`")]
pub struct MonthRuleError(String);

/// A text does not say what happens on a day off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no answer to a day off: write keep, next-business-day or skip")]
pub struct WhenClosedError(String);

impl MonthRule {
    /// The day of a month; `None` when the month has none.
    pub fn day_in(self, month: Month) -> Option<Date> {
        match self {
            MonthRule::NthWeekday { nth, weekday } => {
                let nth = i8::try_from(nth).ok().filter(|nth| (1..=5).contains(nth))?;
                month.first().nth_weekday_of_month(nth, weekday).ok()
            }
            MonthRule::LastWeekday(weekday) => month.first().nth_weekday_of_month(-1, weekday).ok(),
            MonthRule::Day(day) => {
                let last = month.last().day();
                let day = i8::try_from(day).map_or(last, |day| day.clamp(1, last));
                Date::new(month.year(), month.month(), day).ok()
            }
        }
    }
}

impl RecurringWindow {
    /// The windows that overlap a span, in order, each once and whole. Moved windows are among
    /// them even when they moved in from the month before. Without a calendar every day is a
    /// business day.
    pub fn windows(
        &self,
        within: Span,
        zone: &TimeZone,
        calendar: Option<&BusinessCalendar>,
    ) -> Vec<Reckoned<Span>> {
        // A window moves by at most MOVE_DAYS, so it comes from two months before at most.
        let first = Month::of(within.from(), zone).plus(-2);
        let last = Month::of(within.until(), zone);
        let mut windows: Vec<Reckoned<Span>> = first
            .through(last)
            .filter_map(|month| self.day_in(month, calendar))
            .map(|day| Reckoned {
                value: self.opening.on(day.value, zone),
                provisional: day.provisional,
            })
            .filter(|window| window.value.intersect(within).is_some())
            .collect();
        // Two windows can move to the same day, and one past the next.
        windows.sort_unstable();
        windows.dedup_by_key(|window| window.value);
        windows
    }

    /// The day on which the window of a month takes place, if it does.
    fn day_in(&self, month: Month, calendar: Option<&BusinessCalendar>) -> Option<Reckoned<Date>> {
        let ruled = self.rule.day_in(month)?;
        let (Some(calendar), WhenClosed::NextBusinessDay | WhenClosed::Skip) =
            (calendar, self.when_closed)
        else {
            return Some(Reckoned { value: ruled, provisional: false });
        };
        let open = calendar.business_day_after(ruled, 0)?;
        let moved_days = open.value.duration_since(ruled).as_hours() / 24;
        let furthest = match self.when_closed {
            WhenClosed::NextBusinessDay => i64::from(MOVE_DAYS),
            WhenClosed::Keep | WhenClosed::Skip => 0,
        };
        (moved_days <= furthest).then_some(open)
    }
}

/// `4th thursday`, `last sunday`, `day 15`.
impl fmt::Display for MonthRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MonthRule::NthWeekday { nth, weekday } => {
                let ordinal = ORDINALS.iter().find(|(_, number)| number == nth);
                let ordinal = ordinal.map_or("no such", |(name, _)| name);
                write!(f, "{ordinal} {}", weekday_name(*weekday))
            }
            MonthRule::LastWeekday(weekday) => write!(f, "last {}", weekday_name(*weekday)),
            MonthRule::Day(day) => write!(f, "day {day}"),
        }
    }
}

impl FromStr for MonthRule {
    type Err = MonthRuleError;

    fn from_str(text: &str) -> Result<MonthRule, MonthRuleError> {
        let read = || {
            let lower = text.to_ascii_lowercase();
            let (which, what) = lower.split_once(' ')?;
            if which == "day" {
                let day = what.parse().ok().filter(|day| (1..=31).contains(day))?;
                return Some(MonthRule::Day(day));
            }
            let (_, weekday) = *WEEKDAYS.iter().find(|(name, _)| *name == what)?;
            if which == "last" {
                return Some(MonthRule::LastWeekday(weekday));
            }
            let (_, nth) = *ORDINALS.iter().find(|(name, _)| *name == which)?;
            Some(MonthRule::NthWeekday { nth, weekday })
        };
        read().ok_or_else(|| MonthRuleError(text.to_owned()))
    }
}

/// `keep`, `next-business-day`, `skip`.
impl fmt::Display for WhenClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WhenClosed::Keep => "keep",
            WhenClosed::NextBusinessDay => "next-business-day",
            WhenClosed::Skip => "skip",
        })
    }
}

impl FromStr for WhenClosed {
    type Err = WhenClosedError;

    fn from_str(text: &str) -> Result<WhenClosed, WhenClosedError> {
        match text {
            "keep" => Ok(WhenClosed::Keep),
            "next-business-day" => Ok(WhenClosed::NextBusinessDay),
            "skip" => Ok(WhenClosed::Skip),
            _ => Err(WhenClosedError(text.to_owned())),
        }
    }
}

fn weekday_name(weekday: Weekday) -> &'static str {
    // Monday is 0, so the index is below 7.
    WEEKDAYS[weekday.to_monday_zero_offset() as usize].0
}
