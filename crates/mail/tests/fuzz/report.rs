//! A report is made from strangers' words: whatever they are, it has the fields and the parts
//! that it must have, and no other.

use jiff::Timestamp;
use mail::dsn::{self, Report};
use mail::message::{fields, header_end};
use mail::smtp::reply::ReplyParser;
use mail::{Attempt, AttemptKind, Envelope, Reply, SpoolId};

use super::assert_lines;
use super::message::{clean, hostile_envelope, message};
use super::mutate::mutated;
use super::rounds::{Random, rounds};

const HEADERS: &[&str] = &[
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "References",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
];
const ABOUT_MESSAGE: &[&str] = &["Reporting-MTA", "Original-Envelope-Id", "Arrival-Date"];
const ABOUT_RECIPIENT: &[&str] = &[
    "Original-Recipient",
    "Final-Recipient",
    "Action",
    "Status",
    "Remote-MTA",
    "Diagnostic-Code",
    "Last-Attempt-Date",
];

#[test]
fn fuzz_report() {
    rounds(|random| {
        let content = clean(&message(random));
        let envelope = hostile_envelope(random, &content);
        let attempts: Vec<Attempt> =
            (0..envelope.recipients.len()).map(|place| attempt(random, place)).collect();
        let recipients: Vec<(usize, &Attempt)> = attempts.iter().enumerate().collect();
        let at = Timestamp::from_second(1_795_338_000).expect("in range");
        let report = Report {
            envelope: &envelope,
            content: &content,
            id: SpoolId::from_micros(1_795_338_000_000_000),
            recipients: &recipients,
            hostname: "mx.yakusoku.test",
            at,
        };
        let written = dsn::failure(&report).expect("the sender is told");
        check_report(&written, &content, &envelope);
        let envelope = dsn::envelope(&report, &written).expect("there is a sender");
        assert!(envelope.sender.is_none() && envelope.recipients.len() == 1);
        let again = Report { envelope: &envelope, recipients: &recipients[..1], ..report };
        assert_eq!(dsn::failure(&again), None, "a report about a report");
    });
}

fn attempt(random: &mut Random, place: usize) -> Attempt {
    let said = mutated(random, b"550-5.1.1 no such user\r\n550 5.1.1 here\r\n", &[]);
    let heard = ReplyParser::new().feed(&said).1;
    let host = mutated(random, b"mx.example.com", &[]);
    let seconds = Timestamp::from_second(1_795_338_000).expect("in range");
    Attempt {
        node: "n".to_owned(),
        message: SpoolId::from_micros(1_795_338_000_000_000),
        recipient: place as u16,
        step: 1,
        at: seconds,
        outcome: AttemptKind::Failed,
        sender_ip: None,
        remote_host: random.once_in(2).then(|| String::from_utf8_lossy(&host).into_owned()),
        remote_address: None,
        reply: heard.and_then(Result::ok).or_else(|| random.once_in(2).then(raw_reply)),
        tls: None,
        next_attempt: None,
    }
}

/// A reply that did not come through our parser.
fn raw_reply() -> Reply {
    Reply { code: 550, enhanced: None, text: "a\r\nBcc: x\r\n\r\n--=_ \u{85}\u{2028}".to_owned() }
}

fn check_report(written: &[u8], content: &[u8], envelope: &Envelope) {
    assert_lines(written, "the report");
    let (names, body) = section(written);
    assert!(names.iter().all(|name| HEADERS.contains(&name.as_str())), "{names:?}");
    let mut once = names.clone();
    once.dedup();
    assert_eq!(once.len(), names.len(), "{names:?}");
    let head = String::from_utf8_lossy(&written[..written.len() - body.len()]).into_owned();
    let boundary = head.split_once("boundary=\"").expect("a boundary").1;
    let boundary = boundary.split_once('"').expect("its end").0;
    let parts = split(body, &format!("--{boundary}\r\n"));
    assert_eq!(parts.len(), 4, "{head}");
    assert!(parts[0].is_empty());
    check_status(&parts[2], envelope);
    check_returned(&parts[3], boundary, content);
}

/// The names of the fields that open the bytes, and what follows behind the empty line.
fn section(bytes: &[u8]) -> (Vec<String>, &[u8]) {
    let names = fields(bytes).map(|f| String::from_utf8_lossy(f.name).into_owned()).collect();
    let body = bytes[header_end(bytes)..].strip_prefix(b"\r\n").expect("an empty line");
    (names, body)
}

fn split(bytes: &[u8], line: &str) -> Vec<Vec<u8>> {
    let mut parts = vec![Vec::new()];
    for part in bytes.split_inclusive(|b| *b == b'\n') {
        if part == line.as_bytes() {
            parts.push(Vec::new());
        } else {
            parts.last_mut().expect("there is one").extend_from_slice(part);
        }
    }
    parts
}

fn check_status(part: &[u8], envelope: &Envelope) {
    assert!(part.is_ascii());
    assert!(part.split(|b| *b == b'\n').all(|line| line.len() <= 999), "a long line");
    let (_, mut rest) = section(part);
    for group in 0..=envelope.recipients.len() {
        let (names, after) = section(rest);
        let known = if group == 0 { ABOUT_MESSAGE } else { ABOUT_RECIPIENT };
        // In the order of the list, so each at most once.
        let mut left = known.iter();
        assert!(names.iter().all(|name| left.any(|k| k == name)), "{names:?}");
        let needed: &[&str] =
            if group == 0 { &known[..1] } else { &["Final-Recipient", "Action", "Status"] };
        assert!(needed.iter().all(|name| names.iter().any(|n| n == name)), "{names:?}");
        rest = after;
    }
    assert!(rest.is_empty(), "{}", rest.escape_ascii());
}

fn check_returned(part: &[u8], boundary: &str, content: &[u8]) {
    let (names, returned) = section(part);
    assert_eq!(names, ["Content-Type", "Content-Transfer-Encoding"]);
    let end = format!("\r\n--{boundary}--\r\n");
    let returned = returned.strip_suffix(end.as_bytes()).expect("the end of the report");
    assert!(content.starts_with(returned));
    let head = String::from_utf8_lossy(&part[..part.len() - returned.len()]).into_owned();
    assert_eq!(head.contains("7bit"), returned.is_ascii());
}
