//! The steps of an incident that its other part, or the incident it goes on in, must know of: what was
//! taken or ordered once is not taken or ordered again.

use std::collections::BTreeSet;

use desk::{Entry, Followed, Happened, StepDoing, StepEnd};
use jiff::Timestamp;

use super::Incident;
use crate::Office;

/// What was done in `one`, as entries for an incident that goes on with it: the steps of its ladder, those
/// of its runbook, whom we tried to reach, what was seen of conditions, and that the runbook was stopped. `other` is that incident, when it is there already;
/// what it knows it is not told again. Where it follows a runbook of its own, it keeps to that one, and
/// the steps of the ladder alone go over. A step whose order is not in the timeline is told as unknown:
/// it may have been given.
pub(super) fn carried(
    office: &Office,
    one: &Incident,
    other: Option<&Incident>,
    now: Timestamp,
) -> Vec<(Timestamp, Happened)> {
    let taken_back: BTreeSet<u32> = one
        .entries
        .iter()
        .filter_map(|entry| match entry.happened {
            Happened::TakenBack { entry } => Some(entry),
            _ => None,
        })
        .collect();
    let story = other.map(|other| &other.story);
    let followed = story.map_or(&[][..], |story| &story.followed);
    let goes = |entry: &&Entry| match &entry.happened {
        Happened::StepTaken { ladder, level, .. } | Happened::StepFailed { ladder, level } => {
            let mut taken = story.iter().flat_map(|story| &story.taken);
            !taken.any(|it| it.ladder == *ladder && it.level == *level)
        }
        Happened::StepBegan { runbook, step, .. }
        | Happened::Ordered { runbook, step, .. }
        | Happened::StepEnded { runbook, step, .. } => {
            let is_ours = followed.first().is_none_or(|first| first.runbook == *runbook);
            is_ours && !followed.iter().any(|it| it.runbook == *runbook && it.step == *step)
        }
        // Whom we tried to reach, and what was seen, let steps have their turn.
        Happened::ContactTried { reached } => {
            let mut tried = story.iter().flat_map(|story| &story.contacts);
            !tried.any(|it| it.at == entry.at && it.reached == *reached)
        }
        Happened::ConditionSeen { condition, .. } => {
            let mut seen = story.iter().flat_map(|story| &story.seen);
            !seen.any(|it| it.condition == *condition && it.at >= entry.at)
        }
        _ => false,
    };
    let entries = one.entries.iter().filter(|entry| !taken_back.contains(&entry.number));
    let going: Vec<&Entry> = entries.filter(goes).collect();
    let mut carried: Vec<_> = going.iter().map(|it| (it.at, it.happened.clone())).collect();
    let began = |run: &Followed| {
        going.iter().any(|it| {
            matches!(&it.happened, Happened::StepBegan { runbook, step, .. }
                if *runbook == run.runbook && *step == run.step)
        })
    };
    let in_doubt = one.story.followed.iter().filter(|run| began(run) && is_in_doubt(office, run));
    carried.extend(in_doubt.map(|run| {
        let (runbook, step, how) = (run.runbook.clone(), run.step, StepEnd::Unknown);
        (now, Happened::StepEnded { runbook, step, how, detail: String::new() })
    }));
    let is_stopped = story.is_some_and(|story| story.stopped.is_some());
    if one.story.stopped.is_some() && !is_stopped {
        carried.push((now, Happened::RunbookStopped));
    }
    carried
}

/// Whether a step is under way whose order may have been given and is not in the timeline.
fn is_in_doubt(office: &Office, run: &Followed) -> bool {
    let runbook = office.runbooks.iter().find(|it| it.name == run.runbook);
    let step = runbook.and_then(|runbook| runbook.step(run.step));
    let may_order = step.is_none_or(|step| matches!(step.doing, StepDoing::Order { .. }));
    run.ended.is_none() && run.order.is_none() && may_order
}
