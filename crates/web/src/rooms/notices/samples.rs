//! Notices in every state, as sample data for the pages.

use jiff::SignedDuration;

use super::*;
use app::promised::{NoDeadline, about_key};

fn at() -> Timestamp {
    "2026-12-01T00:00:00Z".parse().expect("an instant")
}

pub fn standings() -> Vec<Standing> {
    let (channel, sent, latest) = ("email".to_owned(), at(), at());
    vec![
        Standing::NoPromise,
        Standing::NotYet { latest },
        Standing::InTime { channel: channel.clone(), sent },
        Standing::Late { channel: channel.clone(), sent, latest },
        Standing::WrongChannel { channel, sent, latest },
        Standing::Missed { latest },
        Standing::NoDeadline(NoDeadline::Promptly),
    ]
}

fn record(f: &Frame, is_confirmed: bool) -> NoticeRecord {
    let states = match is_confirmed {
        true => vec![SendingState::Sent, SendingState::Failed, SendingState::Queued],
        false => vec![SendingState::Draft],
    };
    let sending = |(place, state): (i64, SendingState)| SendingRecord {
        place,
        courier: "relay".to_owned(),
        recipient: if place == 3 { String::new() } else { "ops@example.jp".to_owned() },
        state,
        attempts: 1,
        due: f.now + SignedDuration::from_mins(2),
        maybe_twice: place == 2,
        answer: (state != SendingState::Draft).then(|| (f.now, "250 <ok>".to_owned())),
    };
    NoticeRecord {
        number: 7,
        draft: app::NoticeDraft {
            contract: "acme".to_owned(),
            about: about_key(About::Maintenance).to_owned(),
            plan: Some(3),
            incident: None,
            event: at(),
            channel: "email".to_owned(),
            subject: "maintenance <b>".to_owned(),
            text: "line\n<script>".to_owned(),
            by: "sato".to_owned(),
            to: Vec::new(),
        },
        drafted: f.now,
        confirmed: is_confirmed.then(|| (f.now, "suzuki".to_owned())),
        sendings: (1..).zip(states).map(sending).collect(),
    }
}

pub fn rows(f: &Frame) -> Vec<NoticeRow> {
    let standings = standings().into_iter();
    let view = |standing| NoticeView {
        record: record(f, true),
        contract: None,
        about: About::Maintenance,
        standing,
    };
    standings.map(|standing| notice_row(f, &view(standing))).collect()
}

pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
    let f = Frame { here: "/notices".to_owned(), keeps_contracts: true, ..f.clone() };
    let list = |is_full: bool| NoticesPage {
        f: f.clone(),
        typed: Typed { text: "</textarea><script>".to_owned(), ..Typed::default() },
        contracts: match is_full {
            true => vec![("acme".to_owned(), "Acme".to_owned())],
            false => Vec::new(),
        },
        refused: is_full.then(|| f.t("log-bad-time")),
        notices: if is_full { rows(&f) } else { Vec::new() },
    };
    let one = |is_confirmed| {
        let view = NoticeView {
            record: record(&f, is_confirmed),
            contract: None,
            about: About::Maintenance,
            standing: Standing::NotYet { latest: at() },
        };
        notice_page(f.clone(), &view).render().expect("the template renders")
    };
    vec![
        ("notices", list(true).render().expect("the template renders")),
        ("notices-empty", list(false).render().expect("the template renders")),
        ("notice", one(true)),
        ("notice-draft", one(false)),
    ]
}
