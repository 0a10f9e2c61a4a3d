//! Goes and looks: what a target answered, how long it took, and nothing else.
//!
//! A [`Check`] says what to look at; [`look`] looks once and returns what was [`Seen`]. A [`Watcher`]
//! does so for thousands of checks at their own pace and reports what it saw and when it could not
//! see. This crate knows no contract, credit or record, and reads no clock but the one it is handed:
//! whether an answer counts as up is for those who know what was promised.

mod answer;
mod check;
mod gate;
mod heartbeat;
mod kinds;
mod look;
mod policy;
mod reach;
mod schedule;
mod secure;
mod validate;
mod watcher;
mod wire;

pub use answer::{Answer, Detail, FIGURES_MAX, Figure, Reason, SAID_MAX, Seen, Stage, Unit};
pub use check::{
    Check, Database, Dns, EVERY_MAX, EVERY_MIN, Heartbeat, Http, HttpExpect, Kind, Login, Mailbox,
    NAME_MAX, Ping, Plugin, Secret, Smtp, SmtpSend, Speech, TIMEOUT_MAX, TIMEOUT_MIN, Target, Tcp,
    Tls, TlsVersion, Trust, Wrap,
};
pub use gate::{Gate, LOOKS_MAX, LOOKS_PER_HOST_MAX};
pub use heartbeat::{BEATS_MAX, Beats, TooManyBeats};
pub use kinds::http::BODY_MAX;
pub use kinds::plugin::OUTPUT_MAX;
pub use kinds::tcp::TCP_READ_MAX;
pub use look::look;
pub use policy::{Policy, Range};
pub use reach::{ADDRESSES_MAX, Reach, ReachError};
pub use schedule::{Round, Schedule};
pub use secure::{Roots, TrustError};
pub use validate::CheckError;
pub use watcher::{Blind, BlindCause, Measured, Report, Watcher};
