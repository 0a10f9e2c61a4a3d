//! The control socket: the office and the command line ask a running relay what waits and why.
//!
//! One question a line, one answer a line, both JSON (`docs/FORMATS.md`). Only the relay's own
//! user can open the socket.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mail::queue::{Answer, Question, WaitingMessage};
use mail::{Envelope, Reply, SpoolId};
use spool::{Spool, Waiting};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tracing::debug;

use crate::outbound::{Outbound, Pause, give_up};
use crate::{Core, RelayError};

/// Longest question, in bytes.
const QUESTION_MAX: u64 = 4_096;
/// Most rows of an answer.
const ROWS_MAX: u16 = 1_000;
/// A visitor who says nothing for this long is sent away.
const PATIENCE: Duration = Duration::from_secs(30);

/// # Errors
/// When the socket cannot be made.
pub(crate) fn bind(path: &Path) -> Result<UnixListener, RelayError> {
    let made = || -> io::Result<UnixListener> {
        // The spool's lock says that no other relay lives here, so this one is left over.
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    };
    made().map_err(|source| RelayError::Control { path: path.to_owned(), source })
}

/// Answers until the relay stops.
pub(crate) async fn serve(outbound: Arc<Outbound>, listener: UnixListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(visit(outbound.clone(), stream));
            }
            Err(error) => {
                debug!(error = %error, "a visitor of the control socket was lost");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn visit(outbound: Arc<Outbound>, stream: UnixStream) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    loop {
        let mut line = String::new();
        let mut limited = (&mut lines).take(QUESTION_MAX);
        let asked = tokio::time::timeout(PATIENCE, limited.read_line(&mut line)).await;
        if !matches!(asked, Ok(Ok(count)) if count > 0) {
            return;
        }
        let answer = match serde_json::from_str(&line) {
            Ok(question) => answer(&outbound, question).await,
            Err(error) => Answer::Refused { reason: format!("not a question: {error}") },
        };
        // Answers always have a JSON form.
        let mut bytes = serde_json::to_vec(&answer).unwrap_or_default();
        bytes.push(b'\n');
        if write.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

async fn answer(outbound: &Arc<Outbound>, question: Question) -> Answer {
    let spool = &outbound.core.spool;
    match question {
        Question::Queue { limit } => Answer::Queue(outbound.report(limit.clamp(1, ROWS_MAX))),
        Question::Destination { name, limit } => {
            let limit = usize::from(limit.clamp(1, ROWS_MAX));
            let pause = outbound.pause_reason(&name);
            let now = outbound.core.now();
            let waiting = spool.waiting(&name, limit).await;
            Answer::Messages {
                messages: waiting.into_iter().map(|w| row(w, pause.as_ref(), now)).collect(),
            }
        }
        Question::RetryDestination { name } => {
            let all = outbound.core.spool.destinations(usize::MAX);
            let Some(before) = all.into_iter().find(|d| d.name == name) else {
                return Answer::Refused { reason: format!("nothing waits for {name}") };
            };
            let recipients = before.ready + spool.promote_destination(&name);
            outbound.end_pause(&name);
            Answer::Done { recipients }
        }
        Question::Fail { message } => fail(&outbound.core, message).await,
    }
}

/// Gives up a message, as far as its sender can be told.
async fn fail(core: &Core, message: SpoolId) -> Answer {
    let leases = core.spool.lease_message(message);
    if leases.is_empty() {
        let reason = format!("{message} is not in the queue, or is being delivered right now");
        return Answer::Refused { reason };
    }
    let (mut failed, mut kept) = (0, 0);
    for lease in leases {
        let recipients = lease.recipients.len() as u64;
        let text = "given up by the operator".to_owned();
        let reply = Reply { code: 554, enhanced: Some((5, 7, 0)), text };
        if give_up(core, lease, reply).await {
            failed += recipients;
        } else {
            kept += recipients;
        }
    }
    given_up(failed, kept)
}

fn given_up(failed: u64, kept: u64) -> Answer {
    if kept == 0 {
        return Answer::Done { recipients: failed };
    }
    let reason = format!(
        "{failed} recipients were given up and {kept} wait on: the sender cannot be told now"
    );
    Answer::Refused { reason }
}

fn row(waiting: Waiting, pause: Option<&Pause>, now: Timestamp) -> WaitingMessage {
    let envelope = waiting.envelope.as_ref();
    // What is ready goes when the destination has rested, or as soon as a connection is free.
    let ready = !waiting.in_flight && waiting.next_attempt.is_none();
    let pause = pause.filter(|_| ready);
    WaitingMessage {
        message: waiting.id,
        sender: envelope
            .and_then(|e| e.sender.as_ref())
            .map(ToString::to_string)
            .unwrap_or_default(),
        recipients: envelope.map(|e| names(e, &waiting.recipients)).unwrap_or_default(),
        attempts: waiting.step,
        next_attempt: if ready {
            Some(pause.map_or(now, |p| p.until_at.max(now)))
        } else {
            waiting.next_attempt
        },
        expires: waiting.expires,
        size: waiting.size,
        reason: pause.map_or(waiting.reason, |p| p.reason.to_string()),
    }
}

fn names(envelope: &Envelope, places: &[u16]) -> Vec<String> {
    places
        .iter()
        .filter_map(|place| envelope.recipients.get(usize::from(*place)))
        .map(|recipient| recipient.address.to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_was_not_given_up_is_not_called_so() {
        assert_eq!(given_up(3, 0), Answer::Done { recipients: 3 });
        let Answer::Refused { reason } = given_up(1, 2) else { panic!("it was not done") };
        assert!(reason.contains("1 recipients were given up and 2 wait on"), "{reason}");
    }
}
