//! The delivery log: search, pages of rows, and the whole story of one recipient.

use std::sync::Arc;

use app::deliveries::{self, Page, Search, Status, Story};
use app::{AppError, Office};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use mail::roster::Delivery;
use serde::Deserialize;

use super::{Answer, encoded, show, show_refused};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::Asked;
use crate::{Console, Shared, civil, marks};

pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/log", get(log)).route("/log/{message}/{recipient}", get(story))
}

/// Rows of one page.
const ROWS: u16 = 50;

/// The search form as it was filled in; empty fields ask for nothing.
#[derive(Clone, Debug, Default, Deserialize)]
struct Form {
    #[serde(default)]
    to: String,
    #[serde(default)]
    sender: String,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    composition: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    after: String,
}

impl Form {
    /// Whether anything is asked for, apart from the page.
    fn asks(&self) -> bool {
        self.fields().iter().any(|(_, value)| !value.is_empty())
    }

    fn fields(&self) -> [(&'static str, &str); 7] {
        [
            ("to", &self.to),
            ("sender", &self.sender),
            ("reference", &self.reference),
            ("status", &self.status),
            ("composition", &self.composition),
            ("from", &self.from),
            ("until", &self.until),
        ]
    }

    /// The address of the page behind `after`, with the same search.
    fn older(&self, after: &str) -> String {
        let mut address = "/log?".to_owned();
        for (name, value) in self.fields() {
            if !value.is_empty() {
                address.push_str(&format!("{name}={}&", encoded(value)));
            }
        }
        address.push_str(&format!("after={}", encoded(after)));
        address
    }

    /// The first page of the same search.
    fn newest(&self) -> String {
        let address = self.older("");
        address.trim_end_matches("after=").trim_end_matches(['&', '?']).to_owned()
    }
}

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage {
    f: Frame,
    form: Form,
    page: Page,
    compositions: Vec<String>,
    refused: Option<String>,
}

impl LogPage {
    /// Choices of the status field: word, text, whether it is the chosen one.
    fn statuses(&self) -> Vec<(&'static str, String, bool)> {
        let choice = |status| {
            let word = marks::status_word(status);
            (word, marks::status_text(self.f.lang, status), word == self.form.status)
        };
        marks::STATUSES.map(choice).to_vec()
    }
}

async fn log(State(console): Shared, f: Frame, Asked(form): Asked<Form>) -> Answer {
    let office = &console.office;
    let compositions = office.compositions.iter().map(|c| c.name.clone()).collect();
    let nothing = Page { rows: vec![], next: None };
    let search = match search_of(&form, &f) {
        Ok(search) => search,
        Err(why) => {
            return show_refused(&LogPage {
                f,
                form,
                page: nothing,
                compositions,
                refused: Some(why),
            });
        }
    };
    match deliveries::search(office, &search, f.now).await {
        Ok(page) => show(&LogPage { f, form, page, compositions, refused: None }),
        Err(AppError::Refused(why)) => {
            let refused = Some(f.refusal(&why));
            show_refused(&LogPage { f, form, page: nothing, compositions, refused })
        }
        Err(error) => Err(error.into()),
    }
}

/// What the form asks for, or what to correct in it.
fn search_of(form: &Form, f: &Frame) -> Result<Search, String> {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
    let time = |text: &str| match given(text) {
        None => Ok(None),
        Some(text) => civil::typed(&text, &f.zone).map(Some).map_err(|_| f.t("log-bad-time")),
    };
    let search = Search {
        from: time(&form.from)?,
        until: time(&form.until)?,
        to: given(&form.to),
        sender: given(&form.sender),
        reference: given(&form.reference),
        status: marks::status_from_word(&form.status),
        composition: given(&form.composition),
        limit: ROWS,
        after: given(&form.after),
    };
    match (search.from, search.until) {
        (Some(from), Some(until)) if from >= until => Err(f.t("log-bad-span")),
        _ => Ok(search),
    }
}

#[derive(Template)]
#[template(path = "story.html")]
struct StoryPage {
    f: Frame,
    story: Story,
    /// The message is in the sandbox mailbox.
    in_sandbox: bool,
}

impl StoryPage {
    /// Since the story's siblings name only themselves.
    fn message(&self) -> mail::SpoolId {
        self.story.row.queued.message
    }

