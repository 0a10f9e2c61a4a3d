//! Two incidents become one, and one becomes two: people decide, the timelines of both say so.

use desk::{Happened, Source, Story};
use jiff::Timestamp;
use store::{Added, NewIncident, Room};
use terms::Name;

use super::deeds::{functions, text};
use super::{Draft, Incident, TRIES_MAX, addition, incident, line, steps};
use crate::gathered::whole_second;
use crate::{AppError, Office, Refusal};

/// Lets an incident go on in another one of the same contract. What was down, when we came to know of
/// it, what the customer was told, and the steps that were taken go over, so that none is taken twice.
///
/// # Errors
/// Refused unless both are open and of one contract.
pub async fn merge(
    office: &Office,
    from: i64,
    into: i64,
    by: &str,
    now: Timestamp,
) -> Result<(), AppError> {
    for _ in 0..TRIES_MAX {
        let (one, other) = (incident(office, from, now).await?, incident(office, into, now).await?);
        let fit = one.story.is_open()
            && other.story.is_open()
            && from != into
            && one.record.contract == other.record.contract;
        if !fit {
            return AppError::refused(Refusal::NotMerged);
        }
        let draft = |at, happened| Draft { at, by: Some(by.to_owned()), happened };
        let at = whole_second(now);
        let leaving = vec![draft(at, Happened::MergedInto { incident: into })];
        let mut coming = vec![draft(at, Happened::Merged { incident: from })];
        coming.extend(carried(&one.story, &other.story).map(|(at, happened)| draft(at, happened)));
        let steps = steps::carried(office, &one, Some(&other), at);
        coming.extend(steps.into_iter().map(|(at, happened)| draft(at, happened)));
        let additions = [one.addition(leaving, now), other.addition(coming, now)];
        if office.store.add_entries(&additions).await? == Added::Done {
            office.incident_changed(from);
            office.incident_changed(into);
            return Ok(());
        }
    }
    AppError::refused(Refusal::IncidentBusy { id: from })
}

/// What goes over from one to the other.
fn carried<'s>(
    one: &'s Story,
    other: &'s Story,
) -> impl Iterator<Item = (Timestamp, Happened)> + 's {
    let is_down = |function: &Name| other.down().any(|outage| outage.what == *function);
    let outages = one.outages.iter().filter(move |outage| !is_down(&outage.what));
    let outages = outages.flat_map(|outage| {
        let function = || outage.what.clone();
        let began = (outage.from, Happened::OutageBegan { function: function() });
        let ended = outage.until.map(|at| (at, Happened::OutageEnded { function: function() }));
        std::iter::once(began).chain(ended)
    });
    let rings = |alarm: &str| other.ringing().any(|it| it.alarm == alarm);
    let alarms = one.ringing().filter(move |it| !rings(&it.alarm)).map(|it| {
        let (alarm, closing) = (it.alarm.clone(), it.closing);
        (it.from, Happened::AlarmBegan { text: one.title.clone(), alarm, closing })
    });
    let notices = one.notices.iter().map(|(channel, at)| {
        (*at, Happened::NoticeTold { channel: channel.clone(), reference: String::new() })
    });
    let published = one.published.iter();
    let published = published.map(|(text, at)| (*at, Happened::Published { text: text.clone() }));
    let recognised = one.recognised.map(|at| (at, Happened::Recognised));
    outages.chain(alarms).chain(notices).chain(published).chain(recognised)
}

/// Splits functions off an incident into a new one; its number.
///
/// # Errors
/// Refused unless the incident is open and keeps a function of its own.
pub async fn split(
    office: &Office,
    id: i64,
    names: &[String],
    title: &str,
    by: &str,
    now: Timestamp,
) -> Result<i64, AppError> {
    for _ in 0..TRIES_MAX {
        let old = incident(office, id, now).await?;
        if !old.story.is_open() {
            return AppError::refused(Refusal::IncidentClosed { id });
        }
        let watched = old.watched(office)?;
        let going = functions(watched.contract.terms_at(now), names)?;
        let has = |name: &Name| old.story.outages.iter().any(|outage| outage.what == *name);
        let stays = old.story.outages.iter().any(|outage| !going.contains(&outage.what));
        if going.is_empty() || !going.iter().all(has) || !stays {
            return AppError::refused(Refusal::NotSplit);
        }
        let steps = steps::carried(office, &old, None, whole_second(now));
        let part = Part { old: &old, steps, going: &going, title: text(title)?, by, now };
        let new = NewIncident {
            contract: old.record.contract.clone(),
            service: old.record.service.clone(),
            source: line::source_word(Source::Split),
            origin: None,
            opened: whole_second(now),
            room: Room::All,
        };
        let make = |number| part.additions(number);
        if let Some(number) = office.store.split_incident(&new, &make).await? {
            office.incident_changed(id);
            office.incident_changed(number);
            return Ok(number);
        }
    }
    AppError::refused(Refusal::IncidentBusy { id })
}

struct Part<'p> {
    old: &'p Incident,
    /// The steps that were taken, which the new one has too.
    steps: Vec<(Timestamp, Happened)>,
    going: &'p [Name],
    title: String,
    by: &'p str,
    now: Timestamp,
}

impl Part<'_> {
    fn additions(&self, number: i64) -> (store::Addition, store::Addition) {
        let at = whole_second(self.now);
        let draft = |at, happened| Draft { at, by: Some(self.by.to_owned()), happened };
        let functions = self.going.to_vec();
        let off = vec![draft(at, Happened::SplitOff { functions, incident: number })];
        let title = self.title.clone();
        let mut new = vec![draft(at, Happened::Opened { title, source: Source::Split })];
        let from = self.old.record.id;
        new.push(draft(at, Happened::SplitFrom { incident: from }));
        let outages = self.old.story.outages.iter();
        for outage in outages.filter(|outage| self.going.contains(&outage.what)) {
            let function = || outage.what.clone();
            new.push(draft(outage.from, Happened::OutageBegan { function: function() }));
            let ended = |at| draft(at, Happened::OutageEnded { function: function() });
            new.extend(outage.until.map(ended));
        }
        new.extend(self.old.story.recognised.map(|at| draft(at, Happened::Recognised)));
        new.extend(self.steps.iter().map(|(at, happened)| draft(*at, happened.clone())));
        (self.old.addition(off, self.now), addition(number, &[], new, self.now))
    }
}
