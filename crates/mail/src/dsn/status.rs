//! The part of a report that programs read (RFC 3464 section 2).

use std::net::IpAddr;

use super::{Case, Kind, Report};
use crate::Reply;
use crate::message::{date, folded};
use crate::smtp::command::orcpt_decoded;

/// Longest word of a stranger's that is left whole, in bytes: a line may have 998 (RFC 5322
/// section 2.1.1).
pub(super) const WORD_MAX: usize = 900;

/// message/delivery-status: one group of fields for the message and one for each recipient.
pub(super) fn part(report: &Report<'_>, kind: Kind, cases: &[Case<'_>]) -> Vec<u8> {
    let mut part = "Content-Type: message/delivery-status\r\n\r\n".to_owned();
    part.push_str(&field("Reporting-MTA", &format!("dns; {}", report.hostname)));
    if let Some(envid) = &report.envelope.envid {
        part.push_str(&field("Original-Envelope-Id", envid));
    }
    part.push_str(&field("Arrival-Date", &date(report.id.accepted_at())));
    for case in cases {
        part.push_str("\r\n");
        recipient(&mut part, kind, *case);
    }
    part.into_bytes()
}

fn recipient(part: &mut String, kind: Kind, (recipient, attempt): Case<'_>) {
    if let Some(original) = recipient.orcpt.as_deref().and_then(orcpt_decoded) {
        part.push_str(&field("Original-Recipient", &ascii_form(&original)));
    }
    let address = recipient.address.as_str();
    let form = if address.is_ascii() { "rfc822" } else { "utf-8" };
    part.push_str(&field("Final-Recipient", &format!("{form}; {}", ascii_form(address))));
    part.push_str(&field("Action", action(kind)));
    part.push_str(&field("Status", &status(kind, attempt.reply.as_ref())));
    if let Some(host) = &attempt.remote_host {
        // RFC 3464 section 2.3.5, with an address as RFC 5321 section 4.1.3 writes it.
        let host = match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => format!("[{ip}]"),
            Ok(IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
            Err(_) => host.clone(),
        };
        part.push_str(&field("Remote-MTA", &format!("dns; {host}")));
    }
    if let Some(reply) = &attempt.reply {
        // Where nobody answered the text is our own and no SMTP reply.
        let source = if attempt.remote_host.is_some() { "smtp" } else { "x-yakusoku" };
        part.push_str(&field("Diagnostic-Code", &format!("{source}; {reply}")));
    }
    part.push_str(&field("Last-Attempt-Date", &date(attempt.at)));
}

/// RFC 3464 section 2.3.3.
const fn action(kind: Kind) -> &'static str {
    match kind {
        Kind::Failed => "failed",
        Kind::Relayed => "relayed",
        Kind::Delayed => "delayed",
    }
}

/// The enhanced code of the reply, or the nearest that its plain code allows (RFC 3464 section
/// 2.3.4). A class that contradicts what happened is not repeated: mail that failed because its
/// time was over says so (4.4.7).
fn status(kind: Kind, reply: Option<&Reply>) -> String {
    let enhanced = reply.and_then(|reply| reply.enhanced);
    match (kind, enhanced, reply.map(|reply| reply.code / 100)) {
        (Kind::Relayed, Some((2, subject, detail)), _) => format!("2.{subject}.{detail}"),
        (Kind::Relayed, ..) => "2.0.0".to_owned(),
        (Kind::Delayed, Some((4, subject, detail)), _) => format!("4.{subject}.{detail}"),
        (Kind::Delayed, ..) => "4.0.0".to_owned(),
        (Kind::Failed, Some((class @ (4 | 5), subject, detail)), _) => {
            format!("{class}.{subject}.{detail}")
        }
        (Kind::Failed, _, Some(4)) => "4.4.7".to_owned(),
        (Kind::Failed, ..) => "5.0.0".to_owned(),
    }
}

/// One field of printable ASCII, folded at spaces.
fn field(name: &str, value: &str) -> String {
    let value = printable(value);
    let mut words = Vec::new();
    for word in value.split(' ').filter(|word| !word.is_empty()) {
        // It is ASCII, so every place is between two characters.
        words.extend(word.as_bytes().chunks(WORD_MAX).map(|w| String::from_utf8_lossy(w).into()));
    }
    folded(name, &words)
}

/// The text with everything replaced that may not stand in a field: controls, so that nobody
/// begins a field of his own, and bytes beyond ASCII.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            ' '..='~' => c,
            c if c.is_control() => ' ',
            _ => '?',
        })
        .collect()
}

/// Characters beyond ASCII, and the backslash, as `\x{HEX}` where there are any (utf-8-addr-xtext
/// of RFC 6533 section 3).
fn ascii_form(address: &str) -> String {
    if address.is_ascii() {
        return address.to_owned();
    }
    let mut form = String::new();
    for c in address.chars() {
        if c.is_ascii() && c != '\\' {
            form.push(c);
        } else {
            form.push_str(&format!("\\x{{{:02X}}}", u32::from(c)));
        }
    }
    form
}
