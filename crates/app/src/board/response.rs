//! How fast a function answered this month, by the looks of the check that tells of it.

use std::collections::{BTreeMap, HashMap};
use std::ops::AddAssign;
use std::sync::{Mutex, MutexGuard, PoisonError};

use calendar::Month;
use jiff::{SignedDuration, Timestamp};
use store::{Answer, SeenLook};
use terms::{Contract, Kind, Percent, ResponseTime};

use super::{Left, Row, State};
use crate::checks::every_series;
use crate::contracts::{Source, WatchedContract};
use crate::{AppError, Office};

/// The word for a right answer that took too long.
const TOO_SLOW: &str = "too-slow";
/// Hours that ended so long ago are mostly whole, and are counted once. What a node brings later is read with
/// the rest until it is folded in; then there are more looks in its hour, which is counted anew.
const WHOLE_AFTER: SignedDuration = SignedDuration::from_hours(2);
/// No board is about hours that are so old.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(32 * 24);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Answers, and how many of them came in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    in_time: u64,
    total: u64,
}

impl AddAssign for Counted {
    fn add_assign(&mut self, other: Counted) {
        self.in_time += other.in_time;
        self.total += other.total;
    }
}

/// What one promise asks of one series of looks: its name, and the longest time.
type Asked = (String, SignedDuration);

/// Whole hours of this month that were counted before, so that a board does not read a month of looks again.
/// Bounded by the promises of response times, the sites of their checks, and [`FORGOTTEN_AFTER`].
#[derive(Default)]
pub(crate) struct CountedHours(Mutex<HashMap<Asked, BTreeMap<Timestamp, Hour>>>);

struct Hour {
    /// All looks of the hour when it was counted.
    looks: i64,
    counted: Counted,
}

