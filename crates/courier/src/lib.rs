//! Couriers: they carry a notice to somebody outside and come back with what the other side said.
//!
//! Each attempt is one call of [`carry`], which ends within [`TIME_MAX`]: taken, not now, or refused.
//! A courier does not know contracts, promises or records, and never tries again by itself.

mod command;
mod http;
mod mail;
mod pagerduty;
mod reach;
mod secret;
mod smtp;
mod trust;
mod webhook;

use std::time::Duration;

use jiff::{Timestamp, Zoned};

pub use command::Command;
pub use http::{Endpoint, EndpointError};
pub use mail::{MailRoute, Tls};
pub use pagerduty::PagerDuty;
pub use secret::Secret;
pub use trust::{TrustError, trusting};
pub use webhook::{Style, Webhook};

/// Longest attempt of any courier.
pub const TIME_MAX: Duration = Duration::from_secs(120);

/// How a notice leaves.
#[derive(Debug)]
pub enum Courier {
    /// As mail, through a server that takes it from us.
    Mail(MailRoute),
    /// As an HTTP request.
    Webhook(Webhook),
    /// As an event for those on call.
    PagerDuty(PagerDuty),
    /// By a program of the operator's.
    Command(Command),
}

/// What is carried.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// The same at every attempt, so that the other side can tell a repetition.
    pub id: String,
    /// A mail address; empty for couriers that know their recipient.
    pub recipient: String,
    /// Name of the contract.
    pub contract: String,
    /// What it is about: `maintenance`, `incident`.
    pub about: String,
    /// When that begins or was.
    pub event: Timestamp,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// When it is carried, in the zone that a mail shows.
    pub date: Zoned,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other side took it; in its own words.
    Sent(String),
    /// Not now.
    Later {
        /// Why, for people.
        answer: String,
        /// It may have been taken all the same: the answer was lost.
        maybe_sent: bool,
    },
    /// The other side will not take it.
    Refused(String),
}

impl Outcome {
    /// Nothing was handed over.
    fn later(answer: impl Into<String>) -> Outcome {
        Outcome::Later { answer: answer.into(), maybe_sent: false }
    }

    /// It was handed over, and what came of it is not known.
    fn unknown(answer: impl Into<String>) -> Outcome {
        Outcome::Later { answer: answer.into(), maybe_sent: true }
    }
}

/// Carries it once. On return nothing of the attempt goes on.
pub async fn carry(courier: &Courier, parcel: &Parcel) -> Outcome {
    let carried = async {
        match courier {
            Courier::Mail(route) => mail::carry(route, parcel).await,
            Courier::Webhook(webhook) => webhook::carry(webhook, parcel).await,
            Courier::PagerDuty(duty) => pagerduty::carry(duty, parcel).await,
            Courier::Command(command) => command::carry(command, parcel).await,
        }
    };
    // Each has shorter limits of its own; this one holds whatever they forget.
    let late = || Outcome::unknown("it did not answer in time");
    tokio::time::timeout(TIME_MAX, carried).await.unwrap_or_else(|_| late())
}
