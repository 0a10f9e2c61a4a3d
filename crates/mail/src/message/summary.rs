//! Reads the few header fields that the delivery log shows.
//!
//! This runs on every message, so plain ASCII takes a short way and only the rest is given to
//! the full parser.

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;
use mail_parser::{Address as ParsedAddress, HeaderValue};

use super::header::{Field, fields};
use crate::Address;
use crate::envelope::{HeaderSummary, SUMMARY_MAX};

/// From, Subject, Message-ID and X-Api-Data, decoded (RFC 2047) and cut to
/// [`SUMMARY_MAX`] bytes. Where a field is repeated, the first one counts.
#[must_use]
pub fn summary(content: &[u8]) -> HeaderSummary {
    let mut found = HeaderSummary::default();
    for field in fields(content) {
        if field.is("From") {
            fill(&mut found.from, || first_address(field.value));
        } else if field.is("Subject") {
            fill(&mut found.subject, || text(field.value));
        } else if field.is("Message-ID") {
            fill(&mut found.message_id, || message_id(&field));
        } else if field.is("X-Api-Data") {
            fill(&mut found.api_data, || text(field.value));
        }
    }
    found
}

/// The domain of the address in From, lower case: whose signing key signs the message.
#[must_use]
pub fn from_domain(summary: &HeaderSummary) -> Option<String> {
    let domain = &summary.from.as_ref()?.rsplit_once('@')?.1;
    Some(domain.to_lowercase())
}

/// How many servers the message has passed, by its Received fields (RFC 5321 section 6.3).
#[must_use]
pub fn received_count(content: &[u8]) -> usize {
    fields(content).filter(|field| field.is("Received")).count()
}

fn fill(slot: &mut Option<String>, read: impl FnOnce() -> Option<String>) {
    if slot.is_none() {
        *slot = read().map(cut).filter(|text| !text.is_empty());
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(SUMMARY_MAX));
    text
}

/// An unstructured field (RFC 5322 section 3.6.5), in one line.
fn text(value: &[u8]) -> Option<String> {
    if value.contains(&0x1b) {
        // Raw ISO-2022-JP, against RFC 2047 yet still written by old Japanese mailers.
        let decode = charset_decoder(b"iso-2022-jp")?;
        return Some(one_line(&decode(value)));
    }
    if memchr::memmem::find(value, b"=?").is_none() {
        return Some(one_line(&String::from_utf8_lossy(value)));
    }
    match MessageStream::new(&with_line_end(value)).parse_unstructured() {
        HeaderValue::Text(decoded) => Some(one_line(&decoded)),
        _ => None,
    }
}

/// Folds and control characters become one space each; none at the ends.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\r' => {}
            // A fold is CRLF before the white space that is there anyway.
            '\n' => {}
            c if c.is_control() => line.push(' '),
            c => line.push(c),
        }
    }
    line
}

fn message_id(field: &Field<'_>) -> Option<String> {
    let id = one_line(std::str::from_utf8(field.value).ok()?);
    let id = id.strip_prefix('<').unwrap_or(&id);
    Some(id.split('>').next().unwrap_or(id).trim().to_owned())
}

/// The first address of a From field (RFC 5322 section 3.6.2).
fn first_address(value: &[u8]) -> Option<String> {
    if let Some(address) = plain_address(value) {
        return Some(address.to_string());
    }
    match MessageStream::new(&with_line_end(value)).parse_address() {
        HeaderValue::Address(parsed) => first_parsed(&parsed),
        _ => None,
    }
}

