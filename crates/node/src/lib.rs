//! Looks from away: runs the checks that the office gives it, keeps what it saw in a journal, and brings
//! it to the office until that has it.
//!
//! What was synced to the journal reaches the records once, whatever is killed in between; what a crash
//! takes before that is at most about a second and becomes a blind span. Nothing is decided here: what an
//! answer is worth, the office says.

mod checks;
mod course;
mod journal;
pub mod settings;
mod told;

pub use course::{NodeError, run};
