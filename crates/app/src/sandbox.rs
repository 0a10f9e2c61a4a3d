//! The sandbox mailbox as a person reads it.

use jiff::Timestamp;
use mail::SpoolId;

use crate::{AppError, Office};

/// A row of the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub id: SpoolId,
    /// When it was delivered here.
    pub at: Timestamp,
    /// Envelope sender; empty is `<>`.
    pub sender: String,
    /// Envelope recipients.
    pub recipients: Vec<String>,
    /// From, as the header has it (decoded).
    pub from: String,
    /// Subject, decoded.
    pub subject: String,
    /// Bytes.
    pub size: u32,
}

/// A message, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The row.
    pub entry: Entry,
    /// Every header field in order, name and decoded value.
    pub headers: Vec<(String, String)>,
    /// The text part, if any (or the HTML turned into text).
    pub text: Option<String>,
    /// The HTML part, as it came: show it only in a sandboxed frame.
    pub html: Option<String>,
    /// What is attached.
    pub attachments: Vec<Attachment>,
    /// Each DKIM signature, checked against the records we would publish.
    pub signatures: Vec<Signature>,
    /// The source, for "view source" and download.
    pub source: Vec<u8>,
}

/// One attachment, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its place, from 0.
    pub index: usize,
    /// A file name that is safe to offer.
    pub name: String,
    /// MIME type.
    pub media_type: String,
    /// Bytes, decoded.
    pub size: usize,
}

/// One DKIM signature and what checking it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// `d=`.
    pub domain: String,
    /// `s=`.
    pub selector: String,
    /// `a=`, such as `rsa-sha256`.
    pub algorithm: String,
    /// `Ok` when it verifies, else why not.
    pub result: Result<(), String>,
}

/// The newest entries older than `before`.
///
/// # Errors
/// When the mailbox cannot be read.
pub async fn list(
    _office: &Office,
    _before: Option<SpoolId>,
    _limit: usize,
) -> Result<Vec<Entry>, AppError> {
    todo!()
}

/// One message.
///
/// # Errors
/// When it cannot be read.
pub async fn open(_office: &Office, _id: SpoolId) -> Result<Option<Opened>, AppError> {
    todo!()
}

/// One attachment with its content.
///
/// # Errors
/// When it cannot be read.
pub async fn attachment(
    _office: &Office,
    _id: SpoolId,
    _index: usize,
) -> Result<Option<(Attachment, Vec<u8>)>, AppError> {
    todo!()
}

/// Empties the mailbox; how many messages there were.
///
/// # Errors
/// When one cannot be removed.
pub async fn clear(_office: &Office) -> Result<usize, AppError> {
    todo!()
}
