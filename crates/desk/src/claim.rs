//! A customer asks for what is owed: whether the claim is in time and complete, and how it is given.

use calendar::{Month, Spans};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use terms::{Liability, Payment, Remedy};

use crate::clock::{Deadline, Due, due, promise_clock};
use crate::ground::Ground;

/// A claim as it came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// When it was received, complete or not.
    pub received: Timestamp,
    /// Whether it brings what [`Remedy::evidence`] asks for.
    pub brings_evidence: bool,
}

/// What becomes of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// In time and complete.
    Accepted,
    /// In time but without its evidence. The clock does not stop: what is missing must arrive by
    /// `until` (001 annex 2 (3)); `None` when the terms set no time for claims.
    Incomplete {
        /// By when it must be complete.
        until: Option<Due>,
    },
    /// Received after its time, or still without evidence when that ran out.
    TooLate {
        /// By when it was due.
        due: Due,
    },
}

/// By when a claim for an outage at that instant must be received; `None` when the terms set no
/// time for it.
pub fn claim_due(remedy: &Remedy, ground: &Ground, outage: Timestamp) -> Option<Due> {
    let promise = ground.terms.promise(remedy.claim.as_ref()?)?;
    match due(promise_clock(promise)?, ground, outage, &Spans::new()) {
        Deadline::Due(due) => Some(due),
        Deadline::None(_) => None,
    }
}

/// What becomes of a claim that is due by `due`. An incomplete claim that is completed is judged
/// again by the instant at which the missing part arrived.
pub fn judged(remedy: &Remedy, due: Option<Due>, claim: Claim) -> Judged {
    match due {
        Some(due) if !due.met_by(claim.received) => Judged::TooLate { due },
        until if remedy.evidence.is_some() && !claim.brings_evidence => {
            Judged::Incomplete { until }
        }
        _ => Judged::Accepted,
    }
}

/// Whether the customer goes on using the service after the month of the remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Customer {
    /// There will be a next bill.
    Stays,
    /// There will be none.
    Leaves,
}

/// How a remedy is given to one customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Taken off the next bill.
    NextBill {
        /// Whether what exceeds it goes on to the bill after it; otherwise it lapses.
        carry_over: bool,
    },
    /// Paid to the customer's bank account (001 annex 2 (5)).
    BankTransfer,
    /// As a free period that begins no earlier than this month (000: 翌月以降).
    FreePeriod {
        /// The earliest month.
        earliest: Month,
    },
}

/// How a claim accepted at that instant is given.
pub fn given(payment: Payment, customer: Customer, accepted: Timestamp, zone: &TimeZone) -> Given {
    match (payment, customer) {
        (Payment::NextBill { carry_over }, Customer::Stays) => Given::NextBill { carry_over },
        (Payment::NextBill { .. }, Customer::Leaves) => Given::BankTransfer,
        (Payment::FreePeriod(not_before), _) => {
            let months = i32::from(not_before.months_after);
            Given::FreePeriod { earliest: Month::of(accepted, zone).plus(months) }
        }
    }
}

/// The most that is paid in damages to a customer with that monthly fee, in the currency's smallest
/// unit. Nothing of it is paid without an award (004 art. 20(5), 26).
pub fn award_cap(liability: &Liability, monthly_fee: i64) -> i64 {
    monthly_fee.saturating_mul(i64::from(liability.months_of_fees))
}
