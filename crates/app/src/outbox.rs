//! The outbox: confirmed notices on their way. A timer takes one, a courier carries it, and what came
//! of it is recorded with its proof before the next one is taken.

use jiff::{SignedDuration, Timestamp};
use store::{Delivered, Parcel, Turnout};

use crate::{AppError, Office, incidents, letters};

/// Waits between attempts; after the last one a sending is given up.
pub const WAITS: [SignedDuration; 6] = [
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(8),
];
/// Longest answer that is kept, in letters.
pub const ANSWER_MAX: usize = 1_000;

/// One sending, ready to be carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// The same at every attempt, so that the other side can tell a repetition: `notice-12-1`.
    pub id: String,
    /// Name of the courier.
    pub courier: String,
    /// To whom; empty where the courier knows.
    pub recipient: String,
    /// Name of the contract.
    pub contract: String,
    /// What it is about: `maintenance`.
    pub about: String,
    /// What its time is reckoned from.
    pub event: Timestamp,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The incident that it tells of.
    pub incident: Option<i64>,
    parcel: Parcel,
}

/// What came of carrying it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other side took it; its own words.
    Sent(String),
    /// Not now.
    Later {
        /// Why.
        answer: String,
        /// It may have been taken all the same: the answer was lost.
        maybe_sent: bool,
    },
    /// The other side will not take it.
    Refused(String),
}

/// Puts back what was being sent when the program died; how many there were. Call it once, before
/// anything is taken.
///
/// # Errors
/// When the records fail.
pub async fn recover(office: &Office, now: Timestamp) -> Result<u64, AppError> {
    Ok(office.store.recover_parcels(now).await?)
}

/// The next sending that is due. It is marked as on its way until [`settle`].
///
/// # Errors
/// When the records fail.
pub async fn take(office: &Office, now: Timestamp) -> Result<Option<Errand>, AppError> {
    let Some(parcel) = office.store.take_parcel(now).await? else { return Ok(None) };
    let Some(notice) = office.store.notice(parcel.notice).await? else { return Ok(None) };
    office.notices_changed();
    let sending = notice.sendings.into_iter().find(|sending| sending.place == parcel.place);
    let lang = office.language(&notice.draft.contract);
    let text = |is_doubtful: bool| match is_doubtful {
        true => letters::maybe_again(lang, &notice.draft.text),
        false => notice.draft.text.clone(),
    };
    Ok(sending.map(|sending| Errand {
        id: format!("notice-{}-{}", parcel.notice, parcel.place),
        courier: sending.courier,
        recipient: sending.recipient,
        contract: notice.draft.contract,
        about: notice.draft.about,
        event: notice.draft.event,
        subject: notice.draft.subject,
        text: text(sending.maybe_twice),
        incident: notice.draft.incident.map(|(incident, _)| incident),
        parcel,
    }))
}

/// Records what came of it; `at` is when the answer came.
///
/// # Errors
/// When the records fail: then it stays on its way, and the next start tries it again and says that
/// it may have been sent twice.
pub async fn settle(
    office: &Office,
    errand: &Errand,
    outcome: Outcome,
    at: Timestamp,
) -> Result<(), AppError> {
    let (turnout, answer) = turnout(outcome, errand.parcel.attempt, at);
    let delivered = Delivered { turnout, answer, at };
    office.store.deliver_parcel(&errand.parcel, &delivered).await?;
    office.notices_changed();
    if let (Turnout::Sent, Some(incident)) = (turnout, errand.incident) {
        // The clock of the first notice stops at the second in which the other side took it.
        incidents::prove(office, incident, at).await?;
    }
    Ok(())
}

/// What becomes of a sending after so many attempts, and the answer as it is kept.
pub(crate) fn turnout(outcome: Outcome, attempts: i64, at: Timestamp) -> (Turnout, String) {
    let attempts = usize::try_from(attempts).unwrap_or(usize::MAX);
    let (turnout, answer) = match outcome {
        Outcome::Sent(answer) => (Turnout::Sent, answer),
        Outcome::Refused(answer) => (Turnout::Failed, answer),
        Outcome::Later { answer, maybe_sent } => {
            let wait = WAITS.get(attempts.saturating_sub(1));
            let due = wait.and_then(|wait| at.checked_add(*wait).ok());
            (due.map_or(Turnout::Failed, |due| Turnout::Again { due, maybe_sent }), answer)
        }
    };
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    (turnout, answer.chars().take(ANSWER_MAX).map(printable).collect())
}
