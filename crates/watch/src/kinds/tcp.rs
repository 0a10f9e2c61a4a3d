//! A connection, and perhaps a word with an answer.

use crate::answer::{Fault, Reason, Stage, quote};
use crate::check::{Target, Tcp};
use crate::reach::{Look, Reach};
use crate::wire::Wire;

/// Bytes that are read in the hope of the expected ones.
pub const TCP_READ_MAX: usize = 65_536;

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
        match wire.some(&mut heard).await {
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

fn unexpected(heard: &[u8]) -> Fault {
    Fault::refused(Reason::Content).said(String::from_utf8_lossy(heard))
}
