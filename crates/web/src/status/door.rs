//! `/status`: who may see which page, and texts that are written once and served to all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use app::status::{Access, Status, StatusPage};
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::{Form, Places, served, text};
use crate::failure::{self, Failure};
use crate::guard::{self, Asked};
use crate::words::Lang;
use crate::{Console, cookies};

/// What a status page may load: its stylesheet. Nothing runs, nothing is sent.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
    form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
/// How long others may keep what everybody may see, in seconds.
const KEPT_BY_OTHERS: &str = "public, max-age=15";

/// What the status pages stand on.
pub struct Door {
    console: Arc<Console>,
    /// What was written last of each page. At most one text for each page and form.
    written: Mutex<BTreeMap<(String, Form), Written>>,
}

#[derive(Clone)]
struct Written {
    /// What it tells.
    status: Arc<Status>,
    text: Bytes,
    tag: HeaderValue,
}

/// Every address below `/status`.
pub fn routes(console: Arc<Console>) -> Router {
    let door = Arc::new(Door { console, written: Mutex::default() });
    Router::new()
        .route("/status", get(list))
        .route("/status/{name}", get(page))
        .route("/status/{name}/atom.xml", get(feed))
        .with_state(door)
}

#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    lang: String,
    #[serde(default)]
    word: String,
}

/// A visitor, with what was asked for.
struct Visit<'v> {
    door: &'v Door,
    headers: &'v HeaderMap,
    uri: &'v axum::http::Uri,
    wanted: Wanted,
}

impl Visit<'_> {
    fn lang(&self) -> Lang {
        let text = |name| self.headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
        Lang::from_tag(&self.wanted.lang)
            .unwrap_or_else(|| Lang::negotiate(None, text(header::ACCEPT_LANGUAGE)))
    }

    fn fail(&self, failure: &Failure) -> Response {
        let mut frame = guard::frame(&self.door.console, self.uri, self.headers);
        frame.lang = self.lang();
        failure::page(failure, frame)
    }

    /// Whether this visitor may see a page; the word, when that is why.
    async fn may_see(&self, page: &StatusPage) -> Result<bool, Failure> {
        match &page.access {
            Access::Public => Ok(true),
            Access::Word(word) if guard::same(&self.wanted.word, word) => Ok(true),
            // Administrators need no word.
            Access::Word(_) | Access::SignedIn => {
                let Some(token) = cookies::read(self.headers, cookies::SESSION) else {
                    return Ok(false);
                };
                let console = &self.door.console;
                let now = (console.clock)();
                let session = app::accounts::session(&console.office, token, now).await?;
                Ok(session.is_some_and(|session| {
                    session.sees_all(&page.contracts.names(&console.office))
                }))
            }
        }
    }

    async fn show(&self, name: &str, form: Form) -> Result<Response, Failure> {
        let console = &self.door.console;
        let pages = &console.office.status_pages;
        let page = pages.iter().find(|page| page.name == name).ok_or(Failure::Nowhere)?;
        if !self.may_see(page).await? {
            return Err(Failure::Nowhere);
        }
        let now = (console.clock)();
        let status = app::status::status(&console.office, name, now).await?;
        let status = status.ok_or(Failure::Nowhere)?;
        let word = (!self.wanted.word.is_empty()).then_some(self.wanted.word.as_str());
        let is_public = page.access == Access::Public;
        // The addresses of a page that needs its word are not the same for all who see it.
        let written = match is_public {
            true => self.door.written(&status, form)?,
            false => write(&status, form, &served(&status, word), &console.facts.hostname)?,
        };
        Ok(self.answer(&written, form, is_public))
    }

    fn answer(&self, written: &Written, form: Form, is_public: bool) -> Response {
        let mut response = match self.headers.get(header::IF_NONE_MATCH) {
            Some(known) if *known == written.tag => StatusCode::NOT_MODIFIED.into_response(),
            _ => written.text.clone().into_response(),
        };
        let headers = response.headers_mut();
        let fixed = HeaderValue::from_static;
        headers.insert(header::CONTENT_TYPE, fixed(form.media_type()));
        headers.insert(header::CONTENT_SECURITY_POLICY, fixed(POLICY));
        headers.insert(header::ETAG, written.tag.clone());
        headers.insert(header::VARY, fixed("accept-language"));
        let kept = if is_public { KEPT_BY_OTHERS } else { "no-store" };
        headers.insert(header::CACHE_CONTROL, fixed(kept));
        response
    }
}

