//! Checks that a customer sees: those that tell of his contracts, without what is the provider's about
//! them, and those that he made himself.

use std::sync::Arc;

use app::checks::customers as verbs;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};

use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::{Asked, NoFields, Signed};
use crate::rooms::check_fields::Fields;
use crate::rooms::{Answer, check_form, checks, done, encoded, show};
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/checks", get(list))
        .route("/checks/{name}", get(detail))
        .route("/checks/{name}/pause", post(pause))
        .route("/checks/{name}/resume", post(resume))
        .route("/checks/{name}/remove", get(ask_to_remove).post(remove))
        .route("/checks-new", get(choose).post(add))
        .route("/checks/{name}/edit", get(edit).post(change))
}

async fn list(State(console): Shared, f: Frame) -> Answer {
    let found = verbs::list_for(&console.office, f.own_contracts(), f.now).await?;
    checks::list_page(f, found)
}

async fn find(console: &Console, f: &Frame, name: &str) -> Result<app::checks::Watched, Failure> {
    let found = verbs::find_for(&console.office, f.own_contracts(), name, f.now).await?;
    found.ok_or(Failure::Nowhere)
}

/// A check that he made.
async fn find_own(
    console: &Console,
    f: &Frame,
    name: &str,
) -> Result<app::checks::Watched, Failure> {
    let watched = find(console, f, name).await?;
    match verbs::is_own(&watched, f.own_contracts()) {
        true => Ok(watched),
        false => Err(Failure::Nowhere),
    }
}

async fn detail(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    asked: Asked<checks::Wanted>,
) -> Answer {
    let watched = find(&console, &f, &name).await?;
    checks::detail_page(&console, f, watched, asked).await
}

async fn pause(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    find_own(&console, &f, &name).await?;
    verbs::pause_for(&console.office, f.own_contracts(), &name, Some(f.now), f.now).await?;
    Ok(done(&format!("/checks/{}", encoded(&name)), "check-paused", 1))
}

async fn resume(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    find_own(&console, &f, &name).await?;
    verbs::pause_for(&console.office, f.own_contracts(), &name, None, f.now).await?;
    Ok(done(&format!("/checks/{}", encoded(&name)), "check-resumed", 1))
}

async fn ask_to_remove(State(console): Shared, f: Frame, Path(name): Path<String>) -> Answer {
    find_own(&console, &f, &name).await?;
    show(&checks::RemovePage { f, name })
}

async fn remove(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    find_own(&console, &f, &name).await?;
    verbs::remove_for(&console.office, f.own_contracts(), &name, f.now).await?;
    Ok(done("/checks", "check-removed", 1))
}

async fn choose(f: Frame, asked: Asked<check_form::Wanted>) -> Answer {
    check_form::choose(f, asked).await
}

async fn add(console: Shared, f: Frame, fields: Signed<Fields>) -> Answer {
    check_form::add(console, f, fields).await
}

async fn edit(State(console): Shared, f: Frame, Path(name): Path<String>) -> Answer {
    let watched = find_own(&console, &f, &name).await?;
    check_form::edit_page(f, name, &watched.settings)
}

async fn change(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(fields): Signed<Fields>,
) -> Answer {
    let watched = find_own(&console, &f, &name).await?;
    check_form::change_it(&console, f, name, &watched.settings, fields).await
}
