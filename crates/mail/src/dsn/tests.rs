//! Reports, read back by a parser that is not ours.

use mail_parser::{MessageParser, MimeHeaders, PartType};

use super::*;
use crate::envelope::HeaderSummary;
use crate::examples::{at, envelope as example, id, recipient};
use crate::{AttemptKind, Reply};

const CONTENT: &[u8] = b"From: taro@example.jp\r\nSubject: hello\r\n\r\nbody\r\n";

fn attempt(code: u16, enhanced: Option<(u8, u16, u16)>, text: &str) -> Attempt {
    Attempt {
        node: "node".to_owned(),
        message: id(),
        recipient: 0,
        step: 1,
        at: at(),
        outcome: AttemptKind::Failed,
        sender_ip: None,
        remote_host: Some("mx.example.com".to_owned()),
        remote_address: Some("192.0.2.25:25".to_owned()),
        reply: Some(Reply { code, enhanced, text: text.to_owned() }),
        tls: None,
        next_attempt: None,
    }
}

fn report<'a>(
    envelope: &'a Envelope,
    content: &'a [u8],
    recipients: &'a [(usize, &'a Attempt)],
) -> Report<'a> {
    let hostname = "mx.yakusoku.test";
    Report { envelope, content, id: id(), recipients, hostname, at: at() }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Type and text of each part, as the parser understands them.
fn parts(message: &[u8]) -> Vec<(String, String)> {
    let parsed = MessageParser::default().parse(message).expect("a message");
    let parts = parsed.parts[1..].iter().map(|part| {
        let kind = part.content_type().expect("a type");
        let name = format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default());
        let text = match &part.body {
            PartType::Text(text) | PartType::Html(text) => text.to_string(),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => text_of(bytes),
            PartType::Message(_) => {
                text_of(&message[part.raw_body_offset() as usize..part.raw_end_offset() as usize])
            }
            PartType::Multipart(_) => String::new(),
        };
        (name, text)
    });
    parts.collect()
}

#[test]
fn a_failure_as_programs_read_it() {
    let mut envelope = example();
    envelope.envid = Some("order+7".to_owned());
    envelope.recipients[0].orcpt = Some("rfc822;hana+2Bko@example.com".to_owned());
    envelope.recipients.push(recipient("jiro@example.com"));
    let unknown = attempt(550, Some((5, 1, 1)), "No such user");
    let mut expired = attempt(450, None, "The server did not answer");
    expired.remote_host = None;
    let recipients = [(0, &unknown), (1, &expired)];
    let written = failure(&report(&envelope, CONTENT, &recipients)).expect("a report");
    let parts = parts(&written);
    let kinds: Vec<&str> = parts.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["text/plain", "message/delivery-status", "text/rfc822-headers"]);
    let expected = "Reporting-MTA: dns; mx.yakusoku.test\r\n\
        Original-Envelope-Id: order+7\r\n\
        Arrival-Date: Sun, 22 Nov 2026 09:00:00 +0000\r\n\
        \r\n\
        Original-Recipient: rfc822;hana+ko@example.com\r\n\
        Final-Recipient: rfc822; hanako@example.com\r\n\
        Action: failed\r\n\
        Status: 5.1.1\r\n\
        Remote-MTA: dns; mx.example.com\r\n\
        Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n\
        Last-Attempt-Date: Sun, 22 Nov 2026 09:00:00 +0000\r\n\
        \r\n\
        Final-Recipient: rfc822; jiro@example.com\r\n\
        Action: failed\r\n\
        Status: 4.4.7\r\n\
        Diagnostic-Code: x-yakusoku; 450 The server did not answer\r\n\
        Last-Attempt-Date: Sun, 22 Nov 2026 09:00:00 +0000\r\n";
    assert_eq!(parts[1].1, expected);
    assert_eq!(parts[2].1, "From: taro@example.jp\r\nSubject: hello\r\n");
}

