//! The delivery log: collected from the relay's journal, searched, counted, dropped after 40 days.

use jiff::{SignedDuration, Timestamp};
use mail::SpoolId;
use spool::journal::{Cursor, JournalReader};
use store::{Day, Filter, SlotSpan, Who};

/// One row of the log: one recipient of one message.
pub use store::DeliveryRow as Row;
/// The whole story of one recipient.
pub use store::StoryRecord as Story;
pub use store::{OTHER_DOMAINS, Slot, Status};

use crate::{AppError, Office, Refusal, blocking};

/// What to look for. All given conditions hold together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Accepted at or after.
    pub from: Option<Timestamp>,
    /// Accepted before.
    pub until: Option<Timestamp>,
    /// Exact recipient address, or `@domain` for all of a domain.
    pub to: Option<String>,
    /// Exact From or envelope sender address, or `@domain`.
    pub sender: Option<String>,
    /// Exact Message-ID (angle brackets optional), exact X-Api-Data, or one of our own ids.
    pub reference: Option<String>,
    /// `None` is any.
    pub status: Option<Status>,
    /// `None` is any.
    pub composition: Option<String>,
    /// Rows per page, 1 to 200.
    pub limit: u16,
    /// Continue behind this row: the `next` of the page before.
    pub after: Option<String>,
}

/// A page of the log, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most `limit` rows.
    pub rows: Vec<Row>,
    /// For `after`, when there is more.
    pub next: Option<String>,
}

/// The delivery graph: equal slots over a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// Where the first slot begins.
    pub from: Timestamp,
    /// Length of a slot in seconds: 60, 300, 3,600 or 86,400.
    pub slot_seconds: u32,
    /// In order, without gaps.
    pub slots: Vec<Slot>,
    /// The busiest recipient domains of the span, widened to whole hours (beyond 10 days to whole
    /// days), with their totals; at
    /// most [`GRAPH_DOMAINS`]. Beyond 1,000 domains in an hour the rest is `(other)`.
    pub domains: Vec<(String, Slot)>,
}

/// How many days the log goes back (seed 001, annex 1.2).
pub const RETENTION_DAYS: i32 = 40;
/// Facts recorded in one transaction.
pub const COLLECT_MAX: usize = 2_000;
/// Domains that a graph names.
pub const GRAPH_DOMAINS: u16 = 10;

/// Under which name the records remember how far the relay's journal has been read.
const JOURNAL: &str = "relay";

/// Pages through the log.
///
/// # Errors
/// Refused when the search makes no sense (such as `from` after `until`).
pub async fn search(office: &Office, search: &Search, _now: Timestamp) -> Result<Page, AppError> {
    let filter = filter(search)?;
    let listing = office.store.search(&filter).await?;
    Ok(Page { rows: listing.rows, next: listing.next.map(|place| place.to_string()) })
}

/// The story of one recipient of one message.
///
/// # Errors
/// When the records fail.
pub async fn story(
    office: &Office,
    message: SpoolId,
    recipient: u16,
) -> Result<Option<Story>, AppError> {
    Ok(office.store.story(message, recipient).await?)
}

/// Counts over the span, of one composition or all.
///
/// # Errors
/// Refused when the span is empty or longer than [`RETENTION_DAYS`].
pub async fn graph(
    office: &Office,
    from: Timestamp,
    until: Timestamp,
    composition: Option<&str>,
) -> Result<Graph, AppError> {
    let (from, slot_seconds, count) = slots_of(from, until)?;
    let span = if slot_seconds < 3_600 { SlotSpan::Minute } else { SlotSpan::Hour };
    let length = SignedDuration::from_secs(i64::from(slot_seconds) * i64::from(count));
    let end = from.saturating_add(length).unwrap_or(Timestamp::MAX);
    let mut slots = vec![Slot::default(); count as usize];
    for (at, counted) in office.store.slot_totals(span, from, end, composition).await? {
        let place = (at.as_second() - from.as_second()) / i64::from(slot_seconds);
        if let Some(slot) = usize::try_from(place).ok().and_then(|place| slots.get_mut(place)) {
            slot.queued += counted.queued;
            slot.deferred += counted.deferred;
            slot.succeeded += counted.succeeded;
            slot.failed += counted.failed;
            slot.suppressed += counted.suppressed;
        }
    }
    let domains = office.store.busiest(from, until, composition, GRAPH_DOMAINS).await?;
    Ok(Graph { from, slot_seconds, slots, domains })
}

/// Takes what is new in the relay's journal into the records; how many facts. Call until 0.
///
/// # Errors
/// When the journal or the records fail; what was recorded stays recorded, nothing twice.
pub async fn collect(office: &Office, _now: Timestamp) -> Result<usize, AppError> {
    let place = office.store.journal_place(JOURNAL).await?;
    let after = match &place {
        None => None,
        Some(text) => Some(text.parse::<Cursor>().map_err(AppError::records)?),
    };
    let reader = JournalReader::new(&office.relay.journal(), office.vault.clone());
    let (reader, batch) = blocking(move || {
        let batch = reader.read(after, COLLECT_MAX).map_err(AppError::records)?;
        Ok((reader, batch))
    })
    .await?;
    if batch.damaged > 0 {
        tracing::warn!(
            records = batch.damaged,
            journal = %office.relay.journal().display(),
            "passed over damaged records of the relay's journal: what they told is lost to the \
             delivery log, the mail is not"
        );
    }
    let told = batch.facts.len();
    let before = after.unwrap_or_default();
    if told == 0 && batch.cursor == before {
        return Ok(0);
    }
    office.store.record(JOURNAL, &batch.cursor.to_string(), batch.facts).await?;
    blocking(move || reader.acknowledge(batch.cursor).map_err(AppError::records)).await?;
    Ok(told)
}

