//! Which incident something new that is down belongs to.

use desk::{Source, Story};
use jiff::{SignedDuration, Timestamp};
use terms::Name;

use super::{Incident, TIMELINE_JOINED_MAX};

/// How long after its recovery an incident is opened again when the same function goes down.
pub const FLAPPING: SignedDuration = SignedDuration::from_mins(10);

/// The incident of a service that functions join that went down, each with since when: the one that is
/// worked on, else one of them that was down a moment ago and nothing was reported of yet. `None`: they
/// are an incident of their own.
pub(super) fn joined<'i>(
    incidents: &'i [Incident],
    service: &str,
    down: &[(&Name, Timestamp)],
) -> Option<&'i Incident> {
    let has_room = |incident: &&Incident| incident.record.entries < TIMELINE_JOINED_MAX;
    let of_service =
        || incidents.iter().filter(|incident| incident.record.service == service).filter(has_room);
    // An alarm, such as a full disk, is another matter than what goes down beside it.
    let is_outage =
        |story: &Story| story.source != Some(Source::Alarm) || !story.outages.is_empty();
    let worked_on = |incident: &&Incident| {
        let story = &incident.story;
        story.is_open() && story.recovered.is_none() && is_outage(story)
    };
    let flaps = |incident: &&Incident| {
        down.iter().any(|(function, from)| is_again(&incident.story, function, *from))
    };
    of_service().find(worked_on).or_else(|| of_service().rfind(flaps))
}

/// Whether a function is down again that had hardly recovered.
fn is_again(story: &Story, function: &Name, from: Timestamp) -> bool {
    let was_down = story.outages.iter().any(|outage| outage.what == *function);
    let is_soon = story.recovered.is_some_and(|at| from.duration_since(at) <= FLAPPING);
    story.is_open() && story.reports.is_empty() && was_down && is_soon
}
