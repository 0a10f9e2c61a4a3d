//! The fields that a server writes on top of a message that it takes.

use std::net::IpAddr;

use jiff::Timestamp;

use super::header::{fields, header_end};
use crate::roster::ReceivedStyle;
use crate::{Envelope, SpoolId};

/// Where a header line is folded, in bytes (RFC 5322 section 2.1.1).
pub const FOLD_AT: usize = 78;

/// Our Received field (RFC 5321 section 4.4), its line end included; empty where the style asks
/// for none.
///
/// Nothing of the client's choice can end the field or open a comment in it. A recipient is
/// named only when there is no other, or one would learn of the rest.
#[must_use]
pub fn received_field(
    style: ReceivedStyle,
    hostname: &str,
    envelope: &Envelope,
    id: SpoolId,
    at: Timestamp,
) -> Vec<u8> {
    let hostname = word(hostname);
    let mut words = Vec::new();
    match style {
        ReceivedStyle::None => return Vec::new(),
        ReceivedStyle::Short => words.push(format!("by {hostname} id {id};")),
        ReceivedStyle::Full => {
            let source = &envelope.source;
            words.push(format!("from {}", word(&source.helo)));
            words.push(format!("({})", literal(source.ip)));
            words.push(format!("by {hostname}"));
            words.push(format!("with {}", protocol(envelope)));
            if let Some(tls) = &source.tls {
                let tls: Vec<String> = tls.split(' ').map(word).collect();
                words.push(format!("({})", tls.join(" ")));
            }
            words.push(format!("id {id}"));
            if let [only] = envelope.recipients.as_slice() {
                words.push(format!("for <{}>", only.address));
            }
            // The time stands behind a semicolon (RFC 5322 section 3.6.7).
            words.last_mut().into_iter().for_each(|last| last.push(';'));
        }
    }
    words.push(date(at));
    folded("Received", &words).into_bytes()
}

/// The Date and Message-ID fields that the message lacks (RFC 6409 section 8), to be written
/// on top of it, behind our Received field. A message without any header section also gets the
/// empty line that separates its body from them.
#[must_use]
pub fn missing_fields(content: &[u8], id: SpoolId, hostname: &str, at: Timestamp) -> Vec<u8> {
    let (mut has_date, mut has_id) = (false, false);
    for field in fields(content) {
        has_date |= field.is("Date");
        has_id |= field.is("Message-ID");
    }
    let mut missing = String::new();
    if !has_date {
        missing.push_str(&folded("Date", &[date(at)]));
    }
    if !has_id {
        missing.push_str(&folded("Message-ID", &[format!("<{id}@{}>", word(hostname))]));
    }
    if header_end(content) == 0 && !content.starts_with(b"\r\n") {
        missing.push_str("\r\n");
    }
    missing.into_bytes()
}

/// `Sun, 22 Nov 2026 09:00:00 +0000` (RFC 5322 section 3.3).
pub(crate) fn date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// A header field of these words, folded between them at [`FOLD_AT`]; a word that is longer
/// stands on a line of its own.
pub(crate) fn folded(name: &str, words: &[String]) -> String {
    let mut field = format!("{name}:");
    let mut line = field.len();
    for word in words {
        if line + 1 + word.len() > FOLD_AT && line > 1 {
            field.push_str("\r\n\t");
            line = 1;
        } else {
            field.push(' ');
            line += 1;
        }
        field.push_str(word);
        line += word.len();
    }
    field.push_str("\r\n");
    field
}

/// The text reduced to what a host name or an address literal is made of.
fn word(text: &str) -> String {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']') {
            c
        } else {
            '?'
        }
    };
    if text.is_empty() { "unknown".to_owned() } else { text.chars().map(safe).collect() }
}

/// An address literal (RFC 5321 section 4.1.3).
fn literal(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => format!("[{ip}]"),
        IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
    }
}

