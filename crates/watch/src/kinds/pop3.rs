//! A POP3 login (RFC 1939), and how many mails wait.

use crate::answer::{Fault, Figure, Reason, Stage, Unit, quote};
use crate::check::{Mailbox, Target, Wrap};
use crate::reach::{Look, Reach};
use crate::wire::Wire;

pub(crate) async fn look(
    mailbox: &Mailbox,
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<(), Fault> {
    let usual = if mailbox.wrap == Wrap::Direct { 995 } else { 110 };
    let port = target.port.unwrap_or(usual);
    let mut wire = Wire::open(reach, &target.host, port, look).await?;
    if mailbox.wrap == Wrap::Direct {
        wire = wire.secure(reach, &target.host, mailbox.trust, look).await?.0;
    }
    hear(&mut wire, look, Reason::Greeting).await?;
    look.reached(Stage::Greeted);
    if mailbox.wrap == Wrap::Upgrade {
        ask(&mut wire, "STLS", look, Reason::NoTls).await?;
        wire = wire.secure(reach, &target.host, mailbox.trust, look).await?.0;
    }
    if let Some(login) = &mailbox.login {
        ask(&mut wire, &format!("USER {}", login.user), look, Reason::LoginRefused).await?;
        ask(&mut wire, &format!("PASS {}", login.password.0), look, Reason::LoginRefused).await?;
        look.reached(Stage::SignedIn);
        let waiting = ask(&mut wire, "STAT", look, Reason::CommandRefused).await?;
        let count = waiting.split(' ').nth(1).and_then(|count| count.parse().ok());
        let count = count.ok_or(Fault::refused(Reason::Protocol).said(waiting))?;
        look.detail.figure(Figure::whole("mails", count, Unit::Count));
    }
    wire.say("QUIT").await.ok();
    Ok(())
}

async fn ask(wire: &mut Wire, line: &str, look: &mut Look, no: Reason) -> Result<String, Fault> {
    wire.say(line).await?;
    hear(wire, look, no).await
}

async fn hear(wire: &mut Wire, look: &mut Look, no: Reason) -> Result<String, Fault> {
    let line = wire.line().await?;
    look.detail.said = Some(quote(&line));
    if line == "+OK" || line.starts_with("+OK ") {
        Ok(line)
    } else if line.starts_with("-ERR") {
        Err(Fault::refused(no).said(line))
    } else {
        Err(Fault::refused(Reason::Protocol).said(line))
    }
}
