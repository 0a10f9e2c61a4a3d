//! An IMAP login (RFC 9051), and how many mails are in the inbox.

use crate::answer::{Fault, Figure, Reason, Stage, Unit, quote};
use crate::check::{Mailbox, Target, Wrap};
use crate::reach::{Look, Reach};
use crate::wire::Wire;

/// Lines that a server may say before it answers a command.
const UNTAGGED_MAX: usize = 200;

pub(crate) async fn look(
    mailbox: &Mailbox,
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<(), Fault> {
    let usual = if mailbox.wrap == Wrap::Direct { 993 } else { 143 };
    let port = target.port.unwrap_or(usual);
    let mut wire = Wire::open(reach, &target.host, port, look).await?;
    if mailbox.wrap == Wrap::Direct {
        wire = wire.secure(reach, &target.host, mailbox.trust, look).await?.0;
    }
    let greeting = wire.line().await?;
    look.detail.said = Some(quote(&greeting));
    if !greeting.starts_with("* OK") {
        let reason = if greeting.starts_with("* ") { Reason::Greeting } else { Reason::Protocol };
        return Err(Fault::refused(reason).said(greeting));
    }
    look.reached(Stage::Greeted);
    if mailbox.wrap == Wrap::Upgrade {
        ask(&mut wire, "a1", "STARTTLS", look, Reason::NoTls).await?;
        wire = wire.secure(reach, &target.host, mailbox.trust, look).await?.0;
    }
    if let Some(login) = &mailbox.login {
        let words = format!("LOGIN {} {}", quoted(&login.user), quoted(&login.password.0));
        ask(&mut wire, "a2", &words, look, Reason::LoginRefused).await?;
        look.reached(Stage::SignedIn);
        let told = ask(&mut wire, "a3", "EXAMINE INBOX", look, Reason::CommandRefused).await?;
        let exists = told.iter().find_map(|line| line.strip_prefix("* ")?.strip_suffix(" EXISTS"));
        if let Some(count) = exists.and_then(|count| count.parse().ok()) {
            look.detail.figure(Figure::whole("mails", count, Unit::Count));
        }
    }
    wire.say("a4 LOGOUT").await.ok();
    Ok(())
}

/// A quoted string of RFC 9051; line ends were refused before.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Says a command; hears what comes before its tagged answer.
async fn ask(
    wire: &mut Wire,
    tag: &str,
    command: &str,
    look: &mut Look,
    no: Reason,
) -> Result<Vec<String>, Fault> {
    wire.say(&format!("{tag} {command}")).await?;
    let mut told = Vec::new();
    while told.len() < UNTAGGED_MAX {
        let line = wire.line().await?;
        let Some(answer) = line.strip_prefix(tag).and_then(|rest| rest.strip_prefix(' ')) else {
            if !line.starts_with("* ") {
                return Err(Fault::refused(Reason::Protocol).said(line));
            }
            told.push(line);
            continue;
        };
        look.detail.said = Some(quote(answer));
        return if answer.starts_with("OK") {
            Ok(told)
        } else {
            Err(Fault::refused(no).said(answer))
        };
    }
    Err(Fault::refused(Reason::TooLong))
}
