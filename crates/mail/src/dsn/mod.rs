//! Tells the sender what became of his message: delivery status notifications (RFC 3464), which
//! the caller sends with the null sender.
//!
//! There is never a report about a message with the null sender, so never a bounce for a bounce.
//! Nothing that a stranger wrote reaches a header field or a status field except as printable
//! ASCII in its place. The machine part is message/delivery-status; addresses beyond ASCII stand
//! in it in the ASCII form of RFC 6533 section 3, and message/global-delivery-status, which that
//! RFC allows instead, is not used.

mod status;
mod text;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use memchr::memmem;

use crate::envelope::{Notify, Source};
use crate::message::{date, folded, header_end, summary};
use crate::{Address, Attempt, Envelope, Recipient, SpoolId};

/// Largest content that is returned whole where RET=FULL asks for it, in bytes.
pub const RETURNED_CONTENT_MAX: usize = 100 * 1024;
/// Most of a header section that is returned, in bytes.
pub const RETURNED_HEADERS_MAX: usize = 32 * 1024;

/// What a report is made from.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// Of the message that the report is about.
    pub envelope: &'a Envelope,
    /// Its content.
    pub content: &'a [u8],
    /// Its name.
    pub id: SpoolId,
    /// Places in the envelope, each with the attempt that settled it (or, for a delay, the last
    /// one). Recipients that did not ask for this kind of report are left out here.
    pub recipients: &'a [(usize, &'a Attempt)],
    /// Our name.
    pub hostname: &'a str,
    /// When the report is written.
    pub at: Timestamp,
}

/// What the report tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Failed,
    Relayed,
    Delayed,
}

/// The report that delivery has failed for good. `None` when the sender is null or no recipient
/// asked for it (NOTIFY=FAILURE, or no NOTIFY at all).
#[must_use]
pub fn failure(report: &Report<'_>) -> Option<Vec<u8>> {
    written(report, Kind::Failed)
}

/// The report that a server without the DSN extension has taken the message (RFC 3461 section
/// 5.2.2), so that nothing more will be heard. `None` when nobody asked (NOTIFY=SUCCESS).
#[must_use]
pub fn success(report: &Report<'_>) -> Option<Vec<u8>> {
    written(report, Kind::Relayed)
}

/// The report that delivery takes longer. `None` when nobody asked (NOTIFY=DELAY).
#[must_use]
pub fn delayed(report: &Report<'_>) -> Option<Vec<u8>> {
    written(report, Kind::Delayed)
}

/// The envelope in which a report travels: null sender, to the sender of the message, and no
/// report about the report (RFC 3461 section 6.1). `None` for a message with the null sender.
#[must_use]
pub fn envelope(report: &Report<'_>, written: &[u8]) -> Option<Envelope> {
    let to = report.envelope.sender.clone()?;
    let smtputf8 = to.needs_smtputf8();
    let notify = Notify { success: false, failure: false, delay: false };
    Some(Envelope {
        composition: report.envelope.composition.clone(),
        sender: None,
        recipients: vec![Recipient { address: to, notify, orcpt: None }],
        source: Source {
            ip: std::net::Ipv6Addr::LOCALHOST.into(),
            helo: report.hostname.to_owned(),
            user: None,
            tls: None,
        },
        eight_bit: !written.is_ascii(),
        smtputf8,
        ret_full: false,
        envid: None,
        headers: summary(written),
    })
}

/// One recipient with what happened.
type Case<'a> = (&'a Recipient, &'a Attempt);

