//! The HTTP door for stations: what agents and nodes bring and fetch, as JSON.
//!
//! It stands on a listener of its own and has nothing of the console. Who asks is known by the
//! credential alone and never by what a body says; each kind of station has its own requests.

mod admission;
mod nodes;
mod wrong_tokens;

use std::sync::Arc;
use std::time::Duration;

use app::{AppError, stations};
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use link::limits::{BODY_MAX, WAIT_MAX};
use link::{Logs, Orders, OutOfBounds, Readings, Results, Taken};
use serde::Deserialize;
use tower_http::timeout::TimeoutLayer;

pub(crate) use admission::Agent;
use wrong_tokens::WrongTokens;

/// Longest time that a request may take from its first byte to the answer; waiting for orders is in it.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(WAIT_MAX + 30);

/// What the door stands on.
pub struct StationDoor {
    /// What the verbs work on.
    pub office: Arc<app::Office>,
    /// What time it is; the program's one clock.
    pub clock: fn() -> Timestamp,
    wrong: WrongTokens,
}

impl StationDoor {
    /// A door to that office.
    #[must_use]
    pub fn new(office: Arc<app::Office>, clock: fn() -> Timestamp) -> StationDoor {
        StationDoor { office, clock, wrong: WrongTokens::default() }
    }
}

type Door = State<Arc<StationDoor>>;

/// Every request that stations make. Serve it over TLS, with [`axum::extract::ConnectInfo`] of
/// [`std::net::SocketAddr`].
pub fn station_router(door: StationDoor) -> Router {
    Router::new()
        .route(link::READINGS_PATH, post(readings))
        .route(link::LOGS_PATH, post(logs))
        .route(link::ORDERS_PATH, get(orders))
        .route(link::DONE_PATH, post(results))
        .route(link::CHECKS_PATH, get(nodes::given))
        .route(link::LOOKS_PATH, post(nodes::looks))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIME_MAX))
        .with_state(Arc::new(door))
}

/// Why a request is not done: a status and a line of English for the station's log.
pub(crate) struct Refused(pub StatusCode, pub String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, self.1 + "\n").into_response()
    }
}

impl From<AppError> for Refused {
    fn from(error: AppError) -> Refused {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        tracing::warn!(%error, cause, "a station could not be served");
        Refused(StatusCode::SERVICE_UNAVAILABLE, "the records cannot be reached: try later".into())
    }
}

impl From<OutOfBounds> for Refused {
    fn from(error: OutOfBounds) -> Refused {
        Refused(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Refused {
        Refused(rejection.status(), rejection.body_text())
    }
}

pub(crate) type Body<T> = Result<Json<T>, JsonRejection>;

async fn readings(
    State(door): Door,
    Agent(station): Agent,
    body: Body<Readings>,
) -> Result<Json<Taken>, Refused> {
    let Json(readings) = body?;
    readings.check()?;
    let now = (door.clock)();
    Ok(Json(stations::take_readings(&door.office, &station, &readings, now).await?))
}

async fn logs(
    State(door): Door,
    Agent(station): Agent,
    body: Body<Logs>,
) -> Result<Json<Taken>, Refused> {
    let Json(logs) = body?;
    logs.check()?;
    let now = (door.clock)();
    Ok(Json(stations::take_logs(&door.office, &station, &logs, now).await?))
}

async fn results(
    State(door): Door,
    Agent(station): Agent,
    body: Body<Results>,
) -> Result<Json<Taken>, Refused> {
    let Json(results) = body?;
    results.check()?;
    Ok(Json(stations::take_results(&door.office, &station, &results).await?))
}

#[derive(Deserialize)]
struct Wanted {
    /// Seconds to wait for an order where there is none.
    #[serde(default)]
    wait: u64,
}

async fn orders(
    State(door): Door,
    Agent(station): Agent,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Orders>, Refused> {
    let mut ordered = door.office.stations.ordered();
    let over = tokio::time::sleep(Duration::from_secs(wanted.wait.min(WAIT_MAX)));
    tokio::pin!(over);
    loop {
        ordered.mark_unchanged();
        if !stations::is_admitted(&door.office, &station).await? {
            return Err(admission::stranger());
        }
        let now = (door.clock)();
        let orders = stations::waiting(&door.office, &station, now).await?;
        if !orders.is_empty() {
            return Ok(Json(Orders { station: station.name, orders }));
        }
        tokio::select! {
            // It changes for as long as the office lives.
            _ = ordered.changed() => {}
            () = &mut over => {
                return Ok(Json(Orders { station: station.name, orders }));
            }
        }
    }
}
