//! One look at one target, from the first question to the answer.

use tokio::time::timeout_at;

use crate::answer::{Answer, Fault, Reason, Seen};
use crate::check::{Check, Kind};
use crate::kinds::{
    database, dns, ftp, http, imap, mysql, ping, plugin, pop3, postgres, smtp, tcp, tls,
};
use crate::reach::{Look, Reach};

/// Looks once. It never takes longer than the check's timeout, and does not judge: whether an answer
/// keeps a promise is for those who know the contract.
pub async fn look(check: &Check, reach: &Reach) -> Seen {
    let mut look = Look::begin(check.timeout);
    let ends = look.ends;
    let result = match check.validate() {
        Ok(()) => timeout_at(ends, by_kind(check, reach, &mut look)).await.unwrap_or_else(|_| {
            Err(match look.is_resolving {
                true => Fault::unseen(Reason::ResolverFailed),
                // Words came, though not the expected ones.
                false if matches!(check.kind, Kind::Tcp(_)) && look.detail.said.is_some() => {
                    Fault::refused(Reason::Content)
                }
                false => Fault::silent(Reason::TimedOut),
            })
        }),
        Err(error) => Err(Fault::unseen(Reason::Settings).said(error.to_string())),
    };
    let took = look.began.elapsed();
    let mut detail = look.detail;
    let answer = match result {
        Ok(()) if check.slow_after.is_some_and(|most| took > most) => {
            Answer::Refused(Reason::TooSlow)
        }
        Ok(()) => Answer::Succeeded,
        Err(fault) => {
            detail.said = fault.said.or(detail.said);
            fault.answer
        }
    };
    Seen { answer, took, detail }
}

async fn by_kind(check: &Check, reach: &Reach, look: &mut Look) -> Result<(), Fault> {
    let target = &check.target;
    match &check.kind {
        Kind::Ping(ping) => ping::look(ping, target, reach, look).await,
        Kind::Tcp(tcp) => tcp::look(tcp, target, reach, look).await,
        Kind::Tls(tls) => tls::look(tls, target, reach, look).await,
        Kind::Http(http) => http::look(http, target, reach, look).await,
        Kind::Smtp(smtp) => smtp::look(smtp, target, reach, look).await,
        Kind::SmtpSend(send) => smtp::send(send, target, reach, look).await,
        Kind::Pop3(mailbox) => pop3::look(mailbox, target, reach, look).await,
        Kind::Imap(mailbox) => imap::look(mailbox, target, reach, look).await,
        Kind::Ftp(mailbox) => ftp::look(mailbox, target, reach, look).await,
        Kind::Dns(dns) => dns::look(dns, target, reach, look).await,
        Kind::Postgres(wanted) => {
            let session = postgres::Session::open(wanted, target, reach, look).await?;
            database::look(wanted, session, look).await
        }
        Kind::Mysql(wanted) => {
            let session = mysql::Session::open(wanted, target, reach, look).await?;
            database::look(wanted, session, look).await
        }
        Kind::Heartbeat(beat) => reach.beats.look(&check.name, beat.within),
        // A command of a customer's would run with our rights, wherever it looks.
        Kind::Plugin(_) if reach.policy.is_public() => Err(Fault::unseen(Reason::Forbidden)),
        Kind::Plugin(plugin) => plugin::look(plugin, look).await,
    }
}
