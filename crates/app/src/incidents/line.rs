//! Entries of a timeline as they are kept: a word for the kind, and the rest as JSON.

use desk::{Closing, Entry, Happened, Source, StepEnd};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::EntryRecord;
use terms::Name;

use crate::AppError;

/// Every source with its word.
pub const SOURCES: [(&str, Source); 5] = [
    ("check", Source::Check),
    ("log", Source::Log),
    ("hand", Source::Hand),
    ("split", Source::Split),
    ("alarm", Source::Alarm),
];

const STEP_ENDS: [(&str, StepEnd); 5] = [
    ("done", StepEnd::Done),
    ("failed", StepEnd::Failed),
    ("timed-out", StepEnd::TimedOut),
    ("unknown", StepEnd::Unknown),
    ("skipped", StepEnd::Skipped),
];

/// How a step of a runbook ended, as programs read it.
#[must_use]
pub fn step_end_key(how: StepEnd) -> &'static str {
    STEP_ENDS.iter().find(|(_, known)| *known == how).map_or("", |(word, _)| word)
}

/// The word of a source.
#[must_use]
pub fn source_word(source: Source) -> &'static str {
    SOURCES.iter().find(|(_, known)| *known == source).map_or("", |(word, _)| word)
}

/// An entry of the records cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("entry {number} of incident {incident} cannot be read: was a newer yakusoku here?")]
struct Unreadable {
    incident: i64,
    number: i64,
}

/// An entry as it is kept.
pub fn kept(entry: &Entry) -> EntryRecord {
    let (kind, mut body) = told(&entry.happened);
    if let (Some(by), Some(object)) = (&entry.by, body.as_object_mut()) {
        object.insert("by".to_owned(), json!(by));
    }
    EntryRecord {
        number: entry.number.into(),
        at: entry.at,
        noted: entry.noted,
        kind: kind.to_owned(),
        body: body.to_string(),
    }
}

/// The word of the kind, and the rest.
fn told(happened: &Happened) -> (&'static str, Value) {
    let of = |promise: &Name| json!({"promise": promise.as_str()});
    let by = |promise: &Name, due: &Timestamp| json!({"promise": promise.as_str(), "due": due.to_string()});
    match happened {
        Happened::Opened { title, source } => {
            ("opened", json!({"title": title, "source": source_word(*source)}))
        }
        Happened::Recognised => ("recognised", json!({})),
        Happened::Judged { priority } => ("judged", json!({"priority": priority})),
        Happened::OutageBegan { function } => {
            ("outage-began", json!({"function": function.as_str()}))
        }
        Happened::OutageEnded { function } => {
            ("outage-ended", json!({"function": function.as_str()}))
        }
        Happened::StepTaken { ladder, level, wait_until } => {
            let until = wait_until.to_string();
            ("step-taken", json!({"ladder": ladder.as_str(), "level": level, "until": until}))
        }
        Happened::StepFailed { ladder, level } => {
            ("step-failed", json!({"ladder": ladder.as_str(), "level": level}))
        }
        Happened::ConditionSeen { condition, holds } => {
            ("condition-seen", json!({"condition": condition.as_str(), "holds": holds}))
        }
        Happened::ContactTried { reached } => ("contact-tried", json!({"reached": reached})),
        Happened::Called { who, turn, since } => {
            ("called", json!({"who": who, "turn": turn, "since": since.to_string()}))
        }
        Happened::Noted { text } => ("noted", json!({"text": text})),
        Happened::Published { text } => ("published", json!({"text": text})),
        Happened::NoticeTold { channel, reference } => {
            ("notice-told", json!({"channel": channel.as_str(), "reference": reference}))
        }
        Happened::ClockStarted { promise } => ("clock-started", of(promise)),
        Happened::ClockMet { promise } => ("clock-met", of(promise)),
        Happened::ClockTold { promise, due } => ("clock-told", by(promise, due)),
        Happened::ClockWarned { promise, due } => ("clock-warned", by(promise, due)),
        Happened::StateBegan { state } => ("state-began", json!({"state": state.as_str()})),
        Happened::StateEnded { state } => ("state-ended", json!({"state": state.as_str()})),
        Happened::Muted { until } => ("muted", json!({"until": until.to_string()})),
        Happened::MergedInto { incident } => ("merged-into", json!({"incident": incident})),
        Happened::Merged { incident } => ("merged", json!({"incident": incident})),
        Happened::SplitOff { functions, incident } => {
            let functions: Vec<&str> = functions.iter().map(Name::as_str).collect();
            ("split-off", json!({"functions": functions, "incident": incident}))
        }
        Happened::SplitFrom { incident } => ("split-from", json!({"incident": incident})),
        Happened::Recovered => ("recovered", json!({})),
        Happened::ReportIssued { report } => ("report-issued", json!({"report": report})),
        Happened::Closed => ("closed", json!({})),
        Happened::TakenBack { entry } => ("taken-back", json!({"entry": entry})),
        other => told_by_itself(other),
    }
}

