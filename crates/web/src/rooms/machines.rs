//! The machines that stations stand on: the list, and the page of one with its graphs, logs and orders.

use std::sync::Arc;

use app::stations::{self, OrderRecord, OrderState, Seen, StateWord, StationKind};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde::Deserialize;

use super::machine_form::missing;
use super::machine_parts::{Partition, SourceView, named_of, partitions, sources};
use super::{Answer, done, encoded, show};
use crate::frame::Frame;
use crate::guard::{Asked, Signed};
use crate::marks::Chip;
use crate::series::{self, SeriesChart};
use crate::{Console, Shared, chart, spans};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/machines", get(list))
        .route("/machines/{name}", get(detail))
        .route("/machines/{name}/order", post(order))
        .merge(super::machine_form::routes())
}

/// How a station stands, as a coloured word.
fn standing(f: &Frame, seen: &Seen) -> Chip {
    let chip = |tone, key: &str| Chip { tone, word: f.t(key) };
    match (seen.station.revoked, seen.station.seen, seen.silent_since) {
        (Some(_), ..) => chip("unmeasured", "machine-revoked"),
        (None, None, _) => chip("unmeasured", "machine-never-heard"),
        (None, Some(_), Some(_)) => chip("failed", "machine-silent"),
        (None, Some(_), None) if !seen.crossings.is_empty() || !seen.bad.is_empty() => {
            chip("deferred", "machine-trouble")
        }
        (None, Some(_), None) => chip("succeeded", "machine-well"),
    }
}

pub(super) fn kind_text(f: &Frame, kind: &StationKind) -> String {
    match kind {
        StationKind::Agent => f.t("station-agent"),
        StationKind::Node => f.t("station-node"),
    }
}

/// What a state is of: `Unit nginx.service`.
fn named_text(f: &Frame, name: &str) -> String {
    let (key, of) = named_of(name);
    if key.is_empty() { of.to_owned() } else { format!("{} {of}", f.t(key)) }
}

/// What a threshold is about: `Disk /var`.
fn used_text(f: &Frame, used_of: &str) -> String {
    let (what, of) = used_of.split_once(' ').unwrap_or((used_of, ""));
    let kind = match what {
        "disk" => f.t("machine-disk"),
        "inode" => f.t("machine-inodes"),
        "database-size" => f.t("machine-database"),
        other => other.to_owned(),
    };
    format!("{kind} {of}")
}

#[derive(Template)]
#[template(path = "machines.html")]
struct MachinesPage {
    f: Frame,
    machines: Vec<Seen>,
}

impl MachinesPage {
    fn fullest(&self, seen: &Seen) -> Option<String> {
        let (of, permille) = seen.fullest()?;
        Some(format!("{of} {}", series::value_text("used_permille", permille)))
    }

    fn load(&self, seen: &Seen) -> Option<String> {
        let value = seen.values.get("load.1m_milli")?;
        Some(series::value_text("load.1m_milli", *value))
    }

    fn silent(&self) -> u64 {
        self.machines.iter().filter(|seen| seen.silent_since.is_some()).count() as u64
    }
}

async fn list(State(console): Shared, f: Frame) -> Answer {
    let machines = stations::list(&console.office, f.now).await?;
    show(&MachinesPage { f, machines })
}

/// An order with its state in words.
struct OrderView {
    order: OrderRecord,
    state: Chip,
}

fn order_state(f: &Frame, state: OrderState) -> Chip {
    let (tone, key) = match state {
        OrderState::Waiting => ("queued", "order-waiting"),
        OrderState::Fetched => ("queued", "order-fetched"),
        OrderState::Done => ("succeeded", "order-done"),
        OrderState::Failed => ("failed", "order-failed"),
        OrderState::Refused => ("failed", "order-refused"),
        OrderState::Unknown => ("deferred", "order-unknown"),
        OrderState::Expired => ("suppressed", "order-expired"),
    };
    Chip { tone, word: f.t(key) }
}

#[derive(Template)]
#[template(path = "machine.html")]
struct MachinePage {
    f: Frame,
    seen: Seen,
    partitions: Vec<Partition>,
    states: Vec<stations::StateRecord>,
    changes: Vec<stations::StateChange>,
    actions: Vec<String>,
    orders: Vec<OrderView>,
    sources: Vec<SourceView>,
    charts: Vec<SeriesChart>,
    /// How many series there are that are not drawn.
    undrawn: u64,
    stretch: &'static str,
}

