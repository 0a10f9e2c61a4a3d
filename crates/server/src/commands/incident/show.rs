//! Incidents on a terminal: the list, and one with its clocks and its timeline.

use app::incidents::calling;
use app::incidents::{self, Doing, Incident, Outlook, step_end_key};
use app::{Office, SendingState};
use desk::{Deadline, Running, StepDoing, Teller, source_word, standing_word};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use terms::{Lang, wording};

use crate::table::Table;

/// Incidents that the list shows with `--all`.
const LISTED_MAX: i64 = 50;

/// Prints the list.
///
/// # Errors
/// When the records fail.
pub async fn list(
    office: &Office,
    all: bool,
    zone: &TimeZone,
    now: Timestamp,
) -> anyhow::Result<()> {
    let incidents = match all {
        true => incidents::newest(office, i64::MAX, LISTED_MAX, now).await?,
        false => incidents::open_ones(office, now).await?,
    };
    let mut table = Table::new(&[">id", "contract", "opened", "state", "priority", "title"]);
    for incident in &incidents {
        let opened = incident.story.opened.to_zoned(zone.clone());
        table.row([
            incident.record.id.to_string(),
            incident.record.contract.clone(),
            opened.strftime("%Y-%m-%d %H:%M").to_string(),
            state(incident).to_owned(),
            incident.story.judged.map_or("-".to_owned(), |(priority, _)| priority.to_string()),
            incident.story.title.clone(),
        ]);
    }
    out!("{}", table.show());
    Ok(())
}

fn state(incident: &Incident) -> &'static str {
    let story = &incident.story;
    match (story.merged_into, story.closed, story.recovered) {
        (Some(_), ..) => "merged",
        (None, Some(_), _) => "closed",
        (None, None, Some(_)) => "recovered",
        (None, None, None) => "open",
    }
}

/// Prints one incident.
///
/// # Errors
/// Refused when there is none of that number; when the records fail.
pub async fn one(office: &Office, id: i64, now: Timestamp) -> anyhow::Result<()> {
    let incident = incidents::incident(office, id, now).await?;
    let outlook = incidents::outlook(office, &incident, now)?;
    let zone = &outlook.watched.contract.zone;
    let teller = Teller { terms: outlook.terms, zone, lang: Lang::En };
    outln!("{id}: {} ({})", incident.story.title, state(&incident));
    let source = incident.story.source.map_or("", |source| source_word(source, Lang::En));
    let opened = teller.instant(incident.story.opened);
    outln!("contract {}, opened {source} {opened}", incident.record.contract);
    outln!("now: {}", doing(&outlook, &teller, now));
    if let Doing::Blocked { .. } = outlook.doing {
        for contact in outlook.contacts {
            outln!("  {}: {}", contact.name, contact.reach);
        }
    }
    if let Some(person) = office.duty.on_call(now) {
        outln!("on call: {} <{}>", person.name, person.mail);
    }
    if !outlook.clocks.is_empty() {
        outln!();
        let mut table = Table::new(&["clock", "due", "state", "since"]);
        for clock in &outlook.clocks {
            table.row(row(clock, &teller));
        }
        out!("{}", table.show());
    }
    calls(office, id).await?;
    outln!();
    let mut table = Table::new(&[">no", "at", "by", "what"]);
    for entry in &incident.entries {
        table.row([
            entry.number.to_string(),
            entry.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            entry.by.clone().unwrap_or_else(|| "-".to_owned()),
            teller.happened(&entry.happened),
        ]);
    }
    out!("{}", table.show());
    Ok(())
}

/// Prints what came of the calls of our people, when there were any.
async fn calls(office: &Office, id: i64) -> anyhow::Result<()> {
    let calls = calling::of_incident(office, id).await?;
    if calls.is_empty() {
        return Ok(());
    }
    outln!();
    let mut table = Table::new(&[">entry", "courier", "to", "state", ">tries", "answer"]);
    for call in calls {
        let twice = if call.maybe_twice { " (maybe twice)" } else { "" };
        table.row([
            call.key.entry.to_string(),
            call.courier,
            if call.recipient.is_empty() { "-".to_owned() } else { call.recipient },
            format!("{}{twice}", sending_word(call.state)),
            call.attempts.to_string(),
            call.answer.map_or("-".to_owned(), |(_, answer)| answer),
        ]);
    }
    out!("{}", table.show());
    Ok(())
}