#[test]
fn a_failure_as_people_read_it() {
    let mut envelope = example();
    envelope.headers = HeaderSummary {
        subject: Some("ご注文".to_owned()),
        message_id: Some("a@example.jp".to_owned()),
        ..HeaderSummary::default()
    };
    let unknown = attempt(550, Some((5, 1, 1)), "No such user");
    let written = failure(&report(&envelope, CONTENT, &[(0, &unknown)])).expect("a report");
    let text = &parts(&written)[0].1;
    for line in [
        "お送りいただいたメールを、次の宛先に配信できませんでした。",
        "  hanako@example.com",
        "    サーバーの応答 (mx.example.com): 550 5.1.1 No such user",
        "  Subject: ご注文",
        "Your message could not be delivered to the recipients below.",
        "    answer of the server (mx.example.com): 550 5.1.1 No such user",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
    }
    let parsed = MessageParser::default().parse(&written).expect("a message");
    assert_eq!(
        parsed.subject(),
        Some("メールを配信できませんでした / Mail could not be delivered")
    );
    assert_eq!(parsed.to().and_then(|to| to.first()?.address()), Some("taro@example.jp"));
    assert_eq!(parsed.references().as_text(), Some("a@example.jp"));
    assert!(text_of(&written).contains("\r\nAuto-Submitted: auto-replied\r\n"));
    assert!(written.is_ascii());
    assert!(text_of(&written).lines().all(|line| line.len() <= 78));
}

#[test]
fn who_gets_a_report() {
    let notify = |success, failure, delay| Notify { success, failure, delay };
    let all = attempt(250, None, "Ok");
    let cases = [
        (notify(false, true, false), [true, false, false]),
        (notify(true, false, false), [false, true, false]),
        (notify(false, false, true), [false, false, true]),
        (notify(false, false, false), [false, false, false]),
        (notify(true, true, true), [true, true, true]),
    ];
    for (notify, expected) in cases {
        let mut envelope = example();
        envelope.recipients[0].notify = notify;
        let recipients = [(0, &all)];
        let about = report(&envelope, CONTENT, &recipients);
        let got = [failure(&about), success(&about), delayed(&about)].map(|r| r.is_some());
        assert_eq!(got, expected, "{notify:?}");
        envelope.sender = None;
        let about = report(&envelope, CONTENT, &recipients);
        assert_eq!(failure(&about), None, "a bounce for a bounce");
        assert_eq!(super::envelope(&about, b""), None);
    }
    let envelope = example();
    assert_eq!(failure(&report(&envelope, CONTENT, &[])), None);
    assert_eq!(failure(&report(&envelope, CONTENT, &[(9, &all)])), None);
}

#[test]
fn actions_and_status() {
    type Enhanced = Option<(u8, u16, u16)>;
    let cases: &[(Kind, u16, Enhanced, &str)] = &[
        (Kind::Failed, 550, None, "failed 5.0.0"),
        (Kind::Failed, 550, Some((5, 7, 26)), "failed 5.7.26"),
        (Kind::Failed, 450, Some((4, 2, 2)), "failed 4.2.2"),
        (Kind::Failed, 421, None, "failed 4.4.7"),
        (Kind::Relayed, 250, Some((2, 6, 0)), "relayed 2.6.0"),
        (Kind::Relayed, 250, None, "relayed 2.0.0"),
        (Kind::Delayed, 451, Some((4, 7, 1)), "delayed 4.7.1"),
        (Kind::Delayed, 451, Some((5, 7, 1)), "delayed 4.0.0"),
    ];
    for (kind, code, enhanced, expected) in cases {
        let mut envelope = example();
        envelope.recipients[0].notify = Notify { success: true, failure: true, delay: true };
        let attempt = attempt(*code, *enhanced, "x");
        let message = written(&report(&envelope, CONTENT, &[(0, &attempt)]), *kind);
        let status = parts(&message.expect("a report")).swap_remove(1).1;
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().to_owned()
        };
        assert_eq!(format!("{} {}", value("Action: "), value("Status: ")), *expected);
    }
}