/// Drops the days that are out of retention; how many.
///
/// # Errors
/// When the records fail.
pub async fn drop_expired(office: &Office, now: Timestamp) -> Result<usize, AppError> {
    let first = Day(Day::of(now).0 - i64::from(RETENTION_DAYS));
    Ok(office.store.drop_days_before(first).await?)
}

fn filter(search: &Search) -> Result<Filter, AppError> {
    if let (Some(from), Some(until)) = (search.from, search.until)
        && from >= until
    {
        return AppError::refused(Refusal::SearchBackwards);
    }
    if search.limit == 0 || search.limit > store::PAGE_MAX {
        return AppError::refused(Refusal::Rows { most: store::PAGE_MAX });
    }
    let after = match search.after.as_deref() {
        None => None,
        Some(text) => match text.parse() {
            Ok(place) => Some(place),
            Err(_) => return AppError::refused(Refusal::UnknownPage),
        },
    };
    let given = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    Ok(Filter {
        from: search.from,
        until: search.until,
        to: given(&search.to).map(who).transpose()?,
        sender: given(&search.sender).map(who).transpose()?,
        reference: given(&search.reference),
        status: search.status,
        composition: given(&search.composition),
        limit: search.limit,
        after,
    })
}

fn who(text: String) -> Result<Who, AppError> {
    match text.split_once('@') {
        Some(("", domain)) if !domain.is_empty() => Ok(Who::Domain(domain.to_lowercase())),
        Some((_, domain)) if !domain.is_empty() => Ok(Who::Address(text)),
        _ => AppError::refused(Refusal::PartOfAddress),
    }
}

/// Where the first slot begins, the slots' length in seconds and their number: a minute up to 6
/// hours, five up to 36 hours, an hour up to 10 days, else a day. Days begin at the hour that is
/// asked for, so that they can be days of the reader's place.
fn slots_of(from: Timestamp, until: Timestamp) -> Result<(Timestamp, u32, u32), AppError> {
    const HOUR: i64 = 3_600;
    let span = until.as_second().saturating_sub(from.as_second());
    if from >= until || span > i64::from(RETENTION_DAYS) * 24 * HOUR {
        return AppError::refused(Refusal::GraphSpan { days: RETENTION_DAYS });
    }
    let slot = if span <= 6 * HOUR {
        60
    } else if span <= 36 * HOUR {
        300
    } else if span <= 240 * HOUR {
        HOUR
    } else {
        24 * HOUR
    };
    let begin = from.as_second().div_euclid(slot.min(HOUR)) * slot.min(HOUR);
    let whole = until.as_second() + i64::from(until.subsec_nanosecond() > 0) - begin;
    let count = (whole + slot - 1) / slot;
    let begin = Timestamp::from_second(begin).unwrap_or(from);
    Ok((begin, slot as u32, count as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_long_enough_to_be_few() {
        let cases = [
            (("00:00:30", "01:00:00"), ("00:00:00", 60, 60)),
            (("00:00:00", "06:00:00"), ("00:00:00", 60, 360)),
            (("00:01:00", "06:03:00"), ("00:00:00", 300, 73)),
        ];
        let at = |time: &str| format!("2026-11-22T{time}Z").parse().expect("a time");
        for ((from, until), (begin, seconds, count)) in cases {
            let slots = slots_of(at(from), at(until)).expect("a span");
            assert_eq!(slots, (at(begin), seconds, count), "{from} to {until}");
        }
        let day = |text: &str| format!("{text}T15:30:00Z").parse().expect("a time");
        let (begin, seconds, count) = slots_of(day("2026-11-01"), day("2026-11-22")).expect("days");
        assert_eq!((begin.to_string().as_str(), seconds), ("2026-11-01T15:00:00Z", 86_400));
        assert_eq!(count, 22, "the half hour at the end is a slot too");
        assert_eq!(slots_of(day("2026-11-12"), day("2026-11-22")).expect("days").1, 3_600);
        assert!(slots_of(day("2026-10-12"), day("2026-11-22")).is_err());
        assert!(slots_of(day("2026-11-22"), day("2026-11-22")).is_err());
    }

    #[test]
    fn searches_that_make_sense() {
        let base = || Search { limit: 50, ..Search::default() };
        let time = |text: &str| Some(text.parse().expect("a time"));
        let cases = [
            (base(), true),
            (Search { to: Some("taro@example.jp".into()), ..base() }, true),
            (Search { to: Some("@example.jp".into()), ..base() }, true),
            (Search { to: Some(" ".into()), ..base() }, true),
            (Search { to: Some("taro".into()), ..base() }, false),
            (Search { sender: Some("taro@".into()), ..base() }, false),
            (Search { limit: 0, ..base() }, false),
            (Search { limit: 201, ..base() }, false),
            (Search { after: Some("x".into()), ..base() }, false),
            (Search { after: Some("20414-77".into()), ..base() }, true),
            (
                Search {
                    from: time("2026-11-22T00:00:00Z"),
                    until: time("2026-11-21T00:00:00Z"),
                    ..base()
                },
                false,
            ),
        ];
        for (search, makes_sense) in cases {
            assert_eq!(filter(&search).is_ok(), makes_sense, "{search:?}");
        }
    }
}
