//! What the client's side writes: commands with the parameters that the server knows, and
//! content with its dots stuffed.
//!
//! Addresses, ENVID and ORCPT were checked where they came in; nothing here can end a line early.

use super::{Dialogue, Transaction};
use crate::{Recipient, Reply};

impl Dialogue {
    pub(super) fn check(&self, transaction: &Transaction<'_>) -> Result<(), Reply> {
        let refuse = |code, enhanced, text: &str| {
            Err(Reply { code, enhanced: Some(enhanced), text: text.to_owned() })
        };
        let needs_utf8 = transaction.envelope.sender.as_ref().is_some_and(|s| s.needs_smtputf8())
            || transaction.recipients.iter().any(|r| r.address.needs_smtputf8());
        if needs_utf8 && !self.extensions.smtputf8 {
            return refuse(553, (5, 6, 7), "the next server does not take addresses outside ASCII");
        }
        match self.extensions.size {
            Some(limit) if limit > 0 && transaction.size > limit => refuse(
                552,
                (5, 3, 4),
                &format!("the next server takes messages up to {limit} bytes"),
            ),
            _ => Ok(()),
        }
    }

    pub(super) fn mail_command(&self, transaction: &Transaction<'_>) -> Vec<u8> {
        let envelope = transaction.envelope;
        let mut command =
            format!("MAIL FROM:<{}>", envelope.sender.as_ref().map_or("", |s| s.as_str()));
        if self.extensions.size.is_some() {
            command += &format!(" SIZE={}", transaction.size);
        }
        // Without the extension 8-bit content goes out as it is: a conversion would break the
        // signature, and servers that cannot take it have become a legend.
        if self.extensions.eight_bit && envelope.eight_bit {
            command += " BODY=8BITMIME";
        }
        if self.extensions.smtputf8 && envelope.smtputf8 {
            command += " SMTPUTF8";
        }
        if self.extensions.dsn {
            if envelope.ret_full {
                command += " RET=FULL";
            }
            if let Some(envid) = &envelope.envid {
                command += &format!(" ENVID={}", xtext(envid));
            }
        }
        command += "\r\n";
        command.into_bytes()
    }

    pub(super) fn recipient_command(&self, recipient: &Recipient) -> Vec<u8> {
        let mut command = format!("RCPT TO:<{}>", recipient.address);
        if self.extensions.dsn {
            if recipient.notify != crate::envelope::Notify::default() {
                command += &format!(" NOTIFY={}", notify_words(recipient));
            }
            // Beyond ASCII it may be said only to a server with SMTPUTF8 (RFC 6533 section 4).
            let orcpt = recipient.orcpt.as_ref();
            if let Some(orcpt) = orcpt.filter(|o| o.is_ascii() || self.extensions.smtputf8) {
                command += &format!(" ORCPT={orcpt}");
            }
        }
        command += "\r\n";
        command.into_bytes()
    }
}

fn notify_words(recipient: &Recipient) -> String {
    let notify = recipient.notify;
    let words: Vec<&str> =
        [(notify.success, "SUCCESS"), (notify.failure, "FAILURE"), (notify.delay, "DELAY")]
            .iter()
            .filter(|(wanted, _)| *wanted)
            .map(|(_, word)| *word)
            .collect();
    if words.is_empty() { "NEVER".to_owned() } else { words.join(",") }
}

/// RFC 3461 section 4: everything but printable ASCII, `+` and `=` goes as `+XX`.
fn xtext(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'+' | b'=' => format!("+{b:02X}"),
            b'!'..=b'~' => char::from(b).to_string(),
            _ => format!("+{b:02X}"),
        })
        .collect()
}

/// Content as it goes over the wire: a dot in front of lines that begin with one, CRLF at the
/// end, and the final dot (RFC 5321 section 4.5.2).
pub fn dot_stuff(content: &[u8], out: &mut Vec<u8>) {
    out.reserve(content.len() + 8);
    let mut rest = content;
    if rest.first() == Some(&b'.') {
        out.push(b'.');
    }
    while let Some(at) = memchr::memmem::find(rest, b"\n.") {
        out.extend_from_slice(&rest[..=at]);
        out.push(b'.');
        rest = &rest[at + 1..];
        // The dot itself, so that the search goes on behind it.
        out.push(b'.');
        rest = &rest[1..];
    }
    out.extend_from_slice(rest);
    if !content.is_empty() && !content.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
}
