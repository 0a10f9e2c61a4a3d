//! Asks the running relay what waits and why, over its control socket.

use mail::SpoolId;
use mail::queue::{QueueReport, WaitingMessage};

use crate::{AppError, Office};

/// Every destination with waiting mail, the fullest first.
///
/// # Errors
/// [`AppError::Relay`] when the relay does not answer within 5 seconds.
pub async fn report(_office: &Office, _limit: u16) -> Result<QueueReport, AppError> {
    todo!()
}

/// The waiting messages of one destination, oldest first.
///
/// # Errors
/// As above.
pub async fn destination(
    _office: &Office,
    _name: &str,
    _limit: u16,
) -> Result<Vec<WaitingMessage>, AppError> {
    todo!()
}

/// Tries everything that waits for a destination now; how many recipients.
///
/// # Errors
/// As above.
pub async fn retry(_office: &Office, _name: &str) -> Result<u64, AppError> {
    todo!()
}

/// Gives up one message; how many recipients failed by it.
///
/// # Errors
/// As above; refused when it is not in the queue.
pub async fn fail(_office: &Office, _message: SpoolId) -> Result<u64, AppError> {
    todo!()
}