impl CountedHours {
    fn all(&self) -> MutexGuard<'_, HashMap<Asked, BTreeMap<Timestamp, Hour>>> {
        // A count that a panic left behind is whole: each change is one insert or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Judges the rows that promise a time of an answer. What a probe looks at has no times.
pub(super) async fn judge(
    office: &Office,
    watched: &WatchedContract,
    rows: &mut [Row],
    now: Timestamp,
) -> Result<(), AppError> {
    for row in rows {
        let Kind::ResponseTime(promise) = &row.promise.kind else { continue };
        let measured = watched.measured.iter().find(|it| it.function == promise.function);
        let Some(Source::Check(check)) = measured.map(|it| &it.source) else { continue };
        let mut counted = Counted::default();
        for series in every_series(office, check).await? {
            let since = since(&watched.contract, now);
            counted += answered(office, &series, promise, since, now).await?;
        }
        (row.state, row.left) = standing(promise, counted);
    }
    Ok(())
}

/// The beginning of this month, or of the contract in it.
fn since(contract: &Contract, now: Timestamp) -> Timestamp {
    let month = Month::of(now, &contract.zone).span(&contract.zone).from();
    month.max(calendar::day_span(contract.start, &contract.zone).from())
}

/// The answers of a series in `[since, now)`. Whole hours are counted once.
async fn answered(
    office: &Office,
    series: &str,
    promise: &ResponseTime,
    since: Timestamp,
    now: Timestamp,
) -> Result<Counted, AppError> {
    // Hours are those of the records, since 1970; a day may begin at another minute.
    let first = hour_from(since);
    let whole = now.checked_sub(WHOLE_AFTER).unwrap_or(since);
    // What was not folded yet is in no figure.
    let unfolded = office.store.unfolded_since().await?.unwrap_or(whole);
    let last = hour_of(whole.min(unfolded)).max(first);
    let mut sum = count(promise, &office.store.looks(series, last, now).await?);
    if since < first {
        sum += count(promise, &office.store.looks(series, since, first.min(now)).await?);
    }
    let figures = office.store.look_figures(series, first, last).await?;
    let asked = (series.to_owned(), promise.within);
    let mut anew = Vec::new();
    {
        let mut all = office.counted_hours.all();
        let hours = all.entry(asked.clone()).or_default();
        let age = |hour: &Timestamp| now.duration_since(*hour);
        hours.retain(|hour, _| age(hour) < FORGOTTEN_AFTER);
        for figure in &figures {
            match hours.get(&figure.from).filter(|hour| hour.looks == figure.looks) {
                Some(hour) => sum += hour.counted,
                None => anew.push(figure),
            }
        }
    }
    let (Some(from), Some(until)) = (anew.first(), anew.last()) else { return Ok(sum) };
    let until = until.from.saturating_add(HOUR).unwrap_or(until.from);
    let looks = office.store.looks(series, from.from, until).await?;
    let mut all = office.counted_hours.all();
    let hours = all.entry(asked).or_default();
    for figure in anew {
        let end = figure.from.saturating_add(HOUR).unwrap_or(figure.from);
        let from = looks.partition_point(|look| look.at < figure.from);
        let until = looks.partition_point(|look| look.at < end);
        let counted = count(promise, &looks[from..until]);
        sum += counted;
        hours.insert(figure.from, Hour { looks: figure.looks, counted });
    }
    Ok(sum)
}

/// The hour since 1970 that an instant is in.
fn hour_of(at: Timestamp) -> Timestamp {
    let seconds = HOUR.as_secs();
    let hour = at.as_millisecond().div_euclid(seconds * 1_000);
    Timestamp::from_second(hour.saturating_mul(seconds)).unwrap_or(at)
}

/// The first hour since 1970 that begins at or after an instant.
fn hour_from(at: Timestamp) -> Timestamp {
    let hour = hour_of(at);
    if hour == at { hour } else { hour.saturating_add(HOUR).unwrap_or(hour) }
}

/// What was answered, rightly or too late. A refusal is no answer to what was asked for.
fn count(promise: &ResponseTime, looks: &[SeenLook]) -> Counted {
    let answered = looks.iter().filter(|look| {
        look.answer == Answer::Good
            || (look.answer == Answer::Refused && look.reason.as_deref() == Some(TOO_SLOW))
    });
    let mut counted = Counted::default();
    for look in answered {
        let took = SignedDuration::from_millis(i64::from(look.took_ms));
        let in_time = u64::from(promise.is_met_by(took));
        counted += Counted { in_time, total: 1 };
    }
    counted
}

/// A share can still rise, so one that is too low is at risk until the month is over; where every
/// answer must be in time, one that was not has broken the promise.
fn standing(promise: &ResponseTime, Counted { in_time, total }: Counted) -> (State, Left) {
    if total == 0 {
        return (State::NotMeasured, Left::Nothing);
    }
    let left = Left::Answers { in_time, total, within: promise.within };
    let share = promise.share.unwrap_or(Percent::HUNDRED);
    let is_met = i128::from(in_time) * i128::from(Percent::HUNDRED.0)
        >= i128::from(total) * i128::from(share.0);
    let state = match (is_met, promise.share) {
        (true, _) => State::Kept,
        (false, Some(_)) => State::AtRisk,
        (false, None) => State::Broken,
    };
    (state, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(kinds: &[(Answer, Option<&str>, u32)]) -> Vec<SeenLook> {
        let look = |(answer, reason, took_ms): &(Answer, Option<&str>, u32)| SeenLook {
            at: Timestamp::UNIX_EPOCH,
            answer: *answer,
            reason: reason.map(str::to_owned),
            took_ms: *took_ms,
        };
        kinds.iter().map(look).collect()
    }

    #[test]
    fn the_share_of_answers_in_time() {
        let within = SignedDuration::from_secs(3);
        let promise =
            |share| ResponseTime { function: "web".parse().expect("a name"), within, share };
        let good = |ms| (Answer::Good, None, ms);
        let slow = (Answer::Refused, Some("too-slow"), 3_001);
        // Not answers to what was asked for, so they are neither in time nor late.
        let others = [
            (Answer::Refused, Some("status"), 1),
            (Answer::Silent, Some("timed-out"), 10_000),
            (Answer::Unseen, Some("own-trouble"), 1),
        ];
        let half = Some(Percent(50 * Percent::ONE));
        for (share, these, state) in [
            (None, vec![], State::NotMeasured),
            (None, others.to_vec(), State::NotMeasured),
            (None, vec![good(1), good(3_000), others[1]], State::Kept),
            (None, vec![good(1), good(3_001)], State::Broken),
            (None, vec![good(1), slow], State::Broken),
            (half, vec![good(1), slow], State::Kept),
            (half, vec![good(1), slow, slow], State::AtRisk),
        ] {
            let counted = count(&promise(share), &looks(&these));
            assert_eq!(standing(&promise(share), counted).0, state, "{share:?} {these:?}");
        }
        let counted = count(&promise(None), &looks(&[good(1), slow]));
        let (_, left) = standing(&promise(None), counted);
        assert_eq!(left, Left::Answers { in_time: 1, total: 2, within });
    }

    #[test]
    fn hours_of_the_records() {
        for (at, hour) in [
            ("2026-10-31T15:00:00Z", "2026-10-31T15:00:00Z"),
            ("2026-10-31T15:00:00.001Z", "2026-10-31T16:00:00Z"),
            ("2026-10-31T18:30:00Z", "2026-10-31T19:00:00Z"),
            ("1969-12-31T23:30:00Z", "1970-01-01T00:00:00Z"),
        ] {
            let parse = |text: &str| text.parse::<Timestamp>().expect("an instant");
            assert_eq!(hour_from(parse(at)), parse(hour), "{at}");
        }
    }
}
