//! The delivery graph as figures for an SVG: bars in an inner box that stretches, labels at
//! percentages beside it, so that text keeps its size on any screen.

use app::deliveries::{Graph, Slot};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Height of the inner box, in its own units.
pub const HEIGHT: u64 = 1_000;
/// Width of one slot, in the inner box's own units.
pub const SLOT_WIDTH: u64 = 10;
/// More bars than these stand without gaps, which would come out uneven.
const SLOTS_WITH_GAPS_MAX: usize = 60;

/// A piece of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which outcome, as a style name.
    pub tone: &'static str,
    /// From the top of the box.
    pub y: u64,
    /// At least one unit, so that a single failure is seen.
    pub height: u64,
}

/// One slot with anything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// From the left of the box.
    pub x: u64,
    /// When the slot begins.
    pub at: Timestamp,
    /// Its counts.
    pub slot: Slot,
    /// From the bottom up.
    pub pieces: Vec<Piece>,
}

/// A label on an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Per mille of the box's width from the left, or of its height from the top.
    pub place: u64,
    /// What it says.
    pub label: String,
    /// Left out on narrow screens.
    pub minor: bool,
}

impl Tick {
    /// The place as SVG wants it.
    #[must_use]
    pub fn percent(&self) -> String {
        format!("{}.{}%", self.place / 10, self.place % 10)
    }
}

/// Everything the template draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Of the inner box.
    pub width: u64,
    /// Of one bar.
    pub bar_width: u64,
    /// Empty slots have none.
    pub bars: Vec<Bar>,
    /// The accepted recipients as a line of steps, in SVG path data; empty when there are none.
    pub accepted: String,
    /// Times.
    pub across: Vec<Tick>,
    /// Counts.
    pub up: Vec<Tick>,
    /// All slots together.
    pub total: Slot,
}

/// Lays a graph out. Times on the axis are in the zone.
#[must_use]
pub fn lay_out(graph: &Graph, zone: &TimeZone) -> Chart {
    let top = ceiling(graph.slots.iter().map(|s| outcomes(s).max(s.queued)).max().unwrap_or(0));
    let scaled = |count: u64| (count * HEIGHT).div_ceil(top).min(HEIGHT);
    let mut bars = Vec::new();
    for (place, slot) in (0u64..).zip(&graph.slots) {
        if *slot == Slot::default() {
            continue;
        }
        let mut pieces = Vec::new();
        let mut y = HEIGHT;
        for (tone, count) in parts(slot) {
            if count > 0 {
                let height = scaled(count).max(1).min(y);
                y -= height;
                pieces.push(Piece { tone, y, height });
            }
        }
        bars.push(Bar { x: place * SLOT_WIDTH, at: start(graph, place), slot: *slot, pieces });
    }
    Chart {
        width: graph.slots.len().max(1) as u64 * SLOT_WIDTH,
        bar_width: SLOT_WIDTH - u64::from(graph.slots.len() <= SLOTS_WITH_GAPS_MAX),
        bars,
        accepted: steps(graph, scaled),
        across: times(graph, zone),
        up: counts(top),
        total: graph.slots.iter().fold(Slot::default(), |sum, slot| add(&sum, slot)),
    }
}

