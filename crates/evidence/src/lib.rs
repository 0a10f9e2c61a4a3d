//! What was seen and what was decided: the events of a log, and what they come to for each function.
//!
//! [`Event`]s are read from a log line by line ([`read_line`]) and handed to a [`Gatherer`], which keeps
//! transitions only: its memory grows with the outages of a month, not with its measurements. The
//! [`Evidence`] it makes is what a settlement looks at.

mod event;
mod evidence;
mod fields;
mod gather;
mod log;
mod pace;
mod quick;
pub mod sanity;
mod series;

pub use event::{
    Blind, Decision, Event, Functions, Measurement, Notice, Outage, Run, RunState, Site, Window,
};
pub use evidence::{Evidence, Observed, Seen};
pub use fields::{NAME_MAX, YEAR_FIRST, YEAR_LAST};
pub use gather::{
    BLIND_MAX, CHANGES_MAX, DECISIONS_MAX, Gatherer, NOTICES_MAX, OUTAGES_MAX, SERIES_MAX,
    SITES_MAX, TooMuch, WINDOWS_MAX,
};
pub use log::{LINE_MAX, LogError, read_line, write_event};
pub use pace::{PACE_MAX, PACE_MIN};
