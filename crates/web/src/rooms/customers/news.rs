//! What a customer is told: incidents as far as they were published, windows, notices with their proof.

use std::sync::Arc;

use app::incidents::report;
use app::status::{self, ShownIncident};
use app::windows::{self, WindowView};
use app::{NoticeRecord, notices as verbs};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use terms::wording;

use super::own;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::marks::Chip;
use crate::rooms::notices::{NoticeRow, notice_page, notice_row};
use crate::rooms::windows::{RecurringRow, WindowRow, recurring_row, window_row};
use crate::rooms::{Answer, reports, show};
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/incidents", get(incidents))
        .route("/incidents/{id}", get(incident))
        .route("/incidents/{id}/reports/{number}", get(issued))
        .route("/incidents/{id}/reports/{number}/report.pdf", get(issued_pdf))
        .route("/windows", get(windows_page))
        .route("/notices", get(notices))
        .route("/notices/{number}", get(notice))
}

/// An incident as a customer sees it.
struct Told {
    incident: ShownIncident,
    title: String,
    contract: String,
    zone: TimeZone,
    chip: Chip,
    reports: Vec<i64>,
}

impl Told {
    fn instant(&self, f: &Frame, at: &Timestamp) -> String {
        let second = Timestamp::from_second(at.as_second()).unwrap_or(*at);
        wording::instant(second, &self.zone, f.lang.into())
    }

    fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

fn told(f: &Frame, console: &Console, incident: ShownIncident) -> Result<Told, Failure> {
    let contract = &console.office.contract(&incident.contract)?.contract;
    Ok(Told {
        title: crate::status::incident_title(&incident, f.lang),
        contract: contract.title.in_lang(f.lang.into()).to_owned(),
        zone: contract.zone.clone(),
        chip: match incident.until {
            None => Chip { tone: "failed", word: f.t("incident-state-open") },
            Some(_) => Chip { tone: "succeeded", word: f.t("incident-state-recovered") },
        },
        reports: Vec::new(),
        incident,
    })
}

#[derive(Template)]
#[template(path = "customer_incidents.html")]
struct IncidentsPage {
    f: Frame,
    incidents: Vec<Told>,
}

async fn incidents(State(console): Shared, f: Frame) -> Answer {
    let mut found = Vec::new();
    for contract in f.own_contracts() {
        // A contract that left the configuration has nothing to show.
        if console.office.contract(contract).is_ok() {
            found.extend(status::incidents_of(&console.office, contract, f.now).await?);
        }
    }
    found.sort_by_key(|it| (it.until.is_some(), std::cmp::Reverse((it.from, it.id))));
    let incidents: Result<Vec<Told>, Failure> =
        found.into_iter().map(|incident| told(&f, &console, incident)).collect();
    show(&IncidentsPage { incidents: incidents?, f })
}

#[derive(Template)]
#[template(path = "customer_incident.html")]
struct IncidentPage {
    f: Frame,
    told: Told,
}

/// An incident of his, by its number.
async fn find(console: &Console, f: &Frame, id: i64) -> Result<ShownIncident, Failure> {
    let found = status::incident_of(&console.office, id, f.own_contracts(), f.now).await?;
    found.ok_or(Failure::Nowhere)
}

async fn incident(State(console): Shared, f: Frame, Path(id): Path<i64>) -> Answer {
    let incident = find(&console, &f, id).await?;
    let mut told = told(&f, &console, incident)?;
    let issued = report::issued(&console.office, id).await?;
    told.reports = issued.iter().map(|report| report.number).collect();
    show(&IncidentPage { f, told })
}

async fn issued(console: Shared, f: Frame, Path((id, number)): Path<(i64, i64)>) -> Answer {
    find(&console.0, &f, id).await?;
    reports::issued(console, f, Path((id, number))).await
}

async fn issued_pdf(console: Shared, f: Frame, Path((id, number)): Path<(i64, i64)>) -> Answer {
    find(&console.0, &f, id).await?;
    reports::on_paper(console, f, Path((id, number))).await
}

#[derive(Template)]
#[template(path = "customer_windows.html")]
struct WindowsPage {
    f: Frame,
    windows: Vec<WindowRow>,
    recurring: Vec<RecurringRow>,
}

async fn windows_page(State(console): Shared, f: Frame) -> Answer {
    let office = &console.office;
    let mut found = windows::list(office, f.now).await?;
    for view in &mut found {
        view.contracts.retain(|of| own(&f, of.contract.name.as_str()).is_ok());
    }
    let announced = |view: &&WindowView<'_>| {
        view.contracts.iter().any(|of| windows::is_announced(office, view, of, f.now))
    };
    // What is to come first.
    let rows = found.iter().rev().filter(announced).map(|view| window_row(&f, view)).collect();
    let recurring = windows::recurring(office, f.now);
    let recurring = recurring.iter().filter(|it| own(&f, it.contract.name.as_str()).is_ok());
    let recurring = recurring.map(|it| recurring_row(&f, it)).collect();
    show(&WindowsPage { f, windows: rows, recurring })
}

#[derive(Template)]
#[template(path = "customer_notices.html")]
struct NoticesPage {
    f: Frame,
    notices: Vec<NoticeRow>,
}

/// What was sent to him, or is about to be: drafts are not his.
fn is_his(f: &Frame, record: &NoticeRecord) -> bool {
    record.confirmed.is_some() && own(f, &record.draft.contract).is_ok()
}

async fn notices(State(console): Shared, f: Frame) -> Answer {
    let views = verbs::list(&console.office, f.now).await?;
    let rows = views.iter().filter(|view| is_his(&f, &view.record));
    let rows = rows.map(|view| notice_row(&f, view)).collect();
    show(&NoticesPage { f, notices: rows })
}

async fn notice(State(console): Shared, f: Frame, Path(number): Path<i64>) -> Answer {
    let view = match verbs::notice(&console.office, number, f.now).await {
        Err(app::AppError::Refused(_)) => return Err(Failure::Nowhere),
        other => other?,
    };
    match is_his(&f, &view.record) {
        true => show(&notice_page(f, &view)),
        false => Err(Failure::Nowhere),
    }
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use app::status::Update;
    use terms::Text;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let incident = |until: Option<Timestamp>| ShownIncident {
            id: 7,
            contract: "skyarch".to_owned(),
            functions: vec![Text::both("www <script>")],
            from: f.now - jiff::SignedDuration::from_mins(90),
            until,
            updates: vec![
                Update { at: f.now, text: Some("working on it <script>".to_owned()) },
                Update { at: f.now, text: None },
            ],
        };
        let told = |until| {
            let incident = incident(until);
            Told {
                title: crate::status::incident_title(&incident, f.lang),
                contract: "skyarch".to_owned(),
                zone: f.zone.clone(),
                chip: Chip { tone: "failed", word: f.t("incident-state-open") },
                reports: vec![1],
                incident,
            }
        };
        let list = |incidents| {
            let page = IncidentsPage { f: f.clone(), incidents };
            page.render().expect("the template renders")
        };
        let one = IncidentPage { f: f.clone(), told: told(None) };
        let windows = WindowsPage { f: f.clone(), windows: Vec::new(), recurring: Vec::new() };
        let notices = NoticesPage { f: f.clone(), notices: Vec::new() };
        vec![
            ("customer-incidents", list(vec![told(None), told(Some(f.now))])),
            ("customer-incidents-quiet", list(Vec::new())),
            ("customer-incident", one.render().expect("the template renders")),
            ("customer-windows", windows.render().expect("the template renders")),
            ("customer-notices", notices.render().expect("the template renders")),
        ]
    }
}
