//! Notices: drafted, shown, sent when a person confirms them, and kept with their proof.

use calendar::Span;
use jiff::{SignedDuration, Timestamp};
use store::{Draft, NoticeRecord, Phase};
use terms::{About, Contract};

use crate::letters::{self, Letter};
use crate::promised::{ABOUTS, Standing, about_key, notice_promise, standing};
use crate::telling::Channels;
use crate::windows::{self, sent};
use crate::{AppError, Office, Refusal, logs};

/// Longest subject, in letters.
pub const SUBJECT_MAX: usize = 300;
/// Longest text, in bytes.
pub const TEXT_MAX: usize = 64 * 1024;
/// How far back notices are listed, by what they are about.
pub const LISTED_BACK: SignedDuration = SignedDuration::from_hours(400 * 24);

/// A notice that a person writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Name of the contract.
    pub contract: String,
    /// What it is about.
    pub about: About,
    /// The instant that its time is reckoned from: when the change comes, or when the fault was.
    pub event: Timestamp,
    /// `None`: one that says what it is about.
    pub subject: Option<String>,
    /// Plain text.
    pub text: String,
}

/// A notice and how the duty behind it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct NoticeView<'o> {
    /// The record.
    pub record: NoticeRecord,
    /// The contract, when it is still configured.
    pub contract: Option<&'o Contract>,
    /// What it is about.
    pub about: About,
    /// How the duty stands by this notice alone.
    pub standing: Standing,
}

/// Drafts a notice of a window for each contract and channel; what was drafted or sent before is left
/// as it is. The numbers of what is new.
///
/// # Errors
/// Refused when there is no such window, it was cancelled or is over, or nobody can be told.
pub async fn announce(
    office: &Office,
    number: i64,
    by: &str,
    now: Timestamp,
) -> Result<Vec<i64>, AppError> {
    let id = windows::id(number);
    let gone = || Refusal::NoWindow { id: windows::id(number) };
    let record = office.store.plan(number).await?.ok_or_else(gone)?;
    if record.cancelled.is_some() {
        return AppError::refused(gone());
    }
    if record.plan.until <= now {
        return AppError::refused(Refusal::WindowOver);
    }
    let span = Span::new(record.plan.from, record.plan.until).map_err(AppError::records)?;
    let mut drafts = Vec::new();
    for name in &record.plan.contracts {
        let contract = &office.contract(name)?.contract;
        let promise = notice_promise(contract, About::Maintenance, span.from());
        let promise = promise.map(|(promise, _)| promise);
        let contact = office.telling.contact.as_deref();
        let window = (id.as_str(), span, record.plan.title.as_str());
        let letter = letters::of_window(contract, window, promise, contact);
        let about = (About::Maintenance, span.from(), Some(number));
        drafts.extend(each_channel(office.channels(name)?, name, about, &letter, by));
    }
    keep(office, &drafts, now).await
}

/// The notices of a window that nobody has confirmed yet.
///
/// # Errors
/// When the records fail.
pub async fn waiting_of(office: &Office, number: i64) -> Result<Vec<i64>, AppError> {
    let told = office.store.notices_of_plan(number).await?;
    Ok(told.iter().filter(|it| it.confirmed.is_none()).map(|it| it.number).collect())
}

/// Drafts the news that a window is cancelled, for the contracts that were told of it.
///
/// # Errors
/// Refused when there is no such window or nobody can be told; when the records fail.
pub async fn tell_cancelled(
    office: &Office,
    number: i64,
    by: &str,
    now: Timestamp,
) -> Result<Vec<i64>, AppError> {
    let gone = || Refusal::NoWindow { id: windows::id(number) };
    let record = office.store.plan(number).await?.ok_or_else(gone)?;
    let told = office.store.notices_of_plan(number).await?;
    let span = Span::new(record.plan.from, record.plan.until).map_err(AppError::records)?;
    let id = windows::id(number);
    let mut drafts = Vec::new();
    for name in &record.plan.contracts {
        if !told.iter().any(|notice| notice.draft.contract == *name) {
            continue;
        }
        let contract = &office.contract(name)?.contract;
        let contact = office.telling.contact.as_deref();
        let letter = letters::of_cancelled(contract, (&id, span), contact);
        // No window of its own: the promise is about windows that take place.
        let about = (About::Maintenance, span.from(), None);
        drafts.extend(each_channel(office.channels(name)?, name, about, &letter, by));
    }
    keep(office, &drafts, now).await
}

/// Drafts what a person wrote, for each channel of the contract; the numbers.
///
/// # Errors
/// Refused when the contract is not known, nobody can be told, or the text is empty or too long.
pub async fn write(
    office: &Office,
    written: &Written,
    by: &str,
    now: Timestamp,
) -> Result<Vec<i64>, AppError> {
    let contract = &office.contract(&written.contract)?.contract;
    let usual = || letters::subject(contract, written.about, written.event);
    let subject = written.subject.clone().unwrap_or_else(usual);
    let is_line = !subject.trim().is_empty() && !subject.contains(char::is_control);
    if !is_line || subject.chars().count() > SUBJECT_MAX {
        return AppError::refused(Refusal::NoticeSubject { most: SUBJECT_MAX });
    }
    if written.text.trim().is_empty() || written.text.len() > TEXT_MAX {
        return AppError::refused(Refusal::NoticeText { most: TEXT_MAX });
    }
    let letter = Letter { subject, text: written.text.replace("\r\n", "\n") };
    let channels = office.channels(&written.contract)?;
    let about = (written.about, written.event, None);
    let drafts = each_channel(channels, &written.contract, about, &letter, by);
    keep(office, &drafts, now).await
}

