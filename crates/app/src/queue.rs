//! Asks the running relay what waits and why, over its control socket.

use std::io;
use std::time::Duration;

use mail::SpoolId;
use mail::queue::{Answer, Question, QueueReport, WaitingMessage};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::{AppError, Refusal, RelayFolder};

/// How long the relay has to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest answer, in bytes.
const ANSWER_MAX: u64 = 4 * 1024 * 1024;
/// Most destinations or messages asked for at once.
const LIMIT_MAX: u16 = 1_000;

/// Every destination with waiting mail, the fullest first.
///
/// # Errors
/// [`AppError::Relay`] when the relay does not answer within 5 seconds.
pub async fn report(relay: &RelayFolder, limit: u16) -> Result<QueueReport, AppError> {
    let limit = limit.clamp(1, LIMIT_MAX);
    match ask(relay, &Question::Queue { limit }).await? {
        Answer::Queue(report) => Ok(report),
        other => unexpected(other),
    }
}

/// The waiting messages of one destination, oldest first.
///
/// # Errors
/// As above.
pub async fn destination(
    relay: &RelayFolder,
    name: &str,
    limit: u16,
) -> Result<Vec<WaitingMessage>, AppError> {
    let question = Question::Destination { name: name.into(), limit: limit.clamp(1, LIMIT_MAX) };
    match ask(relay, &question).await? {
        Answer::Messages { messages } => Ok(messages),
        other => unexpected(other),
    }
}

/// Tries everything that waits for a destination now; how many recipients.
///
/// # Errors
/// As above.
pub async fn retry(relay: &RelayFolder, name: &str) -> Result<u64, AppError> {
    match ask(relay, &Question::RetryDestination { name: name.into() }).await? {
        Answer::Done { recipients } => Ok(recipients),
        other => unexpected(other),
    }
}

/// Gives up one message; how many recipients failed by it.
///
/// # Errors
/// As above; refused when it is not in the queue.
pub async fn fail(relay: &RelayFolder, message: SpoolId) -> Result<u64, AppError> {
    match ask(relay, &Question::Fail { message }).await? {
        Answer::Done { recipients } => Ok(recipients),
        other => unexpected(other),
    }
}

fn unexpected<T>(answer: Answer) -> Result<T, AppError> {
    match answer {
        Answer::Refused { reason } => AppError::refused(Refusal::ByRelay(reason)),
        _ => Err(AppError::Relay(io::Error::new(
            io::ErrorKind::InvalidData,
            "the relay answered another question: is it of another version?",
        ))),
    }
}

/// One question, one answer, each a line of JSON, over a connection of its own.
async fn ask(relay: &RelayFolder, question: &Question) -> Result<Answer, AppError> {
    let path = relay.control_socket();
    let told = |e: io::Error| {
        AppError::Relay(io::Error::new(e.kind(), format!("control socket {}: {e}", path.display())))
    };
    match tokio::time::timeout(ANSWER_TIMEOUT, converse(&path, question)).await {
        Ok(answer) => answer.map_err(told),
        Err(_) => Err(told(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("no answer within {} seconds", ANSWER_TIMEOUT.as_secs()),
        ))),
    }
}

async fn converse(path: &std::path::Path, question: &Question) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(path).await?;
    let mut line = serde_json::to_vec(question)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut answer = Vec::new();
    BufReader::new(stream.take(ANSWER_MAX)).read_until(b'\n', &mut answer).await?;
    if answer.last() != Some(&b'\n') {
        let what = if answer.len() as u64 == ANSWER_MAX {
            "the answer is longer than 4 MiB: ask for fewer"
        } else {
            "the answer ends half-way"
        };
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    Ok(serde_json::from_slice(&answer)?)
}
