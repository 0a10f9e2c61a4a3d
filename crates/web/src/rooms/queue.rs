//! The queue: which destinations have mail that waits, and why; trying now and giving up.

use std::sync::Arc;

use app::{AppError, queue};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use mail::SpoolId;
use mail::queue::{QueueReport, WaitingMessage};
use serde::Deserialize;

use super::{Answer, done, encoded, show};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::{Asked, NoFields, Signed};
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/queue", get(destinations))
        .route("/queue/to/{name}", get(destination))
        .route("/queue/to/{name}/try", post(try_now))
        .route("/queue/message/{id}/give-up", get(ask_to_give_up).post(give_up))
}

/// Destinations on the page.
const DESTINATIONS_MAX: u16 = 500;
/// Messages of one destination on the page.
const MESSAGES_MAX: u16 = 200;

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    f: Frame,
    /// `None` when the relay does not answer.
    report: Option<QueueReport>,
}

async fn destinations(State(console): Shared, f: Frame) -> Answer {
    match queue::report(&console.office.relay, DESTINATIONS_MAX).await {
        Ok(report) => show(&QueuePage { f, report: Some(report) }),
        Err(AppError::Relay(_)) => show(&QueuePage { f, report: None }),
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "destination.html")]
struct DestinationPage {
    f: Frame,
    name: String,
    messages: Vec<WaitingMessage>,
    full: bool,
}

impl DestinationPage {
    fn address(&self) -> String {
        encoded(&self.name)
    }
}

async fn destination(State(console): Shared, f: Frame, Path(name): Path<String>) -> Answer {
    let messages = queue::destination(&console.office.relay, &name, MESSAGES_MAX).await?;
    let full = messages.len() >= usize::from(MESSAGES_MAX);
    show(&DestinationPage { f, name, messages, full })
}

async fn try_now(
    State(console): Shared,
    Path(name): Path<String>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    let recipients = queue::retry(&console.office.relay, &name).await?;
    Ok(done(&format!("/queue/to/{}", encoded(&name)), "tried", recipients))
}

#[derive(Template)]
#[template(path = "give_up.html")]
struct GiveUpPage {
    f: Frame,
    message: SpoolId,
    /// The destination whose page led here; empty when none did.
    to: String,
}

impl GiveUpPage {
    fn back(&self) -> String {
        back(&self.to)
    }
}

fn back(destination: &str) -> String {
    match destination {
        "" => "/queue".to_owned(),
        name => format!("/queue/to/{}", encoded(name)),
    }
}

#[derive(Deserialize)]
struct To {
    #[serde(default)]
    to: String,
}

async fn ask_to_give_up(f: Frame, Path(id): Path<String>, Asked(To { to }): Asked<To>) -> Answer {
    let message = id.parse().map_err(|_| Failure::Nowhere)?;
    show(&GiveUpPage { f, message, to })
}

async fn give_up(
    State(console): Shared,
    Path(id): Path<String>,
    Signed(To { to }): Signed<To>,
) -> Answer {
    let message = id.parse().map_err(|_| Failure::Nowhere)?;
    let recipients = queue::fail(&console.office.relay, message).await?;
    Ok(done(&back(&to), "given-up", recipients))
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::frame::Done;
    use crate::tests::sample;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let done = Some(Done { word: "tried".to_owned(), count: 1_204 });
        let list = |report| {
            let f = Frame { here: "/queue".to_owned(), ..f.clone() };
            QueuePage { f, report }.render().expect("the template renders")
        };
        let detail = DestinationPage {
            f: Frame { here: "/queue/to/docomo.example".to_owned(), done, ..f.clone() },
            name: "docomo.example".to_owned(),
            messages: sample::waiting(),
            full: true,
        };
        let give_up = GiveUpPage {
            f: Frame { here: "/queue/message/x/give-up".to_owned(), ..f.clone() },
            message: sample::ID,
            to: "docomo.example".to_owned(),
        };
        let empty = DestinationPage {
            f: detail.f.clone(),
            name: "example.jp".to_owned(),
            messages: vec![],
            full: false,
        };
        vec![
            ("queue", list(Some(sample::queue()))),
            ("queue-empty", list(Some(QueueReport::default()))),
            ("queue-relay-down", list(None)),
            ("destination", detail.render().expect("the template renders")),
            ("destination-empty", empty.render().expect("the template renders")),
            ("give-up", give_up.render().expect("the template renders")),
        ]
    }
}