impl Door {
    /// The text of a page that everybody may see, written when it is first asked for.
    fn written(&self, status: &Arc<Status>, form: Form) -> Result<Written, Failure> {
        let key = (status.page.name.clone(), form);
        // A panic elsewhere cannot leave it half-changed: each change is one insert.
        let known = {
            let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            written.get(&key).filter(|it| Arc::ptr_eq(&it.status, status)).cloned()
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let made = write(status, form, &served(status, None), &self.console.facts.hostname)?;
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.insert(key, made.clone());
        Ok(made)
    }
}

fn write(
    status: &Arc<Status>,
    form: Form,
    places: &Places,
    authority: &str,
) -> Result<Written, Failure> {
    let text = text(status, form, places, authority)?;
    let tag = format!("\"{:016x}\"", crate::assets::fingerprint(&text));
    let tag = HeaderValue::from_str(&tag).map_err(|_| Failure::Lost)?;
    Ok(Written { status: Arc::clone(status), text: Bytes::from(text), tag })
}

type Doors = State<Arc<Door>>;

async fn page(
    State(door): Doors,
    OriginalUri(uri): OriginalUri,
    Path(name): Path<String>,
    headers: HeaderMap,
    asked: Result<Asked<Wanted>, Failure>,
) -> Response {
    let wanted = asked.map(|Asked(wanted)| wanted).unwrap_or_default();
    let visit = Visit { door: &door, headers: &headers, uri: &uri, wanted };
    let shown = match name.strip_suffix(".json") {
        Some(name) => visit.show(name, Form::Json).await,
        None => visit.show(&name, Form::page(visit.lang())).await,
    };
    shown.unwrap_or_else(|failure| visit.fail(&failure))
}

async fn feed(
    State(door): Doors,
    OriginalUri(uri): OriginalUri,
    Path(name): Path<String>,
    headers: HeaderMap,
    asked: Result<Asked<Wanted>, Failure>,
) -> Response {
    let wanted = asked.map(|Asked(wanted)| wanted).unwrap_or_default();
    let visit = Visit { door: &door, headers: &headers, uri: &uri, wanted };
    let shown = visit.show(&name, Form::feed(visit.lang())).await;
    shown.unwrap_or_else(|failure| visit.fail(&failure))
}

#[derive(Template)]
#[template(path = "status_list.html")]
struct ListPage {
    lang: Lang,
    styles: &'static str,
    pages: Vec<(String, String)>,
}

impl ListPage {
    fn t(&self, key: &str) -> String {
        self.lang.say(key)
    }
}

/// The pages that this visitor may see; where there is one, it itself.
async fn list(
    State(door): Doors,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    asked: Result<Asked<Wanted>, Failure>,
) -> Response {
    let wanted = asked.map(|Asked(wanted)| wanted).unwrap_or_default();
    let visit = Visit { door: &door, headers: &headers, uri: &uri, wanted };
    listed(&visit).await.unwrap_or_else(|failure| visit.fail(&failure))
}

async fn listed(visit: &Visit<'_>) -> Result<Response, Failure> {
    let lang = visit.lang();
    let mut pages = Vec::new();
    for page in &visit.door.console.office.status_pages {
        // Others may not even be named.
        if visit.may_see(page).await? {
            let address = format!("/status/{}", crate::rooms::encoded(&page.name));
            pages.push((address, page.title.in_lang(lang.into()).to_owned()));
        }
    }
    match &pages[..] {
        [] => Err(Failure::Nowhere),
        [(address, _)] => Ok(Redirect::to(address).into_response()),
        _ => {
            let page = ListPage { lang, styles: crate::assets::status_styles(), pages };
            let policy = (header::CONTENT_SECURITY_POLICY, POLICY);
            Ok(([policy], Html(page.render()?)).into_response())
        }
    }
}