#[test]
fn the_whole_message_only_where_asked_and_small() {
    let mut envelope = example();
    let unknown = attempt(550, None, "x");
    let big = [CONTENT, "あ\r\n".repeat(RETURNED_CONTENT_MAX / 4).as_bytes()].concat();
    let long = format!("{}\r\nbody", "X: y\r\n".repeat(RETURNED_HEADERS_MAX)).into_bytes();
    let cases: [(bool, &[u8], &str, usize); 5] = [
        (true, CONTENT, "message/rfc822", CONTENT.len()),
        (false, CONTENT, "text/rfc822-headers", 39),
        (true, &big, "text/rfc822-headers", 39),
        (false, &long, "text/rfc822-headers", RETURNED_HEADERS_MAX / 6 * 6),
        (false, b"no header\r\n", "text/rfc822-headers", 0),
    ];
    for (full, content, kind, len) in cases {
        envelope.ret_full = full;
        let recipients = [(0, &unknown)];
        let message = failure(&report(&envelope, content, &recipients)).expect("a report");
        let last = parts(&message).pop().expect("a part");
        assert_eq!((last.0.as_str(), last.1.len()), (kind, len));
    }
}

#[test]
fn strangers_words_stay_in_their_place() {
    let mut envelope = example();
    envelope.envid = Some("x\r\nX-Evil: envid".to_owned());
    envelope.headers.message_id = Some("a>\r\nX-Evil: id".to_owned());
    envelope.headers.subject = Some("s\r\nX-Evil: subject".to_owned());
    envelope.recipients[0].orcpt = Some("rfc822;x+0D+0AX-Evil:".to_owned());
    let mut evil = attempt(550, None, "no\r\nX-Evil: reply\r\n\r\n--boundary あ");
    evil.remote_host = Some("mx\r\nX-Evil: host".to_owned());
    let content = [CONTENT, b"--=_1k0v6svvs00_1795338000000000\r\nX-Evil: body\r\n"].concat();
    envelope.ret_full = true;
    let written = failure(&report(&envelope, &content, &[(0, &evil)])).expect("a report");
    let begins = |text: &str| text.lines().any(|line| line.starts_with("X-Evil"));
    let parts = parts(&written);
    assert_eq!(parts.len(), 3, "the boundary in the content does not divide");
    assert!(!begins(&parts[0].1) && !begins(&parts[1].1), "{parts:?}");
    let head = text_of(&written[..header_end(&written)]);
    assert!(!begins(&head) && !head.contains("References"), "{head}");
    assert!(parts[1].1.contains("X-Evil: reply --boundary ?\r\n"), "{}", parts[1].1);
}

#[test]
fn a_long_word_of_a_stranger_is_divided() {
    let envelope = example();
    let talkative = attempt(550, None, &"x".repeat(1_000));
    let written = failure(&report(&envelope, CONTENT, &[(0, &talkative)])).expect("a report");
    let longest = text_of(&written).lines().map(str::len).max();
    assert_eq!(longest, Some(1 + status::WORD_MAX));
}

#[test]
fn addresses_beyond_ascii() {
    let mut envelope = example();
    envelope.sender = Some(crate::examples::address("太郎@例え.jp"));
    envelope.recipients[0] = recipient("花@例.jp");
    let unknown = attempt(550, None, "x");
    let recipients = [(0, &unknown)];
    let about = report(&envelope, CONTENT, &recipients);
    let written = failure(&about).expect("a report");
    let status = parts(&written).swap_remove(1).1;
    assert!(status.contains("Final-Recipient: utf-8; \\x{82B1}@\\x{4F8B}.jp\r\n"), "{status}");
    let travels = super::envelope(&about, &written).expect("an envelope");
    assert_eq!((travels.sender, travels.smtputf8, travels.eight_bit), (None, true, true));
    assert_eq!(travels.recipients[0].address.as_str(), "太郎@例え.jp");
    assert!(!travels.recipients[0].notify.failure);
}