/// As [`told`], of what runbooks, alarms and calls wrote.
fn told_by_itself(happened: &Happened) -> (&'static str, Value) {
    match happened {
        Happened::StepBegan { runbook, step, until } => {
            let (runbook, until) = (runbook.as_str(), until.to_string());
            ("step-began", json!({"runbook": runbook, "step": step, "until": until}))
        }
        Happened::Ordered { runbook, step, order } => {
            ("ordered", json!({"runbook": runbook.as_str(), "step": step, "order": order}))
        }
        Happened::StepEnded { runbook, step, how, detail } => {
            let (runbook, how) = (runbook.as_str(), step_end_key(*how));
            let body = json!({"runbook": runbook, "step": step, "how": how, "detail": detail});
            ("step-ended", body)
        }
        Happened::RunbookStopped => ("runbook-stopped", json!({})),
        Happened::RunbookResumed => ("runbook-resumed", json!({})),
        Happened::AlarmBegan { alarm, text, closing } => {
            let confirm = *closing == Closing::ByPerson;
            ("alarm-began", json!({"alarm": alarm, "text": text, "confirm": confirm}))
        }
        Happened::AlarmEnded { alarm } => ("alarm-ended", json!({"alarm": alarm})),
        _ => ("acknowledged", json!({})),
    }
}

/// The word of the kind of an entry, as it is kept and shown by programs.
#[must_use]
pub fn kind_word(happened: &Happened) -> &'static str {
    told(happened).0
}

/// An entry as it was kept.
///
/// # Errors
/// When it was written by a newer program.
pub fn read(incident: i64, record: &EntryRecord) -> Result<Entry, AppError> {
    let unreadable = || AppError::records(Unreadable { incident, number: record.number });
    let body: Value = serde_json::from_str(&record.body).map_err(|_| unreadable())?;
    let happened = happened(&record.kind, &Body(&body)).ok_or_else(unreadable)?;
    let by = body.get("by").and_then(Value::as_str).map(str::to_owned);
    let number = u32::try_from(record.number).map_err(|_| unreadable())?;
    Ok(Entry { number, at: record.at, noted: record.noted, by, happened })
}

struct Body<'v>(&'v Value);

impl Body<'_> {
    fn text(&self, key: &str) -> Option<String> {
        Some(self.0.get(key)?.as_str()?.to_owned())
    }

    fn name(&self, key: &str) -> Option<Name> {
        self.0.get(key)?.as_str()?.parse().ok()
    }

    fn instant(&self, key: &str) -> Option<Timestamp> {
        self.0.get(key)?.as_str()?.parse().ok()
    }

    fn number<T: TryFrom<i64>>(&self, key: &str) -> Option<T> {
        T::try_from(self.0.get(key)?.as_i64()?).ok()
    }

    fn truth(&self, key: &str) -> Option<bool> {
        self.0.get(key)?.as_bool()
    }
}

fn happened(kind: &str, body: &Body<'_>) -> Option<Happened> {
    Some(match kind {
        "opened" => {
            let word = body.text("source")?;
            let source = SOURCES.iter().find(|(known, _)| *known == word)?.1;
            Happened::Opened { title: body.text("title")?, source }
        }
        "recognised" => Happened::Recognised,
        "judged" => Happened::Judged { priority: body.number("priority")? },
        "outage-began" => Happened::OutageBegan { function: body.name("function")? },
        "outage-ended" => Happened::OutageEnded { function: body.name("function")? },
        "step-taken" => Happened::StepTaken {
            ladder: body.name("ladder")?,
            level: body.number("level")?,
            wait_until: body.instant("until")?,
        },
        "step-failed" => {
            Happened::StepFailed { ladder: body.name("ladder")?, level: body.number("level")? }
        }
        "condition-seen" => Happened::ConditionSeen {
            condition: body.name("condition")?,
            holds: body.truth("holds")?,
        },
        "contact-tried" => Happened::ContactTried { reached: body.truth("reached")? },
        "called" => Happened::Called {
            who: body.text("who"),
            turn: body.text("turn")?,
            since: body.instant("since")?,
        },
        "noted" => Happened::Noted { text: body.text("text")? },
        "published" => Happened::Published { text: body.text("text")? },
        "notice-told" => Happened::NoticeTold {
            channel: body.name("channel")?,
            reference: body.text("reference")?,
        },
        _ => return happened_later(kind, body),
    })
}

