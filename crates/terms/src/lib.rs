//! What was promised: a contract as data, in dated versions.
//!
//! A [`Contract`] has versions; each minute is judged by the version in force ([`Contract::terms_at`]).
//! A version holds [`Terms`]: calendars, services with their functions, exclusions, promises, fees and
//! the term of the agreement. Everything here is a value: reading a file is `read`, the file system
//! is the caller's.

mod check;
mod contract;
mod diff;
mod fees;
mod number;
mod problems;
mod promise;
mod read;
mod within;
pub mod wording;
mod words;

pub use contract::{
    CalendarRule, Contract, Function, Parties, Service, SitesQuorum, Terms, UpWhen, Version,
};
pub use diff::{Change, Difference, Effect, FieldChange, diff, diff_terms};
pub use fees::{
    Agreement, Billing, Cancellation, DaysOfDelay, Fee, FeeKind, FirstMonth, LateCharge, Liability,
    PaymentDue, TaxRate, YearDays,
};
pub use number::{Currency, Percent, Rounding};
pub use problems::Finding;
pub use promise::*;
pub use read::{EXTENDS_MAX, FILE_BYTES_MAX, Read, VERSIONS_MAX, read, schema};
pub use within::{BusinessDayIs, Lead, Period, PeriodUnit, Reckoned, Within};
pub use words::{Clause, Lang, Name, Text};
