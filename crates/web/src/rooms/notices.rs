//! Notices: written by hand or drafted for a window, sent when a person confirms them, each recipient
//! with its proof.

use std::sync::Arc;

use app::notices::{self, NoticeView, Written};
use app::promised::{ABOUTS, Standing};
use app::{AppError, NoticeRecord, SendingRecord, SendingState};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use terms::{About, wording};

use super::windows::by;
use super::{Answer, done, show, show_refused};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::{NoFields, Signed};
use crate::marks::Chip;
use crate::{Console, Shared, civil};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/notices", get(list).post(write))
        .route("/notices/{number}", get(detail))
        .route("/notices/{number}/send", post(send))
        .route("/notices/{number}/drop", post(drop_draft))
        .route("/notices/{number}/retry", post(retry))
}

/// A notice in a list.
pub struct NoticeRow {
    pub number: i64,
    pub contract: String,
    pub about: String,
    pub channel: String,
    pub subject: String,
    /// In the zone of the contract, which is named.
    pub event: String,
    pub chip: Chip,
    pub detail: String,
    pub sent: Chip,
}

/// How the duty to tell stands: a coloured word, and what is behind it.
pub fn standing(f: &Frame, standing: &Standing, zone: &TimeZone) -> (Chip, String) {
    let lang = f.lang.into();
    let chip = |tone, key: &str| Chip { tone, word: f.t(key) };
    let instant = |at: &Timestamp| wording::instant(*at, zone, lang);
    let told = |key: &str, channel: &str, sent: &Timestamp, latest: &Timestamp| {
        let values = [
            ("a", channel_word(f, channel).into()),
            ("b", instant(sent).into()),
            ("c", instant(latest).into()),
        ];
        f.lang.say_with(key, &values)
    };
    match standing {
        Standing::NoPromise => (chip("unmeasured", "told-no-promise"), String::new()),
        Standing::NoDeadline(why) => {
            (chip("unmeasured", "told-no-deadline"), why.text(lang).to_owned())
        }
        Standing::InTime { channel, sent } => {
            (chip("succeeded", "told-in-time"), told("told-by", channel, sent, sent))
        }
        Standing::NotYet { latest } => {
            (chip("queued", "told-not-yet"), f.with("told-until", &instant(latest)))
        }
        Standing::Late { channel, sent, latest } => {
            (chip("failed", "told-late"), told("left-told-late", channel, sent, latest))
        }
        Standing::WrongChannel { channel, sent, latest } => {
            (chip("failed", "told-wrong-channel"), told("left-told-late", channel, sent, latest))
        }
        Standing::Missed { latest } => {
            (chip("failed", "told-missed"), f.with("told-until", &instant(latest)))
        }
    }
}

fn channel_word(f: &Frame, channel: &str) -> String {
    let known = channel.parse().map(|name| wording::channel_word(&name, f.lang.into()));
    known.unwrap_or_else(|()| channel.to_owned())
}

pub fn notice_row(f: &Frame, view: &NoticeView<'_>) -> NoticeRow {
    let (record, lang) = (&view.record, f.lang.into());
    let zone = view.contract.map_or(&f.zone, |contract| &contract.zone);
    let (chip, detail) = standing(f, &view.standing, zone);
    NoticeRow {
        number: record.number,
        contract: view.contract.map_or_else(
            || record.draft.contract.clone(),
            |contract| contract.title.in_lang(lang).to_owned(),
        ),
        about: wording::about_word(view.about, lang).to_owned(),
        channel: channel_word(f, &record.draft.channel),
        subject: record.draft.subject.clone(),
        event: format!(
            "{} ({})",
            wording::instant(record.draft.event, zone, lang),
            zone.iana_name().unwrap_or("UTC")
        ),
        chip,
        detail,
        sent: all_sent(f, record),
    }
}

/// Where the sendings of a notice stand, the worst first.
fn all_sent(f: &Frame, record: &NoticeRecord) -> Chip {
    let any = |state| record.sendings.iter().any(|sending| sending.state == state);
    let order = [
        SendingState::Failed,
        SendingState::Draft,
        SendingState::Sending,
        SendingState::Queued,
        SendingState::Sent,
    ];
    let worst = order.into_iter().find(|state| any(*state)).unwrap_or(SendingState::Draft);
    state_chip(f, worst)
}

fn state_chip(f: &Frame, state: SendingState) -> Chip {
    let (tone, word) = match state {
        SendingState::Draft => ("unmeasured", f.t("sending-draft")),
        SendingState::Queued => ("queued", f.t("sending-queued")),
        SendingState::Sending => ("queued", f.t("sending-sending")),
        SendingState::Sent => ("succeeded", f.t("sending-sent")),
        SendingState::Failed => ("failed", f.t("sending-failed")),
    };
    Chip { tone, word }
}

/// Who gets it, in a line.
pub fn recipients(f: &Frame, record: &NoticeRecord) -> String {
    let each = record.sendings.iter().map(|sending| recipient(f, sending));
    each.collect::<Vec<_>>().join(", ")
}

fn recipient(f: &Frame, sending: &SendingRecord) -> String {
    match sending.recipient.is_empty() {
        true => f.with("sending-by-itself", &sending.courier),
        false => sending.recipient.clone(),
    }
}

#[derive(Clone, Default, Deserialize)]
struct Typed {
    #[serde(default)]
    contract: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    text: String,
}

