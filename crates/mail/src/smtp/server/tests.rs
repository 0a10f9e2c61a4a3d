//! What the caller sees of a session apart from its replies.

use super::*;

fn dialogue() -> Dialogue {
    Dialogue::new(Settings {
        hostname: "mx.yakusoku.test".to_owned(),
        composition: "pro".to_owned(),
        client_ip: "192.0.2.7".parse().expect("an address"),
        limits: InboundLimits::default(),
        tls: TlsState::Unavailable,
        auth: AuthOffer::Always,
        admitted: true,
        auth_required: false,
    })
}

#[test]
fn who_may_send() {
    let listed: IpAddr = "192.0.2.7".parse().expect("an address");
    let mapped: IpAddr = "::ffff:192.0.2.7".parse().expect("an address");
    let other: IpAddr = "192.0.2.8".parse().expect("an address");
    // (admitted, must sign in) for a listed and another address.
    let cases = [
        (AdmissionRule::Address, (true, false), (false, false)),
        (AdmissionRule::Auth, (true, true), (true, true)),
        (AdmissionRule::Either, (true, false), (true, true)),
        (AdmissionRule::Both, (true, true), (false, true)),
    ];
    for (rule, for_listed, for_other) in cases {
        let admission = Admission { rule, addresses: vec![listed] };
        assert_eq!(standing(&admission, listed), for_listed, "{rule:?}");
        assert_eq!(standing(&admission, mapped), for_listed, "{rule:?}");
        assert_eq!(standing(&admission, other), for_other, "{rule:?}");
    }
}

#[test]
fn where_a_session_is() {
    let mut dialogue = dialogue();
    let mut out = Vec::new();
    let mut seen = Vec::new();
    let lines = [
        "EHLO c\r\n",
        "MAIL FROM:<>\r\n",
        "RCPT TO:<b@example.jp>\r\n",
        "BDAT 4\r\nx",
        "\r\nx",
        "BDAT 0 LAST\r\n",
    ];
    for line in lines {
        let (eaten, _) = dialogue.feed(line.as_bytes(), &mut out);
        assert_eq!(eaten, line.len());
        seen.push((dialogue.in_transaction(), dialogue.in_data()));
    }
    dialogue.accepted(SpoolId::from_micros(1), &mut out);
    seen.push((dialogue.in_transaction(), dialogue.in_data()));
    let (idle, open, data) = ((false, false), (true, false), (true, true));
    assert_eq!(seen, [idle, open, open, data, open, open, idle]);
}

#[test]
fn nothing_is_eaten_while_the_caller_owes_an_answer() {
    let mut dialogue = dialogue();
    let mut out = Vec::new();
    let input = b"EHLO c\r\nAUTH PLAIN AHgAeQ==\r\nNOOP\r\n";
    let (eaten, step) = dialogue.feed(input, &mut out);
    assert_eq!(step, Step::SignIn { user: "x".to_owned(), password: "y".to_owned() });
    assert_eq!(dialogue.feed(&input[eaten..], &mut out), (0, Step::NeedInput));
    assert_eq!(dialogue.sign_in_refused(SignInRefusal::Wrong, &mut out), Step::NeedInput);
    assert_eq!(dialogue.feed(&input[eaten..], &mut out), (6, Step::NeedInput));
}

#[test]
fn farewells() {
    let dialogue = dialogue();
    let mut out = Vec::new();
    dialogue.timed_out(&mut out);
    dialogue.shutting_down(&mut out);
    assert_eq!(
        String::from_utf8_lossy(&out),
        "421 4.4.2 mx.yakusoku.test Timed out, closing the connection\r\n\
         421 4.3.2 mx.yakusoku.test Shutting down, try again soon\r\n"
    );
}

#[test]
fn secrets_stay_out_of_the_debug_form() {
    let mut dialogue = dialogue();
    let mut out = Vec::new();
    dialogue.feed(b"EHLO c\r\nAUTH LOGIN dGFybw==\r\n", &mut out);
    assert!(!format!("{dialogue:?}").contains("taro"));
    dialogue.feed(b"c2VjcmV0", &mut out);
    assert!(format!("{dialogue:?}").contains("Frame(8 bytes)"));
    let (_, step) = dialogue.feed(b"\r\n", &mut out);
    assert_eq!(format!("{step:?}"), "SignIn { .. }");
}
