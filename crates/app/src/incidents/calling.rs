//! Calls of our own people: whom a timeline calls becomes a row for a courier, in one transaction with
//! the entry that says so.

use desk::{Happened, Teller};
use jiff::Timestamp;
pub use store::CallRecord;
use store::{CallKey, Delivered, NewCall};
use terms::Lang;

use super::{Draft, Incident, OnCall, Outlook};
use crate::letters;
use crate::outbox::{self, Outcome};
use crate::telling::{Telling, Way};
use crate::{AppError, Office};

/// A call, ready to be carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The same at every attempt, so that the other side can tell a repetition: `call-12-7-1`.
    pub id: String,
    /// Name of the contract.
    pub contract: String,
    /// Since when there is something to call for.
    pub event: Timestamp,
    /// What is carried.
    pub record: CallRecord,
}

/// The calls that entries mean: `first` is the number of the first one.
pub(super) fn calls(
    office: &Office,
    incident: &Incident,
    outlook: &Outlook<'_>,
    drafts: &[Draft],
    now: Timestamp,
) -> Vec<NewCall> {
    let contract = &outlook.watched.contract;
    let teller = Teller { terms: outlook.terms, zone: &contract.zone, lang: contract.language };
    let mut calls = Vec::new();
    for (entry, draft) in (incident.entries.len() as i64 + 1..).zip(drafts) {
        let (person, what, since) = match &draft.happened {
            Happened::Called { who: Some(who), turn, since } => {
                let person = office.duty.people.iter().find(|person| person.name == *who);
                (person, turn.clone(), *since)
            }
            Happened::ClockWarned { promise, due } => {
                (office.duty.on_call(now), format!("warning {promise}"), *due)
            }
            _ => continue,
        };
        let Some(person) = person else { continue };
        let (subject, mut text) = words(incident, outlook, teller, &what, since);
        if let Some(console) = &office.telling.console {
            text.push_str(&format!("{console}/incidents/{}\n", incident.record.id));
        }
        for (courier, recipient) in ways(&office.telling, person) {
            let (subject, text) = (subject.clone(), text.clone());
            calls.push(NewCall { entry, courier, recipient, subject, text });
        }
    }
    calls
}

/// Courier and recipient of every way to reach one of our people. A call never travels through our own
/// relay alone when there is a second route.
fn ways(telling: &Telling, person: &OnCall) -> Vec<(String, String)> {
    let to = |courier: &crate::telling::CourierFacts| {
        let mail = courier.way != Way::Elsewhere;
        (courier.name.clone(), if mail { person.mail.clone() } else { String::new() })
    };
    if !person.over.is_empty() {
        let named = telling.couriers.iter().filter(|it| person.over.contains(&it.name));
        return named.map(to).collect();
    }
    let by = |way: Way| telling.couriers.iter().find(|courier| courier.way == way);
    let first = telling.couriers.iter().find(|courier| courier.way != Way::Elsewhere);
    let second = first.filter(|courier| courier.way == Way::OwnRelay);
    let second = second.and_then(|_| by(Way::OtherMail));
    first.into_iter().chain(second).map(to).collect()
}

/// Subject and text, in the language of the contract.
fn words(
    incident: &Incident,
    outlook: &Outlook<'_>,
    teller: Teller<'_>,
    what: &str,
    since: Timestamp,
) -> (String, String) {
    let (id, title) = (incident.record.id, &incident.story.title);
    let what = teller.turn(what);
    let contract = outlook.watched.contract.title.in_lang(teller.lang);
    let since = teller.instant(since);
    let mut text = match teller.lang {
        Lang::Ja => format!("障害{id}: {title}\n契約: {contract}\n対応: {what}({since})\n"),
        Lang::En => {
            format!("incident {id}: {title}\ncontract: {contract}\nto do: {what} ({since})\n")
        }
    };
    for clock in &outlook.clocks {
        let Some(due) = clock.deadline.due().filter(|_| clock.met.is_none()) else { continue };
        let (promise, due) = (teller.promise(&clock.promise.name), teller.instant(due.shown()));
        text.push_str(&match teller.lang {
            Lang::Ja => format!("期限: {promise} {due}\n"),
            Lang::En => format!("due: {promise} by {due}\n"),
        });
    }
    for contact in outlook.contacts {
        text.push_str(&match teller.lang {
            Lang::Ja => format!("緊急連絡先: {} {}\n", contact.name, contact.reach),
            Lang::En => format!("emergency contact: {} {}\n", contact.name, contact.reach),
        });
    }
    text.push_str(&match teller.lang {
        Lang::Ja => format!("\n確認: yakusoku incident acknowledge {id}\n"),
        Lang::En => format!("\nto answer: yakusoku incident acknowledge {id}\n"),
    });
    let subject = match teller.lang {
        Lang::Ja => format!("【呼び出し】障害{id} {what}: {title}"),
        Lang::En => format!("Call: incident {id}, {what}: {title}"),
    };
    let subject = subject.chars().filter(|c| !c.is_control()).take(crate::notices::SUBJECT_MAX);
    (subject.collect(), text)
}

/// Puts back the calls that were being made when the program died; how many there were. They may be
/// made twice, and say so.
///
/// # Errors
/// When the records fail.
pub async fn recover(office: &Office, now: Timestamp) -> Result<u64, AppError> {
    Ok(office.store.recover_calls(now).await?)
}

/// The next call that is due. It is marked as on its way until [`settle`].
///
/// # Errors
/// When the records fail.
pub async fn take(office: &Office, now: Timestamp) -> Result<Option<Call>, AppError> {
    let Some(mut record) = office.store.take_call(now).await? else { return Ok(None) };
    let incident = office.store.incident(record.key.incident).await?;
    let CallKey { incident: id, entry, place } = record.key;
    let contract = incident.as_ref().map_or(String::new(), |it| it.contract.clone());
    if record.maybe_twice {
        record.text = letters::maybe_again(office.language(&contract), &record.text);
    }
    Ok(Some(Call {
        id: format!("call-{id}-{entry}-{place}"),
        contract,
        event: incident.map_or(now, |it| it.opened),
        record,
    }))
}

/// Records what came of a call; `at` is when the answer came.
///
/// # Errors
/// When the records fail: then it stays on its way, and the next start makes it again and says so.
pub async fn settle(
    office: &Office,
    call: &Call,
    outcome: Outcome,
    at: Timestamp,
) -> Result<(), AppError> {
    let (turnout, answer) = outbox::turnout(outcome, call.record.attempts, at);
    office.store.deliver_call(call.record.key, &Delivered { turnout, answer, at }).await?;
    office.incident_changed(call.record.key.incident);
    Ok(())
}

/// The calls of an incident, with what came of each.
///
/// # Errors
/// When the records fail.
pub async fn of_incident(office: &Office, id: i64) -> Result<Vec<CallRecord>, AppError> {
    Ok(office.store.calls_of(id).await?)
}
