//! An FTP login (RFC 959), in plain text, after AUTH TLS (RFC 4217) or under TLS from the start.

use crate::answer::{Fault, Reason, Stage, quote};
use crate::check::{Mailbox, Target, Wrap};
use crate::reach::{Look, Reach};
use crate::wire::{Reply, Wire};

pub(crate) async fn look(
    mailbox: &Mailbox,
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<(), Fault> {
    let usual = if mailbox.wrap == Wrap::Direct { 990 } else { 21 };
    let port = target.port.unwrap_or(usual);
    let mut wire = Wire::open(reach, &target.host, port, look).await?;
    if mailbox.wrap == Wrap::Direct {
        wire = wire.secure(reach, &target.host, mailbox.trust, look).await?.0;
    }
    let mut greeting = note(wire.reply().await?, look);
    // 120: ready in some minutes, and then the real greeting.
    if greeting.code == 120 {
        greeting = note(wire.reply().await?, look);
    }
    if greeting.code != 220 {
        return Err(Fault::refused(Reason::Greeting).said(greeting.said()));
    }
    look.reached(Stage::Greeted);
    if mailbox.wrap == Wrap::Upgrade {
        expect(&mut wire, "AUTH TLS", &[234], look, Reason::NoTls).await?;
        wire = wire.secure(reach, &target.host, mailbox.trust, look).await?.0;
    }
    if let Some(login) = &mailbox.login {
        let user = format!("USER {}", login.user);
        let user = expect(&mut wire, &user, &[230, 331], look, Reason::LoginRefused).await?;
        if user.code == 331 {
            let word = format!("PASS {}", login.password.0);
            expect(&mut wire, &word, &[230, 202], look, Reason::LoginRefused).await?;
        }
        look.reached(Stage::SignedIn);
        expect(&mut wire, "PWD", &[257], look, Reason::CommandRefused).await?;
    }
    wire.say("QUIT").await.ok();
    Ok(())
}

async fn expect(
    wire: &mut Wire,
    line: &str,
    right: &[u32],
    look: &mut Look,
    no: Reason,
) -> Result<Reply, Fault> {
    let reply = note(wire.ask(line).await?, look);
    if right.contains(&reply.code) { Ok(reply) } else { Err(Fault::refused(no).said(reply.said())) }
}

fn note(reply: Reply, look: &mut Look) -> Reply {
    look.detail.code = Some(reply.code);
    look.detail.said = Some(quote(&reply.said()));
    reply
}
