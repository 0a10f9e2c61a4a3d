//! The HTTP doors: the console for people, pages rendered on the server over the verbs of `app`; and
//! the door for stations (`stations`), on a listener of its own.
//!
//! A room (`rooms`) asks a verb, puts the answer into a view and shows its template. What every
//! request needs beside that (who is it, which language, is the form ours, which headers) is done
//! once around all rooms, in `guard`. Nothing here reads a clock: [`Console::clock`] is given.

mod assets;
mod chart;
mod civil;
mod cookies;
mod failure;
mod frame;
mod guard;
mod heard;
mod look_chart;
mod marks;
mod ours;
mod paper;
mod proxies;
mod report;
mod rooms;
mod series;
mod spans;
mod statement;
mod stations;
mod status;
#[cfg(test)]
mod tests;
mod words;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::{from_fn, from_fn_with_state};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

pub use paper::{report_paper, statement_paper};
pub use proxies::behind_proxies;
pub use statement::statement_html;
pub use stations::{StationDoor, station_router};
pub use status::{status_files, status_json};

/// Largest body of a request, in bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Everything the pages stand on.
pub struct Console {
    /// What the verbs work on.
    pub office: Arc<app::Office>,
    /// What time it is; the program's one clock.
    pub clock: fn() -> Timestamp,
    /// In which zone times are shown and typed.
    pub zone: TimeZone,
    /// What documents are set in.
    pub fonts: pdf::FontPlace,
    /// What the pages tell about the program around them.
    pub facts: ServerFacts,
}

/// What the pages tell about the program around them.
#[derive(Clone, Debug)]
pub struct ServerFacts {
    /// The name the relay greets with.
    pub hostname: String,
    /// Of the program, such as `0.1.0`.
    pub version: String,
    /// Where mail is taken, each as `host:port`.
    pub smtp: Vec<String>,
    /// From which addresses mail leaves; they go into the SPF record.
    pub sender_addresses: Vec<IpAddr>,
    /// The console itself speaks HTTPS, so cookies must not travel in clear and browsers are told
    /// to come back over HTTPS only.
    pub secure_cookie: bool,
    /// A command line that sends a first mail; shown while nothing was ever sent.
    pub first_mail: Option<String>,
}

type Shared = State<Arc<Console>>;

/// Every page of the console with its assets; `/healthz` and the like are the server's.
///
/// Serve it with [`axum::extract::ConnectInfo`] of [`std::net::SocketAddr`], or sign-in is
/// throttled for all clients together.
pub fn router(console: Console) -> Router {
    let speaks_https = console.facts.secure_cookie;
    let console = Arc::new(console);
    let rooms = rooms::routes()
        .nest(guard::CUSTOMERS, rooms::customers::routes().fallback(failure::nowhere))
        .fallback(failure::nowhere)
        .method_not_allowed_fallback(failure::not_so)
        .with_state(Arc::clone(&console));
    // Who asks is known before the room is chosen: customers have rooms of their own.
    let pages = Router::new()
        .fallback_service(rooms)
        .layer(CatchPanicLayer::custom(failure::from_panic))
        .layer(from_fn_with_state(Arc::clone(&console), guard::attend))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    // Only assets are compressed: a page holds the form token beside text that others chose
    // (subjects, replies), and compressing the two together can give the token away (BREACH).
    let assets = assets::routes().layer(CompressionLayer::new());
    let status = status::routes(console).layer(CompressionLayer::new());
    let routes = Router::new().nest("/assets", assets).merge(status).merge(pages);
    let routes = routes.layer(from_fn(guard::headers));
    if speaks_https { routes.layer(from_fn(guard::https_only)) } else { routes }
}