impl MachinePage {
    fn spans(&self) -> [(&'static str, String); 4] {
        spans::offered(&self.f)
    }

    /// Whether somebody may be waiting for its first values.
    fn is_awaited(&self) -> bool {
        let station = &self.seen.station;
        let may_come = station.kind == StationKind::Agent && station.revoked.is_none();
        may_come && station.latest.is_empty() && self.seen.silent_since.is_none()
    }

    fn address(&self) -> String {
        encoded(&self.seen.station.name)
    }

    fn state(&self, state: &StateWord) -> Chip {
        let (tone, key) = match state {
            StateWord::Good => ("succeeded", "state-good"),
            StateWord::Bad => ("failed", "state-bad"),
            StateWord::Unknown => ("unmeasured", "state-unknown"),
        };
        Chip { tone, word: self.f.t(key) }
    }

    fn values(&self) -> Vec<(String, String)> {
        let headline =
            ["load.1m_milli", "cpu.busy_permille", "memory.used_permille", "swap.used_permille"];
        let value = |name: &&str| {
            let value = self.seen.values.get(*name)?;
            Some((series::title(self.f.lang, name), series::value_text(name, *value)))
        };
        headline.iter().filter_map(value).collect()
    }

    fn bytes(&self, value: &i64) -> String {
        self.f.size(value)
    }

    fn free(&self, value: &i64) -> String {
        self.f.with("machine-free", &self.bytes(value))
    }

    fn incident(&self, id: &i64) -> String {
        self.f.n("order-incident", &id.unsigned_abs())
    }

    fn permille(&self, value: &i64) -> String {
        series::value_text("used_permille", *value)
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    span: String,
}

async fn detail(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Answer {
    let office = &console.office;
    let seen = stations::seen(office, &name, f.now).await.map_err(missing)?;
    let (seen, states, changes, orders) = seen;
    let (word, stretch) = spans::wanted(&wanted.span);
    let graphs = stations::graphs(office, &seen.station, stretch, f.now).await?;
    let drawn = graphs.graphs.iter();
    let charts: Vec<SeriesChart> =
        drawn.map(|it| series::lay_out(f.lang, it, graphs.from, stretch, &f.zone)).collect();
    let limits = stations::limits(office, &seen.station, f.now);
    let view = |order: OrderRecord| {
        let state = order_state(&f, stations::state_of(&order, f.now));
        OrderView { order, state }
    };
    let page = MachinePage {
        partitions: partitions(&seen, &limits),
        sources: sources(office, &seen.station, f.now).await?,
        actions: actions(&states),
        states: states.into_iter().filter(|it| !it.name.starts_with(ACTION)).collect(),
        changes: changes.into_iter().filter(|it| !it.name.starts_with(ACTION)).collect(),
        orders: orders.into_iter().map(view).collect(),
        undrawn: graphs.series.saturating_sub(charts.len()) as u64,
        charts,
        stretch: word,
        seen,
        f,
    };
    show(&page)
}

/// What the state of an action that an agent allows begins with.
const ACTION: &str = "action.";

/// The actions of the agent's list, as it tells them; one that it tells no longer is not offered.
fn actions(states: &[stations::StateRecord]) -> Vec<String> {
    let told = states.iter().filter(|it| it.state == StateWord::Good);
    told.filter_map(|it| it.name.strip_prefix(ACTION).map(str::to_owned)).collect()
}

#[derive(Deserialize)]
struct Ordered {
    #[serde(default)]
    action: String,
}

async fn order(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(ordered): Signed<Ordered>,
) -> Answer {
    let by = f.person.as_ref().map_or("", |person| &person.login);
    let given = stations::order(&console.office, &name, &ordered.action, None, by, f.now).await;
    given.map_err(missing)?;
    Ok(done(&format!("/machines/{}", encoded(&name)), "order-given", 1))
}

#[cfg(test)]
pub mod samples {
    use app::checks::Stretch;

    use super::*;
    use crate::tests::machines;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/machines".to_owned(), ..f.clone() };
        let list = |machines: Vec<Seen>| {
            let page = MachinesPage { f: f.clone(), machines };
            page.render().expect("the template renders")
        };
        let detail = |seen: Seen, is_full: bool| {
            let stretch = Stretch::Day;
            let charts = machines::graphs(is_full).into_iter();
            let charts = charts.map(|it| series::lay_out(f.lang, &it, f.now, stretch, &f.zone));
            let states = if is_full { machines::states() } else { Vec::new() };
            let orders = if is_full { machines::orders() } else { Vec::new() };
            let view = |order: OrderRecord| {
                let state = order_state(&f, stations::state_of(&order, f.now));
                OrderView { order, state }
            };
            let page = MachinePage {
                partitions: partitions(&seen, &machines::limits()),
                actions: actions(&states),
                states: states.into_iter().filter(|it| !it.name.starts_with(ACTION)).collect(),
                changes: if is_full { machines::changes() } else { Vec::new() },
                orders: orders.into_iter().map(view).collect(),
                sources: if is_full { machines::sources() } else { Vec::new() },
                charts: charts.collect(),
                undrawn: 3,
                stretch: "24h",
                seen,
                f: f.clone(),
            };
            page.render().expect("the template renders")
        };
        let mut all = machines::machines();
        let new = all.pop().expect("a new one");
        let full = all.remove(0);
        vec![
            ("machines", list(machines::machines())),
            ("machines-empty", list(Vec::new())),
            ("machine", detail(full, true)),
            ("machine-new", detail(new, false)),
        ]
    }
}
