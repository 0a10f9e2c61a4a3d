//! The values of a machine in words, with their units, and as graphs.

use app::checks::Stretch;
use app::stations::{Figure, Graph};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::chart::{HEIGHT, SLOT_WIDTH, Tick, ceiling, spaced};
use crate::marks;
use crate::words::Lang;

/// In what a series counts, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Permille,
    Milli,
    Bytes,
    BytesPerSecond,
    Seconds,
    Count,
}

fn unit(series: &str) -> Unit {
    const ENDS: [(&str, Unit); 5] = [
        ("_permille", Unit::Permille),
        ("_milli", Unit::Milli),
        ("_bytes_per_s", Unit::BytesPerSecond),
        ("_bytes", Unit::Bytes),
        ("_s", Unit::Seconds),
    ];
    ENDS.into_iter().find(|(end, _)| series.ends_with(end)).map_or(Unit::Count, |(_, unit)| unit)
}

/// A value as the screen says it: `78.5%`, `0.25`, `12.0 GiB`.
#[must_use]
pub fn value_text(series: &str, value: i64) -> String {
    let value = value.unsigned_abs();
    match unit(series) {
        Unit::Permille => format!("{}.{}%", value / 10, value % 10),
        Unit::Milli => format!("{}.{:02}", value / 1_000, value % 1_000 / 10),
        Unit::Bytes => marks::size(value),
        Unit::BytesPerSecond => format!("{}/s", marks::size(value)),
        Unit::Seconds => format!("{} s", marks::grouped(value)),
        Unit::Count => marks::grouped(value),
    }
}

/// What a series tells, in words; its own name where we have none.
#[must_use]
pub fn title(lang: Lang, series: &str) -> String {
    const FIXED: [(&str, &str); 12] = [
        ("load.1m_milli", "series-load-1"),
        ("load.5m_milli", "series-load-5"),
        ("load.15m_milli", "series-load-15"),
        ("uptime_s", "series-uptime"),
        ("cpu.busy_permille", "series-cpu-busy"),
        ("cpu.waiting_permille", "series-cpu-waiting"),
        ("cpu.stolen_permille", "series-cpu-stolen"),
        ("memory.used_permille", "series-memory-used"),
        ("memory.available_bytes", "series-memory-available"),
        ("memory.total_bytes", "series-memory-total"),
        ("swap.used_permille", "series-swap-used"),
        ("swap.total_bytes", "series-swap-total"),
    ];
    /// Beginning, end, and the words around what stands between.
    const NAMED: [(&str, &str, &str); 9] = [
        ("disk.", ".inodes_used_permille", "series-inodes-used"),
        ("disk.", ".inodes_free", "series-inodes-free"),
        ("disk.", ".used_permille", "series-disk-used"),
        ("disk.", ".free_bytes", "series-disk-free"),
        ("disk.", ".size_bytes", "series-disk-size"),
        ("net.", ".in_bytes_per_s", "series-net-in"),
        ("net.", ".out_bytes_per_s", "series-net-out"),
        ("database.", ".size_bytes", "series-database-size"),
        ("database.", ".used_permille", "series-database-used"),
    ];
    if let Some((_, key)) = FIXED.iter().find(|(name, _)| *name == series) {
        return lang.say(key);
    }
    let between = |(begin, end, key): &(&str, &str, &'static str)| {
        let of = series.strip_prefix(begin)?.strip_suffix(end)?;
        Some(lang.say_with(key, &[("value", of.to_owned().into())]))
    };
    if let Some(text) = NAMED.iter().find_map(between) {
        return text;
    }
    match series.strip_prefix("process.").and_then(|rest| rest.strip_suffix(".count")) {
        Some(name) => lang.say_with("series-process", &[("value", name.to_owned().into())]),
        None => series.to_owned(),
    }
}

/// Everything the template draws of one series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesChart {
    /// Its own name.
    pub series: String,
    /// In words.
    pub title: String,
    /// Of the inner box.
    pub width: u64,
    /// The mean of each point, as SVG path data.
    pub mean: String,
    /// The highest value of each point.
    pub highest: String,
    /// Times.
    pub across: Vec<Tick>,
    /// Values.
    pub up: Vec<Tick>,
    /// The newest point's mean, in words.
    pub newest: Option<String>,
    /// Lowest and highest of all, in words.
    pub range: Option<(String, String)>,
}

