//! In and out: signing in, signing out, and the choice of the language.

use std::sync::Arc;

use app::accounts::{self, SignIn};
use askama::Template;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Answer, is_local};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::{self, Asked, Client, NoFields, Signed};
use crate::words::Lang;
use crate::{Console, Shared, cookies};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/sign-in", get(form).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/language/{tag}", get(language))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    f: Frame,
    login: String,
    next: String,
    token: String,
    trouble: Option<Trouble>,
}

/// Why the last try did not work.
enum Trouble {
    Wrong,
    Throttled(Timestamp),
    OldForm,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

/// The form. A stranger has no session to tie it to, so a cookie of its own holds its token.
async fn form(f: Frame, Asked(Next { next }): Asked<Next>, headers: HeaderMap) -> Answer {
    if f.person.is_some() {
        return Ok(Redirect::to("/").into_response());
    }
    let token = match cookies::read(&headers, cookies::SIGN_IN_FORM) {
        Some(token) if token.len() == FORM_TOKEN_LEN => token.to_owned(),
        _ => new_token()?,
    };
    let page = SignInPage { f, login: String::new(), next, token, trouble: None };
    shown(&page, StatusCode::OK)
}

/// Characters of a form token: 32 random bytes in base64url.
const FORM_TOKEN_LEN: usize = 43;

fn new_token() -> Result<String, Failure> {
    let mut bytes = [0u8; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| {
        tracing::error!("the system gives no random numbers");
        Failure::Lost
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn shown(page: &SignInPage, status: StatusCode) -> Answer {
    let secure = page.f.secure;
    let cookie =
        cookies::set(cookies::SIGN_IN_FORM, &page.token, cookies::SIGN_IN_FORM_SECONDS, secure);
    Ok((status, [(header::SET_COOKIE, cookie)], Html(page.render()?)).into_response())
}

#[derive(Deserialize)]
struct Credentials {
    login: String,
    password: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    csrf: String,
}

async fn sign_in(
    State(console): Shared,
    f: Frame,
    Client(from): Client,
    request: Request,
) -> Answer {
    let known = cookies::read(request.headers(), cookies::SIGN_IN_FORM).map(str::to_owned);
    let axum::Form(given) = guard::read_form::<Credentials>(request).await?;
    let again = |f, token, trouble, status| {
        let (login, next) = (given.login.clone(), given.next.clone());
        shown(&SignInPage { f, login, next, token, trouble: Some(trouble) }, status)
    };
    let Some(token) = known.filter(|known| guard::same(&given.csrf, known)) else {
        return again(f, new_token()?, Trouble::OldForm, StatusCode::FORBIDDEN);
    };
    let (login, now) = (given.login.trim(), f.now);
    match accounts::sign_in(&console.office, login, &given.password, from, now).await? {
        SignIn::Wrong => again(f, token, Trouble::Wrong, StatusCode::UNAUTHORIZED),
        SignIn::Throttled { until } => {
            let seconds = (until.as_second() - now.as_second()).max(1);
            let page = again(f, token, Trouble::Throttled(until), StatusCode::TOO_MANY_REQUESTS)?;
            Ok(([(header::RETRY_AFTER, seconds.to_string())], page).into_response())
        }
        SignIn::Session(session) => {
            let to = if is_local(&given.next) { given.next.as_str() } else { "/" };
            let seconds = session.expires.as_second() - now.as_second();
            let secure = f.secure;
            let mut response = Redirect::to(to).into_response();
            let headers = response.headers_mut();
            headers.append(
                header::SET_COOKIE,
                cookies::set(cookies::SESSION, &session.token, seconds, secure),
            );
            headers.append(header::SET_COOKIE, cookies::set(cookies::SIGN_IN_FORM, "", 0, secure));
            Ok(response)
        }
    }
}

/// Ends the session.
pub async fn sign_out(
    State(console): Shared,
    f: Frame,
    headers: HeaderMap,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    if let Some(token) = cookies::read(&headers, cookies::SESSION) {
        accounts::sign_out(&console.office, token).await?;
    }
    let gone = cookies::set(cookies::SESSION, "", 0, f.secure);
    Ok(([(header::SET_COOKIE, gone)], Redirect::to("/sign-in")).into_response())
}

/// Where to go back to.
#[derive(Deserialize)]
pub struct Back {
    #[serde(default)]
    back: String,
}

/// Remembers the language and goes back. A plain link: it changes nothing but how pages speak.
pub async fn language(
    f: Frame,
    Path(tag): Path<String>,
    Asked(Back { back }): Asked<Back>,
) -> Result<Response, Failure> {
    let lang = Lang::from_tag(&tag).ok_or(Failure::Nowhere)?;
    let cookie = cookies::set(cookies::LANGUAGE, lang.tag(), cookies::LANGUAGE_SECONDS, f.secure);
    let to = if is_local(&back) { back.as_str() } else { "/" };
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response())
}

#[cfg(test)]
pub mod samples {
    use super::*;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let page = |trouble| SignInPage {
            f: Frame { person: None, here: "/sign-in".to_owned(), ..f.clone() },
            login: "admin".to_owned(),
            next: "/log".to_owned(),
            token: "t".repeat(FORM_TOKEN_LEN),
            trouble,
        };
        let until = f.now + jiff::SignedDuration::from_mins(12);
        let text = |trouble| page(trouble).render().expect("the template renders");
        vec![
            ("sign-in", text(None)),
            ("sign-in-wrong", text(Some(Trouble::Wrong))),
            ("sign-in-throttled", text(Some(Trouble::Throttled(until)))),
            ("sign-in-old-form", text(Some(Trouble::OldForm))),
        ]
    }
}
