//! A conversation with an SMTP server (RFC 5321), as far as a greeting or through a whole mail.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;

use crate::answer::{Fault, Reason, Stage, quote};
use crate::check::{Login, Smtp, SmtpSend, Target, Wrap};
use crate::reach::{Look, Reach};
use crate::wire::{Reply, Wire};

pub(crate) async fn look(
    smtp: &Smtp,
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<(), Fault> {
    let mut wire = enter(smtp, target, reach, look).await?;
    quit(&mut wire).await;
    Ok(())
}

/// A whole mail, with a token in its subject; `Ok` is the server's word that it has it.
pub(crate) async fn send(
    send: &SmtpSend,
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<(), Fault> {
    let token = token()?;
    look.detail.token = Some(token.clone());
    let mut wire = enter(&send.smtp, target, reach, look).await?;
    step(&mut wire, &format!("MAIL FROM:<{}>", send.from), 2, look).await?;
    step(&mut wire, &format!("RCPT TO:<{}>", send.to), 2, look).await?;
    step(&mut wire, "DATA", 3, look).await?;
    let date = (reach.clock)().to_zoned(TimeZone::UTC);
    let date = jiff::fmt::rfc2822::to_string(&date).unwrap_or_default();
    let domain = send.from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let mail = format!(
        "From: <{}>\r\nTo: <{}>\r\nDate: {date}\r\nMessage-ID: <{token}@{domain}>\r\n\
         Subject: {} {token}\r\nAuto-Submitted: auto-generated\r\n\r\n\
         This mail checks that mail arrives. {token}\r\n.",
        send.from, send.to, send.subject
    );
    step(&mut wire, &mail, 2, look).await?;
    quit(&mut wire).await;
    Ok(())
}

/// Sixteen letters that nobody guesses and no other mail has.
fn token() -> Result<String, Fault> {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Fault::unseen(Reason::OwnTrouble))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Up to the point where mail could be sent.
async fn enter(
    smtp: &Smtp,
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<Wire, Fault> {
    let usual = if smtp.wrap == Wrap::Direct { 465 } else { 25 };
    let port = target.port.unwrap_or(usual);
    let mut wire = Wire::open(reach, &target.host, port, look).await?;
    if smtp.wrap == Wrap::Direct {
        wire = wire.secure(reach, &target.host, smtp.trust, look).await?.0;
    }
    let greeting = note(wire.reply().await?, look);
    if greeting.code != 220 {
        return Err(Fault::refused(Reason::Greeting).said(greeting.said()));
    }
    look.reached(Stage::Greeted);
    let helo = if smtp.helo.is_empty() { "localhost" } else { &smtp.helo };
    let mut offers = ehlo(&mut wire, helo, look).await?;
    if smtp.wrap == Wrap::Upgrade {
        if !offers.iter().any(|offer| offer.eq_ignore_ascii_case("STARTTLS")) {
            return Err(Fault::refused(Reason::NoTls));
        }
        step(&mut wire, "STARTTLS", 2, look).await?;
        wire = wire.secure(reach, &target.host, smtp.trust, look).await?.0;
        offers = ehlo(&mut wire, helo, look).await?;
    }
    if let Some(login) = &smtp.login {
        sign_in(&mut wire, login, &offers, look).await?;
    }
    Ok(wire)
}

async fn ehlo(wire: &mut Wire, helo: &str, look: &mut Look) -> Result<Vec<String>, Fault> {
    let reply = step(wire, &format!("EHLO {helo}"), 2, look).await?;
    Ok(reply.lines)
}

/// AUTH PLAIN (RFC 4616), or LOGIN where only that is offered.
async fn sign_in(
    wire: &mut Wire,
    login: &Login,
    offers: &[String],
    look: &mut Look,
) -> Result<(), Fault> {
    let offered = |method: &str| {
        offers.iter().map(|offer| offer.to_ascii_uppercase()).any(|offer| {
            let mut words = offer.split([' ', '=']);
            words.next() == Some("AUTH") && words.any(|word| word == method)
        })
    };
    let (user, password) = (&login.user, &login.password.0);
    let reply = if offered("PLAIN") {
        wire.ask(&format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{user}\0{password}"))))
            .await?
    } else if offered("LOGIN") {
        step(wire, "AUTH LOGIN", 3, look).await?;
        step(wire, &STANDARD.encode(user), 3, look).await?;
        wire.ask(&STANDARD.encode(password)).await?
    } else {
        return Err(Fault::refused(Reason::LoginMethod));
    };
    let reply = note(reply, look);
    if reply.code != 235 {
        return Err(Fault::refused(Reason::LoginRefused).said(reply.said()));
    }
    look.reached(Stage::SignedIn);
    Ok(())
}

/// Says something; the reply's first digit must be `class`.
async fn step(wire: &mut Wire, line: &str, class: u32, look: &mut Look) -> Result<Reply, Fault> {
    let reply = note(wire.ask(line).await?, look);
    if reply.code / 100 != class {
        return Err(Fault::refused(Reason::CommandRefused).said(reply.said()));
    }
    Ok(reply)
}

fn note(reply: Reply, look: &mut Look) -> Reply {
    look.detail.code = Some(reply.code);
    look.detail.said = Some(quote(&reply.said()));
    reply
}

/// Politeness; what the server makes of it does not matter.
async fn quit(wire: &mut Wire) {
    wire.say("QUIT").await.ok();
}
