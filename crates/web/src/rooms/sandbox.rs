//! The sandbox mailbox: what was sent, opened safely.
//!
//! A mail's HTML is shown in a sandboxed frame whose own policy lets it fetch nothing and run
//! nothing; sources and attachments are only ever offered as downloads or plain text.

use std::sync::Arc;

use app::sandbox::{self, Entry, Opened};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use axum::routing::get;
use mail::SpoolId;
use serde::Deserialize;

use super::{Answer, done, encoded, show};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::{Asked, NoFields, Signed};
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/sandbox", get(mailbox))
        .route("/sandbox/empty", get(ask_to_empty).post(empty))
        .route("/sandbox/{id}", get(message))
        .route("/sandbox/{id}/html", get(html))
        .route("/sandbox/{id}/source", get(source))
        .route("/sandbox/{id}/attachments/{index}", get(attachment))
}

/// Messages of one page.
const ENTRIES: usize = 50;

/// Longest piece of the source on the page, in bytes; the download has all of it.
const SOURCE_SHOWN_MAX: usize = 64 * 1024;

#[derive(Template)]
#[template(path = "sandbox.html")]
struct MailboxPage {
    f: Frame,
    entries: Vec<Entry>,
    older: Option<SpoolId>,
    /// Not the newest page.
    paged: bool,
    first_mail: Option<String>,
}

#[derive(Deserialize)]
struct Before {
    #[serde(default)]
    before: String,
}

async fn mailbox(State(console): Shared, f: Frame, Asked(asked): Asked<Before>) -> Answer {
    let before = match asked.before.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Failure::Nowhere)?),
    };
    // One more than is shown tells whether there is another page.
    let mut entries = sandbox::list(&console.office, before, ENTRIES + 1).await?;
    let more = entries.len() > ENTRIES;
    entries.truncate(ENTRIES);
    let older = entries.last().filter(|_| more).map(|e| e.id);
    let first_mail = console.facts.first_mail.clone();
    show(&MailboxPage { f, entries, older, paged: before.is_some(), first_mail })
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    f: Frame,
    m: Opened,
    source: String,
    cut: bool,
}

async fn opened(console: &Console, id: &str) -> Result<Opened, Failure> {
    let id = id.parse().map_err(|_| Failure::Nowhere)?;
    sandbox::open(&console.office, id).await?.ok_or(Failure::Nowhere)
}

async fn message(State(console): Shared, f: Frame, Path(id): Path<String>) -> Answer {
    let m = opened(&console, &id).await?;
    show(&message_page(f, m))
}

fn message_page(f: Frame, m: Opened) -> MessagePage {
    let shown = &m.source[..m.source.len().min(SOURCE_SHOWN_MAX)];
    let source = String::from_utf8_lossy(shown).into_owned();
    let cut = shown.len() < m.source.len();
    MessagePage { f, m, source, cut }
}

/// What a mail's HTML may do: be drawn with its own inline styles and embedded pictures.
const FRAME_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; \
    img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

async fn html(State(console): Shared, Path(id): Path<String>) -> Answer {
    let html = opened(&console, &id).await?.html.ok_or(Failure::Nowhere)?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, FRAME_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        // A name lookup would tell the sender that the mail was opened.
        (HeaderName::from_static("x-dns-prefetch-control"), "off"),
    ];
    Ok((headers, html).into_response())
}

async fn source(State(console): Shared, Path(id): Path<String>) -> Answer {
    let opened = opened(&console, &id).await?;
    let name = format!("{}.eml", opened.entry.id);
    Ok(download("message/rfc822", &name, opened.source))
}

async fn attachment(State(console): Shared, Path((id, index)): Path<(String, String)>) -> Answer {
    let id = id.parse().map_err(|_| Failure::Nowhere)?;
    let index = index.parse().map_err(|_| Failure::Nowhere)?;
    let found = sandbox::attachment(&console.office, id, index).await?;
    let (attachment, content) = found.ok_or(Failure::Nowhere)?;
    Ok(download("application/octet-stream", &attachment.name, content))
}

/// Saved, never shown: the type is not the sender's choice.
fn download(media_type: &'static str, name: &str, content: Vec<u8>) -> axum::response::Response {
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, disposition(name)),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned()),
    ];
    (headers, content).into_response()
}

/// A name for old clients and the real one for the rest (RFC 6266 section 4.3, RFC 8187).
fn disposition(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._- ".contains(c) { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", encoded(name))
}

#[derive(Template)]
#[template(path = "empty_mailbox.html")]
struct EmptyPage {
    f: Frame,
}

async fn ask_to_empty(f: Frame) -> Answer {
    show(&EmptyPage { f })
}

async fn empty(State(console): Shared, Signed(NoFields {}): Signed<NoFields>) -> Answer {
    let count = sandbox::clear(&console.office).await?;
    Ok(done("/sandbox", "emptied", count as u64))
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::tests::sample;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/sandbox".to_owned(), ..f.clone() };
        let list = |entries: Vec<Entry>, older, first_mail| {
            let page = MailboxPage { f: f.clone(), entries, older, paged: false, first_mail };
            page.render().expect("the template renders")
        };
        let open = |m| message_page(f.clone(), m).render().expect("the template renders");
        let empty = EmptyPage { f: f.clone() }.render().expect("the template renders");
        vec![
            ("sandbox", list(sample::entries(), Some(sample::ID), None)),
            ("sandbox-empty", list(vec![], None, Some(sample::FIRST_MAIL.to_owned()))),
            ("message", open(sample::opened())),
            ("message-plain", open(sample::opened_plain())),
            ("sandbox-ask-to-empty", empty),
        ]
    }

    #[test]
    fn names_of_downloads_cannot_leave_their_header() {
        assert_eq!(
            disposition("請求書\"\r\n.pdf"),
            "attachment; filename=\"______.pdf\"; \
             filename*=UTF-8''%E8%AB%8B%E6%B1%82%E6%9B%B8%22%0D%0A.pdf"
        );
    }
}
