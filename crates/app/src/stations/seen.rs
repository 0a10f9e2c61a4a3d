//! How stations stand now, and their graphs over time.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use store::{
    CrossingRecord, Figure, OrderRecord, READINGS_DAYS, SLOTS_DAYS, SeenReading, StateChange,
    StateRecord, StationRecord, figures_of,
};

use super::{SILENT_AFTER, known, named};
use crate::checks::{FIGURES_DAYS, Stretch};
use crate::{AppError, Office};

/// Series of one station that a page draws.
pub const GRAPHS_MAX: usize = 200;
/// Batches of readings that ended so long ago are folded into hours.
const FOLD_AFTER: SignedDuration = SignedDuration::from_secs(600);

/// Values that are so much older than the newest one still say how the machine is.
const NOW: SignedDuration = SignedDuration::from_mins(10);
/// What the series of databases begin with.
const DATABASE: &str = "database.";

/// An agent tells each state again after ten minutes: one that was not told for twice as long before the
/// newest reading is of something that the agent does not look at any more.
const STATE_STALE_AFTER: SignedDuration = SignedDuration::from_mins(20);

/// A state that was not told for too long is not known.
fn as_far_as_known(station: &StationRecord, state: StateRecord) -> StateRecord {
    let newest = station.latest.last().map_or(state.seen, |reading| reading.at);
    match newest.duration_since(state.seen) > STATE_STALE_AFTER {
        true => StateRecord { state: link::StateWord::Unknown, since: state.seen, ..state },
        false => state,
    }
}

/// How a station stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The station.
    pub station: StationRecord,
    /// Its newest values by the names of their series.
    pub values: BTreeMap<String, i64>,
    /// Units, processes and arrays that are not as they should be.
    pub bad: Vec<StateRecord>,
    /// Thresholds that are reached.
    pub crossings: Vec<CrossingRecord>,
    /// Nothing was heard since then, and that is too long.
    pub silent_since: Option<Timestamp>,
}

impl Seen {
    /// The partition of which most is used, with its use in per mille.
    #[must_use]
    pub fn fullest(&self) -> Option<(&str, i64)> {
        let disks = self.values.iter().filter_map(|(series, value)| {
            let (what, of) = super::crossings::used(series)?;
            (what == "disk").then_some((of, *value))
        });
        disks.max_by_key(|(_, permille)| *permille)
    }
}

/// Since when a station is silent: one that was never heard is expected, not silent.
fn silent_since(station: &StationRecord, now: Timestamp) -> Option<Timestamp> {
    let is_silent = |seen: &Timestamp| now.duration_since(*seen) > SILENT_AFTER;
    station.seen.filter(|seen| station.revoked.is_none() && is_silent(seen))
}

/// Every station, by name.
///
/// # Errors
/// When the records fail.
pub async fn list(office: &Office, now: Timestamp) -> Result<Vec<Seen>, AppError> {
    let mut bad: BTreeMap<i64, Vec<StateRecord>> = BTreeMap::new();
    for (station, state) in office.store.bad_states().await? {
        bad.entry(station).or_default().push(state);
    }
    let mut crossings: BTreeMap<i64, Vec<CrossingRecord>> = BTreeMap::new();
    for (station, crossing) in office.store.crossings(Timestamp::MAX).await? {
        crossings.entry(station).or_default().push(crossing);
    }
    let mut all = Vec::new();
    for station in office.store.stations().await? {
        let number = station.number;
        all.push(Seen {
            values: values(office, &station).await?,
            bad: are_bad(bad.remove(&number).unwrap_or_default(), &station),
            crossings: crossings.remove(&number).unwrap_or_default(),
            silent_since: silent_since(&station, now),
            station,
        });
    }
    Ok(all)
}

fn are_bad(states: Vec<StateRecord>, station: &StationRecord) -> Vec<StateRecord> {
    let known = states.into_iter().map(|state| as_far_as_known(station, state));
    known.filter(|it| it.state == link::StateWord::Bad).collect()
}

async fn values(
    office: &Office,
    station: &StationRecord,
) -> Result<BTreeMap<String, i64>, AppError> {
    let Some(newest) = station.latest.last() else { return Ok(BTreeMap::new()) };
    let series = office.store.series(station.number).await?;
    let mut values = BTreeMap::new();
    for reading in &station.latest {
        let is_now = newest.at.duration_since(reading.at) <= NOW;
        let named = named(&series, &reading.values);
        // Sizes of databases are asked for once in a while; anything else that stopped is gone.
        values.extend(named.into_iter().filter(|(name, _)| is_now || name.starts_with(DATABASE)));
    }
    Ok(values)
}

