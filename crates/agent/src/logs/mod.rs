//! Logs: who writes lines, where we stopped reading them, and what a slot of time comes to.

mod collector;
mod journald;
mod matching;
mod slot;
mod tail;

pub use collector::Collector;
pub use journald::Journald;
pub use slot::dropped;
