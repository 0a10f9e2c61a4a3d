//! Reports of incidents (障害報告書): the draft that a person edits, and what was issued, on a page that
//! prints on A4.

use std::sync::Arc;

use app::AppError;
use app::incidents::report::{self, Content, Parts, Report};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde::Deserialize;
use terms::Contract;

use super::incidents::login;
use super::{Answer, done, show, show_refused};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::Signed;
use crate::report::ReportView;
use crate::{Console, Shared, paper};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/incidents/{id}/report", get(draft).post(save))
        .route("/incidents/{id}/report/issue", get(ask).post(issue))
        .route("/incidents/{id}/reports/{number}", get(issued))
        .route("/incidents/{id}/reports/{number}/report.pdf", get(on_paper))
}

#[derive(Template)]
#[template(path = "report_draft.html")]
struct DraftPage {
    f: Frame,
    id: i64,
    version: u64,
    parts: Parts,
    refused: Option<String>,
}

fn parts(content: Content) -> Parts {
    let Content { title, summary, effect, cause, treatment, prevention, .. } = content;
    Parts { title, summary, effect, cause, treatment, prevention }
}

async fn draft_page(
    console: &Console,
    f: Frame,
    id: i64,
    refused: Option<String>,
) -> Result<DraftPage, Failure> {
    let drafted = match report::draft(&console.office, id, f.now).await {
        Err(AppError::Refused(_)) => return Err(Failure::Nowhere),
        other => other?,
    };
    let version = drafted.version.unsigned_abs();
    Ok(DraftPage { f, id, version, parts: parts(drafted.content), refused })
}

async fn draft(State(console): Shared, f: Frame, Path(id): Path<i64>) -> Answer {
    show(&draft_page(&console, f, id, None).await?)
}

#[derive(Deserialize)]
struct Edited {
    version: String,
    title: String,
    summary: String,
    effect: String,
    cause: String,
    treatment: String,
    prevention: String,
}

async fn save(
    State(console): Shared,
    f: Frame,
    Path(id): Path<i64>,
    Signed(form): Signed<Edited>,
) -> Answer {
    let version = form.version.parse().map_err(|_| Failure::Unreadable)?;
    let Edited { title, summary, effect, cause, treatment, prevention, .. } = form;
    let parts = Parts { title, summary, effect, cause, treatment, prevention };
    match report::edit(&console.office, id, version, &parts, &login(&f), f.now).await {
        Ok(()) => Ok(done(&format!("/incidents/{id}/report"), "report-saved", 1)),
        Err(AppError::Refused(why)) => {
            // What was typed is not lost.
            let refused = Some(f.refusal(&why));
            let page = draft_page(&console, f, id, refused).await?;
            show_refused(&DraftPage { parts, ..page })
        }
        Err(error) => Err(error.into()),
    }
}

/// What is about to be issued.
#[derive(Template)]
#[template(path = "report_issue.html")]
struct IssuePage {
    f: Frame,
    id: i64,
    version: u64,
    parts: Parts,
}

async fn ask(State(console): Shared, f: Frame, Path(id): Path<i64>) -> Answer {
    let DraftPage { f, version, parts, .. } = draft_page(&console, f, id, None).await?;
    show(&IssuePage { f, id, version, parts })
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

async fn issue(
    State(console): Shared,
    f: Frame,
    Path(id): Path<i64>,
    Signed(form): Signed<Version>,
) -> Answer {
    let version = form.version.parse().map_err(|_| Failure::Unreadable)?;
    match report::issue(&console.office, id, version, &login(&f), f.now).await {
        Ok(number) => Ok(done(&format!("/incidents/{id}/reports/{number}"), "report-issued", 1)),
        Err(AppError::Refused(why)) => {
            let refused = Some(f.refusal(&why));
            show_refused(&draft_page(&console, f, id, refused).await?)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    f: Frame,
    id: i64,
    number: u64,
    view: ReportView,
}

/// A report that was issued.
pub async fn issued(
    State(console): Shared,
    f: Frame,
    Path((id, number)): Path<(i64, i64)>,
) -> Answer {
    let (report, contract) = found(&console, &f, id, number).await?;
    let view = ReportView::new(&report, contract.language.into(), &contract.zone);
    show(&ReportPage { f, id, number: number.unsigned_abs(), view })
}

/// The same on paper.
pub async fn on_paper(
    State(console): Shared,
    f: Frame,
    Path((id, number)): Path<(i64, i64)>,
) -> Answer {
    let (report, contract) = found(&console, &f, id, number).await?;
    let paper = paper::report_paper(&report, contract.language, &contract.zone);
    paper::answer(paper, &console.fonts, &format!("report-{id}-{number}.pdf")).await
}

/// A report that was issued, with its contract.
async fn found<'c>(
    console: &'c Console,
    f: &Frame,
    id: i64,
    number: i64,
) -> Result<(Report, &'c Contract), Failure> {
    let reports = report::issued(&console.office, id).await?;
    let mut reports = reports.into_iter();
    let report = reports.find(|report| report.number == number).ok_or(Failure::Nowhere)?;
    let incident = app::incidents::incident(&console.office, id, f.now).await?;
    Ok((report, &console.office.contract(&incident.record.contract)?.contract))
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::tests::incidents as sample;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/incidents/1/report".into(), keeps_contracts: true, ..f.clone() };
        let report = sample::report(f.lang);
        let draft = DraftPage {
            f: f.clone(),
            id: 1,
            version: 2,
            parts: parts(report.content.clone()),
            refused: Some("no".to_owned()),
        };
        let of = parts(report.content.clone());
        let ask = IssuePage { f: f.clone(), id: 1, version: 2, parts: of };
        let zone = f.zone.clone();
        let view = ReportView::new(&report, f.lang, &zone);
        let page = ReportPage { f, id: 1, number: 1, view };
        vec![
            ("report-draft", draft.render().expect("the template renders")),
            ("report-issue", ask.render().expect("the template renders")),
            ("report", page.render().expect("the template renders")),
        ]
    }
}
