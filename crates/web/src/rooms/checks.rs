//! What is looked at: the list, and the page of one check with its graphs, looks and outages.

use std::sync::Arc;

use app::checks::{
    self, Answer as Heard, Detail, Latest, OFFICE, Observation, Origin, SeenLook, SiteNow, Watched,
    Way, customers,
};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use serde::Deserialize;

use super::{Answer, done, encoded, show};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::{Asked, NoFields, Signed};
use crate::look_chart::{self, LookChart};
use crate::marks::Chip;
use crate::{Console, Shared, chart, heard, spans};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/checks", get(list))
        .route("/checks/{name}", get(detail))
        .route("/checks/{name}/pause", post(pause))
        .route("/checks/{name}/resume", post(resume))
        .route("/checks/{name}/remove", get(ask_to_remove).post(remove))
        .route("/beat/{name}/{word}", any(beat))
        .merge(super::check_form::routes())
}

/// A kind of check in words.
pub(super) fn way_text(f: &Frame, way: &Way) -> String {
    match way {
        Way::Http => f.t("way-http"),
        Way::Ping => f.t("way-ping"),
        Way::Tcp => f.t("way-tcp"),
        Way::Tls => f.t("way-tls"),
        Way::Smtp => f.t("way-smtp"),
        Way::SmtpSend => f.t("way-smtp-send"),
        Way::Pop3 => f.t("way-pop3"),
        Way::Imap => f.t("way-imap"),
        Way::Ftp => f.t("way-ftp"),
        Way::Dns => f.t("way-dns"),
        Way::Postgres => f.t("way-postgres"),
        Way::Mysql => f.t("way-mysql"),
        Way::Heartbeat => f.t("way-heartbeat"),
        Way::Plugin => f.t("way-plugin"),
    }
}

/// How a check stands, as a coloured word.
fn state(f: &Frame, watched: &Watched) -> Chip {
    match &watched.paused {
        Some(_) => Chip { tone: "unmeasured", word: f.t("check-paused") },
        None => stands(f, watched.run.as_ref(), watched.latest.as_ref()),
    }
}

/// How it stands as a site sees it.
fn site_state(f: &Frame, site: &SiteNow) -> Chip {
    stands(f, site.run.as_ref(), site.latest.as_ref())
}

fn stands(f: &Frame, run: Option<&Observation>, latest: Option<&Latest>) -> Chip {
    match (run, latest) {
        (Some(run), _) => heard::answer(f.lang, run.answer),
        (None, Some(latest)) => heard::answer(f.lang, latest.answer),
        (None, None) => Chip { tone: "unmeasured", word: f.t("check-not-yet") },
    }
}

/// Whether others than the office look at it, so that each site has something of its own to say.
fn has_sites(watched: &Watched) -> bool {
    watched.sites.iter().any(|it| it.site != OFFICE)
}

/// What the last look came to: `84 ms`, or why it failed.
pub(super) fn outcome(f: &Frame, latest: &Latest) -> String {
    let took = heard::took(latest.took);
    match latest.reason {
        None => took,
        Some(reason) => match latest.code {
            Some(code) => format!("{} ({code}, {took})", heard::reason(f.lang, reason)),
            None => format!("{} ({took})", heard::reason(f.lang, reason)),
        },
    }
}

#[derive(Template)]
#[template(path = "checks.html")]
struct ChecksPage {
    f: Frame,
    checks: Vec<Watched>,
    counts: Vec<(Chip, usize)>,
}

impl ChecksPage {
    fn is_open(&self, check: &Watched) -> bool {
        is_open(&self.f, check)
    }
}

/// Whether everything about a check may be seen: where the provider looks, and what answers there, is
/// not the customer's.
fn is_open(f: &Frame, check: &Watched) -> bool {
    !f.is_customer() || customers::is_own(check, f.own_contracts())
}

/// The worst first.
const ANSWERS: [Heard; 4] = [Heard::Silent, Heard::Refused, Heard::Unseen, Heard::Good];

/// Checks by the worst that any of their sites hears.
fn counts(f: &Frame, checks: &[Watched]) -> Vec<(Chip, usize)> {
    let worst = |it: &Watched| {
        let heard: Vec<Heard> =
            it.sites.iter().filter_map(|site| Some(site.run.as_ref()?.answer)).collect();
        ANSWERS.into_iter().find(|answer| it.paused.is_none() && heard.contains(answer))
    };
    let worst: Vec<Option<Heard>> = checks.iter().map(worst).collect();
    ANSWERS
        .into_iter()
        .filter_map(|answer| {
            let count = worst.iter().filter(|it| **it == Some(answer)).count();
            (count > 0).then(|| (heard::answer(f.lang, answer), count))
        })
        .collect()
}

async fn list(State(console): Shared, f: Frame) -> Answer {
    let checks = checks::list(&console.office, f.now).await?;
    list_page(f, checks)
}

/// The list of these checks.
pub fn list_page(f: Frame, checks: Vec<Watched>) -> Answer {
    let counts = counts(&f, &checks);
    show(&ChecksPage { f, checks, counts })
}

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage {
    f: Frame,
    check: Watched,
    seen: Detail,
    chart: LookChart,
    /// The response time that a contract promises of what it measures.
    target: Option<String>,
    stretch: &'static str,
    /// The site whose looks are shown.
    site: String,
    /// What the other side of a heartbeat calls.
    beat: Option<String>,
    contracts: Vec<String>,
}

