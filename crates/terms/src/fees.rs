//! What is paid for, how it is charged, how long the agreement runs and how it ends.

use jiff::civil::Date;

use crate::{Clause, Name, Percent, Period, Rounding, Text};

/// One thing that is paid for.
#[derive(Clone, Debug, PartialEq)]
pub struct Fee {
    /// Its name in the file and in a usage file.
    pub name: Name,
    /// On the invoice.
    pub title: Text,
    /// Where it is said.
    pub clause: Clause,
    /// Which kind.
    pub kind: FeeKind,
    /// Price in the currency's smallest unit: of one charge, or of one unit of a metered fee. `None`
    /// when it is agreed with each customer and comes from the usage file.
    pub price: Option<i64>,
    /// Metered fees: charged by so many, any part of it as a whole (001 annex 1.2: by the thousand).
    pub by: Option<u64>,
    /// Metered fees: so many are covered by the monthly fee.
    pub included: Option<u64>,
}

/// Which kind of fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeeKind {
    /// Once, at the start.
    Initial,
    /// Every month.
    Monthly,
    /// By what was used.
    Metered,
    /// Every month, for what was added.
    Option,
    /// For each piece of work.
    Work,
}

/// How fees are charged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Billing {
    /// The fee of the first month.
    pub first_month: Option<FirstMonth>,
    /// When it must be paid.
    pub due: Option<PaymentDue>,
    /// Rates of consumption tax by first day, oldest first.
    pub tax: Vec<TaxRate>,
    /// The part of a smallest unit in tax; down when the file does not say.
    pub tax_rounding: Option<Rounding>,
    /// For paying late.
    pub late: Option<LateCharge>,
}

/// The monthly fee of the month in which the service began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstMonth {
    /// In full.
    Full,
    /// By the day.
    ByDay {
        /// A day costs the monthly fee divided by this: 30 (004 art. 21(1)); `None`: the days of that month.
        divisor: Option<u16>,
        /// Whether the first day itself is charged; 004 counts from the day after.
        counts_first_day: bool,
        /// The part of a smallest unit.
        rounding: Rounding,
    },
}

/// The last day to pay the fee of a month: the end of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentDue {
    /// Months after the month of use: 1 is the next (001 art. 12), -1 the one before (004 art. 20(3)).
    pub months_after: i8,
}

/// A rate of consumption tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxRate {
    /// First day.
    pub from: Date,
    /// Rate.
    pub rate: Percent,
}

/// 遅延損害金
#[derive(Clone, Debug, PartialEq)]
pub struct LateCharge {
    /// Where it is said.
    pub clause: Clause,
    /// Rate for a year.
    pub annual: Percent,
    /// Which days count.
    pub days: DaysOfDelay,
    /// What the annual rate is divided by.
    pub year: YearDays,
    /// The part of a smallest unit.
    pub rounding: Rounding,
}

/// Which days of delay count. Both begin on the day after the due day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DaysOfDelay {
    /// To the day before payment (001 art. 14).
    ToDayBeforePayment,
    /// To the day of payment (004 art. 22: 遅延期間).
    ToPaymentDay,
}

/// The days of a year that an annual rate is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum YearDays {
    /// Always 365.
    Always365,
    /// 366 for the days that fall in a leap year.
    Actual,
}

/// How long the agreement runs and how it ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Renewed for so long each time, unless cancelled.
    pub renewal: Option<(Period, Clause)>,
    /// The least time from the start.
    pub minimum: Option<(Period, Clause)>,
    /// How the customer ends it.
    pub cancellation: Option<Cancellation>,
    /// The most that is paid in damages.
    pub liability: Option<Liability>,
}

/// How the customer ends the agreement: with the end of a month, asked for in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Cancellation {
    /// Where it is said.
    pub clause: Clause,
    /// The request must arrive so many months before the month that is to be the last (or its end).
    pub months_before: u8,
    /// On or before this day of that month; `None`: its last day (004 art. 11: two months before the
    /// month's last day).
    pub day: Option<u8>,
}

/// The most that is paid in damages.
#[derive(Clone, Debug, PartialEq)]
pub struct Liability {
    /// Where it is said.
    pub clause: Clause,
    /// The fees of so many months (001 art. 23: 12; 004 art. 26: 1).
    pub months_of_fees: u8,
}
