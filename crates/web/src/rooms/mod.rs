//! The rooms of the console. Each is one file: its addresses, what it asks of `app`, its views.

mod alerts;
mod audience;
mod board;
mod board_alarms;
mod check_fields;
mod check_form;
mod checks;
mod contracts;
pub mod customers;
mod domains;
mod door;
mod guide;
mod incidents;
mod live;
mod log;
mod machine_form;
pub(crate) mod machine_parts;
mod machines;
mod notices;
mod on_call;
mod overview;
mod queue;
mod reports;
mod sandbox;
mod statements;
mod users;
mod windows;

use std::fmt::Write;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::Console;
use crate::failure::Failure;

/// Every page. What each does stands with its handler.
pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .merge(door::routes())
        .merge(live::routes())
        .merge(board::routes())
        .merge(statements::routes())
        .merge(incidents::routes())
        .merge(on_call::routes())
        .merge(alerts::routes())
        .merge(reports::routes())
        .merge(windows::routes())
        .merge(notices::routes())
        .merge(checks::routes())
        .merge(machines::routes())
        .merge(contracts::routes())
        .merge(audience::routes())
        .merge(overview::routes())
        .merge(log::routes())
        .merge(queue::routes())
        .merge(sandbox::routes())
        .merge(domains::routes())
        .merge(users::routes())
}

type Answer = Result<Response, Failure>;

fn show(view: &impl Template) -> Answer {
    Ok(Html(view.render()?).into_response())
}

/// A page with a form whose content was refused.
fn show_refused(view: &impl Template) -> Answer {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(view.render()?)).into_response())
}

/// After a deed: back to a page that says so ([`crate::frame::Frame::notice`]). `path` is ours.
fn done(path: &str, word: &str, count: u64) -> Response {
    Redirect::to(&format!("{path}?done={word}&count={count}")).into_response()
}

/// Percent-encodes everything but letters, digits, `-`, `.`, `_` and `~` (RFC 3986 section 2.3).
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Whether an address leads to a page of ours: a path, not another site's address in disguise.
fn is_local(address: &str) -> bool {
    address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains(|c: char| c == '\\' || c.is_control())
}

/// Every page with sample data, by name.
#[cfg(test)]
pub fn sample_pages(f: &crate::frame::Frame) -> Vec<(&'static str, String)> {
    let mut pages = vec![("failure", crate::failure::sample(f.clone()))];
    pages.extend(door::samples::pages(f));
    pages.extend(board::samples::pages(f));
    pages.extend(statements::samples::pages(f));
    pages.extend(incidents::samples::pages(f));
    pages.extend(on_call::samples::pages(f));
    pages.extend(reports::samples::pages(f));
    pages.extend(windows::samples::pages(f));
    pages.extend(notices::samples::pages(f));
    pages.extend(checks::samples::pages(f));
    pages.extend(contracts::samples::pages(f));
    pages.extend(audience::samples::pages(f));
    pages.extend(check_form::samples::pages(f));
    pages.extend(machines::samples::pages(f));
    pages.extend(machine_form::samples::pages(f));
    pages.extend(overview::samples::pages(f));
    pages.extend(log::samples::pages(f));
    pages.extend(queue::samples::pages(f));
    pages.extend(sandbox::samples::pages(f));
    pages.extend(domains::samples::pages(f));
    pages.extend(users::samples::pages(f));
    pages.extend(customers::samples::pages(f));
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_returned_to() {
        let cases = [
            ("/log?to=a%40b", true),
            ("/", true),
            ("//evil.example/", false),
            ("/\\evil.example/", false),
            ("https://evil.example/", false),
            ("/\tevil", false),
            ("", false),
        ];
        for (address, expected) in cases {
            assert_eq!(is_local(address), expected, "{address:?}");
        }
    }

    #[test]
    fn encoding() {
        assert_eq!(encoded("/log?to=a@b.jp"), "%2Flog%3Fto%3Da%40b.jp");
        assert_eq!(encoded("[::1]:25"), "%5B%3A%3A1%5D%3A25");
    }
}
