//! Why a page could not be shown, as a page.
//!
//! A room answers with a [`Failure`]; `guard::attend` turns it into a page in the visitor's
//! language, since only it knows that language for sure.

use std::any::Any;
use std::error::Error;
use std::sync::Arc;

use app::AppError;
use askama::Template;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};

use crate::frame::Frame;

/// Why a page could not be shown.
#[derive(Debug)]
pub enum Failure {
    /// Nothing is there, or not any more.
    Nowhere,
    /// There is no statement of that month: the contract was not in force, or has no such service.
    NoStatement,
    /// The form did not come from a page of ours, or its token is old.
    Forged,
    /// The body is larger than [`crate::BODY_BYTES_MAX`].
    TooLarge,
    /// The form or the address cannot be read.
    Unreadable,
    /// A verb could not be done.
    App(AppError),
    /// It took longer than [`crate::guard::REQUEST_TIME_MAX`].
    Slow,
    /// There is no font to set a document in.
    NoFont,
    /// Our own mistake.
    Lost,
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Failure {
        Failure::App(error)
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Failure {
        tracing::error!(error = %error, "a template could not be rendered");
        Failure::Lost
    }
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Failure::Nowhere | Failure::NoStatement => StatusCode::NOT_FOUND,
            Failure::Forged => StatusCode::FORBIDDEN,
            Failure::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Failure::Unreadable => StatusCode::BAD_REQUEST,
            Failure::App(AppError::Refused(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Failure::App(AppError::Relay(_)) | Failure::Slow | Failure::NoFont => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Failure::App(AppError::Records(_)) | Failure::Lost => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn log(&self) {
        let Failure::App(error) = self else { return };
        let mut causes = Vec::new();
        let mut cause = error.source();
        while let Some(source) = cause {
            causes.push(source.to_string());
            cause = source.source();
        }
        if !causes.is_empty() {
            let causes = causes.join(": ");
            tracing::error!(error = %error, %causes, "a page could not be shown");
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.log();
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// For an address that leads nowhere.
pub async fn nowhere() -> Failure {
    Failure::Nowhere
}

/// For an address that takes forms alone: a reload of what a form answered leads to the page that the
/// form is on, one step up.
pub async fn not_so(f: Frame, method: Method, uri: Uri) -> Response {
    let above = uri.path().rsplit_once('/').map_or("", |(above, _)| above);
    let reads = method == Method::GET || method == Method::HEAD;
    match reads && f.person.is_some() && !f.is_customer() {
        true if !above.is_empty() => Redirect::to(above).into_response(),
        true => Redirect::to("/").into_response(),
        false => Failure::Nowhere.into_response(),
    }
}

/// For a room that panicked; the panic itself is already on stderr.
pub fn from_panic(_panic: Box<dyn Any + Send>) -> Response {
    tracing::error!("a page panicked");
    Failure::Lost.into_response()
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    f: Frame,
    title: String,
    advice: String,
}

/// The page that tells what went wrong and what to do.
pub fn page(failure: &Failure, f: Frame) -> Response {
    let (title, advice) = match failure {
        Failure::Nowhere => (f.t("failure-nowhere"), f.t("failure-nowhere-advice")),
        Failure::NoStatement => (f.t("failure-nowhere"), f.t("failure-no-statement-advice")),
        Failure::Forged => (f.t("failure-forged"), f.t("failure-forged-advice")),
        Failure::TooLarge => (f.t("failure-too-large"), f.t("failure-too-large-advice")),
        Failure::Unreadable => (f.t("failure-unreadable"), f.t("failure-unreadable-advice")),
        Failure::App(AppError::Refused(why)) => (f.t("failure-refused"), f.refusal(why)),
        Failure::App(AppError::Relay(_)) => (f.t("relay-down"), f.t("relay-down-advice")),
        Failure::App(AppError::Records(_)) => (f.t("failure-records"), f.t("failure-lost-advice")),
        Failure::Slow => (f.t("failure-slow"), f.t("failure-slow-advice")),
        Failure::NoFont => (f.t("failure-no-font"), f.t("failure-no-font-advice")),
        Failure::Lost => (f.t("failure-lost"), f.t("failure-lost-advice")),
    };
    let status = failure.status();
    match (FailurePage { f, title, advice }).render() {
        Ok(html) => (status, axum::response::Html(html)).into_response(),
        Err(_) => status.into_response(),
    }
}

#[cfg(test)]
pub fn sample(f: Frame) -> String {
    let (title, advice) = (f.t("failure-lost"), f.t("failure-lost-advice"));
    FailurePage { f, title, advice }.render().expect("the template renders")
}
