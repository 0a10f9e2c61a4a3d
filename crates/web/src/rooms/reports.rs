//! Reports of incidents (障害報告書): the draft that a person edits, and what was issued, on a page that
//! prints on A4.

use std::sync::Arc;

use app::AppError;
use app::incidents::report::{self, Content, Parts, Report};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use terms::wording;

use super::incidents::login;
use super::{Answer, done, show, show_refused};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::Signed;
use crate::words::Lang;
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/incidents/{id}/report", get(draft).post(save))
        .route("/incidents/{id}/report/issue", post(issue))
        .route("/incidents/{id}/reports/{number}", get(issued))
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
    view: ReportView,
}

/// A report as it is shown, in the language of its contract.
struct ReportView {
    lang: &'static str,
    title: String,
    corrects: Option<String>,
    about: Vec<(String, String)>,
    parts: Vec<(String, Vec<String>)>,
    course_title: String,
    course: Vec<(String, String)>,
    foot: String,
}

/// A report that was issued.
pub async fn issued(
    State(console): Shared,
    f: Frame,
    Path((id, number)): Path<(i64, i64)>,
) -> Answer {
    let reports = report::issued(&console.office, id).await?;
    let found = reports.iter().find(|report| report.number == number).ok_or(Failure::Nowhere)?;
    let incident = app::incidents::incident(&console.office, id, f.now).await?;
    let contract = &console.office.contract(&incident.record.contract)?.contract;
    let view = ReportView::new(found, contract.language.into(), &contract.zone);
    show(&ReportPage { f, id, view })
}

impl ReportView {
    fn new(report: &Report, lang: Lang, zone: &TimeZone) -> ReportView {
        let content = &report.content;
        let instant = |at: Timestamp| wording::instant(at, zone, lang.into());
        let number = report.number.unsigned_abs();
        let count = |key: &str, n: u64| {
            lang.say_with(key, &[("n", n.into()), ("count", n.to_string().into())])
        };
        let times = [
            ("report-began", content.began),
            ("report-recognised", content.recognised),
            ("report-recovered", content.recovered),
        ];
        let mut about = vec![
            (lang.say("report-title-field"), content.title.clone()),
            (lang.say("report-customer"), content.customer.clone()),
            (lang.say("report-provider"), content.provider.clone()),
            (lang.say("report-contract"), content.contract.clone()),
            (lang.say("report-issued"), instant(report.issued)),
            (lang.say("report-functions"), content.functions.join(", ")),
        ];
        about.extend(times.into_iter().filter_map(|(key, at)| Some((lang.say(key), instant(at?)))));
        let parts = [
            ("report-summary", &content.summary),
            ("report-effect", &content.effect),
            ("report-cause", &content.cause),
            ("report-treatment", &content.treatment),
            ("report-prevention", &content.prevention),
        ];
        let lines = |text: &String| text.lines().map(str::to_owned).collect();
        let name = zone.iana_name().unwrap_or("UTC").to_owned();
        let foot = [("a", report.digest.clone().into()), ("b", name.into())];
        ReportView {
            lang: lang.tag(),
            title: format!(
                "{} {}",
                lang.say("incident-report"),
                count("incident-report-number", number)
            ),
            corrects: report.corrects.map(|it| count("report-corrects", it.unsigned_abs())),
            about,
            parts: parts.into_iter().map(|(key, text)| (lang.say(key), lines(text))).collect(),
            course_title: lang.say("report-course"),
            course: content.course.iter().map(|(at, what)| (instant(*at), what.clone())).collect(),
            foot: lang.say_with("report-foot", &foot),
        }
    }
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
        let zone = f.zone.clone();
        let view = ReportView::new(&report, f.lang, &zone);
        let page = ReportPage { f, id: 1, view };
        vec![
            ("report-draft", draft.render().expect("the template renders")),
            ("report", page.render().expect("the template renders")),
        ]
    }
}
