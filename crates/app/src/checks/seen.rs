//! What a check saw over time: looks, points of its graphs and outages.

use calendar::Span;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use store::{Answer, LookFigure, Observation, SeenLook};

use crate::{AppError, Office};

/// How long looks are kept.
pub const LOOKS_DAYS: i64 = 40;
/// How long what the looks of an hour came to is kept.
pub const FIGURES_DAYS: i64 = 366;
/// Batches of looks that ended so long ago are folded into hours.
const FOLD_AFTER: SignedDuration = SignedDuration::from_secs(120);
/// Looks that the page of a check lists.
const LAST_LOOKS: usize = 20;
/// Outages that it lists.
const OUTAGES_LISTED: usize = 50;

/// What a graph shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// 24 hours, a point every 5 minutes.
    Day,
    /// 7 days, a point every hour.
    Week,
    /// 40 days, a point every 4 hours.
    Month,
    /// A year, a point every 2 days.
    Year,
}

/// Every stretch with its word.
pub const SPANS: [(&str, Stretch); 4] =
    [("24h", Stretch::Day), ("7d", Stretch::Week), ("40d", Stretch::Month), ("1y", Stretch::Year)];

impl Stretch {
    /// Seconds of one point.
    #[must_use]
    pub fn step(self) -> i64 {
        match self {
            Stretch::Day => 300,
            Stretch::Week => 3_600,
            Stretch::Month => 4 * 3_600,
            Stretch::Year => 48 * 3_600,
        }
    }

    /// How many points there are.
    #[must_use]
    pub fn points(self) -> i64 {
        match self {
            Stretch::Day => 288,
            Stretch::Week => 168,
            Stretch::Month => 240,
            Stretch::Year => 183,
        }
    }
}

/// One point of a graph: what the looks in its time came to. Where several hours are one point, its
/// times are the worst of theirs.
pub type Point = LookFigure;

/// A time in which a check heard nothing right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The first look that failed.
    pub from: Timestamp,
    /// The first look after it that did not; `None` while it lasts.
    pub until: Option<Timestamp>,
    /// Whether any look met silence, so that it was down however the contract reads it.
    pub silent: bool,
}

/// Everything the page of a check shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// The points of the graph, the earliest first; those without looks are there too.
    pub points: Vec<Point>,
    /// The last looks, the newest first.
    pub looks: Vec<SeenLook>,
    /// The outages of the graph's time, the newest first.
    pub outages: Vec<Outage>,
    /// When nobody looked since it hears what it hears, within the graph's time; the newest first.
    pub blind: Vec<Span>,
}

/// What a check saw.
///
/// # Errors
/// When the records fail.
pub async fn detail(
    office: &Office,
    check: &str,
    stretch: Stretch,
    now: Timestamp,
) -> Result<Detail, AppError> {
    let step = stretch.step();
    // Points stand on round times, and the last one is still filling.
    let end = now.as_second().div_euclid(step) * step + step;
    let from = instant(end - step * stretch.points());
    let until = instant(end);
    let points = match stretch {
        Stretch::Day => {
            points_of_looks(&office.store.looks(check, from, until).await?, from, stretch)
        }
        _ => {
            let mut figures = office.store.look_figures(check, from, until).await?;
            figures.extend(not_folded(office, check, &figures, now).await?);
            points_of_figures(&figures, from, stretch)
        }
    };
    let lately = now.checked_sub(SignedDuration::from_hours(48)).unwrap_or(from);
    let after = now.checked_add(SignedDuration::from_secs(1)).unwrap_or(now);
    let mut looks = office.store.looks(check, lately, after).await?;
    looks.reverse();
    looks.truncate(LAST_LOOKS);
    let runs = office.store.runs_of(check, from, until).await?;
    Ok(Detail { points, looks, outages: outages(&runs), blind: blind(&runs) })
}

/// What the looks of the newest hour came to, where it is not folded yet or was folded too early.
async fn not_folded(
    office: &Office,
    check: &str,
    figures: &[LookFigure],
    now: Timestamp,
) -> Result<Vec<LookFigure>, AppError> {
    let hour = instant(now.as_second().div_euclid(3_600) * 3_600);
    if figures.iter().any(|figure| figure.from == hour) {
        return Ok(Vec::new());
    }
    let after = now.checked_add(SignedDuration::from_secs(1)).unwrap_or(now);
    let looks = office.store.looks(check, hour, after).await?;
    Ok(vec![LookFigure::of(hour, &looks)])
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}

fn place(at: Timestamp, from: Timestamp, stretch: Stretch) -> Option<usize> {
    usize::try_from((at.as_second() - from.as_second()).div_euclid(stretch.step())).ok()
}

fn points_of_looks(looks: &[SeenLook], from: Timestamp, stretch: Stretch) -> Vec<Point> {
    let mut groups = vec![Vec::new(); usize::try_from(stretch.points()).unwrap_or_default()];
    for look in looks {
        if let Some(group) = place(look.at, from, stretch).and_then(|place| groups.get_mut(place)) {
            group.push(look.clone());
        }
    }
    let begin = |n: i64| instant(from.as_second() + n * stretch.step());
    (0..).zip(&groups).map(|(n, looks)| LookFigure::of(begin(n), looks)).collect()
}

