//! What we sign we verify, and what was changed we do not. `dkimpy.rs` has the second opinion.

mod common;

use std::collections::HashMap;
use std::sync::LazyLock;

use common::{DOMAIN, Sender, messages};
use proptest::prelude::*;

static SENDER: LazyLock<Sender> = LazyLock::new(Sender::new);

/// Each of our signatures as `selector: pass` or `selector: reason`, and unreadable ones.
fn verdicts(message: &[u8], records: &HashMap<String, String>) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let verdicts = runtime.block_on(dkim::verify(message, records));
    let ours = verdicts.iter().filter(|v| v.domain == DOMAIN);
    let words = ours.map(|v| match &v.result {
        Ok(()) => format!("{}: pass", v.selector),
        Err(reason) => format!("{}: {reason}", v.selector),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn check(message: &[u8], expected: &str) {
    let text = String::from_utf8_lossy(message);
    assert_eq!(verdicts(message, &SENDER.records), expected, "{text}");
}

#[test]
fn every_message_passes_as_signed() {
    for (name, message) in messages() {
        let signed = SENDER.sign(&message);
        assert_eq!(verdicts(&signed, &SENDER.records), "rsa: pass, ed: pass", "{name}");
    }
}

#[test]
fn changes_that_a_relay_may_make_do_no_harm() {
    let signed = SENDER.sign(b"From: a@b\r\nSubject: x  y\r\n\r\nHello  world \r\n");
    let replaced = String::from_utf8(signed).expect("ASCII");
    check(replaced.replace("x  y", " x\r\n y").as_bytes(), "rsa: pass, ed: pass");
    check(replaced.replace("world ", "world\t").as_bytes(), "rsa: pass, ed: pass");
    check(format!("Received: from x\r\n{replaced}").as_bytes(), "rsa: pass, ed: pass");
    check(format!("{replaced} \r\n\r\n").as_bytes(), "rsa: pass, ed: pass");
}

#[test]
fn other_changes_are_found() {
    let signed =
        String::from_utf8(SENDER.sign(b"From: a@b\r\nDate: c\r\n\r\nHello\r\n")).expect("ASCII");
    let body = "the body was changed after signing";
    let header = "a signed header field was changed, or the record holds another key";
    for (changed, reason) in [
        (signed.replace("Hello", "Hallo"), body),
        (format!("{signed}P.S.\r\n"), body),
        (signed.replace("a@b", "a@c"), header),
        (format!("Date: d\r\n{signed}"), header),
        (format!("Subject: added\r\n{signed}"), header),
        (signed.replace("From: a@b", "From: a@b\r\nFrom: c@d"), header),
    ] {
        check(changed.as_bytes(), &format!("rsa: {reason}, ed: {reason}"));
    }
}

#[test]
fn only_the_given_records_count() {
    let signed = SENDER.sign(b"From: a@b\r\n\r\nHello\r\n");
    let none = HashMap::new();
    assert_eq!(verdicts(&signed, &none), "rsa: no record published, ed: no record published");

    let names = SENDER.records.keys().map(|name| (name.to_uppercase() + ".", "v=DKIM1; p="));
    let withdrawn = names.map(|(name, text)| (name, text.to_owned())).collect();
    assert_eq!(
        verdicts(&signed, &withdrawn),
        "rsa: the key was withdrawn, ed: the key was withdrawn"
    );

    let other = Sender::new().records;
    let reason = "a signed header field was changed, or the record holds another key";
    assert_eq!(verdicts(&signed, &other), format!("rsa: {reason}, ed: {reason}"));
}

#[test]
fn a_message_without_a_readable_signature_is_told_so() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let judge = |message: &[u8]| runtime.block_on(dkim::verify(message, &HashMap::new()));
    assert_eq!(judge(b"From: a@b\r\n\r\nHi\r\n"), []);
    assert_eq!(judge(b""), []);
    let odd = judge(b"DKIM-Signature: v=2; d=x.example\r\nFrom: a@b\r\n\r\nHi\r\n");
    assert_eq!(odd.len(), 1);
    assert_eq!((odd[0].domain.as_str(), odd[0].result.is_err()), ("", true));
}

/// Words, blanks, line ends and awkward bytes, in any order.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => Just(b"\r\n".to_vec()),
        2 => Just(b" ".to_vec()),
        1 => Just(b"\t".to_vec()),
        3 => "[a-z.]{1,12}".prop_map(String::into_bytes),
        1 => "\\PC{1,4}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(0x80..=0xffu8, 1..4),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_is_signed_verifies(subject in "[ -~]{0,120}", body in body()) {
        let mut message = format!("From: a@b\r\nSubject: {subject}\r\n\r\n").into_bytes();
        message.extend(body);
        let signed = SENDER.sign(&message);
        prop_assert_eq!(verdicts(&signed, &SENDER.records), "rsa: pass, ed: pass");
    }

    #[test]
    fn no_bytes_at_all_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = SENDER.signer.sign(&bytes);
        let front = [b"DKIM-Signature: v=1; a=rsa-sha256; ".to_vec(), bytes].concat();
        verdicts(&front, &SENDER.records);
    }
}