fn happened_later(kind: &str, body: &Body<'_>) -> Option<Happened> {
    let promise = || body.name("promise");
    Some(match kind {
        "clock-started" => Happened::ClockStarted { promise: promise()? },
        "clock-met" => Happened::ClockMet { promise: promise()? },
        "clock-told" => Happened::ClockTold { promise: promise()?, due: body.instant("due")? },
        "clock-warned" => Happened::ClockWarned { promise: promise()?, due: body.instant("due")? },
        "state-began" => Happened::StateBegan { state: body.name("state")? },
        "state-ended" => Happened::StateEnded { state: body.name("state")? },
        "muted" => Happened::Muted { until: body.instant("until")? },
        "merged-into" => Happened::MergedInto { incident: body.number("incident")? },
        "merged" => Happened::Merged { incident: body.number("incident")? },
        "split-off" => {
            let names = body.0.get("functions")?.as_array()?.iter();
            let functions = names.map(|name| name.as_str()?.parse().ok()).collect::<Option<_>>()?;
            Happened::SplitOff { functions, incident: body.number("incident")? }
        }
        "split-from" => Happened::SplitFrom { incident: body.number("incident")? },
        "recovered" => Happened::Recovered,
        "report-issued" => Happened::ReportIssued { report: body.number("report")? },
        "closed" => Happened::Closed,
        "taken-back" => Happened::TakenBack { entry: body.number("entry")? },
        _ => return happened_by_itself(kind, body),
    })
}

fn happened_by_itself(kind: &str, body: &Body<'_>) -> Option<Happened> {
    let of = || Some((body.name("runbook")?, body.number("step")?));
    Some(match kind {
        "step-began" => {
            let (runbook, step) = of()?;
            Happened::StepBegan { runbook, step, until: body.instant("until")? }
        }
        "ordered" => {
            let (runbook, step) = of()?;
            Happened::Ordered { runbook, step, order: body.number("order")? }
        }
        "step-ended" => {
            let (runbook, step) = of()?;
            let word = body.text("how")?;
            let how = STEP_ENDS.iter().find(|(known, _)| *known == word)?.1;
            Happened::StepEnded { runbook, step, how, detail: body.text("detail")? }
        }
        "runbook-stopped" => Happened::RunbookStopped,
        "runbook-resumed" => Happened::RunbookResumed,
        "alarm-began" => Happened::AlarmBegan {
            alarm: body.text("alarm")?,
            text: body.text("text")?,
            closing: match body.truth("confirm")? {
                true => Closing::ByPerson,
                false => Closing::ByItself,
            },
        },
        "alarm-ended" => Happened::AlarmEnded { alarm: body.text("alarm")? },
        "acknowledged" => Happened::Acknowledged,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().expect("a name")
    }

    #[test]
    fn every_kind_reads_back() {
        let at: Timestamp = "2026-11-22T00:00:00Z".parse().expect("an instant");
        let promise = || name("on-site");
        let all = [
            Happened::Opened { title: "http が停止".into(), source: Source::Check },
            Happened::Recognised,
            Happened::Judged { priority: 1 },
            Happened::OutageBegan { function: name("http") },
            Happened::OutageEnded { function: name("http") },
            Happened::StepTaken { ladder: name("l"), level: 1, wait_until: at },
            Happened::StepFailed { ladder: name("l"), level: 1 },
            Happened::ConditionSeen { condition: name("login"), holds: false },
            Happened::ContactTried { reached: true },
            Happened::Called { who: None, turn: "decide".into(), since: at },
            Happened::Called { who: Some("佐藤".into()), turn: "decide".into(), since: at },
            Happened::Noted { text: "\"<b>".into() },
            Happened::Published { text: "調査中".into() },
            Happened::NoticeTold { channel: name("email"), reference: "250 ok".into() },
            Happened::ClockStarted { promise: promise() },
            Happened::ClockMet { promise: promise() },
            Happened::ClockTold { promise: promise(), due: at },
            Happened::ClockWarned { promise: promise(), due: at },
            Happened::StateBegan { state: name("waiting-for-customer") },
            Happened::StateEnded { state: name("waiting-for-customer") },
            Happened::Muted { until: at },
            Happened::MergedInto { incident: 7 },
            Happened::Merged { incident: 7 },
            Happened::SplitOff { functions: vec![name("http")], incident: 8 },
            Happened::SplitFrom { incident: 7 },
            Happened::Recovered,
            Happened::ReportIssued { report: 1 },
            Happened::Closed,
            Happened::TakenBack { entry: 3 },
            Happened::StepBegan { runbook: name("r"), step: 1, until: at },
            Happened::Ordered { runbook: name("r"), step: 1, order: 9 },
            Happened::StepEnded {
                runbook: name("r"),
                step: 1,
                how: StepEnd::TimedOut,
                detail: "no".into(),
            },
            Happened::RunbookStopped,
            Happened::RunbookResumed,
            Happened::AlarmBegan {
                alarm: "check/a".into(),
                text: "t".into(),
                closing: Closing::ByPerson,
            },
            Happened::AlarmEnded { alarm: "check/a".into() },
            Happened::Acknowledged,
        ];
        for (number, happened) in (1..).zip(all) {
            for by in [None, Some("admin".to_owned())] {
                let entry = Entry { number, at, noted: at, by, happened: happened.clone() };
                assert_eq!(read(1, &kept(&entry)).expect("readable"), entry);
            }
        }
    }
}
