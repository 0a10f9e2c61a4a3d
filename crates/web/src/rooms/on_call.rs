//! On call: who is called now and next and over what, whom customers named for emergencies, what is done
//! by itself, and where other programs tell of alerts.

use std::sync::Arc;

use app::incidents::{Duty, alert_word};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use desk::Closing;
use jiff::Timestamp;
use terms::wording;

use super::{Answer, show};
use crate::frame::Frame;
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/on-call", get(page))
}

/// One of our people.
struct PersonLine {
    name: String,
    mail: String,
    over: String,
    /// When the turn begins; that of the first one has begun.
    turn: Option<Timestamp>,
}

/// Whom to reach at a customer's.
struct ContactLine {
    contract: String,
    contacts: Vec<(String, String)>,
}

/// A door for alerts.
struct DoorLine {
    name: String,
    under: String,
    path: String,
    by_person: bool,
}

/// A runbook.
struct RunbookLine {
    name: String,
    contract: String,
    answers: String,
    steps: u64,
}

#[derive(Template)]
#[template(path = "on_call.html")]
struct OnCallPage {
    f: Frame,
    people: Vec<PersonLine>,
    patience: String,
    contacts: Vec<ContactLine>,
    runbooks: Vec<RunbookLine>,
    doors: Vec<DoorLine>,
}

async fn page(State(console): Shared, f: Frame) -> Answer {
    let office = &console.office;
    let title = |name: &str| {
        let found = office.contract(name).ok();
        found.map_or(name.to_owned(), |it| it.contract.title.in_lang(f.lang.into()).to_owned())
    };
    let contacts = office.duty.contacts.iter().filter(|(_, contacts)| !contacts.is_empty());
    let contacts = contacts.map(|(contract, contacts)| ContactLine {
        contract: title(contract),
        contacts: contacts.iter().map(|it| (it.name.clone(), it.reach.clone())).collect(),
    });
    let runbooks = office.runbooks.iter().map(|it| RunbookLine {
        name: it.name.to_string(),
        contract: title(it.contract.as_str()),
        answers: answers(it),
        steps: it.steps.len() as u64,
    });
    let doors = office.alarms.doors.iter().map(|door| DoorLine {
        name: door.name.clone(),
        under: title(&door.place.contract),
        path: format!("/alerts/{}/{}", door.name, alert_word(office, &door.name)),
        by_person: door.closing == Closing::ByPerson,
    });
    let (contacts, runbooks, doors) = (contacts.collect(), runbooks.collect(), doors.collect());
    show(&OnCallPage {
        people: people(&office.duty, &f),
        patience: wording::length(office.duty.patience, f.lang.into()),
        contacts,
        runbooks,
        doors,
        f,
    })
}

fn answers(runbook: &desk::Runbook) -> String {
    let functions = runbook.functions.iter().map(ToString::to_string);
    functions.chain(runbook.alarms.iter().cloned()).collect::<Vec<_>>().join(", ")
}

fn people(duty: &Duty, f: &Frame) -> Vec<PersonLine> {
    let turns = duty.turns(f.now);
    let persons = (0..duty.people.len()).filter_map(|others| duty.after(others, f.now));
    let line = |person: &app::incidents::OnCall| PersonLine {
        name: person.name.clone(),
        mail: person.mail.clone(),
        over: person.over.join(", "),
        turn: turns.iter().find(|(name, _)| *name == person.name.as_str()).map(|(_, at)| *at),
    };
    persons.map(line).collect()
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::tests::incidents as sample;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/on-call".to_owned(), keeps_contracts: true, ..f.clone() };
        let empty = OnCallPage {
            f: f.clone(),
            people: Vec::new(),
            patience: "5 min".to_owned(),
            contacts: Vec::new(),
            runbooks: Vec::new(),
            doors: Vec::new(),
        };
        let person = sample::person();
        let full = OnCallPage {
            people: vec![PersonLine {
                name: person.name,
                mail: person.mail,
                over: "pager".to_owned(),
                turn: Some(f.now),
            }],
            contacts: vec![ContactLine {
                contract: "skyarch".to_owned(),
                contacts: vec![("tanaka".to_owned(), "+81-3-0000-0000".to_owned())],
            }],
            runbooks: vec![RunbookLine {
                name: "web".to_owned(),
                contract: "skyarch".to_owned(),
                answers: "http".to_owned(),
                steps: 3,
            }],
            doors: vec![DoorLine {
                name: "prometheus".to_owned(),
                under: "skyarch".to_owned(),
                path: "/alerts/prometheus/x".to_owned(),
                by_person: true,
            }],
            f,
            patience: "5 min".to_owned(),
        };
        let text = |page: OnCallPage| page.render().expect("the template renders");
        vec![("on-call", text(full)), ("on-call-empty", text(empty))]
    }
}
