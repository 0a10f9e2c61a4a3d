//! The rooms of customers: the board, statements, incidents as far as they were told, windows, notices
//! and checks of their own contracts. What has no address here does not exist for a customer, and what
//! belongs to others is not found, so that nothing tells that it is there.

mod news;
mod watched;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Redirect;
use axum::routing::{get, post};

use super::{Answer, board, door, show, statements};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::Asked;
use crate::{Console, Shared};

/// Every address that a customer has.
pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/", get(first))
        .route("/promises", get(first))
        .route("/contracts/{name}", get(newest))
        .route("/contracts/{name}/{month}", get(statement))
        .route("/contracts/{name}/{month}/statement.json", get(statement_json))
        .route("/contracts/{name}/{month}/statement.pdf", get(statement_pdf))
        .route("/sign-in", get(signed_in))
        .route("/sign-out", post(door::sign_out))
        .route("/language/{tag}", get(door::language))
        .merge(news::routes())
        .merge(watched::routes())
}

/// That a contract is the customer's.
fn own(f: &Frame, contract: &str) -> Result<(), Failure> {
    match f.own_contracts().iter().any(|own| own == contract) {
        true => Ok(()),
        false => Err(Failure::Nowhere),
    }
}

async fn signed_in() -> Redirect {
    Redirect::to("/")
}

/// The board with his contracts alone.
async fn first(State(console): Shared, f: Frame) -> Answer {
    let sections = app::board::board(&console.office, f.now).await?;
    let own: Vec<_> =
        sections.iter().filter(|it| own(&f, it.contract().name.as_str()).is_ok()).collect();
    if own.is_empty() {
        return show(&EmptyPage { f });
    }
    board::page_of(f.clone(), &own, &[], None)
}

#[derive(Template)]
#[template(path = "customer_empty.html")]
struct EmptyPage {
    f: Frame,
}

async fn newest(console: Shared, f: Frame, Path(name): Path<String>) -> Answer {
    own(&f, &name)?;
    statements::newest(console, f, Path(name)).await
}

async fn statement(
    console: Shared,
    f: Frame,
    Path((name, month)): Path<(String, String)>,
    asked: Asked<statements::Wanted>,
) -> Answer {
    own(&f, &name)?;
    statements::page(console, f, Path((name, month)), asked).await
}

async fn statement_json(
    console: Shared,
    f: Frame,
    Path((name, month)): Path<(String, String)>,
    asked: Asked<statements::Wanted>,
) -> Answer {
    own(&f, &name)?;
    statements::json(console, f, Path((name, month)), asked).await
}

async fn statement_pdf(
    console: Shared,
    f: Frame,
    Path((name, month)): Path<(String, String)>,
    asked: Asked<statements::Wanted>,
) -> Answer {
    own(&f, &name)?;
    statements::on_paper(console, f, Path((name, month)), asked).await
}

#[cfg(test)]
pub mod samples {
    use super::*;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = as_customer(f);
        let empty = EmptyPage { f: f.clone() };
        let mut pages = vec![("customer-empty", empty.render().expect("the template renders"))];
        pages.extend(news::samples::pages(&f));
        pages
    }

    /// The same page for a customer.
    pub fn as_customer(f: &Frame) -> Frame {
        let mut f = Frame { keeps_contracts: true, ..f.clone() };
        if let Some(person) = &mut f.person {
            person.sight = app::accounts::Sight::Contracts(vec!["skyarch".to_owned()]);
        }
        f
    }
}
