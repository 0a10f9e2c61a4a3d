//! The graphs of a check as figures for an SVG: response times as lines, failures as bars.

use app::checks::{Point, Stretch};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::chart::{HEIGHT, SLOT_WIDTH, Tick, spaced};

/// A time in which looks failed, or nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// A style name.
    pub tone: &'static str,
    /// From the left of the box.
    pub x: u64,
    /// From the top.
    pub y: u64,
    /// At least one unit.
    pub height: u64,
}

/// Everything the template draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookChart {
    /// Of the inner box.
    pub width: u64,
    /// Points with looks.
    pub points: Vec<Point>,
    /// Failures and what is unseen.
    pub bars: Vec<Bar>,
    /// The middle response time, as SVG path data.
    pub p50: String,
    /// 95 of 100 answers took no longer.
    pub p95: String,
    /// How high the promised response time lies.
    pub target: Option<u64>,
    /// Times.
    pub across: Vec<Tick>,
    /// Milliseconds.
    pub up: Vec<Tick>,
}

/// Lays the points of a graph out, with a line at the response time that is promised, in milliseconds.
#[must_use]
pub fn lay_out(
    points: &[Point],
    stretch: Stretch,
    target_ms: Option<u64>,
    zone: &TimeZone,
) -> LookChart {
    let most = points.iter().map(|point| point.p95_ms.max(point.p50_ms)).max().unwrap_or(0);
    let top = ceiling(most.unsigned_abs().max(target_ms.unwrap_or(0)));
    let from = points.first().map_or(Timestamp::UNIX_EPOCH, |point| point.from);
    let mut bars = Vec::new();
    for (place, point) in (0u64..).zip(points) {
        bars.extend(bar("failed", point.failures, point.looks, place));
        bars.extend(bar("suppressed", point.unseen, point.looks, place));
    }
    LookChart {
        width: points.len().max(1) as u64 * SLOT_WIDTH,
        points: points.iter().filter(|point| point.looks > 0).copied().collect(),
        bars,
        p50: line(points, top, |point| point.p50_ms),
        p95: line(points, top, |point| point.p95_ms),
        target: target_ms.map(|target| HEIGHT - (target * HEIGHT / top).min(HEIGHT)),
        across: spaced(from, points.len() as i64 * stretch.step(), zone),
        up: milliseconds(top),
    }
}

/// The share of looks that failed, from the ground up.
fn bar(tone: &'static str, count: i64, looks: i64, place: u64) -> Option<Bar> {
    if count <= 0 || looks <= 0 {
        return None;
    }
    let height = (count.unsigned_abs() * HEIGHT).div_ceil(looks.unsigned_abs()).min(HEIGHT);
    Some(Bar { tone, x: place * SLOT_WIDTH, y: HEIGHT - height, height })
}

/// A line with a gap where nothing was answered.
fn line(points: &[Point], top: u64, of: impl Fn(&Point) -> i64) -> String {
    let mut path = String::new();
    let mut is_drawn = false;
    for (place, point) in (0u64..).zip(points) {
        if point.max_ms == 0 && point.looks <= point.failures + point.unseen {
            is_drawn = false;
            continue;
        }
        let y = HEIGHT - (of(point).unsigned_abs() * HEIGHT / top).min(HEIGHT);
        let (left, right) = (place * SLOT_WIDTH, (place + 1) * SLOT_WIDTH);
        match is_drawn {
            true => path.push_str(&format!("V{y}H{right}")),
            false => path.push_str(&format!("M{left} {y}H{right}")),
        }
        is_drawn = true;
    }
    path
}

/// The next of 4, 8, 20, 40, 80, 200, … milliseconds.
fn ceiling(most: u64) -> u64 {
    crate::chart::ceiling(most)
}

fn milliseconds(top: u64) -> Vec<Tick> {
    let label = |ms: u64| match top {
        0..=4_000 => format!("{ms} ms"),
        _ => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
    };
    (0..=4)
        .map(|quarter| Tick {
            place: 1_000 - quarter * 250,
            label: label(top / 4 * quarter),
            minor: false,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(looks: i64, failures: i64, p50_ms: i64) -> Point {
        let from = Timestamp::UNIX_EPOCH;
        Point { from, looks, failures, unseen: 0, p50_ms, p95_ms: p50_ms, max_ms: p50_ms }
    }

    #[test]
    fn a_line_has_gaps_and_one_failure_is_seen() {
        let points = [point(5, 0, 100), point(5, 1, 200), point(0, 0, 0), point(1_000, 1, 50)];
        let chart = lay_out(&points, Stretch::Day, None, &TimeZone::UTC);
        assert_eq!(chart.target, None);
        let below = lay_out(&points, Stretch::Day, Some(3_000), &TimeZone::UTC);
        assert_eq!(below.target, Some(250), "3 s of 4 s");
        assert_eq!(chart.p50, "M0 500H10V0H20M30 750H40");
        let bars: Vec<_> = chart.bars.iter().map(|bar| (bar.x, bar.height)).collect();
        assert_eq!(bars, [(10, 200), (30, 1)]);
        assert_eq!(chart.points.len(), 3);
        assert_eq!(chart.up[4].label, "200 ms");
    }
}
