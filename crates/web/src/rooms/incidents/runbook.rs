//! The runbook of an incident as its page shows it, and the calls of our people.

use app::SendingState;
use app::incidents::calling::CallRecord;
use app::incidents::{RunbookView, StepView};
use desk::{Carried, StepDoing, StepEnd, Teller, step_end_word};
use jiff::Timestamp;

use crate::frame::Frame;
use crate::marks::Chip;

/// A runbook with its steps.
pub struct RunbookPanel {
    pub name: String,
    pub stopped: bool,
    /// It may be stopped, or go on.
    pub may: bool,
    pub steps: Vec<StepLine>,
}

/// A step of a runbook.
pub struct StepLine {
    pub number: u16,
    pub what: String,
    pub level: Option<String>,
    pub chip: Chip,
    /// The order and how it stands, and until when it is waited for.
    pub more: Vec<String>,
    /// The word on the button that does it, while a person may.
    pub act: Option<String>,
    pub may_skip: bool,
}

/// A call of one of our people.
pub struct CallLine {
    pub entry: i64,
    pub courier: String,
    pub to: String,
    pub chip: Chip,
    pub twice: bool,
    pub answered: Option<Timestamp>,
    pub answer: String,
}

/// The panel of a runbook.
pub fn panel(f: &Frame, view: &RunbookView<'_>, teller: &Teller<'_>) -> RunbookPanel {
    let under_way = view.steps.iter().any(|it| is_under_way(it));
    let line = |it: &StepView<'_>| line(f, it, teller, under_way);
    RunbookPanel {
        name: view.runbook.name.to_string(),
        stopped: view.stopped,
        may: view.steps.iter().any(|it| it.is_open),
        steps: view.steps.iter().map(line).collect(),
    }
}

fn is_under_way(step: &StepView<'_>) -> bool {
    step.followed.as_ref().is_some_and(|run| run.ended.is_none())
}

fn line(f: &Frame, it: &StepView<'_>, teller: &Teller<'_>, under_way: bool) -> StepLine {
    let is_order = matches!(it.step.doing, StepDoing::Order { .. });
    let what = match &it.step.doing {
        StepDoing::Order { station, action } => {
            let words = [("a", station.clone().into()), ("b", action.clone().into())];
            f.lang.say_with("runbook-order", &words)
        }
        StepDoing::Call => f.t("runbook-call"),
        StepDoing::Hand(text) => text.clone(),
    };
    let here = is_under_way(it);
    let act = match (it.is_open, here, is_order) {
        (true, true, false) => Some(f.t("runbook-did")),
        (true, false, _) if !under_way => Some(f.t("runbook-begin")),
        _ => None,
    };
    StepLine {
        number: it.number,
        what,
        level: it.step.level.as_ref().map(|(ladder, level)| teller.step(ladder, *level)),
        chip: chip(f, it),
        more: more(f, it, teller),
        act,
        may_skip: it.is_open,
    }
}

fn chip(f: &Frame, it: &StepView<'_>) -> Chip {
    let ended = it.followed.as_ref().map(|run| run.ended);
    let (tone, word) = match ended {
        None => ("unmeasured", f.t("runbook-not-yet")),
        Some(None) => ("queued", f.t("runbook-under-way")),
        Some(Some((how, _))) => {
            let tone = match how {
                StepEnd::Done => "succeeded",
                StepEnd::Failed | StepEnd::TimedOut => "failed",
                StepEnd::Unknown => "deferred",
                StepEnd::Skipped => "suppressed",
            };
            (tone, step_end_word(how, f.lang.into()).to_owned())
        }
    };
    Chip { tone, word }
}

fn more(f: &Frame, it: &StepView<'_>, teller: &Teller<'_>) -> Vec<String> {
    let mut more = Vec::new();
    let Some(run) = &it.followed else { return more };
    if let Some(order) = run.order {
        let word = match &it.carried {
            None | Some(Carried::Pending) => f.t("runbook-pending"),
            Some(Carried::Done) => f.t("runbook-carried"),
            Some(Carried::Failed(said)) => f.with("runbook-failed", said),
            Some(Carried::Unknown) => f.t("runbook-unknown"),
        };
        let words = [("a", order.to_string().into()), ("b", word.into())];
        more.push(f.lang.say_with("runbook-order-stands", &words));
    }
    match run.ended {
        None => {
            let until = teller.instant(run.until);
            more.push(f.with("runbook-until", &until));
        }
        Some((_, at)) => more.push(teller.instant(at)),
    }
    more
}

/// The calls of our people.
pub fn calls(f: &Frame, calls: Vec<CallRecord>) -> Vec<CallLine> {
    let line = |call: CallRecord| {
        let (tone, word) = match call.state {
            SendingState::Draft | SendingState::Queued => ("queued", f.t("call-waits")),
            SendingState::Sending => ("queued", f.t("call-on-its-way")),
            SendingState::Sent => ("succeeded", f.t("call-sent")),
            SendingState::Failed => ("failed", f.t("call-failed")),
        };
        let (answered, answer) = call.answer.unzip();
        CallLine {
            entry: call.key.entry,
            courier: call.courier,
            to: call.recipient,
            chip: Chip { tone, word },
            twice: call.maybe_twice,
            answered,
            answer: answer.unwrap_or_default(),
        }
    };
    calls.into_iter().map(line).collect()
}
