//! Logs: who writes lines, where we stopped reading them, and what a slot of time comes to.

mod matching;
mod slot;
mod tail;

pub use slot::dropped;
