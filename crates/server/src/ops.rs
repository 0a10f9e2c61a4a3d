//! `/healthz`, `/readyz` and `/metrics`: what machines ask.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::figures::{Figures, figures};
use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use mail::queue::Custody;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::clock;

/// What the three pages look at; a role that does not run here is `None`.
pub struct Ops {
    /// The relay, when it runs in this process.
    pub relay: Option<RunningRelay>,
    /// The office, when it runs in this process.
    pub office: Option<Arc<app::Office>>,
    /// Single addresses that may read the metrics besides loopback.
    pub metrics_from: Vec<IpAddr>,
}

/// A relay that can be asked while it runs and taken when it has to stop.
#[derive(Clone)]
pub struct RunningRelay(Arc<Mutex<Option<relay::Relay>>>);

impl RunningRelay {
    /// Holds it.
    pub fn new(relay: relay::Relay) -> RunningRelay {
        RunningRelay(Arc::new(Mutex::new(Some(relay))))
    }

    /// Its figures; `None` once it was taken.
    fn metrics(&self) -> Option<relay::Metrics> {
        self.lock().as_ref().map(relay::Relay::metrics)
    }

    /// The relay itself, once.
    pub fn take(&self) -> Option<relay::Relay> {
        self.lock().take()
    }

    /// Nothing panics while it is held, and an `Option` cannot be left half-way.
    fn lock(&self) -> MutexGuard<'_, Option<relay::Relay>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The three pages.
pub fn router(ops: Arc<Ops>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(ops)
}

/// 200 when mail is accepted and the records answer, else 503 with a line for each reason.
async fn ready(State(ops): State<Arc<Ops>>) -> Response {
    let mut reasons = Vec::new();
    if let Some(relay) = &ops.relay {
        match relay.metrics() {
            None => reasons.push("the relay is stopping".to_owned()),
            Some(metrics) => {
                if let Some(why) = metrics.spool.refusing {
                    reasons.push(format!("mail is refused: {why}"));
                }
                if metrics.tasks_lost > 0 {
                    reasons.push("a part of the relay has failed: restart it".to_owned());
                }
            }
        }
    }
    if let Some(office) = &ops.office
        && app::domains::list(office).await.is_err()
    {
        reasons.push("the records cannot be reached".to_owned());
    }
    if reasons.is_empty() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n") + "\n").into_response()
}

async fn metrics(
    State(ops): State<Arc<Ops>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    let ip = peer.ip().to_canonical();
    if !ip.is_loopback() && !ops.metrics_from.contains(&ip) {
        return (StatusCode::FORBIDDEN, "add your address to `from` in [metrics]\n")
            .into_response();
    }
    let figures = match &ops.office {
        // Without its records the rest of the page is shown all the same.
        Some(office) => figures(office, clock::now()).await.ok(),
        None => None,
    };
    match page(ops.relay.as_ref().and_then(RunningRelay::metrics), figures.as_ref()) {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(CONTENT_TYPE, kind)], text).into_response()
        }
        Err(fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// One reading of everything, so that the numbers of one page agree with each other.
fn page(relay: Option<relay::Metrics>, figures: Option<&Figures>) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("yakusoku");
    let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "The program", build);
    if let Some(relay) = relay {
        register_custody(&mut registry, relay.custody);
        register_relay(&mut registry, &relay);
    }
    if let Some(figures) = figures {
        register_office(&mut registry, figures);
    }
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

fn register_custody(registry: &mut Registry, custody: Custody) {
    let mut count = |name, help, value| registry.register(name, help, ConstCounter::new(value));
    count("recipients_accepted", "Recipients ever taken into custody", custody.accepted);
    count("recipients_delivered", "Recipients handed to the next server", custody.delivered);
    count("recipients_failed", "Recipients given up", custody.failed);
    count("recipients_suppressed", "Recipients not tried", custody.suppressed);
    gauge(registry, "recipients_queued", "Recipients in custody", custody.queued);
    let gone = custody.delivered + custody.failed + custody.suppressed + custody.queued;
    let help = "Accepted less delivered, failed, suppressed and queued; anything but 0 is a fault";
    let difference = i128::from(custody.accepted) - i128::from(gone);
    let difference = i64::try_from(difference).unwrap_or(i64::MAX);
    registry.register("recipients_unaccounted", help, ConstGauge::new(difference));
}