/// Outcomes from the bottom of a bar up.
fn parts(slot: &Slot) -> [(&'static str, u64); 4] {
    [
        ("succeeded", slot.succeeded),
        ("deferred", slot.deferred),
        ("failed", slot.failed),
        ("suppressed", slot.suppressed),
    ]
}

fn outcomes(slot: &Slot) -> u64 {
    parts(slot).iter().map(|(_, count)| count).sum()
}

fn add(a: &Slot, b: &Slot) -> Slot {
    Slot {
        queued: a.queued + b.queued,
        deferred: a.deferred + b.deferred,
        succeeded: a.succeeded + b.succeeded,
        failed: a.failed + b.failed,
        suppressed: a.suppressed + b.suppressed,
    }
}

fn start(graph: &Graph, place: u64) -> Timestamp {
    let second = graph.from.as_second() + (place * u64::from(graph.slot_seconds)) as i64;
    Timestamp::from_second(second).unwrap_or(graph.from)
}

/// The next of 4, 8, 20, 40, 80, 200, … so that quarters of it are whole numbers.
pub(crate) fn ceiling(most: u64) -> u64 {
    let mut scale = 1;
    loop {
        for step in [4, 8, 20] {
            if most <= step * scale {
                return step * scale;
            }
        }
        scale *= 10;
    }
}

fn steps(graph: &Graph, scaled: impl Fn(u64) -> u64) -> String {
    if graph.slots.iter().all(|slot| slot.queued == 0) {
        return String::new();
    }
    let mut path = String::new();
    for (place, slot) in (0u64..).zip(&graph.slots) {
        let y = HEIGHT - scaled(slot.queued);
        let command = if place == 0 { "M0 " } else { "V" };
        path.push_str(&format!("{command}{y}H{}", (place + 1) * SLOT_WIDTH));
    }
    path
}

fn counts(top: u64) -> Vec<Tick> {
    (0..=4)
        .map(|quarter| Tick {
            place: 1_000 - quarter * 250,
            label: crate::marks::grouped(top / 4 * quarter),
            minor: false,
        })
        .collect()
}

/// Seconds between two labels of the time axis, by the length of the graph: at most 10 labels.
fn spacing(length: i64) -> i64 {
    const CHOICES: [i64; 7] = [600, 3_600, 10_800, 86_400, 5 * 86_400, 10 * 86_400, 60 * 86_400];
    CHOICES.into_iter().find(|step| length / step <= 9).unwrap_or(60 * 86_400)
}

/// A label further to the right would stand out of the panel, in per mille of the width.
const LABEL_PLACE_MAX: i64 = 970;

fn times(graph: &Graph, zone: &TimeZone) -> Vec<Tick> {
    spaced(graph.from, graph.slots.len() as i64 * i64::from(graph.slot_seconds), zone)
}

/// Labels of a time axis of so many seconds, on round times of the zone.
pub(crate) fn spaced(from: Timestamp, length: i64, zone: &TimeZone) -> Vec<Tick> {
    if length == 0 {
        return Vec::new();
    }
    let step = spacing(length);
    let format = if step < 86_400 { "%H:%M" } else { "%m-%d" };
    let first = from.to_zoned(zone.clone());
    // Labels stand on round times of the zone, not on round times of UTC.
    let into_step = (from.as_second() + i64::from(first.offset().seconds())).rem_euclid(step);
    let mut ticks = Vec::new();
    let mut second = if into_step == 0 { 0 } else { step - into_step };
    while second * 1_000 / length <= LABEL_PLACE_MAX {
        let at = Timestamp::from_second(from.as_second() + second).unwrap_or(from);
        ticks.push(Tick {
            place: (second * 1_000 / length) as u64,
            label: at.to_zoned(zone.clone()).strftime(format).to_string(),
            minor: ticks.len() % 2 == 1,
        });
        second += step;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(slots: Vec<Slot>, slot_seconds: u32) -> Graph {
        let from = "2026-11-21T23:00:00Z".parse().expect("an instant");
        Graph { from, slot_seconds, slots, domains: vec![] }
    }

    fn tokyo() -> TimeZone {
        TimeZone::get("Asia/Tokyo").expect("the zone database is built in")
    }

    #[test]
    fn bars_stand_on_the_ground_and_add_up() {
        let slot = Slot { queued: 8, deferred: 2, succeeded: 5, failed: 1, suppressed: 0 };
        let chart = lay_out(&graph(vec![Slot::default(), slot], 300), &tokyo());
        assert_eq!(chart.bars.len(), 1);
        assert_eq!(chart.bars[0].x, SLOT_WIDTH);
        assert_eq!(chart.bars[0].at.to_string(), "2026-11-21T23:05:00Z");
        let pieces: Vec<_> = chart.bars[0].pieces.iter().map(|p| (p.tone, p.y, p.height)).collect();
        assert_eq!(pieces, [("succeeded", 375, 625), ("deferred", 125, 250), ("failed", 0, 125)]);
        assert_eq!(chart.accepted, "M0 1000H10V0H20");
        assert_eq!(chart.total, slot);
    }

    #[test]
    fn one_failure_among_a_million_is_seen() {
        let slot = Slot { succeeded: 999_999, failed: 1, ..Slot::default() };
        let chart = lay_out(&graph(vec![slot], 3_600), &tokyo());
        let failed = chart.bars[0].pieces.iter().find(|p| p.tone == "failed");
        assert!(failed.is_some_and(|p| p.height >= 1));
    }

    #[test]
    fn nothing_is_an_empty_chart() {
        let chart = lay_out(&graph(vec![], 300), &tokyo());
        assert!(chart.bars.is_empty() && chart.accepted.is_empty() && chart.across.is_empty());
        assert_eq!(chart.up.last().map(|t| t.label.as_str()), Some("4"));
    }

    #[test]
    fn labels_stand_on_round_times_of_the_zone() {
        let day = lay_out(&graph(vec![Slot::default(); 288], 300), &tokyo());
        let labels: Vec<_> = day.across.iter().map(|t| t.label.as_str()).collect();
        assert_eq!(
            labels,
            ["09:00", "12:00", "15:00", "18:00", "21:00", "00:00", "03:00", "06:00"]
        );
        assert_eq!(day.across[0].percent(), "4.1%");
        let days = lay_out(&graph(vec![Slot::default(); 40], 86_400), &tokyo());
        assert!(days.across.len() <= 10, "{:?}", days.across);
    }

    #[test]
    fn ceilings() {
        for (most, expected) in [(0, 4), (4, 4), (5, 8), (9, 20), (21, 40), (150, 200)] {
            assert_eq!(ceiling(most), expected, "{most}");
        }
    }
}
