//! How fast a function answered this month, by the looks of the check that tells of it.

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
        let mut looks = Vec::new();
        for series in every_series(office, check).await? {
            let since = since(&watched.contract, now);
            looks.extend(office.store.looks(&series, since, now).await?);
        }
        (row.state, row.left) = standing(promise, &looks);
    }
    Ok(())
}

/// The beginning of this month, or of the contract in it.
fn since(contract: &Contract, now: Timestamp) -> Timestamp {
    let month = Month::of(now, &contract.zone).span(&contract.zone).from();
    month.max(calendar::day_span(contract.start, &contract.zone).from())
}

/// A share can still rise, so one that is too low is at risk until the month is over; where every
/// answer must be in time, one that was not has broken the promise.
fn standing(promise: &ResponseTime, looks: &[SeenLook]) -> (State, Left) {
    let answered = looks.iter().filter(|look| {
        look.answer == Answer::Good
            || (look.answer == Answer::Refused && look.reason.as_deref() == Some(TOO_SLOW))
    });
    let (mut in_time, mut total) = (0_u64, 0_u64);
    for look in answered {
        total += 1;
        let took = SignedDuration::from_millis(i64::from(look.took_ms));
        in_time += u64::from(promise.is_met_by(took));
    }
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
            assert_eq!(standing(&promise(share), &looks(&these)).0, state, "{share:?} {these:?}");
        }
        let (_, left) = standing(&promise(None), &looks(&[good(1), slow]));
        assert_eq!(left, Left::Answers { in_time: 1, total: 2, within });
    }
}
