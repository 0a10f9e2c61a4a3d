//! Runbooks: an incident that answers by itself, step by step.
//!
//! A runbook says for the levels of a ladder what is done: an order to a station, a call, or words for
//! a person. [`proceed`] reads from the timeline which step has its turn; the ladder of the contract stays
//! the judge of when a level may be taken at all (emergency contacts, mutes, lost logins). A step that
//! has begun never begins again.

use jiff::{SignedDuration, Timestamp};
use terms::Name;

use crate::incident::StepEnd;
use crate::ladder::Next;
use crate::story::{Followed, Story};

/// Most runbooks of one office.
pub const RUNBOOKS_MAX: usize = 1_000;
/// Most steps of one runbook.
pub const RUNBOOK_STEPS_MAX: usize = 50;
/// How long a check may take to tell how a condition is, before a person is asked.
pub const LOOK_WAIT: SignedDuration = SignedDuration::from_mins(5);

/// What is done about an incident by itself (操作手順書).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runbook {
    /// Its name.
    pub name: Name,
    /// Under which contract.
    pub contract: Name,
    /// The functions that it answers; empty: any. It does nothing about others.
    pub functions: Vec<Name>,
    /// What the names of alarms begin with that it answers.
    pub alarms: Vec<String>,
    /// Which check tells whether a condition such as `login` holds.
    pub conditions: Vec<(Name, String)>,
    /// Checks that must have succeeded since everything is up again, before it counts as repaired.
    pub done: Vec<String>,
    /// In their order.
    pub steps: Vec<RunbookStep>,
}

/// One step of a runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunbookStep {
    /// The ladder and its level that the step carries out; `None`: it follows the step before it.
    pub level: Option<(Name, u8)>,
    /// What is done.
    pub doing: StepDoing,
    /// How long it is given to help.
    pub wait: SignedDuration,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepDoing {
    /// Orders a station to do something of its own list.
    Order {
        /// The station.
        station: String,
        /// The name of the action in the station's own file.
        action: String,
    },
    /// Calls whoever is on call.
    Call,
    /// Words for a person.
    Hand(String),
}

/// How an order stands, as far as its station told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// Not fetched, or being carried out.
    Pending,
    /// It was carried out; whether that helped is seen elsewhere.
    Done,
    /// It was not; what the station said.
    Failed(String),
    /// The station does not know what became of it.
    Unknown,
}

/// What a runbook has to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proceed {
    /// Nothing: the ladder and people go on by themselves.
    Rest,
    /// A step has its turn: write it down, then do it.
    Begin {
        /// From 1.
        step: u16,
        /// Until when it will be waited for.
        until: Timestamp,
    },
    /// A step is under way.
    Under {
        /// From 1.
        step: u16,
        /// Since when.
        since: Timestamp,
        /// Until when it is waited for.
        until: Timestamp,
    },
    /// A step is over: write it down.
    End {
        /// From 1.
        step: u16,
        /// How.
        how: StepEnd,
        /// What was said of it.
        detail: String,
    },
}

impl Runbook {
    /// Whether it answers an incident under a contract.
    pub fn fits(&self, contract: &str, story: &Story) -> bool {
        let is_down = |function: &Name| story.outages.iter().any(|it| it.what == *function);
        let by_function = match self.functions.is_empty() {
            true => self.alarms.is_empty() || !story.outages.is_empty(),
            false => self.functions.iter().any(is_down),
        };
        let rings = |start: &String| story.alarms.iter().any(|it| it.alarm.starts_with(start));
        self.contract.as_str() == contract && (by_function || self.alarms.iter().any(rings))
    }

    /// Whether what it answers is still to be repaired: it leaves other outages and alarms of an incident
    /// to people. With nothing down or ringing it waits for its own checks.
    pub fn is_concerned(&self, story: &Story) -> bool {
        let mut down = story.down().peekable();
        let mut ringing = story.ringing().peekable();
        if down.peek().is_none() && ringing.peek().is_none() {
            return true;
        }
        let by_any = self.functions.is_empty() && self.alarms.is_empty();
        let rings = |name: &str| self.alarms.iter().any(|start| name.starts_with(start));
        by_any
            || down.any(|outage| self.functions.is_empty() || self.functions.contains(&outage.what))
            || ringing.any(|alarm| rings(&alarm.alarm))
    }

    /// The step of that number, from 1.
    pub fn step(&self, number: u16) -> Option<&RunbookStep> {
        self.steps.get(usize::from(number).checked_sub(1)?)
    }

    /// Which check tells how a condition is.
    pub fn check_of(&self, condition: &Name) -> Option<&str> {
        let found = self.conditions.iter().find(|(known, _)| known == condition);
        found.map(|(_, check)| check.as_str())
    }

