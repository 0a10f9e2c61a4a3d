//! How long a promise gives: in plain time, business time, business days, or by a day of a month.

use jiff::SignedDuration;

/// A length on the civil calendar: so many days, weeks, months or years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// How many, from 1 to 1,000.
    pub count: u16,
    /// Of what.
    pub unit: PeriodUnit,
}

/// The unit of a [`Period`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeriodUnit {
    /// Civil days
    Day,
    /// Seven civil days
    Week,
    /// Calendar months; a day that the month lacks becomes its last
    Month,
    /// Calendar years
    Year,
}

/// By when, counted from an event. In a file: `"120min"`, `"1h"`, `"4 business hours"`,
/// `"2 business days"`, `"1 week"`, `"6 months"`, `"end of next month"`, `"day 15 of next month"`,
/// `"end of month"`, `"promptly"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Within {
    /// So much plain time; due at that instant, which is still in time (002 §4: one hour; 004: 120 minutes).
    Plain(SignedDuration),
    /// So much open time of the clock's calendar (003: four business hours).
    BusinessTime(SignedDuration),
    /// So many business days; what one is, [`BusinessDayIs`] says (003: 1 business day; 004: 2 business days).
    BusinessDays(u32),
    /// A civil period from the event: the same time of day, or with
    /// [`Clock::to_end_of_day`](crate::Clock::to_end_of_day) the end of that day (004 art. 18(4): one week).
    Period(Period),
    /// The end of a day of a month: day 15 of the next (001 annex 2 (3)), the end of the next (000).
    DayOfMonth {
        /// 0 the event's own month, 1 the next.
        months_after: u8,
        /// 1 to 31; `None` is the last day. A day that the month lacks is its last.
        day: Option<u8>,
    },
    /// No number: "promptly" (001 art. 18(1)). There is no due instant.
    Promptly,
}

/// What a business day is to a clock that counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BusinessDayIs {
    /// The open time of one ordinary day: from 15:00 on Friday to 15:00 on Monday (003 art. 3: all
    /// response times are business time).
    OpenTime,
    /// A date: the event's own does not count, and the end of the last one is due (004: 2 business days).
    Date,
}

/// How long ahead a notice must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lead {
    /// At least so long before; `None`: any time before (000: "notified beforehand").
    pub at_least: Option<Period>,
    /// How it is compared.
    pub reckoned: Reckoned,
}

/// Whether a lead is compared by instants or by dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reckoned {
    /// To the minute (001's default reading of "two weeks before").
    ByInstant,
    /// By calendar day (003's default reading of "one week before").
    ByDay,
}
