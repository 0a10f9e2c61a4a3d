//! A message is anything: what is read from it is printable and bounded, and what is written on
//! top of it stays on top of it.

use jiff::Timestamp;
use mail::envelope::SUMMARY_MAX;
use mail::message::{
    fields, from_domain, header_end, missing_fields, received_count, received_field, strip_header,
    summary,
};
use mail::roster::ReceivedStyle;
use mail::{Address, Envelope, SpoolId};

use super::assert_lines;
use super::mutate::mutated;
use super::rounds::{Random, rounds};

/// Messages, good and odd.
pub const MESSAGES: &[&str] = &[
    "Received: from a ([192.0.2.1]) by b; Sun, 22 Nov 2026 09:00:00 +0000\r\n\
     From: \"Yamada, Taro\" <taro@example.jp>\r\nTo: hanako@example.com\r\n\
     Subject: =?UTF-8?B?44GC44GE?=\r\n =?UTF-8?B?44GG?=\r\nDate: x\r\n\
     Message-ID: <1@example.jp>\r\nX-Api-Data: order 7\r\n\r\nHello\r\n.\r\n..x\r\n",
    "from: =?ISO-2022-JP?B?GyRCJCIbKEI=?= <a@example.jp>\r\nsubject:\r\n\t=?iso-2022-jp?Q?=1B$B?=\r\n\
     Message-Id: a b\r\n\r\n--=_1\r\n\r\n--=_1--\r\n",
    "Subject: \x1b$B$\"$$\x1b(B\r\nFrom: Team: a@example.jp, (x) b@example.jp;\r\nBcc: c\r\n\r\n",
    "no header\r\nat all: x\r\n",
    " folded first\r\nDate: x\r\n",
    "\r\nonly a body\r\n",
    "",
];

/// A message, mutated; clean as the server's side leaves it, or not.
pub fn message(random: &mut Random) -> Vec<u8> {
    let seeds: Vec<Vec<u8>> = MESSAGES.iter().map(|m| m.as_bytes().to_vec()).collect();
    let seed = random.pick(&seeds);
    let content = mutated(random, seed, &seeds);
    if random.once_in(2) { content } else { clean(&content) }
}

/// Without NUL, every line end a CRLF.
pub fn clean(content: &[u8]) -> Vec<u8> {
    let mut clean = Vec::new();
    for line in content.split(|b| *b == b'\n') {
        clean.extend(line.iter().filter(|b| !matches!(b, 0 | b'\r')));
        clean.extend_from_slice(b"\r\n");
    }
    clean
}

#[test]
fn fuzz_message() {
    rounds(|random| {
        let content = message(random);
        check_fields(&content);
        check_summary(&content);
        check_stripped(&content, ["Subject", "Bcc", "Received", "From"][random.below(4)]);
        check_prefix(random, &content);
    });
}

/// Names with their values, in order.
fn listed(content: &[u8]) -> Vec<(String, Vec<u8>)> {
    let name = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    fields(content).map(|f| (name(f.name), f.value.to_vec())).collect()
}

fn check_fields(content: &[u8]) {
    let mut end = 0;
    for field in fields(content) {
        assert_eq!(field.span.start, end, "fields follow each other");
        end = field.span.end;
        assert!(!field.name.is_empty() && field.name.iter().all(u8::is_ascii_graphic));
        assert!(!field.name.contains(&b':'));
    }
    assert_eq!(header_end(content), end);
    assert!(received_count(content) <= fields(content).count());
}

fn check_summary(content: &[u8]) {
    let found = summary(content);
    if let Some(from) = &found.from {
        assert_eq!(Address::parse(from).map(|a| a.to_string()).as_ref(), Ok(from));
        let domain = from_domain(&found).expect("an address has a domain");
        assert!(from.ends_with(&domain));
    }
    for text in [found.from, found.subject, found.message_id, found.api_data].into_iter().flatten()
    {
        assert!((1..=SUMMARY_MAX).contains(&text.len()), "{} bytes", text.len());
        assert!(!text.contains(char::is_control), "{text:?}");
    }
}

fn check_stripped(content: &[u8], name: &str) {
    let stripped = strip_header(content, name);
    let mut kept = listed(content);
    kept.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    assert_eq!(listed(&stripped), kept);
    assert!(stripped.ends_with(&content[header_end(content)..]));
}

/// Our own fields stand on top, the message's own follow as they were, and nothing else.
fn check_prefix(random: &mut Random, content: &[u8]) {
    let style = *random.pick(&[ReceivedStyle::Full, ReceivedStyle::Short, ReceivedStyle::None]);
    let at = Timestamp::from_second(1_795_338_000).expect("in range");
    let id = SpoolId::from_micros(1_795_338_000_000_000);
    let envelope = hostile_envelope(random, content);
    let mut prefix = received_field(style, "mx.yakusoku.test", &envelope, id, at);
    prefix.extend(missing_fields(content, id, "mx.yakusoku.test", at));
    assert_lines(&prefix, "our fields");
    let longest = prefix.split(|b| *b == b'\n').map(<[u8]>::len).max().unwrap_or(0);
    assert!(longest <= 999, "{longest}: {}", prefix.escape_ascii());
    let has = |name: &str| fields(content).any(|f| f.is(name));
    let mut expected: Vec<&str> = Vec::new();
    expected.extend((style != ReceivedStyle::None).then_some("Received"));
    expected.extend((!has("Date")).then_some("Date"));
    expected.extend((!has("Message-ID")).then_some("Message-ID"));
    let ours = listed(&prefix);
    let names: Vec<&str> = ours.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, expected, "{}", prefix.escape_ascii());
    let whole = listed(&[&prefix, content].concat());
    assert_eq!(whole, [ours, listed(content)].concat(), "{}", content.escape_ascii());
}

/// An envelope whose every word is a stranger's.
pub fn hostile_envelope(random: &mut Random, content: &[u8]) -> Envelope {
    let mut word = || {
        let bytes = mutated(random, b"client.example.jp", &[content.to_vec()]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.chars().take(255).collect::<String>()
    };
    let recipients: Vec<_> = ["hanako@example.com", "\"a (b\"@example.com", "\u{3042}@example.jp"]
        .iter()
        .map(|a| serde_json::json!({ "address": a, "orcpt": format!("rfc822;{}", word()) }))
        .collect();
    let mut envelope: Envelope = serde_json::from_value(serde_json::json!({
        "composition": "pro", "sender": "\"x) y\"@example.jp", "recipients": recipients,
        "source": { "ip": "2001:db8::1", "helo": word(), "tls": "TLSv1.3 X", "user": word() },
        "headers": { "subject": word(), "message_id": word(), "from": word() },
        "envid": word(),
    }))
    .expect("an envelope");
    envelope.recipients.truncate(1 + random.below(3));
    envelope.ret_full = random.once_in(2);
    envelope.smtputf8 = random.once_in(2);
    if random.once_in(2) {
        envelope.headers = summary(content);
    }
    envelope
}
