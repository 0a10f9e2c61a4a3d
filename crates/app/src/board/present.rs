//! What is so at this moment: functions that are down, and whether what was promised to be looked at is.

use jiff::{SignedDuration, Timestamp};
use store::{Answer, Observation};
use terms::{Check, Kind, Name};

use super::{Left, Row, State};
use crate::checks::of_source;
use crate::contracts::WatchedContract;
use crate::sightings::Sightings;
use crate::{AppError, Office};

/// How late, beyond two paces, the last look may be before nobody looks any more.
const LATE_MAX: SignedDuration = SignedDuration::from_secs(60);

/// A function that is down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownNow {
    /// Which one.
    pub function: Name,
    /// Since when.
    pub since: Timestamp,
}

/// The functions of a contract that are down now, the longest first.
pub(super) async fn down(
    office: &Office,
    watched: &std::sync::Arc<WatchedContract>,
    now: Timestamp,
    sightings: &mut Sightings,
) -> Result<Vec<DownNow>, AppError> {
    let seen = crate::incidents::down::seen(office, watched, now, sightings).await?;
    let mut down: Vec<DownNow> = seen
        .down
        .into_iter()
        .map(|(function, down)| DownNow { function, since: down.from })
        .collect();
    down.sort_by_key(|it| it.since);
    Ok(down)
}

/// Sets state and rest of every row that promises to look at a function which we look at.
pub(super) async fn judge(
    office: &Office,
    watched: &WatchedContract,
    rows: &mut [Row],
    runs: &[Observation],
    sightings: &mut Sightings,
    now: Timestamp,
) -> Result<(), AppError> {
    let noted = sightings.sites(office).await?;
    for row in rows {
        let Kind::Check(check) = &row.promise.kind else { continue };
        let source =
            watched.measured.iter().find(|it| check.function.as_ref() == Some(&it.function));
        let Some(source) = source.map(|it| &it.source) else { continue };
        let sites = of_source(source, &noted, runs);
        let newest = sites.iter().flat_map(|site| runs.iter().filter(|run| run.probe == site.key));
        if let Some(newest) = newest.max_by_key(|run| run.last) {
            (row.state, row.left) = standing(check, newest, now);
        }
    }
    Ok(())
}

/// Looked at as often as promised, more seldom, or not any more.
fn standing(check: &Check, newest: &Observation, now: Timestamp) -> (State, Left) {
    let left = Left::Looked { last: newest.last, every: newest.pace };
    let patience = newest.pace.saturating_mul(2).saturating_add(LATE_MAX);
    let is_late = now.duration_since(newest.last) > patience;
    match () {
        () if is_late || newest.answer == Answer::Unseen => (State::NotMeasured, left),
        () if newest.pace > check.every => (State::AtRisk, left),
        () => (State::Watched, left),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_promise_to_look_stands() {
        let check = Check {
            what: Vec::new(),
            function: None,
            every: SignedDuration::from_mins(10),
            threshold: None,
            each: None,
            escalation: None,
        };
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().expect("an instant");
        for (ago, pace, answer, state) in [
            (1, 1, Answer::Good, State::Watched),
            (1, 1, Answer::Silent, State::Watched),
            (3, 1, Answer::Good, State::Watched),
            (4, 1, Answer::Good, State::NotMeasured),
            (1, 1, Answer::Unseen, State::NotMeasured),
            (1, 10, Answer::Good, State::Watched),
            (1, 11, Answer::Good, State::AtRisk),
        ] {
            let last = now - SignedDuration::from_mins(ago);
            let pace = SignedDuration::from_mins(pace);
            let run =
                Observation { probe: "check/a".into(), first: last, last, pace, answer, total: 1 };
            let left = Left::Looked { last, every: pace };
            assert_eq!(standing(&check, &run, now), (state, left), "{ago} {pace} {answer:?}");
        }
    }
}