/// Everything of one station beside its graphs: how it stands, all its states, what changed in the last
/// week, and its orders, the newest first.
///
/// # Errors
/// Refused when there is no such station.
pub async fn seen(
    office: &Office,
    name: &str,
    now: Timestamp,
) -> Result<(Seen, Vec<StateRecord>, Vec<StateChange>, Vec<OrderRecord>), AppError> {
    let station = known(office, name).await?;
    let number = station.number;
    let states = office.store.station_states(number).await?;
    let states: Vec<StateRecord> =
        states.into_iter().map(|state| as_far_as_known(&station, state)).collect();
    let week_ago = now.checked_sub(SignedDuration::from_hours(7 * 24)).unwrap_or(now);
    let changes = office.store.station_changes(number, week_ago).await?;
    let orders = office.store.orders_to(number).await?;
    let seen = Seen {
        values: values(office, &station).await?,
        bad: states.iter().filter(|it| it.state == link::StateWord::Bad).cloned().collect(),
        crossings: office.store.open_crossings(number).await?,
        silent_since: silent_since(&station, now),
        station,
    };
    Ok((seen, states, changes, orders))
}

/// One series over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// Its name, such as `load.1m_milli`.
    pub series: String,
    /// One for each step of the stretch; `None` where nothing was read.
    pub points: Vec<Option<Figure>>,
}

/// All series of a station over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graphs {
    /// Where the first point begins.
    pub from: Timestamp,
    /// By name, at most [`GRAPHS_MAX`].
    pub graphs: Vec<Graph>,
    /// How many series there are in all.
    pub series: usize,
}

/// The graphs of a station.
///
/// # Errors
/// When the records fail.
pub async fn graphs(
    office: &Office,
    station: &StationRecord,
    stretch: Stretch,
    now: Timestamp,
) -> Result<Graphs, AppError> {
    let step = stretch.step();
    // Points stand on round times, and the last one is still filling.
    let end = now.as_second().div_euclid(step) * step + step;
    let (from, until) = (instant(end - step * stretch.points()), instant(end));
    let series = office.store.series(station.number).await?;
    let mut names: Vec<(&String, i64)> =
        series.iter().map(|(number, name)| (name, *number)).collect();
    names.sort();
    let mut places: BTreeMap<i64, usize> = BTreeMap::new();
    for (place, (_, number)) in names.iter().take(GRAPHS_MAX).enumerate() {
        places.insert(*number, place);
    }
    let empty = vec![None; usize::try_from(stretch.points()).unwrap_or_default()];
    let mut graphs: Vec<Graph> = names
        .iter()
        .take(GRAPHS_MAX)
        .map(|(name, _)| Graph { series: (*name).clone(), points: empty.clone() })
        .collect();
    for (at, figures) in figures(office, station, stretch, (from, until), now).await? {
        let point = (at.as_second() - from.as_second()).div_euclid(step);
        let Ok(point) = usize::try_from(point) else { continue };
        for (number, figure) in figures {
            let graph = places.get(&number).and_then(|place| graphs.get_mut(*place));
            if let Some(here) = graph.and_then(|graph| graph.points.get_mut(point)) {
                *here = Some(here.map_or(figure, |before| before.with(figure)));
            }
        }
    }
    Ok(Graphs { from, graphs, series: series.len() })
}

type Figures = Vec<(Timestamp, BTreeMap<i64, Figure>)>;

/// What was read, in pieces no longer than a point of the graph.
async fn figures(
    office: &Office,
    station: &StationRecord,
    stretch: Stretch,
    (from, until): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<Figures, AppError> {
    let single = |readings: Vec<SeenReading>| -> Figures {
        let one = |reading: SeenReading| (reading.at, figures_of(&[reading]));
        readings.into_iter().map(one).collect()
    };
    if stretch == Stretch::Day {
        return Ok(single(office.store.readings(station.number, from, until).await?));
    }
    // The newest hours may not be folded yet, or not to their end.
    let folded = instant((now.as_second().div_euclid(3_600) - 1) * 3_600);
    let hours = office.store.reading_figures(station.number, from, folded).await?;
    let mut figures: Figures = hours.into_iter().map(|hour| (hour.from, hour.series)).collect();
    figures.extend(single(office.store.readings(station.number, folded, until).await?));
    Ok(figures)
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}

/// Folds readings that are some minutes old into hours; how many batches.
///
/// # Errors
/// When the records fail.
pub async fn fold(office: &Office, now: Timestamp) -> Result<u64, AppError> {
    let before = now.checked_sub(FOLD_AFTER).unwrap_or(now);
    Ok(office.store.fold_readings(before).await?)
}

/// Forgets readings, states and slots older than 40 days, and figures and changes older than a year; how many
/// rows.
///
/// # Errors
/// When the records fail.
pub async fn drop_expired(office: &Office, now: Timestamp) -> Result<u64, AppError> {
    let today = now.to_zoned(TimeZone::UTC);
    let ago = |days: i64| today.checked_sub(jiff::Span::new().days(days)).map(|at| at.timestamp());
    let (Ok(readings), Ok(slots), Ok(figures)) =
        (ago(READINGS_DAYS), ago(SLOTS_DAYS), ago(FIGURES_DAYS))
    else {
        return Ok(0);
    };
    let store = &office.store;
    let mut dropped = store.drop_readings_before(readings, figures).await?;
    dropped += store.drop_log_slots_before(slots).await?;
    dropped += store.drop_changes_before(figures).await?;
    dropped += store.drop_states_before(readings).await?;
    Ok(dropped)
}