async fn keep(office: &Office, drafts: &[Draft], now: Timestamp) -> Result<Vec<i64>, AppError> {
    let numbers = office.store.add_drafts(drafts, now).await?;
    office.notices_changed();
    Ok(numbers)
}

pub(crate) fn each_channel(
    channels: Channels,
    contract: &str,
    (about, event, plan): (About, Timestamp, Option<i64>),
    letter: &Letter,
    by: &str,
) -> Vec<Draft> {
    let draft = |(channel, to): (terms::Name, Vec<(String, String)>)| Draft {
        contract: contract.to_owned(),
        about: about_key(about).to_owned(),
        plan,
        incident: None,
        event,
        channel: channel.to_string(),
        subject: letter.subject.clone(),
        text: letter.text.clone(),
        by: by.to_owned(),
        to,
    };
    channels.into_iter().map(draft).collect()
}

/// Hands drafts to the couriers. From here on they are sent, each once if nothing dies.
///
/// # Errors
/// Refused when one is no draft; those before it are confirmed.
pub async fn confirm(
    office: &Office,
    numbers: &[i64],
    by: &str,
    now: Timestamp,
) -> Result<(), AppError> {
    for number in numbers {
        if !office.store.confirm_notice(*number, by, now).await? {
            return AppError::refused(Refusal::NoDraft { number: *number });
        }
        office.notices_changed();
    }
    Ok(())
}

/// Drops a draft.
///
/// # Errors
/// Refused when it is no draft; when the records fail.
pub async fn drop(office: &Office, number: i64) -> Result<(), AppError> {
    let was_there = office.store.drop_draft(number).await?;
    office.notices_changed();
    match was_there {
        true => Ok(()),
        false => AppError::refused(Refusal::NoDraft { number }),
    }
}

/// Queues a sending that failed again.
///
/// # Errors
/// Refused when it did not fail; when the records fail.
pub async fn retry(
    office: &Office,
    number: i64,
    place: i64,
    now: Timestamp,
) -> Result<(), AppError> {
    let is_queued = office.store.requeue_parcel(number, place, now).await?;
    office.notices_changed();
    match is_queued {
        true => Ok(()),
        false => AppError::refused(Refusal::NotFailed { number }),
    }
}

/// Records that somebody was told by other means, such as a page that a person changed. `of` is the
/// window or incident; told again it changes nothing.
///
/// # Errors
/// Refused when the contract is not known or it was told in the future; when the records fail.
pub async fn told(
    office: &Office,
    contract: &str,
    notice: evidence::Notice,
    now: Timestamp,
) -> Result<(), AppError> {
    if notice.sent > now {
        return AppError::refused(Refusal::ToldInFuture);
    }
    let line = evidence::write_event(&evidence::Event::Notice(notice));
    let mut log = logs::Log::default();
    log.line(line.as_bytes()).map_err(AppError::records)?;
    logs::import(office, contract, log, now).await?;
    Ok(())
}

/// One notice.
///
/// # Errors
/// Refused when there is none of that number; when the records fail.
pub async fn notice(
    office: &Office,
    number: i64,
    now: Timestamp,
) -> Result<NoticeView<'_>, AppError> {
    match office.store.notice(number).await? {
        Some(record) => Ok(view(office, record, now)),
        None => AppError::refused(Refusal::NoNotice { number }),
    }
}

/// Notices of every contract about something in the last [`LISTED_BACK`] or to come, newest first.
///
/// # Errors
/// When the records fail.
pub async fn list(office: &Office, now: Timestamp) -> Result<Vec<NoticeView<'_>>, AppError> {
    let since = now.checked_sub(LISTED_BACK).unwrap_or(Timestamp::MIN);
    let mut records = office.store.notices("", since).await?;
    records.reverse();
    Ok(records.into_iter().map(|record| view(office, record, now)).collect())
}

fn view(office: &Office, record: NoticeRecord, now: Timestamp) -> NoticeView<'_> {
    let contract = office.contract(&record.draft.contract).ok().map(|watched| &watched.contract);
    let about = about(&record);
    let told = sent(std::slice::from_ref(&record));
    // That a window is cancelled or an incident is over is promised by nobody.
    let is_recovery = matches!(record.draft.incident, Some((_, Phase::Recovered)));
    let is_promised = about != About::Maintenance || record.draft.plan.is_some();
    let is_promised = is_promised && !is_recovery;
    let standing = contract.filter(|_| is_promised).map_or(Standing::NoPromise, |contract| {
        standing(contract, about, record.draft.event, &told, now)
    });
    NoticeView { contract, about, standing, record }
}

/// What a recorded notice is about.
pub(crate) fn about(record: &NoticeRecord) -> About {
    let known = ABOUTS.iter().find(|(word, _)| *word == record.draft.about);
    known.map_or(About::Update, |(_, about)| *about)
}
