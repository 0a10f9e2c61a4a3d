//! A notice as mail: one message to one recipient, handed to a server that takes it from us. The
//! server's answer to the end of the message is the proof.

use std::path::PathBuf;
use std::time::Duration;

use mail::Address;
use mail::compose::Draft;

use crate::smtp::{self, Fault, Session};
use crate::{Outcome, Parcel, Secret};

/// Longest wait for the connection and for each reply but the last.
pub(crate) const REPLY_TIME_MAX: Duration = Duration::from_secs(20);
/// Longest wait for the answer to the message.
const PROOF_TIME_MAX: Duration = Duration::from_secs(60);

/// A server that takes our mail.
#[derive(Debug)]
pub struct MailRoute {
    /// Name or address.
    pub host: String,
    /// 25, 587, 465 or another.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// A file of authorities to trust; `None` trusts the system's.
    pub ca: Option<PathBuf>,
    /// Name and password.
    pub login: Option<(String, Secret)>,
    /// Sender, in the envelope and in From.
    pub from: Address,
    /// What we call ourselves.
    pub helo: String,
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// STARTTLS when the server offers it; a password goes to a checked server or to loopback only.
    Auto,
    /// Never.
    Off,
    /// STARTTLS with a checked certificate, or nothing is sent.
    Starttls,
    /// From the first byte, with a checked certificate, as on port 465.
    Implicit,
}

pub(crate) async fn carry(route: &MailRoute, parcel: &Parcel) -> Outcome {
    let to = match Address::parse(&parcel.recipient) {
        Ok(address) => address,
        Err(error) => return Outcome::Refused(format!("{:?}: {error}", parcel.recipient)),
    };
    let message = message(route, &to, parcel);
    let mut session = match smtp::open(route).await {
        Ok(session) => session,
        Err(fault) => return of(fault, false),
    };
    match hand_over(&mut session, route, &to, &message).await {
        Ok(reply) => Outcome::Sent(reply),
        Err((fault, is_out)) => of(fault, is_out),
    }
}

/// The answer to the end of the message; or what went wrong, and whether the message was out.
async fn hand_over(
    session: &mut Session,
    route: &MailRoute,
    to: &Address,
    message: &str,
) -> Result<String, (Fault, bool)> {
    let early = |fault| (fault, false);
    let utf8 = route.from.needs_smtputf8() || to.needs_smtputf8();
    let utf8 = if utf8 { " SMTPUTF8" } else { "" };
    let from = format!("MAIL FROM:<{}>{utf8}", route.from);
    session.command(&from, 2).await.map_err(early)?;
    session.command(&format!("RCPT TO:<{to}>"), 2).await.map_err(early)?;
    session.command("DATA", 3).await.map_err(early)?;
    session.write(&smtp::dot_stuffed(message)).await.map_err(|fault| (fault, true))?;
    let answered = tokio::time::timeout(PROOF_TIME_MAX, session.reply(2)).await;
    let late = |_| (Fault::Lost("it did not answer in time".to_owned()), true);
    let reply = answered.map_err(late)?.map_err(|fault| (fault, true))?;
    session.quit().await;
    Ok(format!("{}: {reply}", route.host))
}

/// A refusal is the server's word. A connection that broke behind the message leaves open whether it
/// was taken.
fn of(fault: Fault, is_out: bool) -> Outcome {
    match fault {
        Fault::Refused { code: 500..=599, text } => Outcome::Refused(text),
        Fault::Refused { text, .. } => Outcome::later(text),
        Fault::Lost(text) if is_out => Outcome::unknown(text),
        Fault::Lost(text) => Outcome::later(text),
        Fault::Unfit(text) => Outcome::Refused(text),
    }
}

fn message(route: &MailRoute, to: &Address, parcel: &Parcel) -> String {
    let text = parcel.text.replace("\r\n", "\n").replace('\n', "\r\n");
    let draft = Draft {
        from: route.from.clone(),
        to: vec![to.clone()],
        subject: parcel.subject.clone(),
        text,
        html: None,
        attachments: Vec::new(),
        date: parcel.date.clone(),
        // The same at every attempt: a receiver that gets it twice can tell.
        unique: parcel.id.clone(),
        automatic: true,
    };
    draft.render()
}
