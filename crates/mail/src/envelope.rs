//! What travels beside a message's content: who sent it, to whom, and from where it came.
//!
//! The serialized form of these types is the envelope of a spool record (`docs/FORMATS.md`); a
//! new field needs a default, so that a spool written by an older program is still read.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::Address;

/// Everything the spool keeps about a message apart from its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The composition whose listener accepted the message.
    pub composition: String,
    /// The envelope sender; `None` is the null sender `<>` of a bounce (RFC 5321 section 4.5.5).
    pub sender: Option<Address>,
    /// In the order of the RCPT commands; a recipient is known by its place in this list.
    pub recipients: Vec<Recipient>,
    /// The client that handed it over.
    pub source: Source,
    /// BODY=8BITMIME was declared (RFC 6152).
    #[serde(default)]
    pub eight_bit: bool,
    /// SMTPUTF8 was declared (RFC 6531).
    #[serde(default)]
    pub smtputf8: bool,
    /// RET and ENVID (RFC 3461).
    #[serde(default)]
    pub ret_full: bool,
    /// ENVID as it was given, xtext decoded (RFC 3461 section 4.4).
    #[serde(default)]
    pub envid: Option<String>,
    /// Taken from the header section when the message came in.
    pub headers: HeaderSummary,
}

/// One RCPT command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Where it goes.
    pub address: Address,
    /// Which outcomes the sender wants to hear of (RFC 3461 section 4.1).
    #[serde(default)]
    pub notify: Notify,
    /// ORCPT as it was given, `type;xtext` (RFC 3461 section 4.2).
    #[serde(default)]
    pub orcpt: Option<String>,
}

/// NOTIFY of RFC 3461. Without the parameter only failure is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// NOTIFY=SUCCESS.
    pub success: bool,
    /// NOTIFY=FAILURE.
    pub failure: bool,
    /// NOTIFY=DELAY.
    pub delay: bool,
}

impl Default for Notify {
    fn default() -> Notify {
        Notify { success: false, failure: true, delay: false }
    }
}

/// The client that handed a message over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its address.
    pub ip: IpAddr,
    /// What it called itself in EHLO or HELO.
    pub helo: String,
    /// The API user it signed in as, if it did.
    #[serde(default)]
    pub user: Option<String>,
    /// Protocol and cipher of the session, such as `TLSv1.3 TLS13_AES_256_GCM_SHA384`.
    #[serde(default)]
    pub tls: Option<String>,
}

/// The few header fields that the delivery log shows, decoded (RFC 2047) and cut to
/// [`SUMMARY_MAX`] bytes each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderSummary {
    /// The address in From.
    #[serde(default)]
    pub from: Option<String>,
    /// Subject.
    #[serde(default)]
    pub subject: Option<String>,
    /// Message-ID without its angle brackets.
    #[serde(default)]
    pub message_id: Option<String>,
    /// X-Api-Data: a word of the customer's own to find the message by.
    #[serde(default)]
    pub api_data: Option<String>,
}

/// Longest value kept of a header field, in bytes.
pub const SUMMARY_MAX: usize = 998;
