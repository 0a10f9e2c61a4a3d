//! Availability: how much of a month a service is up, and how that is reckoned.

use jiff::SignedDuration;

use crate::{Clause, Name, Percent, Text};

/// Up at least so much of each month.
#[derive(Clone, Debug, PartialEq)]
pub struct Availability {
    /// Whose availability.
    pub service: Name,
    /// At least so much; `None`: promised without a number (003 art. 3.1 (1)), so a statement has
    /// figures and no verdict.
    pub target: Option<Percent>,
    /// The functions that count; all of the service when the file names none.
    pub functions: Vec<Name>,
    /// When the service is down.
    pub combine: Combine,
    /// The shortest outage that counts.
    pub minimum: Option<MinimumOutage>,
    /// What each outage is truncated to, down: one minute (001 annex 2 (2) *1).
    pub truncate_to: Option<SignedDuration>,
    /// An outage over the end of a month, when outages are truncated.
    pub month_split: MonthSplit,
    /// What the downtime is divided by.
    pub denominator: Denominator,
    /// The month in which the contract or service began or ended.
    pub partial_month: PartialMonth,
    /// A month in which the target was revised.
    pub revised_target: RevisedTarget,
    /// The exclusions that apply; `None`: all of the contract. An empty list is none of them.
    pub exclusions: Option<Vec<Name>>,
}

/// When a service of several functions is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Combine {
    /// When any function is down (000).
    Any,
    /// When all functions are down at once (001 art. 19(2): no connection at all).
    All,
    /// When at least so many are down, from 1.
    AtLeast(u8),
}

/// Outages shorter than this do not count (000: ten minutes without a break).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MinimumOutage {
    /// An outage of exactly this length counts.
    pub length: SignedDuration,
    /// Which length is tested.
    pub tested: TestedWhen,
}

/// Whether the shortest outage is tested before or after exclusions are taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TestedWhen {
    /// On the raw outage of the service (000's default reading).
    BeforeExclusions,
    /// On each piece that the exclusions leave.
    AfterExclusions,
}

/// How an outage over a month's end is truncated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MonthSplit {
    /// Split at the month, then truncate each side (001's default reading).
    SplitThenTruncate,
    /// Truncate the whole, and give it to the month in which the outage began.
    TruncateThenSplit,
}

/// What the downtime of a month is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Denominator {
    /// The minutes of that calendar month (000).
    CalendarMonth,
    /// The same length in every month: 43,200 minutes (001 annex 2 (2) *2).
    Fixed(SignedDuration),
    /// The calendar month less its planned windows (002 §8: 当月の稼働時間).
    OperatingTime,
}

/// The denominator of a month of which the contract covers a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartialMonth {
    /// The whole month, as in any other.
    Whole,
    /// The covered part alone. A fixed denominator stays as it is.
    Covered,
}

/// Which target judges a month in which it was revised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RevisedTarget {
    /// The one in force when the month began (000's default reading).
    AtMonthStart,
    /// The one in force when the month ended.
    AtMonthEnd,
}

/// A kind of time that does not count.
#[derive(Clone, Debug, PartialEq)]
pub struct Exclusion {
    /// Its name; the `reason` of an exclusion in a log.
    pub name: Name,
    /// In a few words.
    pub title: Text,
    /// Where it is said.
    pub clause: Clause,
    /// What is excluded.
    pub excluded: Excluded,
}

/// What an exclusion takes out.
#[derive(Clone, Debug, PartialEq)]
pub enum Excluded {
    /// A cause, when a named person recorded the decision. The log's `reason` is the exclusion's name
    /// or one of these words.
    Cause {
        /// Other words for it in a log.
        also: Vec<Name>,
    },
    /// Maintenance windows, when they were noticed as this promise of kind `notice` demands.
    NoticedWindows {
        /// A promise of kind `notice` about maintenance.
        notice: Name,
    },
    /// The windows of this promise of kind `maintenance`, without any notice (003 art. 2.3).
    RecurringWindows {
        /// A promise of kind `maintenance`.
        maintenance: Name,
    },
}

impl Exclusion {
    /// Whether a decision with that reason means this exclusion: one for a cause, by its name or by
    /// another word that it knows.
    pub fn answers_to(&self, reason: &str) -> bool {
        match &self.excluded {
            Excluded::Cause { also } => {
                self.name.as_str() == reason || also.iter().any(|word| word.as_str() == reason)
            }
            _ => false,
        }
    }
}
