//! Command lines and what becomes of them, as tables.

use super::*;

/// The command in one line, or the reply.
fn show(line: &str) -> String {
    match Command::parse(line) {
        Ok(Command::Mail(m)) => {
            let sender = m.sender.as_ref().map_or("<>".to_owned(), Address::to_string);
            let mut words = vec![format!("MAIL {sender}")];
            words.extend(m.size.map(|size| format!("size={size}")));
            words.extend(m.envid.as_ref().map(|envid| format!("envid={envid}")));
            let flags = [(m.eight_bit, "8bit"), (m.smtputf8, "utf8"), (m.ret_full, "full")];
            words.extend(flags.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_owned()));
            words.join(" ")
        }
        Ok(Command::Rcpt(r)) => {
            let to = match &r.to {
                To::Address(address) => address.to_string(),
                To::Postmaster => "postmaster".to_owned(),
            };
            let n = r.notify;
            let flags = [(n.success, " success"), (n.failure, " failure"), (n.delay, " delay")];
            let flags: String = flags.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
            format!("RCPT {to}{flags}{}", r.orcpt.map(|o| format!(" {o}")).unwrap_or_default())
        }
        Ok(other) => format!("{other:?}"),
        Err(CommandError::Reply(text) | CommandError::Chunk(text)) => text[..9].to_owned(),
    }
}

fn check(cases: &[(&str, &str)]) {
    for (line, expected) in cases {
        assert_eq!(show(line), *expected, "{line}");
    }
}

#[test]
fn mail_lines() {
    check(&[
        ("MAIL FROM:<a@example.jp>", "MAIL a@example.jp"),
        ("mail from:<a@EXAMPLE.jp>", "MAIL a@example.jp"),
        ("MAIL FROM: <a@example.jp>  ", "MAIL a@example.jp"),
        ("MAIL FROM:<>", "MAIL <>"),
        ("MAIL FROM:<@x.jp,@y.jp:a@example.jp>", "MAIL a@example.jp"),
        ("MAIL FROM:<\"a>b\"@example.jp> SIZE=1", "MAIL \"a>b\"@example.jp size=1"),
        (
            "MAIL FROM:<a@example.jp> BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=q+2B1 SIZE=99",
            "MAIL a@example.jp size=99 envid=q+1 8bit utf8 full",
        ),
        ("MAIL FROM:<a@example.jp> AUTH=<>", "MAIL a@example.jp"),
        (
            "MAIL FROM:<a@example.jp> SIZE=18446744073709551616",
            "MAIL a@example.jp size=18446744073709551615",
        ),
        ("MAIL FROM:<a@example.jp> SIZE=x", "501 5.5.4"),
        ("MAIL FROM:<a@example.jp> SIZE=", "501 5.5.4"),
        ("MAIL FROM:<a@example.jp> SIZE=1 SIZE=1", "501 5.5.4"),
        ("MAIL FROM:<a@example.jp> BODY=BINARYMIME", "501 5.5.4"),
        ("MAIL FROM:<a@example.jp> ENVID=+0D+0ABcc:", "501 5.5.4"),
        ("MAIL FROM:<a@example.jp> SMTPUTF8=yes", "501 5.5.4"),
        ("MAIL FROM:<a@example.jp> MT-PRIORITY=3", "555 5.5.4"),
        ("MAIL FROM:a@example.jp", "501 5.5.2"),
        ("MAIL FROM:<a@example.jp", "501 5.5.2"),
        ("MAIL FROM:<a@example.jp>SIZE=1", "501 5.5.2"),
        ("MAIL TO:<a@example.jp>", "501 5.5.2"),
        ("MAIL FROM :<a@example.jp>", "501 5.5.2"),
        ("MAIL", "501 5.5.2"),
        ("MAIL FROM:< a@example.jp >", "501 5.1.7"),
        ("MAIL FROM:<a>", "501 5.1.7"),
    ]);
}

#[test]
fn rcpt_lines() {
    check(&[
        ("RCPT TO:<a@example.jp>", "RCPT a@example.jp failure"),
        ("RCPT TO:<PostMaster>", "RCPT postmaster failure"),
        ("RCPT TO:<a@example.jp> NOTIFY=NEVER", "RCPT a@example.jp"),
        ("RCPT TO:<a@example.jp> NOTIFY=success,delay", "RCPT a@example.jp success delay"),
        (
            "RCPT TO:<a@example.jp> ORCPT=rfc822;b+2B1@example.jp",
            "RCPT a@example.jp failure rfc822;b+2B1@example.jp",
        ),
        ("RCPT TO:<a@example.jp> NOTIFY=NEVER,DELAY", "501 5.5.4"),
        ("RCPT TO:<a@example.jp> NOTIFY", "501 5.5.4"),
        ("RCPT TO:<a@example.jp> ORCPT=b@example.jp", "501 5.5.4"),
        ("RCPT TO:<a@example.jp> ORCPT=rfc822;x+0D+0AY:", "501 5.5.4"),
        ("RCPT TO:<a@example.jp> SIZE=1", "555 5.5.4"),
        ("RCPT TO:<>", "501 5.1.3"),
        ("RCPT TO:<a b@example.jp>", "501 5.1.3"),
        ("RCPT TO:", "501 5.5.2"),
    ]);
}

#[test]
fn the_other_lines() {
    check(&[
        ("EHLO mx.example.jp", "Ehlo(\"mx.example.jp\")"),
        ("EHLO [192.0.2.1]", "Ehlo(\"[192.0.2.1]\")"),
        ("helo x", "Helo(\"x\")"),
        ("EHLO", "501 5.5.4"),
        ("EHLO a b", "501 5.5.4"),
        ("EHLO a\tb", "501 5.5.4"),
        ("DATA", "Data"),
        ("DATA now", "501 5.5.4"),
        ("BDAT 10", "Bdat { size: 10, last: false }"),
        ("BDAT 0 last", "Bdat { size: 0, last: true }"),
        ("BDAT", "501 5.5.4"),
        ("BDAT -1", "501 5.5.4"),
        ("BDAT +1", "501 5.5.4"),
        ("BDAT 1 FIRST", "501 5.5.4"),
        ("BDAT 99999999999999999999999", "501 5.5.4"),
        ("AUTH PLAIN", "Auth { mechanism: \"PLAIN\", initial: None }"),
        ("AUTH LOGIN =", "Auth { mechanism: \"LOGIN\", initial: Some(\"=\") }"),
        ("AUTH", "501 5.5.4"),
        ("AUTH PLAIN a b", "501 5.5.4"),
        ("STARTTLS", "StartTls"),
        ("STARTTLS x", "501 5.5.4"),
        ("NOOP anything", "Noop"),
        ("QUIT", "Quit"),
        ("", "500 5.5.1"),
        (" EHLO x", "500 5.5.1"),
        ("GET / HTTP/1.1", "500 5.5.1"),
        ("MAILFROM:<a@example.jp>", "500 5.5.1"),
    ]);
}