fn written(report: &Report<'_>, kind: Kind) -> Option<Vec<u8>> {
    let sender = report.envelope.sender.as_ref()?;
    let cases: Vec<Case<'_>> = report
        .recipients
        .iter()
        .filter_map(|(place, attempt)| Some((report.envelope.recipients.get(*place)?, *attempt)))
        .filter(|(recipient, _)| match kind {
            Kind::Failed => recipient.notify.failure,
            Kind::Relayed => recipient.notify.success,
            Kind::Delayed => recipient.notify.delay,
        })
        .collect();
    if cases.is_empty() {
        return None;
    }
    let boundary = boundary(report);
    let mut message = headers(report, kind, sender, &boundary).into_bytes();
    let human = text::human(report, kind, &cases);
    let parts = [human_part(&human), status::part(report, kind, &cases), returned(report, kind)];
    for part in parts {
        message.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        message.extend_from_slice(&part);
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Some(message)
}

fn headers(report: &Report<'_>, kind: Kind, sender: &Address, boundary: &str) -> String {
    let host = status::printable(report.hostname);
    let mut headers = String::new();
    let mut field = |name: &str, words: &[String]| headers.push_str(&folded(name, words));
    field("From", &["\"Mail Delivery System\"".to_owned(), format!("<MAILER-DAEMON@{host}>")]);
    field("To", &[format!("<{sender}>")]);
    field("Subject", &encoded_words(text::subject(kind)));
    field("Date", &[date(report.at)]);
    let number = report.at.as_microsecond();
    field("Message-ID", &[format!("<{}.{number}@{host}>", report.id)]);
    if let Some(about) = report.envelope.headers.message_id.as_deref().filter(|id| is_id(id)) {
        field("References", &[format!("<{about}>")]);
    }
    // So that no vacation program answers (RFC 3834 section 5).
    field("Auto-Submitted", &["auto-replied".to_owned()]);
    field("MIME-Version", &["1.0".to_owned()]);
    let kind = ["multipart/report;".to_owned(), "report-type=delivery-status;".to_owned()];
    field("Content-Type", &[&kind[..], &[format!("boundary=\"{boundary}\"")]].concat());
    headers.push_str("\r\n");
    headers
}

/// Whether a Message-ID of a stranger's may stand in a field of ours.
fn is_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'<' | b'>');
    (1..=250).contains(&id.len()) && id.bytes().all(plain)
}

/// A text beyond ASCII as encoded words (RFC 2047), each with whole characters.
fn encoded_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        // 45 bytes become 60 characters, which fit the 75 of RFC 2047 section 2.
        let (word, after) = rest.split_at(rest.floor_char_boundary(45));
        words.push(format!("=?UTF-8?B?{}?=", STANDARD.encode(word)));
        rest = after;
    }
    words
}

/// A line that does not occur in what is returned.
fn boundary(report: &Report<'_>) -> String {
    let number = report.at.as_microsecond();
    let mut boundary = format!("=_{}_{number}", report.id);
    while memmem::find(report.content, boundary.as_bytes()).is_some() {
        boundary.push('_');
    }
    boundary
}

/// Base64, so that the report stays 7-bit whatever the text.
fn human_part(text: &str) -> Vec<u8> {
    let mut part = b"Content-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n"
        .to_vec();
    for line in STANDARD.encode(text).as_bytes().chunks(76) {
        part.extend_from_slice(line);
        part.extend_from_slice(b"\r\n");
    }
    part
}

/// The message itself, or its header section. RET counts only where delivery failed (RFC 3461
/// section 4.3).
fn returned(report: &Report<'_>, kind: Kind) -> Vec<u8> {
    let whole = kind == Kind::Failed
        && report.envelope.ret_full
        && report.content.len() <= RETURNED_CONTENT_MAX;
    let (mime_type, returned) = if whole {
        ("message/rfc822", report.content)
    } else {
        ("text/rfc822-headers", header_section(report.content))
    };
    let encoding = if returned.is_ascii() { "7bit" } else { "8bit" };
    let head =
        format!("Content-Type: {mime_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n");
    [head.as_bytes(), returned].concat()
}

/// The header section, cut behind a line end.
fn header_section(content: &[u8]) -> &[u8] {
    let section = &content[..header_end(content)];
    if section.len() <= RETURNED_HEADERS_MAX {
        return section;
    }
    let cut = &section[..RETURNED_HEADERS_MAX];
    &cut[..memchr::memrchr(b'\n', cut).map_or(0, |end| end + 1)]
}

#[cfg(test)]
mod tests;
