//! Statements: one month of one service, on a page that prints, as JSON, and as PDF.

use std::sync::Arc;

use app::statements::{self, Settled};
use app::{AppError, Refusal};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use calendar::Month;
use serde::Deserialize;
use terms::wording;

use super::{Answer, encoded, show};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::Asked;
use crate::statement::View;
use crate::{Console, Shared, paper};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/contracts/{name}", get(newest))
        .route("/contracts/{name}/{month}", get(page))
        .route("/contracts/{name}/{month}/statement.json", get(json))
        .route("/contracts/{name}/{month}/statement.pdf", get(on_paper))
}

/// Which service.
#[derive(Deserialize)]
pub struct Wanted {
    service: Option<String>,
}

#[derive(Template)]
#[template(path = "statement.html")]
struct StatementPage {
    f: Frame,
    view: View,
    /// Addresses and words of the other services.
    services: Vec<(String, String, bool)>,
    earlier: Option<(String, String)>,
    later: Option<(String, String)>,
    json: String,
    on_paper: String,
}

/// The statement of the month that is now.
pub async fn newest(State(console): Shared, f: Frame, Path(name): Path<String>) -> Answer {
    let watched = console.office.contract(&name).map_err(nowhere)?;
    let (_, last) = statements::months(&watched.contract, f.now);
    Ok(Redirect::to(&address(&name, last, None)).into_response())
}

/// A month of a service.
pub async fn page(
    State(console): Shared,
    f: Frame,
    Path((name, month)): Path<(String, String)>,
    Asked(asked): Asked<Wanted>,
) -> Answer {
    let settled = settled(&console, &f, &name, &month, &asked).await?;
    show(&statement_page(f, &settled))
}

/// The same for programs.
pub async fn json(
    State(console): Shared,
    f: Frame,
    Path((name, month)): Path<(String, String)>,
    Asked(asked): Asked<Wanted>,
) -> Answer {
    let Settled { statement, .. } = settled(&console, &f, &name, &month, &asked).await?;
    let file = format!("{}-{}-{}.json", statement.contract, statement.service, statement.month);
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
    ];
    Ok((headers, statement.to_json()).into_response())
}

/// The same on paper.
pub async fn on_paper(
    State(console): Shared,
    f: Frame,
    Path((name, month)): Path<(String, String)>,
    Asked(asked): Asked<Wanted>,
) -> Answer {
    let Settled { statement, .. } = settled(&console, &f, &name, &month, &asked).await?;
    let file = format!("{}-{}-{}.pdf", statement.contract, statement.service, statement.month);
    let paper = paper::statement_paper(&statement, f.lang.into());
    paper::answer(paper, &console.fonts, &file).await
}

async fn settled(
    console: &Console,
    f: &Frame,
    name: &str,
    month: &str,
    asked: &Wanted,
) -> Result<Settled, Failure> {
    let month: Month = month.parse().map_err(|_| Failure::Nowhere)?;
    let service = asked.service.as_deref();
    statements::statement(&console.office, name, service, month, f.now).await.map_err(nowhere)
}

/// A contract, month or service that is not there is a page that is not there.
fn nowhere(error: AppError) -> Failure {
    match error {
        AppError::Refused(Refusal::NoContract { .. }) => Failure::Nowhere,
        AppError::Refused(Refusal::NoStatement { .. }) => Failure::NoStatement,
        other => other.into(),
    }
}

fn address(contract: &str, month: Month, service: Option<&str>) -> String {
    let service = service.map(|name| format!("?service={}", encoded(name))).unwrap_or_default();
    format!("/contracts/{}/{month}{service}", encoded(contract))
}

fn statement_page(f: Frame, settled: &Settled) -> StatementPage {
    let statement = &settled.statement;
    let (contract, service) = (statement.contract.as_str(), statement.service.as_str());
    let neighbour = |month: Month| {
        let is_there = month >= settled.first && month <= settled.last;
        let word = wording::month(month, f.lang.into());
        is_there.then(|| (address(contract, month, Some(service)), word))
    };
    let services = settled.services.iter().map(|other| {
        let to = address(contract, statement.month, Some(other.name.as_str()));
        (to, other.title.in_lang(f.lang.into()).to_owned(), other.name == statement.service)
    });
    let file = |end: &str| {
        let (contract, service) = (encoded(contract), encoded(service));
        format!("/contracts/{contract}/{}/statement.{end}?service={service}", statement.month)
    };
    StatementPage {
        view: View::new(statement, f.lang),
        services: services.collect(),
        earlier: neighbour(statement.month.plus(-1)),
        later: neighbour(statement.month.plus(1)),
        json: file("json"),
        on_paper: file("pdf"),
        f,
    }
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::tests::promises;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame {
            here: "/contracts/customers-mail-cloud/2026-10".to_owned(),
            keeps_contracts: true,
            ..f.clone()
        };
        let page = |contract: &str, month: &str, log: &str| {
            let settled = promises::settled(contract, month, log, f.now);
            statement_page(f.clone(), &settled).render().expect("the template renders")
        };
        vec![
            ("statement-broken", page("customers-mail-cloud", "2026-10", promises::LOG)),
            ("statement-running", page("customers-mail-cloud", "2026-11", promises::LOG)),
            ("statement-blind", page("cyber-solutions", "2026-11", promises::MEASURED)),
            ("statement-quiet", page("aoulu-cloud", "2026-10", "")),
        ]
    }
}