    fn next_attempt(&self) -> Option<&jiff::Timestamp> {
        let last = self.story.attempts.last()?;
        last.next_attempt.as_ref()
    }
}

async fn story(
    State(console): Shared,
    f: Frame,
    Path((message, recipient)): Path<(String, String)>,
) -> Answer {
    let message = message.parse().map_err(|_| Failure::Nowhere)?;
    let recipient = recipient.parse().map_err(|_| Failure::Nowhere)?;
    let found = deliveries::story(&console.office, message, recipient).await?;
    let story = found.ok_or(Failure::Nowhere)?;
    let in_sandbox = in_sandbox(&console.office, &story);
    show(&StoryPage { f, story, in_sandbox })
}

fn in_sandbox(office: &Office, story: &Story) -> bool {
    let composition = &story.row.queued.composition;
    story.row.status == Status::Tried(mail::AttemptKind::Succeeded)
        && office
            .compositions
            .iter()
            .any(|c| c.name == *composition && c.delivery == Delivery::Sandbox)
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::tests::sample;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let list = |form: Form, page, refused| {
            let f = Frame { here: "/log".to_owned(), ..f.clone() };
            let compositions = vec!["sandbox".to_owned(), "pro".to_owned()];
            LogPage { f, form, page, compositions, refused }.render().expect("the template renders")
        };
        let story = |status| {
            let f = Frame { here: "/log/x/0".to_owned(), ..f.clone() };
            let in_sandbox = status == Status::Tried(mail::AttemptKind::Succeeded);
            let page = StoryPage { f, story: sample::story(status), in_sandbox };
            page.render().expect("the template renders")
        };
        let nothing = Page { rows: vec![], next: None };
        let form = Form { to: "@example.jp".to_owned(), ..Form::default() };
        let bad = Form { from: "2026-11-22T10:00".to_owned(), ..Form::default() };
        vec![
            ("log", list(form.clone(), sample::log(), None)),
            ("log-empty", list(Form::default(), nothing.clone(), None)),
            ("log-nothing-found", list(form, nothing.clone(), None)),
            ("log-refused", list(bad, nothing, Some(f.t("log-bad-span")))),
            ("story", story(Status::Tried(mail::AttemptKind::Succeeded))),
            ("story-deferred", story(Status::Tried(mail::AttemptKind::Deferred))),
            ("story-queued", story(Status::Queued)),
        ]
    }

    #[test]
    fn the_form_becomes_a_search() {
        let f = sample::frame(crate::words::Lang::En);
        let form = Form {
            to: " a@example.jp ".to_owned(),
            status: "failed".to_owned(),
            from: "2026-11-22T09:00".to_owned(),
            ..Form::default()
        };
        let search = search_of(&form, &f).expect("a good form");
        assert_eq!(search.to.as_deref(), Some("a@example.jp"));
        assert_eq!(search.sender, None);
        assert_eq!(search.status, Some(Status::Tried(mail::AttemptKind::Failed)));
        assert_eq!(search.from.map(|t| t.to_string()).as_deref(), Some("2026-11-22T00:00:00Z"));
        let upside_down = Form { until: "2026-11-22T08:00".to_owned(), ..form.clone() };
        assert!(search_of(&upside_down, &f).is_err());
        assert_eq!(
            form.older("k:1"),
            "/log?to=%20a%40example.jp%20&status=failed&from=2026-11-22T09%3A00&after=k%3A1"
        );
        assert_eq!(Form::default().newest(), "/log");
    }
}