/// Lays one series out.
#[must_use]
pub fn lay_out(
    lang: Lang,
    graph: &Graph,
    from: Timestamp,
    stretch: Stretch,
    zone: &TimeZone,
) -> SeriesChart {
    let all = graph.points.iter().flatten().copied().reduce(Figure::with);
    let top = top(&graph.series, all.map_or(0, |figure| figure.highest.max(0)));
    let text = |value| value_text(&graph.series, value);
    let newest = graph.points.iter().rev().flatten().next();
    SeriesChart {
        title: title(lang, &graph.series),
        width: graph.points.len().max(1) as u64 * SLOT_WIDTH,
        mean: line(&graph.points, top, |figure| figure.mean),
        highest: line(&graph.points, top, |figure| figure.highest),
        across: spaced(from, graph.points.len() as i64 * stretch.step(), zone),
        up: up(&graph.series, top),
        newest: newest.map(|figure| text(figure.mean)),
        range: all.map(|figure| (text(figure.lowest), text(figure.highest))),
        series: graph.series.clone(),
    }
}

/// The value at the upper edge: round in the unit of the series; a share in use has its whole.
fn top(series: &str, most: i64) -> u64 {
    let most = most.unsigned_abs();
    match unit(series) {
        Unit::Permille if series.ends_with("used_permille") => 1_000,
        Unit::Permille => ceiling(most).min(1_000),
        Unit::Bytes | Unit::BytesPerSecond => {
            let mut unit = 1;
            while most / unit >= 1_024 {
                unit *= 1_024;
            }
            ceiling(most.div_ceil(unit)) * unit
        }
        Unit::Milli | Unit::Seconds | Unit::Count => ceiling(most),
    }
}

fn up(series: &str, top: u64) -> Vec<Tick> {
    let label = |value: u64| value_text(series, i64::try_from(value).unwrap_or(i64::MAX));
    let tick = |quarter: u64| Tick {
        place: HEIGHT - quarter * HEIGHT / 4,
        label: label(top / 4 * quarter),
        minor: quarter % 2 == 1,
    };
    (0..=4).map(tick).collect()
}

/// A line with a gap where nothing was read.
fn line(points: &[Option<Figure>], top: u64, of: impl Fn(&Figure) -> i64) -> String {
    let mut path = String::new();
    let mut is_drawn = false;
    for (place, point) in (0u64..).zip(points) {
        let Some(figure) = point else {
            is_drawn = false;
            continue;
        };
        let value = of(figure).max(0).unsigned_abs().min(top);
        let scaled = u128::from(value) * u128::from(HEIGHT) / u128::from(top.max(1));
        let y = HEIGHT - u64::try_from(scaled).unwrap_or(HEIGHT);
        let (left, right) = (place * SLOT_WIDTH, (place + 1) * SLOT_WIDTH);
        match is_drawn {
            true => path.push_str(&format!("V{y}H{right}")),
            false => path.push_str(&format!("M{left} {y}H{right}")),
        }
        is_drawn = true;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_unit() {
        for (series, value, expected) in [
            ("disk./var.used_permille", 785, "78.5%"),
            ("load.1m_milli", 250, "0.25"),
            ("memory.total_bytes", 8_589_934_592, "8.0 GiB"),
            ("net.eth0.in_bytes_per_s", 2_048, "2.0 KiB/s"),
            ("uptime_s", 86_400, "86,400 s"),
            ("process.nginx.count", 4, "4"),
        ] {
            assert_eq!(value_text(series, value), expected, "{series}");
        }
    }

    #[test]
    fn names_become_words() {
        for (series, expected) in [
            ("load.1m_milli", "Load, 1 minute"),
            ("disk./var.used_permille", "Disk /var, in use"),
            ("disk./.inodes_used_permille", "Disk /, inodes in use"),
            ("something.else", "something.else"),
        ] {
            assert_eq!(title(Lang::En, series), expected);
        }
    }

    #[test]
    fn a_line_has_gaps_and_a_share_has_its_whole() {
        let points =
            vec![Some(Figure::of(500)), Some(Figure::of(1_000)), None, Some(Figure::of(0))];
        let graph = Graph { series: "disk./.used_permille".to_owned(), points };
        let from = Timestamp::UNIX_EPOCH;
        let chart = lay_out(Lang::En, &graph, from, Stretch::Day, &TimeZone::UTC);
        assert_eq!(chart.mean, "M0 500H10V0H20M30 1000H40");
        assert_eq!(chart.up[4].label, "100.0%");
        assert_eq!(chart.newest.as_deref(), Some("0.0%"));
        let big = top("memory.total_bytes", 7 * 1_024 * 1_024 * 1_024);
        assert_eq!(big, 8 * 1_024 * 1_024 * 1_024);
        assert_eq!(top("cpu.busy_permille", 37), 40);
    }
}