fn register_relay(registry: &mut Registry, it: &relay::Metrics) {
    let bytes = [
        ("spool_used", "Content in custody", it.spool.bytes),
        ("spool_limit", "Content in custody at which mail is refused", it.spool.bytes_limit),
        ("spool_files", "What the spool's files take on disk", it.spool.bytes_on_disk),
        ("journal", "Facts that the office has not collected", it.journal_bytes),
    ];
    for (name, help, value) in bytes {
        registry.register_with_unit(name, help, Unit::Bytes, ConstGauge::new(as_gauge(value)));
    }
    let accepting = it.spool.refusing.is_none();
    gauge(registry, "accepting", "1 while mail is accepted", accepting.into());
    gauge(registry, "messages_queued", "Messages in custody", it.spool.messages);
    gauge(registry, "sessions_open", "Sessions of clients now", it.sessions.into());
    gauge(registry, "connections_open", "Connections to other servers now", it.connections.into());
    let counts = [
        ("spool_syncs", "Syncs of spool segments", it.spool.syncs),
        ("spool_damaged", "Records of the spool found damaged", it.spool.damaged),
        ("sessions", "Sessions of clients", it.sessions_total),
        ("sessions_refused", "Clients turned away with 421", it.sessions_refused),
        ("messages_refused", "Messages refused after their content", it.messages_refused),
        ("sign_ins_refused", "Wrong or throttled sign-ins over SMTP", it.sign_ins_refused),
        ("connections", "Connections to other servers", it.connections_total),
        ("connections_failed", "Connections that failed early", it.connections_failed),
        ("tasks_lost", "Parts of the relay that have failed", it.tasks_lost.into()),
        ("deferrals", "Attempts that put a recipient off", it.deferrals),
    ];
    for (name, help, value) in counts {
        registry.register(name, help, ConstCounter::new(value));
    }
}

fn register_office(registry: &mut Registry, it: &Figures) {
    let levels = Family::<Vec<(&str, String)>, Gauge>::default();
    // Level 0 is always there, so that a rule can tell none from no answer.
    levels.get_or_create(&vec![("level", "0".to_owned())]).set(0);
    for (level, total) in &it.incidents {
        levels.get_or_create(&vec![("level", level.to_string())]).set(as_gauge(*total));
    }
    registry.register("incidents_open", "Open incidents by the highest level taken", levels);
    let gauges = [
        ("clocks_running", "Clocks of open incidents that run", it.clocks_running),
        ("clocks_late", "Clocks of open incidents whose time has passed", it.clocks_late),
        ("notices_waiting", "Sendings of notices that wait", it.notices.waiting),
        ("notices_failed", "Sendings of notices that were given up", it.notices.failed),
        ("calls_waiting", "Calls of our people that wait", it.calls.waiting),
        ("calls_failed", "Calls of our people that were given up", it.calls.failed),
        ("checks_up", "Checks that succeed", it.checks_up),
        ("checks_down", "Checks that do not succeed", it.checks_down),
        ("checks_blind", "Checks of which nothing is known now", it.checks_blind),
        ("stations_silent", "Stations that are silent", it.stations_silent),
    ];
    for (name, help, value) in gauges {
        gauge(registry, name, help, value);
    }
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: u64) {
    registry.register(name, help, ConstGauge::new(as_gauge(value)));
}

fn as_gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_do_not_add_up_show() {
        let custody = Custody { accepted: 10, delivered: 6, failed: 1, suppressed: 0, queued: 2 };
        let text =
            page(Some(relay::Metrics { custody, ..Default::default() }), Some(&Figures::default()));
        let text = text.expect("a page");
        for line in [
            "yakusoku_build_info{version=\"0.1.0\"} 1",
            "yakusoku_recipients_accepted_total 10",
            "yakusoku_recipients_queued 2",
            "yakusoku_recipients_unaccounted 1",
            "yakusoku_spool_limit_bytes 0",
            "yakusoku_accepting 1",
            "yakusoku_incidents_open{level=\"0\"} 0",
            "yakusoku_clocks_late 0",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }
}
