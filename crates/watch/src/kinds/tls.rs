//! A TLS handshake: who is there, for how many days yet, and whether old versions are turned down.

use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use tokio::time::{Instant, timeout_at};

use crate::answer::{Fault, Figure, Reason, Unit};
use crate::check::{Speech, Target, Tls, TlsVersion};
use crate::kinds::{certificate, hello};
use crate::reach::{Look, Reach, literal};
use crate::wire::Wire;

/// How long a server may think about an old version; saying nothing turns it down.
const OLD_PATIENCE: Duration = Duration::from_secs(3);
/// Versions that can be tried by hand, oldest first.
const OLD: [TlsVersion; 3] = [TlsVersion::V1_0, TlsVersion::V1_1, TlsVersion::V1_2];
/// Seconds of a day.
const DAY: i64 = 86_400;

pub(crate) async fn look(
    tls: &Tls,
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<(), Fault> {
    let name = tls.name.as_deref().unwrap_or(&target.host);
    let wire = open(tls, target, reach, look).await?;
    let (_wire, shown) = wire.secure(reach, name, tls.trust, look).await?;
    let left = days_left(&shown, (reach.clock)())?;
    look.detail.figure(Figure::whole("days-left", left, Unit::Days));
    for version in OLD.into_iter().filter(|version| *version < tls.lowest) {
        if is_accepted(version, tls, target, reach, look).await? {
            let said = format!("{version:?} was accepted");
            return Err(Fault::refused(Reason::OldTls).said(said));
        }
    }
    if left < i64::from(tls.days_left_min) {
        return Err(Fault::refused(Reason::CertificateEndsSoon).said(format!("{left} days left")));
    }
    Ok(())
}

/// Whole days until the first of the certificates ends; below zero when one has.
fn days_left(shown: &[CertificateDer<'_>], now: Timestamp) -> Result<i64, Fault> {
    let ends = shown.iter().map(|der| certificate::not_after(der));
    let first = ends.collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().min());
    let first = first.ok_or(Fault::refused(Reason::CertificateBad))?;
    Ok((first.as_second() - now.as_second()).div_euclid(DAY))
}

/// A connection on which a handshake can begin.
async fn open(tls: &Tls, target: &Target, reach: &Reach, look: &mut Look) -> Result<Wire, Fault> {
    let usual = match tls.after {
        None => 443,
        Some(Speech::Smtp) => 25,
        Some(Speech::Pop3) => 110,
        Some(Speech::Imap) => 143,
        Some(Speech::Ftp) => 21,
        Some(Speech::Postgres) => 5432,
    };
    let port = target.port.unwrap_or(usual);
    let mut wire = Wire::open(reach, &target.host, port, look).await?;
    if let Some(speech) = tls.after {
        upgrade(&mut wire, speech).await?;
    }
    Ok(wire)
}

/// What is said before TLS begins.
async fn upgrade(wire: &mut Wire, speech: Speech) -> Result<(), Fault> {
    let no_tls = || Fault::refused(Reason::NoTls);
    match speech {
        Speech::Smtp | Speech::Ftp => {
            let greeting = wire.reply().await?;
            if greeting.code != 220 {
                return Err(Fault::refused(Reason::Greeting).said(greeting.said()));
            }
            let word = if speech == Speech::Ftp {
                "AUTH TLS"
            } else {
                wire.ask("EHLO localhost").await?;
                "STARTTLS"
            };
            let reply = wire.ask(word).await?;
            if reply.code / 100 != 2 {
                return Err(no_tls().said(reply.said()));
            }
        }
        Speech::Pop3 | Speech::Imap => {
            let greeting = wire.line().await?;
            if !greeting.starts_with("+OK") && !greeting.starts_with("* OK") {
                return Err(Fault::refused(Reason::Greeting).said(greeting));
            }
            wire.say(if speech == Speech::Pop3 { "STLS" } else { "a1 STARTTLS" }).await?;
            let mut answer = wire.line().await?;
            if answer.starts_with("* ") {
                answer = wire.line().await?;
            }
            if !answer.starts_with("+OK") && !answer.starts_with("a1 OK") {
                return Err(no_tls().said(answer));
            }
        }
        Speech::Postgres => crate::kinds::postgres::request_tls(wire).await?,
    }
    Ok(())
}

async fn is_accepted(
    version: TlsVersion,
    tls: &Tls,
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<bool, Fault> {
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| Fault::unseen(Reason::OwnTrouble))?;
    let name = tls.name.as_deref().unwrap_or(&target.host);
    let name = if literal(name).is_some() { "" } else { name };
    let mut wire = open(tls, target, reach, look).await?;
    wire.write(&hello::client_hello(version, name, &random)).await?;
    let mut answer = Vec::new();
    let patience = look.ends.min(Instant::now() + OLD_PATIENCE);
    while answer.len() < hello::HEAD + hello::WANTED {
        match timeout_at(patience, wire.some(&mut answer)).await {
            Ok(Ok(1..)) => {}
            // Ended, reset or silent.
            _ => break,
        }
    }
    hello::accepts(&answer, version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_of_the_shortest_certificate() {
        let certificate = |day| {
            let mut params = rcgen::CertificateParams::default();
            params.not_after = rcgen::date_time_ymd(2026, 12, day);
            let key = rcgen::KeyPair::generate().expect("key");
            params.self_signed(&key).expect("certificate").der().clone()
        };
        let shown = [certificate(31), certificate(10)];
        for (now, left) in [
            ("2026-12-01T00:00:00Z", 9),
            ("2026-12-01T00:00:01Z", 8),
            ("2026-12-10T00:00:00Z", 0),
            ("2026-12-10T00:00:01Z", -1),
        ] {
            let now: Timestamp = now.parse().expect(now);
            assert_eq!(days_left(&shown, now), Ok(left));
        }
        let none = days_left(&[], "2026-12-01T00:00:00Z".parse().expect("instant"));
        assert_eq!(none, Err(Fault::refused(Reason::CertificateBad)));
    }
}
