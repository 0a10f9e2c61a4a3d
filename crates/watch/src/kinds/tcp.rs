//! A connection, and perhaps a word with an answer.

use std::time::Duration;

use tokio::time::timeout;

use crate::answer::{Fault, Reason, Stage, quote};
use crate::check::{Target, Tcp};
use crate::reach::{Look, Reach};
use crate::wire::Wire;

/// Bytes that are read in the hope of the expected ones.
pub const TCP_READ_MAX: usize = 65_536;

/// How long more words are waited for after a greeting that is whole and not the expected one.
const QUIET: Duration = Duration::from_secs(1);

pub(crate) async fn look(
    tcp: &Tcp,
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<(), Fault> {
    let port =
        target.port.ok_or(Fault::unseen(Reason::Settings).said("a TCP check needs a port"))?;
    let stream = reach.connect(&target.host, port, look).await?;
    if tcp.send.is_none() && tcp.expect.is_none() {
        return Ok(());
    }
    let mut wire = Wire::over(stream, false);
    if let Some(send) = &tcp.send {
        wire.write(send).await?;
    }
    let Some(expect) = &tcp.expect else { return Ok(()) };
    let mut heard = Vec::new();
    while !heard.windows(expect.len().max(1)).any(|window| window == expect) {
        let before = heard.len();
        if before >= TCP_READ_MAX {
            return Err(unexpected(&heard));
        }
        let is_whole = tcp.send.is_none() && ends_greeting(&heard);
        let next = match is_whole {
            true => timeout(QUIET, wire.some(&mut heard)).await,
            false => Ok(wire.some(&mut heard).await),
        };
        let Ok(next) = next else { return Err(unexpected(&heard)) };
        match next {
            // Words, and then the end: an answer, though not the expected one.
            Ok(0) | Err(_) if before > 0 => return Err(unexpected(&heard)),
            Ok(0) => return Err(Fault::silent(Reason::Closed)),
            Ok(_) if before == 0 => look.reached(Stage::Answered),
            Ok(_) => {}
            Err(fault) => return Err(fault),
        }
        look.detail.said = Some(quote(&String::from_utf8_lossy(&heard)));
    }
    Ok(())
}

/// Whether a greeting has come to its end: a line that does not say that another follows (RFC 959
/// section 4.2, RFC 5321 section 4.2.1).
fn ends_greeting(heard: &[u8]) -> bool {
    let Some(text) = heard.strip_suffix(b"\n") else { return false };
    let line = text.rsplit(|byte| *byte == b'\n').next().unwrap_or(text);
    let follows = line.get(..3).is_some_and(|code| code.iter().all(u8::is_ascii_digit))
        && line.get(3) == Some(&b'-');
    !follows
}

fn unexpected(heard: &[u8]) -> Fault {
    Fault::refused(Reason::Content).said(String::from_utf8_lossy(heard))
}
