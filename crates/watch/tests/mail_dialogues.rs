//! Mail and file servers as they answer, refuse, fall silent and vanish half-way.

mod common;

use common::{Certificate, GOOD, look_at, shown, table};
use watch::{Kind, Login, Mailbox, Secret, Smtp, SmtpSend, Stage, Trust, Wrap};

fn login() -> Option<Login> {
    Some(Login { user: "probe".to_owned(), password: Secret("hush".to_owned()) })
}

#[tokio::test]
async fn smtp_in_plain_text() {
    let smtp = || Kind::Smtp(Smtp::default());
    table(
        smtp,
        &[
            ("S: 220 mx ready\nC: EHLO localhost\nS: 250-mx\nS: 250 SIZE 1\nC: QUIT", "succeeded"),
            ("S: 220-wait\nS: 220 mx\nC: EHLO localhost\nS: 250 mx\nC: QUIT", "succeeded"),
            ("S: 421 too busy", "refused greeting"),
            ("S: 554 go away", "refused greeting"),
            ("S: 220 mx\nC: EHLO localhost\nS: 502 what", "refused command-refused"),
            ("S: SSH-2.0-OpenSSH_9.2", "refused protocol"),
            ("", "silent closed"),
            ("S: 220 mx\nC: EHLO localhost\nS: 250-mx", "silent closed"),
            ("S! wait", "silent timed-out"),
            ("S: 220 mx\nC: EHLO localhost\nS! wait", "silent timed-out"),
        ],
    )
    .await;
}

#[tokio::test]
async fn smtp_under_tls() {
    let hello = "S: 220 mx\nC: EHLO localhost\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go";
    let whole = format!("{hello}\nS! tls\nC: EHLO localhost\nS: 250 mx\nC: QUIT");
    let upgrade = |login| Kind::Smtp(Smtp { wrap: Wrap::Upgrade, login, ..Smtp::default() });
    table(
        || upgrade(None),
        &[
            (&whole, "succeeded"),
            ("S: 220 mx\nC: EHLO localhost\nS: 250 mx", "refused no-tls"),
            (
                "S: 220 mx\nC: EHLO localhost\nS: 250 STARTTLS\nC: STARTTLS\nS: 454 not now",
                "refused command-refused",
            ),
            (&format!("{hello}\nS: 250 injected\nS! wait"), "refused words-before-tls"),
            (hello, "silent closed"),
        ],
    )
    .await;
    let direct = || Kind::Smtp(Smtp { wrap: Wrap::Direct, ..Smtp::default() });
    let script = "S! tls\nS: 220 mx\nC: EHLO localhost\nS: 250 mx\nC: QUIT";
    table(
        direct,
        &[(script, "succeeded"), ("S: 220 mx in plain text\nS! wait", "silent tls-broken")],
    )
    .await;
}

