//! What happened to a recipient, told once by the relay and collected by the office.
//!
//! A fact is immutable and named by (node, message, recipient, step): the office may be told the
//! same fact twice and records it once. The serialized form is the payload of a journal record
//! (`docs/FORMATS.md`).

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::SpoolId;

/// One entry of the relay's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fact {
    /// The spool took custody of the message for one recipient. Step 0.
    Queued(Queued),
    /// Something was tried, or decided, for that recipient. Steps 1, 2, …
    Attempt(Attempt),
}

/// The beginning of one recipient's delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// Which relay tells it.
    pub node: String,
    /// The message.
    pub message: SpoolId,
    /// The place of the recipient in the envelope, from 0.
    pub recipient: u16,
    /// When the message was durable.
    pub at: Timestamp,
    /// The composition that accepted it.
    pub composition: String,
    /// The recipient's address.
    pub to: String,
    /// The envelope sender; `None` is `<>`.
    pub sender: Option<String>,
    /// The address in the From field.
    pub from: Option<String>,
    /// Subject, decoded.
    pub subject: Option<String>,
    /// Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// X-Api-Data.
    pub api_data: Option<String>,
    /// The client's address.
    pub source_ip: IpAddr,
    /// The API user, if the client signed in.
    pub user: Option<String>,
    /// Protocol and cipher the client used, `None` in clear.
    pub tls: Option<String>,
    /// Bytes of content.
    pub size: u32,
}

/// One step of one recipient's delivery after `queued`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which relay tells it.
    pub node: String,
    /// The message.
    pub message: SpoolId,
    /// The place of the recipient in the envelope, from 0.
    pub recipient: u16,
    /// Counts the facts of this recipient; the first attempt is 1.
    pub step: u16,
    /// When it was known.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: AttemptKind,
    /// Our own address on the connection.
    pub sender_ip: Option<IpAddr>,
    /// The name of the server that answered, such as its MX name.
    pub remote_host: Option<String>,
    /// Its address and port, as `192.0.2.1:25`.
    pub remote_address: Option<String>,
    /// Its answer, or our own reason in the same form where nobody answered.
    pub reply: Option<Reply>,
    /// Protocol and cipher towards it, `None` in clear.
    pub tls: Option<String>,
    /// When it will be tried again; only for `deferred`.
    pub next_attempt: Option<Timestamp>,
}

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptKind {
    /// It will be tried again.
    Deferred,
    /// The next server has taken it.
    Succeeded,
    /// It will not be tried again.
    Failed,
    /// It was not tried, since the address is on the suppression list.
    Suppressed,
}

impl AttemptKind {
    /// The word used in records, JSON and commands.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            AttemptKind::Deferred => "deferred",
            AttemptKind::Succeeded => "succeeded",
            AttemptKind::Failed => "failed",
            AttemptKind::Suppressed => "suppressed",
        }
    }
}

/// An SMTP reply (RFC 5321 section 4.2), with the enhanced status code of RFC 3463 where given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// 200 to 599.
    pub code: u16,
    /// Class, subject, detail.
    #[serde(default)]
    pub enhanced: Option<(u8, u16, u16)>,
    /// The text of all lines joined by a space, without the codes, printable, at most
    /// [`REPLY_TEXT_MAX`] bytes.
    pub text: String,
}

/// Longest reply text kept, in bytes.
pub const REPLY_TEXT_MAX: usize = 1_000;

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some((class, subject, detail)) = self.enhanced {
            write!(f, " {class}.{subject}.{detail}")?;
        }
        if !self.text.is_empty() {
            write!(f, " {}", self.text)?;
        }
        Ok(())
    }
}