fn sending_word(state: SendingState) -> &'static str {
    match state {
        SendingState::Draft => "draft",
        SendingState::Queued => "waits",
        SendingState::Sending => "on its way",
        SendingState::Sent => "sent",
        SendingState::Failed => "failed",
    }
}

/// Prints the runbook of an incident with what became of each step.
///
/// # Errors
/// Refused when there is no such incident; when the records fail.
pub async fn runbook(office: &Office, id: i64, now: Timestamp) -> anyhow::Result<()> {
    let incident = incidents::incident(office, id, now).await?;
    let outlook = incidents::outlook(office, &incident, now)?;
    let zone = &outlook.watched.contract.zone;
    let teller = Teller { terms: outlook.terms, zone, lang: Lang::En };
    let Some(view) = incidents::runbook(office, &incident, now).await? else {
        eprintln!("no runbook answers incident {id}");
        return Ok(());
    };
    let stopped = if view.stopped { " (stopped)" } else { "" };
    outln!("{}{stopped}", view.runbook.name);
    let mut table = Table::new(&[">step", "level", "what", "state", "until", "order"]);
    for it in &view.steps {
        let level = it.step.level.as_ref();
        let followed = it.followed.as_ref();
        let state = match followed.map(|run| run.ended) {
            None => "-".to_owned(),
            Some(None) => "under way".to_owned(),
            Some(Some((how, _))) => step_end_key(how).to_owned(),
        };
        let order = followed.and_then(|run| run.order).map(|order| order.to_string());
        table.row([
            it.number.to_string(),
            level.map_or("-".to_owned(), |(ladder, level)| format!("{ladder} {level}")),
            match &it.step.doing {
                StepDoing::Order { station, action } => format!("order {station} {action}"),
                StepDoing::Call => "call".to_owned(),
                StepDoing::Hand(text) => text.clone(),
            },
            state,
            followed.map_or("-".to_owned(), |run| teller.instant(run.until)),
            order.unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    out!("{}", table.show());
    Ok(())
}

/// Prints who is called now and next.
pub fn on_call(office: &Office, zone: &TimeZone, now: Timestamp) {
    let duty = &office.duty;
    if duty.people.is_empty() {
        eprintln!("nobody is on call: add [[oncall]] to the configuration");
        return;
    }
    let mut table = Table::new(&[">order", "name", "mail", "over", "next turn"]);
    let turns = duty.turns(now);
    for (place, person) in (0..duty.people.len()).filter_map(|n| Some((n, duty.after(n, now)?))) {
        let turn = turns.iter().find(|(name, _)| *name == person.name.as_str());
        let turn = turn.map(|(_, at)| at.to_zoned(zone.clone()));
        table.row([
            (place + 1).to_string(),
            person.name.clone(),
            person.mail.clone(),
            if person.over.is_empty() { "-".to_owned() } else { person.over.join(" ") },
            turn.map_or("-".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string()),
        ]);
    }
    out!("{}", table.show());
}

/// Prints the address of each door for alerts, below that of the console.
pub fn doors(office: &Office) {
    for door in &office.alarms.doors {
        outln!("/alerts/{}/{}", door.name, incidents::alert_word(office, &door.name));
    }
}

fn row(clock: &Running<'_>, teller: &Teller<'_>) -> [String; 4] {
    let due = match clock.deadline {
        Deadline::Due(due) => teller.instant(due.shown()),
        Deadline::None(why) => why.text(Lang::En).to_owned(),
    };
    let standing = standing_word(clock.standing, Lang::En).to_owned();
    [clock.promise.name.to_string(), due, standing, teller.instant(clock.from)]
}

fn doing(outlook: &Outlook<'_>, teller: &Teller<'_>, now: Timestamp) -> String {
    let late = outlook.doing.late(now);
    let late =
        late.map_or(String::new(), |late| format!(", {} late", wording::length(late, Lang::En)));
    match &outlook.doing {
        Doing::Ended => "nothing is to be done".to_owned(),
        Doing::Wait { until } => format!("wait until {}", teller.instant(*until)),
        Doing::Blocked { attempts, until, .. } => {
            let until = until.map_or(String::new(), |until| {
                format!("; it goes on at {}", teller.instant(until))
            });
            format!("blocked by contact after {attempts} tries{until}")
        }
        doing => {
            let (turn, since) = doing.turn().unwrap_or_default();
            format!("{}, since {}{late}", teller.turn(&turn), teller.instant(since))
        }
    }
}