/// The word behind `with` (RFC 3848, RFC 6531 section 4.3). HELO and EHLO are not told apart.
fn protocol(envelope: &Envelope) -> String {
    let name = if envelope.smtputf8 { "UTF8SMTP" } else { "ESMTP" };
    let tls = if envelope.source.tls.is_some() { "S" } else { "" };
    let user = if envelope.source.user.is_some() { "A" } else { "" };
    format!("{name}{tls}{user}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{address, at, envelope, id};

    fn received(style: ReceivedStyle, envelope: &Envelope) -> String {
        let field = received_field(style, "mx.yakusoku.test", envelope, id(), at());
        String::from_utf8(field).expect("the field is text")
    }

    #[test]
    fn received_full() {
        let mut e = envelope();
        assert_eq!(
            received(ReceivedStyle::Full, &e),
            "Received: from client.example.jp ([192.0.2.7]) by mx.yakusoku.test with ESMTP\r\n\
             \tid 1k0v6svvs00 for <hanako@example.com>; Sun, 22 Nov 2026 09:00:00 +0000\r\n"
        );
        e.source.tls = Some("TLSv1.3 TLS13_AES_256_GCM_SHA384".to_owned());
        e.source.user = Some("api@example.jp".to_owned());
        e.source.ip = "2001:db8::1".parse().expect("an address");
        e.recipients.push(e.recipients[0].clone());
        assert_eq!(
            received(ReceivedStyle::Full, &e),
            "Received: from client.example.jp ([IPv6:2001:db8::1]) by mx.yakusoku.test\r\n\
             \twith ESMTPSA (TLSv1.3 TLS13_AES_256_GCM_SHA384) id 1k0v6svvs00;\r\n\
             \tSun, 22 Nov 2026 09:00:00 +0000\r\n"
        );
    }

    #[test]
    fn received_short_and_none() {
        assert_eq!(
            received(ReceivedStyle::Short, &envelope()),
            "Received: by mx.yakusoku.test id 1k0v6svvs00; Sun, 22 Nov 2026 09:00:00 +0000\r\n"
        );
        assert_eq!(received(ReceivedStyle::None, &envelope()), "");
    }

    #[test]
    fn nothing_of_the_client_breaks_out_of_received() {
        let names = ["x\r\nBcc: y", "x) by evil (", "x;y<z>\"", "例え", "", "\0"];
        for helo in names {
            let mut e = envelope();
            e.source.helo = helo.to_owned();
            let field = received(ReceivedStyle::Full, &e);
            assert_eq!(fields(field.as_bytes()).count(), 1, "{helo:?}: {field}");
            assert_eq!(field.matches('(').count(), 1, "{helo:?}: {field}");
            assert!(field.is_ascii(), "{helo:?}: {field}");
        }
    }

    #[test]
    fn protocol_words() {
        let cases = [
            (false, false, false, "ESMTP"),
            (false, true, false, "ESMTPS"),
            (false, false, true, "ESMTPA"),
            (false, true, true, "ESMTPSA"),
            (true, false, false, "UTF8SMTP"),
            (true, true, true, "UTF8SMTPSA"),
        ];
        for (utf8, tls, user, expected) in cases {
            let mut e = envelope();
            e.smtputf8 = utf8;
            e.source.tls = tls.then(|| "TLSv1.2 X".to_owned());
            e.source.user = user.then(|| "u".to_owned());
            assert_eq!(protocol(&e), expected);
        }
    }

    #[test]
    fn long_words_stand_alone() {
        let mut e = envelope();
        e.recipients[0].address = address(&format!("{}@example.jp", "x".repeat(64)));
        let field = received(ReceivedStyle::Full, &e);
        assert!(field.contains(&format!("\r\n\tfor <{}@example.jp>;\r\n", "x".repeat(64))));
    }

    #[test]
    fn fields_that_are_missing() {
        let date = "Date: Sun, 22 Nov 2026 09:00:00 +0000\r\n";
        let message_id = "Message-ID: <1k0v6svvs00@mx.yakusoku.test>\r\n";
        let cases = [
            ("Date: x\r\nMessage-Id: y\r\n\r\n", String::new()),
            ("Date: x\r\n\r\nMessage-ID: body", message_id.to_owned()),
            ("Message-ID: y\r\n\r\n", date.to_owned()),
            ("\r\nonly a body\r\n", format!("{date}{message_id}")),
            ("only a body\r\n", format!("{date}{message_id}\r\n")),
            ("", format!("{date}{message_id}\r\n")),
        ];
        for (content, expected) in cases {
            let missing = missing_fields(content.as_bytes(), id(), "mx.yakusoku.test", at());
            assert_eq!(String::from_utf8(missing).as_ref(), Ok(&expected), "{content:?}");
        }
    }
}
