//! What was seen and what was decided: the events of a log, and what they come to for each function.
//!
//! [`Event`]s are read from a log line by line ([`read_line`]) and handed to a [`Gatherer`], which keeps
//! transitions only: its memory grows with the outages of a month, not with its measurements. The
//! [`Evidence`] it makes is what a settlement looks at.

mod event;
mod evidence;

pub use event::{
    Blind, Decision, Event, Functions, Measurement, Notice, Outage, Run, RunState, Window,
};
pub use evidence::{Evidence, Observed, Seen};
