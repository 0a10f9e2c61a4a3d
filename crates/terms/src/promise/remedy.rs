//! What is owed when availability was missed.

use crate::{FeeKind, Name, Percent, Rounding, Text};

/// What is owed for a month in which an availability promise was broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// The promise of kind `availability`.
    pub of: Name,
    /// How much.
    pub form: RemedyForm,
    /// The fees of the month that it is a share of (001 annex 2: all but work fees). Empty for free months.
    pub fees: Vec<FeeKind>,
    /// The part of a smallest unit of money.
    pub rounding: Rounding,
    /// The promise of kind `clock` by which the customer must have asked, counted from the outage.
    pub claim: Option<Name>,
    /// What a claim must bring along; without it a claim is incomplete and its time still runs
    /// (001 annex 2 (3)).
    pub evidence: Option<Text>,
    /// How it is given.
    pub payment: Payment,
}

/// How much is owed.
#[derive(Clone, Debug, PartialEq)]
pub enum RemedyForm {
    /// A share of the month's fees by tier, best first, without gaps (001 table 4).
    Tiers(Vec<Tier>),
    /// So many free months for each month missed (000).
    FreeMonths(u8),
}

/// One line of a refund table: from `at_least` up to but not including `below`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Inclusive; `None` in the last tier, which has no floor.
    pub at_least: Option<Percent>,
    /// Exclusive.
    pub below: Percent,
    /// The share that is owed.
    pub percent: Percent,
}

/// How a remedy is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payment {
    /// Off the next bill; by bank transfer to a customer who leaves (001 annex 2 (5)).
    NextBill {
        /// What exceeds the next bill is carried to the ones after it; otherwise it lapses. A bill
        /// is never negative.
        carry_over: bool,
    },
    /// A free period (000).
    FreePeriod(NotBefore),
}

/// The earliest month of a free period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBefore {
    /// Months after the one in which the application was accepted: 1 is the next (000: 翌月以降).
    pub months_after: u8,
}