fn points_of_figures(figures: &[LookFigure], from: Timestamp, stretch: Stretch) -> Vec<Point> {
    let begin = |n: i64| instant(from.as_second() + n * stretch.step());
    let mut points: Vec<Point> =
        (0..stretch.points()).map(|n| LookFigure::of(begin(n), &[])).collect();
    for figure in figures {
        let Some(point) = place(figure.from, from, stretch).and_then(|n| points.get_mut(n)) else {
            continue;
        };
        point.looks += figure.looks;
        point.failures += figure.failures;
        point.unseen += figure.unseen;
        point.p50_ms = point.p50_ms.max(figure.p50_ms);
        point.p95_ms = point.p95_ms.max(figure.p95_ms);
        point.max_ms = point.max_ms.max(figure.max_ms);
    }
    points
}

/// Times between the newest runs that heard the same, in which nobody looked.
fn blind(runs: &[Observation]) -> Vec<Span> {
    let is_right = |run: &Observation| run.answer == Answer::Good;
    let mut seen = runs.iter().rev().filter(|run| run.answer != Answer::Unseen).peekable();
    let mut blind = Vec::new();
    while let Some(later) = seen.next() {
        let Some(earlier) = seen.peek().filter(|it| is_right(it) == is_right(later)) else { break };
        let known = earlier.last.checked_add(earlier.pace * 2).unwrap_or(Timestamp::MAX);
        if later.first > known {
            blind.extend(Span::new(earlier.last, later.first).ok());
        }
    }
    blind.truncate(OUTAGES_LISTED);
    blind
}

/// Runs of failures that follow each other are one outage, over times in which nobody looked.
fn outages(runs: &[Observation]) -> Vec<Outage> {
    let mut outages: Vec<Outage> = Vec::new();
    let mut is_open = false;
    for run in runs.iter().filter(|run| run.answer != Answer::Unseen) {
        let is_down = matches!(run.answer, Answer::Refused | Answer::Silent);
        if is_down && !is_open {
            outages.push(Outage { from: run.first, until: None, silent: false });
        }
        if let Some(open) = outages.last_mut().filter(|_| is_open || is_down) {
            open.silent |= run.answer == Answer::Silent;
            if !is_down {
                open.until = Some(run.first);
            }
        }
        is_open = is_down;
    }
    outages.reverse();
    outages.truncate(OUTAGES_LISTED);
    outages
}

/// Folds looks that are some minutes old into hours; how many batches.
///
/// # Errors
/// When the records fail.
pub async fn fold(office: &Office, now: Timestamp) -> Result<u64, AppError> {
    let before = now.checked_sub(FOLD_AFTER).unwrap_or(now);
    Ok(office.store.fold_looks(before).await?)
}

/// Forgets looks older than [`LOOKS_DAYS`] and figures older than [`FIGURES_DAYS`]; how many rows.
///
/// # Errors
/// When the records fail.
pub async fn drop_expired(office: &Office, now: Timestamp) -> Result<u64, AppError> {
    let today = now.to_zoned(TimeZone::UTC);
    let ago = |days: i64| today.checked_sub(jiff::Span::new().days(days));
    let (Ok(looks), Ok(figures)) = (ago(LOOKS_DAYS), ago(FIGURES_DAYS)) else { return Ok(0) };
    Ok(office.store.drop_looks_before(looks.timestamp(), figures.timestamp()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(first: &str, answer: Answer) -> Observation {
        let first: Timestamp = format!("2026-11-22T{first}:00Z").parse().expect("an instant");
        let pace = SignedDuration::from_mins(1);
        Observation { probe: "check/a".into(), first, last: first, pace, answer, total: 1 }
    }

    #[test]
    fn failures_that_follow_each_other_are_one_outage() {
        use Answer::{Good, Refused, Silent, Unseen};
        let story = [
            run("00:00", Good),
            run("00:01", Refused),
            run("00:02", Silent),
            run("00:03", Good),
            run("00:04", Refused),
            run("00:05", Unseen),
            run("00:06", Refused),
        ];
        let shown: Vec<String> = outages(&story)
            .iter()
            .map(|it| {
                let time = |at: Timestamp| at.to_string()[11..16].to_owned();
                let until = it.until.map_or("…".to_owned(), time);
                format!("{}–{until}{}", time(it.from), if it.silent { " silent" } else { "" })
            })
            .collect();
        assert_eq!(shown, ["00:04–…", "00:01–00:03 silent"]);
    }

    #[test]
    fn times_in_which_nobody_looked_stand_apart() {
        use Answer::{Good, Refused, Silent, Unseen};
        let story = [
            run("00:00", Good),
            run("00:10", Refused),
            run("00:12", Silent),
            run("00:13", Unseen),
            run("00:16", Silent),
        ];
        let time = |at: Timestamp| at.to_string()[11..16].to_owned();
        let shown: Vec<String> = blind(&story)
            .iter()
            .map(|it| format!("{}–{}", time(it.from()), time(it.until())))
            .collect();
        assert_eq!(shown, ["00:12–00:16"]);
        assert_eq!(outages(&story).len(), 1);
    }
}