/// The short way: `name <address>` or `address`, with nothing that needs a parser.
fn plain_address(value: &[u8]) -> Option<Address> {
    if memchr::memchr3(b'"', b'(', b',', value).is_some() {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?.trim();
    let inner = match text.split_once('<') {
        Some((_, rest)) => rest.strip_suffix('>')?,
        None => text,
    };
    Address::parse(inner).ok()
}

fn first_parsed(parsed: &ParsedAddress<'_>) -> Option<String> {
    let address = parsed.iter().find_map(|a| a.address())?;
    Address::parse(address.trim()).ok().map(String::from)
}

/// The parser wants to see where the field ends.
fn with_line_end(value: &[u8]) -> Vec<u8> {
    let mut field = Vec::with_capacity(value.len() + 2);
    field.extend_from_slice(value);
    field.extend_from_slice(b"\r\n");
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_fields() {
        let cases: &[(&str, Option<&str>)] = &[
            ("taro@example.jp", Some("taro@example.jp")),
            ("Taro <Taro@Example.JP>", Some("Taro@example.jp")),
            ("\"Yamada, Taro\" <taro@example.jp>", Some("taro@example.jp")),
            ("\"a <fake@bad.example>\" <taro@example.jp>", Some("taro@example.jp")),
            ("taro@example.jp (Taro Yamada)", Some("taro@example.jp")),
            ("A <a@example.jp>, B <b@example.jp>", Some("a@example.jp")),
            ("Team: a@example.jp, b@example.jp;", Some("a@example.jp")),
            ("=?ISO-2022-JP?B?GyRCQkBPOhsoQg==?=\r\n <taro@example.jp>", Some("taro@example.jp")),
            ("太郎 <太郎@例え.jp>", Some("太郎@例え.jp")),
            ("a..b.@docomo.example", Some("a..b.@docomo.example")),
            ("nobody", None),
            ("<>", None),
            ("", None),
        ];
        for (value, expected) in cases {
            let content = format!("From: {value}\r\n\r\n");
            assert_eq!(summary(content.as_bytes()).from.as_deref(), *expected, "{value}");
        }
    }

    #[test]
    fn subject_fields() {
        let cases: &[(&[u8], Option<&str>)] = &[
            (b"Hello", Some("Hello")),
            (b"Hello\r\n  world", Some("Hello  world")),
            (b"=?UTF-8?B?44GC44GE?=", Some("あい")),
            (b"=?UTF-8?Q?=E3=81=82?=\r\n =?UTF-8?Q?=E3=81=84?=", Some("あい")),
            (b"=?ISO-2022-JP?B?GyRCJCIkJBsoQg==?=", Some("あい")),
            (
                b"=?iso-2022-jp?B?GyRCJCIbKEI=?= and =?iso-2022-jp?B?GyRCJCQbKEI=?=",
                Some("あ and い"),
            ),
            (b"=?Shift_JIS?B?gqCCog==?=", Some("あい")),
            (b"\x1b$B$\"$$\x1b(B", Some("あい")),
            ("あい".as_bytes(), Some("あい")),
            (b"\xff\xfe", Some("\u{fffd}\u{fffd}")),
            (b"a\x07b", Some("a b")),
            (b"=?UTF-8?B?YQ0KQmNjOiB4?=", Some("aBcc: x")),
            (b"=?broken", Some("=?broken")),
            (b"", None),
        ];
        for (value, expected) in cases {
            let content = [b"Subject: ", *value, b"\r\n\r\n"].concat();
            let got = summary(&content).subject;
            assert_eq!(got.as_deref(), *expected, "{}", value.escape_ascii());
        }
    }

    #[test]
    fn the_other_fields() {
        let content = b"Message-Id: <a.b@example.jp>\r\nX-API-DATA: order 7\r\nSubject: one\r\n\
            Subject: two\r\n\r\nFrom: body@example.jp\r\n";
        let expected = HeaderSummary {
            from: None,
            subject: Some("one".to_owned()),
            message_id: Some("a.b@example.jp".to_owned()),
            api_data: Some("order 7".to_owned()),
        };
        assert_eq!(summary(content), expected);
        assert_eq!(summary(b"only a body\r\nSubject: no\r\n"), HeaderSummary::default());
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let content = format!("Subject: {}\r\n\r\n", "あ".repeat(400));
        let subject = summary(content.as_bytes()).subject.expect("a subject");
        assert_eq!(subject, "あ".repeat(332));
        assert!(subject.len() <= SUMMARY_MAX);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(value: Vec<u8>, word in "=\\?[a-z0-9-]{0,9}\\?[bq]\\?.{0,9}") {
            for name in ["From", "Subject", "Message-ID", "X-Api-Data"] {
                let head = format!("{name}: {word}");
                let content = [head.as_bytes(), &value, b"?= <a@example.jp>\r\n\r\n"].concat();
                let found = summary(&content);
                for text in [found.from, found.subject, found.message_id, found.api_data] {
                    let text = text.unwrap_or_default();
                    assert!(text.len() <= SUMMARY_MAX && !text.contains(char::is_control));
                }
            }
        }
    }

    #[test]
    fn domains_and_counts() {
        let found = summary(b"From: a@News.Example.JP\r\n\r\n");
        assert_eq!(from_domain(&found).as_deref(), Some("news.example.jp"));
        assert_eq!(received_count(b"Received: a\r\nreceived: b\r\n\r\nReceived: c\r\n"), 2);
    }
}
