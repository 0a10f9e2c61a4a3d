//! What is owed: evidence and terms → a statement that explains each second, and an invoice.
//!
//! [`settle`] does not fail: what it could not judge is a [`Finding`] of the [`Statement`]. A statement
//! is a function of the terms in force, the evidence and the calendar; settled again it has the same
//! bytes ([`Statement::to_json`]). All arithmetic is on integers and exact fractions.

mod count;
mod credit;
mod down;
mod exclude;
mod figure;
mod finding;
mod json;
pub mod money;
mod note;
mod pool;
mod question;
mod settle;
pub mod sites;
mod statement;
mod text;

pub use credit::{Credit, MonthFees};
pub use down::function_state;
pub use exclude::{Taken, TakenWhy};
pub use figure::Figure;
pub use finding::Finding;
pub use pool::{Pool, free_months};
pub use question::Question;
pub use settle::settle;
pub use sites::FunctionState;
pub use statement::{Claim, Judged, Judging, Partial, Statement, Treatment, Verdict};
pub use text::text;
