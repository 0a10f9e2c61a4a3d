//! Machines as a morning shows them, as sample data for the pages.

use std::collections::BTreeMap;

use app::stations::{
    CrossingRecord, Figure, Graph, Hour, Limit, OrderRecord, OrderResult, Outcome, Seen,
    SeenReading, SlotRecord, StateChange, StateRecord, StateWord, StationKind, StationRecord,
    Trouble,
};
use jiff::SignedDuration;
use terms::{Percent, Threshold};

use super::sample::{HOSTILE, ago};
use crate::rooms::machine_parts::{HourView, SourceView};

fn station(name: &str, kind: StationKind, heard: Option<i64>) -> StationRecord {
    StationRecord {
        number: 1,
        name: name.to_owned(),
        kind,
        site: Some("tokyo".to_owned()),
        contracts: vec!["skyarch-platinum".to_owned()],
        digest: Vec::new(),
        created: ago(90_000),
        revoked: None,
        seen: heard.map(ago),
        latest: heard.iter().map(|it| SeenReading { at: ago(*it), values: Vec::new() }).collect(),
    }
}

fn seen(station: StationRecord) -> Seen {
    Seen {
        station,
        values: BTreeMap::new(),
        bad: Vec::new(),
        crossings: Vec::new(),
        silent_since: None,
    }
}

/// One with trouble, one that is well, a silent one, a revoked one, a new one.
pub fn machines() -> Vec<Seen> {
    let values = [
        ("load.1m_milli", 1_250),
        ("cpu.busy_permille", 37),
        ("memory.used_permille", 612),
        ("disk./.used_permille", 913),
        ("disk./.size_bytes", 64 << 30),
        ("disk./.free_bytes", 5 << 30),
        ("disk./.inodes_used_permille", 120),
        ("disk./srv/data.used_permille", 402),
        ("disk./srv/data.size_bytes", 2 << 40),
        ("disk./srv/data.free_bytes", 1 << 40),
    ];
    let values: BTreeMap<String, i64> =
        values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let crossing = CrossingRecord {
        contract: "skyarch-platinum".to_owned(),
        promise: "disk".to_owned(),
        used_of: "disk /".to_owned(),
        from: ago(44),
        last: ago(0),
        until: None,
        at_least: 90 * Percent::ONE,
        worst: 921,
    };
    let bad = states().into_iter().filter(|state| state.state == StateWord::Bad).collect();
    let agent = |name: &str, heard| station(name, StationKind::Agent, heard);
    vec![
        Seen {
            values: values.clone(),
            bad,
            crossings: vec![crossing],
            ..seen(agent("web-1", Some(0)))
        },
        Seen { values, ..seen(agent("web-2", Some(1))) },
        Seen { silent_since: Some(ago(47)), ..seen(agent("db-1", Some(47))) },
        seen(StationRecord {
            revoked: Some(ago(600)),
            ..station("osaka", StationKind::Node, Some(700))
        }),
        seen(agent("new-1", None)),
    ]
}

pub fn states() -> Vec<StateRecord> {
    let state = |name: &str, state, detail: &str, minutes| StateRecord {
        name: name.to_owned(),
        state,
        detail: detail.to_owned(),
        since: ago(minutes),
        seen: ago(0),
    };
    vec![
        state("action.reboot", StateWord::Good, "", 9_000),
        state("action.restart-nginx", StateWord::Good, "", 9_000),
        state("database.shop", StateWord::Unknown, "", 3),
        state("raid.md0", StateWord::Bad, "[U_]", 31),
        state("unit.nginx.service", StateWord::Good, "active (running)", 4_000),
        state("unit.mariadb.service", StateWord::Bad, HOSTILE, 12),
    ]
}

pub fn changes() -> Vec<StateChange> {
    let change = |state: StateRecord| StateChange {
        name: state.name,
        at: state.since,
        state: state.state,
        detail: state.detail,
    };
    states().into_iter().skip(2).map(change).collect()
}

pub fn limits() -> Vec<Limit> {
    let limit = |promise: &str, percent, about: &str| Limit {
        contract: "skyarch-platinum".to_owned(),
        promise: promise.to_owned(),
        threshold: Threshold { at_least: Percent(percent * Percent::ONE) },
        about: vec![about.to_owned()],
    };
    vec![limit("disk", 90, "disk"), limit("inodes", 50, "inode")]
}

pub fn orders() -> Vec<OrderRecord> {
    let order = |id: i64, minutes, result| OrderRecord {
        id,
        station: 1,
        number: id.unsigned_abs(),
        action: "restart-nginx".to_owned(),
        incident: Some(4),
        by: "hanako".to_owned(),
        issued: ago(minutes),
        expires: ago(minutes) + SignedDuration::from_secs(60),
        fetched: None,
        result,
    };
    let result = |outcome, detail: &str| {
        let (started, ended) = (ago(30), ago(29));
        Some(OrderResult { outcome, detail: detail.to_owned(), started, ended })
    };
    vec![
        order(5, 0, None),
        order(4, 12, None),
        order(3, 30, result(Outcome::Refused, HOSTILE)),
        order(2, 40, result(Outcome::Unknown, "")),
        order(1, 50, result(Outcome::Done, "exit 0")),
    ]
}

pub fn sources() -> Vec<SourceView> {
    let hour = |place: i64| HourView {
        from: ago((48 - place) * 60),
        hour: Hour {
            lines: 120,
            trouble: u64::from(place == 40) * 7,
            is_missing: (10..13).contains(&place),
            is_before: place < 6,
            is_to_come: place == 47,
        },
    };
    let slot = SlotRecord {
        source: "syslog".to_owned(),
        from: ago(480),
        until: ago(420),
        lines: 120,
        bytes: 9_600,
        trouble: 7,
        gap: false,
    };
    let line = Trouble { at: None, pattern: "oom".to_owned(), line: HOSTILE.to_owned() };
    let hours = (0..48).map(hour).collect();
    vec![SourceView { source: "syslog".to_owned(), hours, troubled: vec![(slot, vec![line])] }]
}

pub fn graphs(is_full: bool) -> Vec<Graph> {
    if !is_full {
        return Vec::new();
    }
    let wave = |n: i64| (n % 40 - 20).abs() * 20;
    let point = |n: i64| match (100..120).contains(&n) {
        true => None,
        false => {
            let mean = 100 + wave(n);
            Some(Figure { samples: 5, lowest: mean / 2, mean, highest: mean + 80 })
        }
    };
    let graph =
        |series: &str| Graph { series: series.to_owned(), points: (0..288).map(point).collect() };
    ["cpu.busy_permille", "disk./.used_permille", "load.1m_milli", "net.eth0.in_bytes_per_s"]
        .map(graph)
        .to_vec()
}
