//! The overview of mail: how delivery goes, what waits, and whether every accepted recipient is
//! accounted for. It is the first page of an office without contracts.

use std::sync::Arc;

use app::deliveries::{self, Search, Slot};
use app::{AppError, queue};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use jiff::SignedDuration;
use mail::queue::QueueReport;
use serde::Deserialize;

use super::guide::{self, Guide};
use super::{Answer, show};
use crate::chart::{self, Bar, Chart};
use crate::frame::Frame;
use crate::guard::Asked;
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/mail", get(overview))
}

/// Spans of the graph: the word in the address, the key of its text, the length in hours.
const SPANS: [(&str, &str, i64); 4] = [
    ("1h", "span-1h", 1),
    ("24h", "span-24h", 24),
    ("7d", "span-7d", 7 * 24),
    ("40d", "span-40d", deliveries::RETENTION_DAYS as i64 * 24),
];
const SPAN_DEFAULT: usize = 1;

/// Destinations shown of the queue.
const DESTINATIONS_MAX: u16 = 5;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    f: Frame,
    span: &'static str,
    chart: Chart,
    domains: Vec<(String, Slot)>,
    queue: Option<QueueReport>,
    first_mail: Option<FirstMail>,
    /// On the first page of an office without contracts.
    guide: Option<Guide>,
}

/// How to send the first mail.
struct FirstMail {
    line: Option<String>,
    smtp: Vec<String>,
    sandbox: bool,
}

impl Overview {
    /// What a bar says when it is pointed at.
    fn tip(&self, bar: &Bar) -> String {
        let f = &self.f;
        let slot = &bar.slot;
        let at = crate::civil::clock_or_date(bar.at, f.now, &f.zone);
        let counts = [
            (f.t("count-accepted"), slot.queued),
            (f.t("status-succeeded"), slot.succeeded),
            (f.t("status-deferred"), slot.deferred),
            (f.t("status-failed"), slot.failed),
            (f.t("status-suppressed"), slot.suppressed),
        ];
        let told = counts.iter().filter(|(_, count)| *count > 0);
        let told: Vec<_> = told.map(|(word, n)| format!("{word} {}", f.num(n))).collect();
        format!("{at}  {}", told.join(" · "))
    }

    fn is_named(&self, domain: &str) -> bool {
        domain != deliveries::OTHER_DOMAINS
    }

    /// The spans: word and text.
    fn spans(&self) -> [(&'static str, String); 4] {
        SPANS.map(|(word, key, _)| (word, self.f.t(key)))
    }
}

/// What the address may ask for.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    span: String,
}

async fn overview(State(console): Shared, f: Frame, Asked(asked): Asked<Wanted>) -> Answer {
    page(&console, f, &asked).await
}

/// The page, at whatever address.
pub async fn page(console: &Console, f: Frame, asked: &Wanted) -> Answer {
    let office = &console.office;
    let (span, _, hours) =
        SPANS.into_iter().find(|s| s.0 == asked.span).unwrap_or(SPANS[SPAN_DEFAULT]);
    let from = f.now - SignedDuration::from_hours(hours);
    let graph = deliveries::graph(office, from, f.now, None).await?;
    let queue = match queue::report(&office.relay, DESTINATIONS_MAX).await {
        Ok(report) => Some(report),
        Err(AppError::Relay(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let accepted = queue.as_ref().is_some_and(|q| q.custody.accepted > 0);
    let first_mail =
        if accepted || ever_logged(console, &f).await? { None } else { Some(first_mail(console)) };
    let chart = chart::lay_out(&graph, &f.zone);
    let domains = others_last(graph.domains);
    let guide = if f.in_room("/") { guide::guide(console, &f).await? } else { None };
    show(&Overview { f, span, chart, domains, queue, first_mail, guide })
}

/// What has no name of its own does not compete with what has.
fn others_last(mut domains: Vec<(String, Slot)>) -> Vec<(String, Slot)> {
    domains.sort_by_key(|(domain, _)| domain == deliveries::OTHER_DOMAINS);
    domains
}

async fn ever_logged(console: &Console, f: &Frame) -> Result<bool, AppError> {
    let anything = Search { limit: 1, ..Search::default() };
    Ok(!deliveries::search(&console.office, &anything, f.now).await?.rows.is_empty())
}

fn first_mail(console: &Console) -> FirstMail {
    let is_sandbox = |c: &mail::roster::Composition| c.delivery == mail::roster::Delivery::Sandbox;
    FirstMail {
        line: console.facts.first_mail.clone(),
        smtp: console.facts.smtp.clone(),
        sandbox: console.office.compositions.iter().any(is_sandbox),
    }
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::tests::sample;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/".to_owned(), ..f.clone() };
        let full = |seconds, count| {
            let graph = sample::graph(seconds, count);
            Overview {
                f: f.clone(),
                span: "24h",
                chart: chart::lay_out(&graph, &f.zone),
                domains: graph.domains,
                queue: Some(sample::queue()),
                first_mail: None,
                guide: None,
            }
        };
        let empty = Overview {
            chart: chart::lay_out(&sample::empty_graph(), &f.zone),
            domains: vec![],
            queue: Some(QueueReport::default()),
            first_mail: Some(FirstMail {
                line: Some(sample::FIRST_MAIL.to_owned()),
                smtp: vec!["127.0.0.1:2525".to_owned()],
                sandbox: true,
            }),
            guide: Some(guide::samples::begun(&f)),
            ..full(300, 288)
        };
        let mut lost = sample::queue();
        lost.custody.delivered -= 1;
        lost.refusing = Some("the disk is full".to_owned());
        let pages = [
            ("overview", full(300, 288)),
            ("overview-40d", Overview { span: "40d", ..full(86_400, 40) }),
            ("overview-empty", empty),
            ("overview-relay-down", Overview { queue: None, ..full(300, 288) }),
            ("overview-lost", Overview { queue: Some(lost), ..full(300, 288) }),
        ];
        pages.map(|(name, page)| (name, page.render().expect("the template renders"))).to_vec()
    }
}
