//! Incidents on a terminal: the list, and one with its clocks and its timeline.

use app::Office;
use app::incidents::{self, Doing, Incident, Outlook};
use desk::{Deadline, Running, Teller, source_word, standing_word};
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
    print!("{}", table.show());
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
    println!("{id}: {} ({})", incident.story.title, state(&incident));
    let source = incident.story.source.map_or("", |source| source_word(source, Lang::En));
    let opened = teller.instant(incident.story.opened);
    println!("contract {}, opened {source} {opened}", incident.record.contract);
    println!("now: {}", doing(&outlook, &teller, now));
    if let Doing::Blocked { .. } = outlook.doing {
        for contact in outlook.contacts {
            println!("  {}: {}", contact.name, contact.reach);
        }
    }
    if let Some(person) = office.duty.on_call(now) {
        println!("on call: {} <{}>", person.name, person.mail);
    }
    if !outlook.clocks.is_empty() {
        println!();
        let mut table = Table::new(&["clock", "due", "state", "since"]);
        for clock in &outlook.clocks {
            table.row(row(clock, &teller));
        }
        print!("{}", table.show());
    }
    println!();
    let mut table = Table::new(&[">no", "at", "by", "what"]);
    for entry in &incident.entries {
        table.row([
            entry.number.to_string(),
            entry.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            entry.by.clone().unwrap_or_else(|| "-".to_owned()),
            teller.happened(&entry.happened),
        ]);
    }
    print!("{}", table.show());
    Ok(())
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
