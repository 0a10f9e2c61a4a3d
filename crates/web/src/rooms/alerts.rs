//! Where other programs tell of alerts: the webhook of Prometheus Alertmanager, version 4 of its message
//! (prometheus.io/docs/alerting/latest/configuration/#webhook_config). The word is in the path, or comes
//! as a bearer token. Answers are JSON; a message that makes no sense is refused with the reason, and
//! Alertmanager does not bring it again; after a trouble of ours it does.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::incidents::{self, ALARM_TEXT_MAX, ALERTS_MAX, Alert, AlertGroup};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::frame::Frame;
use crate::{Console, Shared};

/// The version of the message that we read.
const VERSION: &str = "4";

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/alerts/{door}", post(by_bearer))
        .route("/alerts/{door}/{word}", post(by_path))
}

/// The message as Alertmanager writes it; fields that we do not need are left out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    version: String,
    #[serde(default)]
    group_key: String,
    #[serde(default)]
    truncated_alerts: u64,
    alerts: Vec<Told>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    status: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    starts_at: Timestamp,
    #[serde(default)]
    ends_at: Option<Timestamp>,
    #[serde(default)]
    fingerprint: String,
}

/// What became of it.
#[derive(Serialize)]
struct Taken {
    opened: u64,
    joined: u64,
    ended: u64,
    known: u64,
    /// Alerts that the other side left out of the message.
    truncated: u64,
}

#[derive(Serialize)]
struct Refused {
    error: String,
}

type Message4 = Result<Json<Message>, JsonRejection>;

async fn by_path(
    State(console): Shared,
    f: Frame,
    Path((door, word)): Path<(String, String)>,
    message: Message4,
) -> Response {
    take(&console, &f, &door, &word, message).await
}

async fn by_bearer(
    State(console): Shared,
    f: Frame,
    Path(door): Path<String>,
    headers: HeaderMap,
    message: Message4,
) -> Response {
    let text = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let word = text.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
    take(&console, &f, &door, word, message).await
}

async fn take(console: &Console, f: &Frame, door: &str, word: &str, message: Message4) -> Response {
    // Strangers learn nothing: whether the message makes sense is said to those who know the word.
    let group =
        message.map_err(|why| (why.status(), why.body_text())).and_then(|Json(it)| group(it));
    let empty = AlertGroup { key: String::new(), alerts: Vec::new() };
    let known = group.as_ref().map_or(&empty, |(group, _)| group);
    match incidents::alerts(&console.office, door, word, known, f.now).await {
        Ok(None) => refused(StatusCode::NOT_FOUND, "there is no such door for alerts".to_owned()),
        Ok(Some(taken)) => match group {
            Err((status, why)) => refused(status, why),
            Ok((_, truncated)) => {
                let (opened, joined) = (taken.opened, taken.joined);
                let (ended, known) = (taken.ended, taken.known);
                Json(Taken { opened, joined, ended, known, truncated }).into_response()
            }
        },
        // All of it is a trouble of ours, also what was refused: Alertmanager brings it again.
        Err(error) => {
            tracing::error!(%error, door, "alerts could not be recorded");
            refused(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
        }
    }
}

fn refused(status: StatusCode, error: String) -> Response {
    (status, Json(Refused { error })).into_response()
}

/// The alerts of a message, and how many the other side left out.
fn group(message: Message) -> Result<(AlertGroup, u64), (StatusCode, String)> {
    let wrong = |text: String| Err((StatusCode::BAD_REQUEST, text));
    if message.version != VERSION {
        return wrong(format!(
            "version {:?} is not read here: send version {VERSION}",
            message.version
        ));
    }
    if message.alerts.len() > ALERTS_MAX {
        let text = format!("more than {ALERTS_MAX} alerts: set max_alerts in webhook_config");
        return Err((StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    let mut alerts = Vec::with_capacity(message.alerts.len());
    for told in message.alerts {
        let until = match told.status.as_str() {
            "firing" => None,
            "resolved" => Some(told.ends_at.unwrap_or(told.starts_at).max(told.starts_at)),
            other => return wrong(format!("an alert is firing or resolved, not {other:?}")),
        };
        let text = words(&told);
        let fingerprint = match told.fingerprint.is_empty() {
            true => labels(&told.labels),
            false => told.fingerprint,
        };
        alerts.push(Alert { fingerprint, text, from: told.starts_at, until });
    }
    let key = message.group_key;
    Ok((AlertGroup { key, alerts }, message.truncated_alerts))
}

/// What an alert says: its summary, else its description, else its labels.
fn words(told: &Told) -> String {
    let note = |key: &str| told.annotations.get(key).filter(|text| !text.trim().is_empty());
    let name = told.labels.get("alertname").map_or("", String::as_str);
    let text = match note("summary").or_else(|| note("description")) {
        Some(text) if name.is_empty() => text.clone(),
        Some(text) => format!("{name}: {text}"),
        None => labels(&told.labels),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { "alert".to_owned() } else { text.chars().take(ALARM_TEXT_MAX).collect() }
}

fn labels(labels: &BTreeMap<String, String>) -> String {
    let each = labels.iter().map(|(key, value)| format!("{key}={value}"));
    each.collect::<Vec<_>>().join(" ")
}