impl CheckPage {
    fn spans(&self) -> [(&'static str, String); 4] {
        spans::offered(&self.f)
    }

    fn is_ours(&self) -> bool {
        self.check.origin == Origin::Added
    }

    fn is_open(&self) -> bool {
        is_open(&self.f, &self.check)
    }

    /// Whether the reader may change it: a customer his own, as long as it counts for no contract.
    fn may_change(&self) -> bool {
        self.is_ours() && self.is_open() && (!self.f.is_customer() || self.check.tells.is_empty())
    }

    fn why(&self, look: &SeenLook) -> String {
        let reason = look.reason.as_deref();
        reason.map(|code| heard::reason_by_code(self.f.lang, code)).unwrap_or_default()
    }

    fn took(&self, look: &SeenLook) -> String {
        heard::took(jiff::SignedDuration::from_millis(i64::from(look.took_ms)))
    }

    fn address(&self) -> String {
        encoded(&self.check.name)
    }
}

/// Which time the graph shows.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    span: String,
    #[serde(default)]
    site: String,
}

async fn known(console: &Console, f: &Frame, name: &str) -> Result<Watched, Failure> {
    checks::find(&console.office, name, f.now).await?.ok_or(Failure::Nowhere)
}

async fn detail(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    asked: Asked<Wanted>,
) -> Answer {
    let check = known(&console, &f, &name).await?;
    detail_page(&console, f, check, asked).await
}

/// The page of a check.
pub async fn detail_page(
    console: &Console,
    f: Frame,
    check: Watched,
    Asked(wanted): Asked<Wanted>,
) -> Answer {
    let name = check.name.clone();
    let (word, stretch) = spans::wanted(&wanted.span);
    let known = |wanted: &str| check.sites.iter().find(|it| it.site == wanted);
    let site = known(&wanted.site).or(known(OFFICE)).or(check.sites.first());
    let site = site.map_or(OFFICE, |it| it.site.as_str()).to_owned();
    let series = checks::series(&name, &site);
    let seen = checks::detail(&console.office, &series, stretch, f.now).await?;
    let promised = checks::promised_within(&console.office, &name, f.now);
    let target = promised.and_then(|within| u64::try_from(within.as_millis()).ok());
    let chart = look_chart::lay_out(&seen.points, stretch, target, &f.zone);
    let target = promised.map(heard::took);
    let shows_beat = check.settings.kind == Way::Heartbeat && is_open(&f, &check);
    let beat =
        shows_beat.then(|| format!("/beat/{name}/{}", checks::beat_word(&console.office, &name)));
    let contracts = console.office.contracts().into_iter();
    let contracts = contracts.map(|it| it.contract.name.to_string()).collect();
    show(&CheckPage { f, check, seen, chart, target, stretch: word, site, beat, contracts })
}

async fn pause(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    checks::pause(&console.office, &name, f.now).await?;
    Ok(done(&format!("/checks/{}", encoded(&name)), "check-paused", 1))
}

async fn resume(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    checks::resume(&console.office, &name, f.now).await?;
    Ok(done(&format!("/checks/{}", encoded(&name)), "check-resumed", 1))
}

/// Asks before a check is removed.
#[derive(Template)]
#[template(path = "remove_check.html")]
pub struct RemovePage {
    pub f: Frame,
    pub name: String,
}

impl RemovePage {
    fn address(&self) -> String {
        encoded(&self.name)
    }
}

async fn ask_to_remove(State(console): Shared, f: Frame, Path(name): Path<String>) -> Answer {
    known(&console, &f, &name).await?;
    show(&RemovePage { f, name })
}

async fn remove(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    checks::remove(&console.office, &name, f.now).await?;
    Ok(done("/checks", "check-removed", 1))
}

/// The other side of a heartbeat calls, with GET or POST.
async fn beat(
    State(console): Shared,
    f: Frame,
    Path((name, word)): Path<(String, String)>,
) -> Answer {
    match checks::beat(&console.office, &name, &word, f.now).await? {
        true => Ok(StatusCode::NO_CONTENT.into_response()),
        false => Err(Failure::Nowhere),
    }
}

#[cfg(test)]
pub mod samples {
    use app::checks::{SPANS, Stretch};

    use super::*;
    use crate::tests::watched;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/checks".to_owned(), ..f.clone() };
        let list = |checks: Vec<Watched>| {
            let counts = counts(&f, &checks);
            let page = ChecksPage { f: f.clone(), checks, counts };
            page.render().expect("the template renders")
        };
        let page = |check: Watched, stretch: Stretch| {
            let seen = watched::seen(stretch, f.now);
            let chart = look_chart::lay_out(&seen.points, stretch, Some(3_000), &f.zone);
            let target = Some("3.0 s".to_owned());
            let beat = (check.settings.kind == Way::Heartbeat).then(|| "/beat/cron/x".to_owned());
            let contracts = vec!["aoulu-cloud".to_owned()];
            let stretch = SPANS.iter().find(|it| it.1 == stretch).map_or("", |it| it.0);
            let (f, site) = (f.clone(), OFFICE.to_owned());
            let page = CheckPage { f, check, seen, chart, target, stretch, site, beat, contracts };
            page.render().expect("the template renders")
        };
        let remove = RemovePage { f: f.clone(), name: "top-page".to_owned() };
        let mut checks = watched::checks().into_iter();
        let mut pages = vec![
            ("checks", list(watched::checks())),
            ("checks-empty", list(vec![])),
            ("check-remove", remove.render().expect("the template renders")),
        ];
        let named = ["check", "check-down", "check-new", "check-heartbeat"];
        let stretches = [Stretch::Day, Stretch::Week, Stretch::Month, Stretch::Year];
        for (name, stretch) in named.into_iter().zip(stretches) {
            let check = checks.next().expect("as many samples");
            pages.push((name, page(check, stretch)));
        }
        pages
    }
}