#[tokio::test]
async fn smtp_logins() {
    let smtp = || Kind::Smtp(Smtp { login: login(), ..Smtp::default() });
    let hello = "S: 220 mx\nC: EHLO localhost\nS: 250-mx\nS: 250 AUTH LOGIN PLAIN";
    let only_login = "S: 220 mx\nC: EHLO localhost\nS: 250-mx\nS: 250 AUTH LOGIN\nC: AUTH LOGIN\n\
                      S: 334 VXNlcm5hbWU6\nC: cHJvYmU=\nS: 334 UGFzc3dvcmQ6\nC: aHVzaA==";
    table(
        smtp,
        &[
            (&format!("{hello}\nC: AUTH PLAIN AHByb2JlAGh1c2g=\nS: 235 in\nC: QUIT"), "succeeded"),
            (&format!("{hello}\nC: AUTH PLAIN *\nS: 535 no"), "refused login-refused"),
            (&format!("{hello}\nC: AUTH PLAIN *\nS! wait"), "silent timed-out"),
            (&format!("{only_login}\nS: 235 in\nC: QUIT"), "succeeded"),
            ("S: 220 mx\nC: EHLO localhost\nS: 250 AUTH GSSAPI", "refused login-method"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_whole_mail() {
    let send = || {
        Kind::SmtpSend(SmtpSend {
            smtp: Smtp { helo: "probe.test".to_owned(), ..Smtp::default() },
            from: "probe@a.test".to_owned(),
            to: "sink@b.test".to_owned(),
            subject: "probe".to_owned(),
        })
    };
    let start = "S: 220 mx\nC: EHLO probe.test\nS: 250 mx\nC: MAIL FROM:<probe@a.test>\n";
    let data =
        format!("{start}S: 250 ok\nC: RCPT TO:<sink@b.test>\nS: 250 ok\nC: DATA\nS: 354 go\n");
    let mail = "C: From: <probe@a.test>\nC: To: <sink@b.test>\nC: Date: *\nC: Message-ID: <*\n\
                C: Subject: probe *\nC: Auto-Submitted: auto-generated\nC: \nC: This mail *\nC: .\n";
    table(
        send,
        &[
            (&format!("{data}{mail}S: 250 queued\nC: QUIT"), "succeeded"),
            (&format!("{start}S: 451 later"), "refused command-refused"),
            (&format!("{data}{mail}S: 554 spam"), "refused command-refused"),
            (&format!("{data}{mail}"), "silent closed"),
            (&format!("{data}{mail}S! wait"), "silent timed-out"),
        ],
    )
    .await;
    let tokens = [look_at(send(), start, GOOD).await, look_at(send(), start, GOOD).await];
    let tokens = tokens.map(|seen| seen.detail.token.expect("token"));
    assert_ne!(tokens[0], tokens[1]);
    assert_eq!(tokens[0].len(), 16);
}

#[tokio::test]
async fn pop3() {
    let pop3 = |wrap, login| Kind::Pop3(Mailbox { wrap, login, trust: Trust::Roots });
    let signed_in = "S: +OK\nC: USER probe\nS: +OK\nC: PASS hush\nS: +OK";
    table(
        || pop3(Wrap::Plain, login()),
        &[
            (&format!("{signed_in}\nC: STAT\nS: +OK 3 4096\nC: QUIT"), "succeeded"),
            (&format!("{signed_in}\nC: STAT\nS: +OK many"), "refused protocol"),
            ("S: +OK\nC: USER probe\nS: +OK\nC: PASS hush\nS: -ERR no", "refused login-refused"),
            ("S: -ERR later", "refused greeting"),
            ("S: 220 ftp", "refused protocol"),
            (signed_in, "silent closed"),
        ],
    )
    .await;
    table(
        || pop3(Wrap::Upgrade, None),
        &[
            ("S: +OK\nC: STLS\nS: +OK\nS! tls\nC: QUIT", "succeeded"),
            ("S: +OK\nC: STLS\nS: -ERR no", "refused no-tls"),
        ],
    )
    .await;
}

#[tokio::test]
async fn imap() {
    let imap = |wrap, login| Kind::Imap(Mailbox { wrap, login, trust: Trust::Roots });
    let signed_in =
        "S: * OK ready\nC: a2 LOGIN \"probe\" \"hush\"\nS: a2 OK in\nC: a3 EXAMINE INBOX";
    table(
        || imap(Wrap::Plain, login()),
        &[
            (&format!("{signed_in}\nS: * 3 EXISTS\nS: a3 OK\nC: a4 LOGOUT"), "succeeded"),
            (&format!("{signed_in}\nS: a3 NO no inbox"), "refused command-refused"),
            ("S: * OK\nC: a2 LOGIN *\nS: a2 NO wrong", "refused login-refused"),
            ("S: * BYE too many", "refused greeting"),
            ("S: +OK pop", "refused protocol"),
            (signed_in, "silent closed"),
        ],
    )
    .await;
    let direct = || imap(Wrap::Direct, None);
    table(direct, &[("S! tls\nS: * OK ready\nC: a4 LOGOUT", "succeeded")]).await;
    let seen = look_at(
        imap(Wrap::Plain, login()),
        &format!("{signed_in}\nS: * 3 EXISTS\nS: a3 OK\nC: a4 LOGOUT"),
        GOOD,
    )
    .await;
    let figures = seen.detail.figures.iter();
    let figures: Vec<_> = figures.map(|f| (f.name.as_str(), f.millionths)).collect();
    assert_eq!(figures, [("mails", 3_000_000)]);
    let stages: Vec<Stage> = seen.detail.stages.iter().map(|(stage, _)| *stage).collect();
    assert_eq!(stages, [Stage::Resolved, Stage::Connected, Stage::Greeted, Stage::SignedIn]);
}

#[tokio::test]
async fn ftp() {
    let ftp = |wrap, login| Kind::Ftp(Mailbox { wrap, login, trust: Trust::Roots });
    table(
        || ftp(Wrap::Plain, login()),
        &[
            ("S: 220 hi\nC: USER probe\nS: 331 word\nC: PASS hush\nS: 230 in\nC: PWD\nS: 257 \"/\"\nC: QUIT", "succeeded"),
            ("S: 120 soon\nS: 220 hi\nC: USER probe\nS: 230 in\nC: PWD\nS: 257 \"/\"\nC: QUIT", "succeeded"),
            ("S: 220-hi\nS:  all of you\nS: 220 now\nC: USER probe\nS: 530 no", "refused login-refused"),
            ("S: 421 full", "refused greeting"),
        ],
    )
    .await;
    table(
        || ftp(Wrap::Upgrade, None),
        &[
            ("S: 220 hi\nC: AUTH TLS\nS: 234 go\nS! tls\nC: QUIT", "succeeded"),
            ("S: 220 hi\nC: AUTH TLS\nS: 530 no", "refused no-tls"),
        ],
    )
    .await;
}

#[tokio::test]
async fn certificates_before_any_password() {
    let good =
        "S! tls\nS: +OK\nC: USER probe\nS: +OK\nC: PASS hush\nS: +OK\nC: STAT\nS: +OK 0 0\nC: QUIT";
    let pop3 = |trust| Kind::Pop3(Mailbox { wrap: Wrap::Direct, login: login(), trust });
    let other = Certificate { name: "other.test", ..GOOD };
    for (certificate, expected) in [
        (GOOD, "succeeded"),
        (other, "refused certificate-name"),
        (Certificate { years: (2020, 2021), ..GOOD }, "refused certificate-expired"),
        (Certificate { years: (2098, 2099), ..GOOD }, "refused certificate-not-yet-valid"),
        (Certificate { is_signed_by_root: false, ..GOOD }, "refused certificate-issuer"),
    ] {
        let seen = look_at(pop3(Trust::Roots), good, certificate).await;
        assert_eq!(shown(seen.answer), expected, "{certificate:?}");
        let seen = look_at(pop3(Trust::Anybody), good, certificate).await;
        assert_eq!(shown(seen.answer), "succeeded", "{certificate:?}");
    }
}

#[tokio::test]
async fn endless_words_have_an_end() {
    let long = format!("S: 220 {}\nS! wait", "x".repeat(5_000));
    let many = format!("{}S! wait", "S: 220-and\n".repeat(200));
    let smtp = || Kind::Smtp(Smtp::default());
    table(smtp, &[(&long, "refused too-long"), (&many, "refused too-long")]).await;
}
