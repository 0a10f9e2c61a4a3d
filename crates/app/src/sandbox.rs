//! The sandbox mailbox as a person reads it.

use jiff::Timestamp;
use mail::SpoolId;
use mail_parser::MessageParser;
use spool::mailbox::{Mailbox, MailboxEntry};

use crate::{AppError, FileError, Office, blocking, domains};

mod content;
mod file_name;

/// Entries of one list.
pub const LIST_MAX: usize = 200;

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
    office: &Office,
    before: Option<SpoolId>,
    limit: usize,
) -> Result<Vec<Entry>, AppError> {
    let mailbox = mailbox(office);
    let failed = failed(office, "list");
    let entries =
        blocking(move || mailbox.list(before, limit.clamp(1, LIST_MAX)).map_err(failed)).await?;
    Ok(entries.into_iter().map(entry).collect())
}

/// One message.
///
/// # Errors
/// When it cannot be read.
pub async fn open(office: &Office, id: SpoolId) -> Result<Option<Opened>, AppError> {
    let Some((found, source)) = read(office, id).await? else { return Ok(None) };
    let records = domains::published_keys(office).await?;
    let verdicts = dkim::verify(&source, &records).await;
    blocking(move || {
        let mut opened = content::open(entry(found), source);
        opened.signatures = verdicts
            .into_iter()
            .map(|verdict| Signature {
                domain: verdict.domain,
                selector: verdict.selector,
                algorithm: verdict.algorithm,
                result: verdict.result,
            })
            .collect();
        Ok(Some(opened))
    })
    .await
}

/// One attachment with its content.
///
/// # Errors
/// When it cannot be read.
pub async fn attachment(
    office: &Office,
    id: SpoolId,
    index: usize,
) -> Result<Option<(Attachment, Vec<u8>)>, AppError> {
    let Some((_, source)) = read(office, id).await? else { return Ok(None) };
    blocking(move || {
        let Some(message) = MessageParser::default().parse(&source) else { return Ok(None) };
        Ok(content::attachment(&message, index))
    })
    .await
}

/// Empties the mailbox; how many messages there were.
///
/// # Errors
/// When one cannot be removed.
pub async fn clear(office: &Office) -> Result<usize, AppError> {
    let mailbox = mailbox(office);
    let failed = failed(office, "empty");
    blocking(move || mailbox.clear().map_err(failed)).await
}

fn mailbox(office: &Office) -> Mailbox {
    Mailbox::new(&office.relay.sandbox(), office.vault.clone())
}

fn failed(office: &Office, doing: &'static str) -> impl Fn(std::io::Error) -> AppError + use<> {
    let path = office.relay.sandbox();
    move |source| AppError::records(FileError { doing, path: path.clone(), source })
}

async fn read(office: &Office, id: SpoolId) -> Result<Option<(MailboxEntry, Vec<u8>)>, AppError> {
    let mailbox = mailbox(office);
    let failed = failed(office, "read a message in");
    blocking(move || mailbox.read(id).map_err(failed)).await
}

fn entry(found: MailboxEntry) -> Entry {
    let envelope = found.envelope;
    let recipients = envelope.recipients.iter();
    Entry {
        id: found.id,
        at: found.delivered_at,
        sender: envelope.sender.map(String::from).unwrap_or_default(),
        recipients: recipients.map(|recipient| recipient.address.to_string()).collect(),
        from: envelope.headers.from.unwrap_or_default(),
        subject: envelope.headers.subject.unwrap_or_default(),
        size: found.size,
    }
}