    fn steps_of<'s>(&self, story: &'s Story) -> impl Iterator<Item = &'s Followed> {
        let name = self.name.clone();
        story.followed.iter().filter(move |run| run.runbook == name)
    }

    /// The step that is under way.
    pub fn under_way<'s>(&self, story: &'s Story) -> Option<&'s Followed> {
        self.steps_of(story).find(|run| run.ended.is_none())
    }

    /// The step that follows those that had their turn, as far as `next` lets it. A level that a person
    /// took is left out; one that the runbook has nothing for is a person's.
    pub fn upcoming(&self, story: &Story, next: &Next<'_>) -> Option<u16> {
        let last = self.steps_of(story).map(|run| run.step).max();
        let of_last = last.and_then(|number| self.step(number)?.level.as_ref());
        let is_taken = |(ladder, level): &(Name, u8)| {
            story.taken.iter().any(|taken| taken.ladder == *ladder && taken.level == *level)
        };
        for (number, step) in (1_u16..).zip(&self.steps) {
            if self.steps_of(story).any(|run| run.step == number) {
                continue;
            }
            let Some(level) = &step.level else { return Some(number) };
            if let Next::Take { ladder, step, .. } = next
                && (*ladder, step.level) == (&level.0, level.1)
            {
                return Some(number);
            }
            if of_last == Some(level) && last < Some(number) {
                return Some(number);
            }
            if !is_taken(level) {
                return None;
            }
        }
        None
    }
}

/// The runbook that answers an incident: the one that has begun, else the first that fits.
pub fn runbook_of<'r>(
    runbooks: &'r [Runbook],
    contract: &str,
    story: &Story,
) -> Option<&'r Runbook> {
    match story.followed.first() {
        Some(run) => runbooks.iter().find(|it| it.name == run.runbook),
        None => runbooks.iter().find(|runbook| runbook.fits(contract, story)),
    }
}

/// What a runbook has to do now. `next` is what the ladder says, `carried` how the order of the step
/// that is under way stands.
pub fn proceed(
    runbook: &Runbook,
    story: &Story,
    next: &Next<'_>,
    carried: &Carried,
    now: Timestamp,
) -> Proceed {
    if let Some(run) = runbook.under_way(story) {
        return under(runbook, run, story, carried, now);
    }
    let is_over = !story.is_open() || story.recovered.is_some();
    let may = matches!(next, Next::Take { .. } | Next::Exhausted { .. });
    if is_over || !may || story.stopped.is_some() || !runbook.is_concerned(story) {
        return Proceed::Rest;
    }
    let Some(number) = runbook.upcoming(story, next) else { return Proceed::Rest };
    let Some(step) = runbook.step(number) else { return Proceed::Rest };
    // What a person did by hand without a level is given its time too.
    let rests = |run: &Followed| {
        let (how, at) = run.ended?;
        let wait = runbook.step(run.step)?.wait;
        (how == StepEnd::Done).then(|| at.checked_add(wait).unwrap_or(Timestamp::MAX))
    };
    if runbook.steps_of(story).filter_map(rests).any(|until| now < until) {
        return Proceed::Rest;
    }
    let until = now.checked_add(step.wait).unwrap_or(Timestamp::MAX);
    Proceed::Begin { step: number, until }
}

/// A step that is under way goes on or is over.
fn under(
    runbook: &Runbook,
    run: &Followed,
    story: &Story,
    carried: &Carried,
    now: Timestamp,
) -> Proceed {
    let end = |how, detail: &str| Proceed::End { step: run.step, how, detail: detail.to_owned() };
    let step = runbook.step(run.step);
    let by_person = step.is_some_and(|step| !matches!(step.doing, StepDoing::Order { .. }));
    let level = step.and_then(|step| step.level.as_ref());
    let was_taken = level.is_some_and(|(ladder, level)| {
        let taken = |taken: &crate::Taken| taken.ladder == *ladder && taken.level == *level;
        story.taken.iter().any(taken)
    });
    if story.recovered.is_some() || !story.is_open() || (by_person && was_taken) {
        return end(StepEnd::Done, "");
    }
    if let Carried::Failed(said) = carried {
        return end(StepEnd::Failed, said);
    }
    if now < run.until {
        return Proceed::Under { step: run.step, since: run.began, until: run.until };
    }
    if !runbook.is_concerned(story) {
        return end(StepEnd::Done, "");
    }
    let is_unknown = *carried == Carried::Unknown || (!by_person && run.order.is_none());
    end(if is_unknown { StepEnd::Unknown } else { StepEnd::TimedOut }, "")
}