#[derive(Template)]
#[template(path = "notices.html")]
struct NoticesPage {
    f: Frame,
    typed: Typed,
    /// Name and title.
    contracts: Vec<(String, String)>,
    refused: Option<String>,
    notices: Vec<NoticeRow>,
}

impl NoticesPage {
    /// Word and text of what a notice may be about.
    fn abouts(&self) -> Vec<(&'static str, &'static str)> {
        let word = |(key, about): &(&'static str, About)| {
            (*key, wording::about_word(*about, self.f.lang.into()))
        };
        ABOUTS.iter().map(word).collect()
    }

    fn is_about(&self, word: &str) -> bool {
        self.typed.about == word
    }
}

async fn list(State(console): Shared, f: Frame) -> Answer {
    page(&console, f, Typed::default(), None).await
}

async fn page(console: &Console, f: Frame, typed: Typed, refused: Option<String>) -> Answer {
    let contracts = console.office.contracts().into_iter().map(|watched| {
        let title = watched.contract.title.in_lang(f.lang.into()).to_owned();
        (watched.contract.name.to_string(), title)
    });
    let contracts = contracts.collect();
    let views = notices::list(&console.office, f.now).await?;
    let notices = views.iter().map(|view| notice_row(&f, view)).collect();
    let view = NoticesPage { f, typed, contracts, refused, notices };
    if view.refused.is_some() { show_refused(&view) } else { show(&view) }
}

async fn write(State(console): Shared, f: Frame, Signed(typed): Signed<Typed>) -> Answer {
    let written = match written(&f, &typed) {
        Ok(written) => written,
        Err(why) => return page(&console, f, typed, Some(why)).await,
    };
    match notices::write(&console.office, &written, by(&f), f.now).await {
        Ok(drafts) => {
            let to = match &drafts[..] {
                [one] => format!("/notices/{one}"),
                _ => "/notices".to_owned(),
            };
            Ok(done(&to, "notices-drafted", drafts.len() as u64))
        }
        Err(AppError::Refused(why)) => {
            let why = f.refusal(&why);
            page(&console, f, typed, Some(why)).await
        }
        Err(error) => Err(error.into()),
    }
}

fn written(f: &Frame, typed: &Typed) -> Result<Written, String> {
    let about = ABOUTS.iter().find(|(word, _)| *word == typed.about);
    let subject = typed.subject.trim();
    Ok(Written {
        contract: typed.contract.clone(),
        about: about.map(|(_, about)| *about).ok_or_else(|| f.t("failure-unreadable-advice"))?,
        event: civil::typed(&typed.at, &f.zone).map_err(|_| f.t("log-bad-time"))?,
        subject: (!subject.is_empty()).then(|| subject.to_owned()),
        text: typed.text.clone(),
    })
}

/// A notice with its proof.
#[derive(Template)]
#[template(path = "notice.html")]
pub struct NoticePage {
    f: Frame,
    row: NoticeRow,
    record: NoticeRecord,
    /// The window that it is about.
    window: Option<String>,
    sendings: Vec<SendingView>,
}

struct SendingView {
    place: i64,
    to: String,
    courier: String,
    chip: Chip,
    answer: Option<(Timestamp, String)>,
    next: Option<Timestamp>,
    maybe_twice: bool,
    failed: bool,
}

impl NoticePage {
    /// Something is still on its way, so the page looks again.
    fn is_under_way(&self) -> bool {
        let states = self.record.sendings.iter().map(|sending| sending.state);
        states.into_iter().any(|it| matches!(it, SendingState::Queued | SendingState::Sending))
    }
}

async fn detail(State(console): Shared, f: Frame, Path(number): Path<i64>) -> Answer {
    let view = notices::notice(&console.office, number, f.now).await?;
    show(&notice_page(f, &view))
}

/// The page of a notice.
pub fn notice_page(f: Frame, view: &NoticeView<'_>) -> NoticePage {
    let sending = |it: &SendingRecord| SendingView {
        place: it.place,
        to: recipient(&f, it),
        courier: it.courier.clone(),
        chip: state_chip(&f, it.state),
        answer: it.answer.clone(),
        next: (it.state == SendingState::Queued && it.due > f.now).then_some(it.due),
        maybe_twice: it.maybe_twice,
        failed: it.state == SendingState::Failed,
    };
    NoticePage {
        row: notice_row(&f, view),
        sendings: view.record.sendings.iter().map(sending).collect(),
        window: view.record.draft.plan.map(app::windows::id),
        record: view.record.clone(),
        f,
    }
}

async fn send(
    State(console): Shared,
    f: Frame,
    Path(number): Path<i64>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    notices::confirm(&console.office, &[number], by(&f), f.now).await?;
    Ok(done(&format!("/notices/{number}"), "notices-confirmed", 1))
}

async fn drop_draft(
    State(console): Shared,
    Path(number): Path<i64>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    notices::drop(&console.office, number).await?;
    Ok(done("/notices", "notice-dropped", 1))
}

#[derive(Deserialize)]
struct Retry {
    /// As text: the fields of a form with a token are texts.
    place: String,
}

async fn retry(
    State(console): Shared,
    f: Frame,
    Path(number): Path<i64>,
    Signed(Retry { place }): Signed<Retry>,
) -> Answer {
    let place = place.parse().map_err(|_| Failure::Unreadable)?;
    notices::retry(&console.office, number, place, f.now).await?;
    Ok(done(&format!("/notices/{number}"), "notices-confirmed", 1))
}

#[cfg(test)]
pub mod samples;
