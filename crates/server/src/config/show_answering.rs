//! Runbooks and doors for alerts as the text that they are read from.

use std::time::Duration;

use app::incidents::AlarmPlace;
use desk::{Runbook, RunbookStep, StepDoing};

use super::answering::RESOLVED;
use super::show::{Page, key};
use super::units::show_span;
use super::{ADDED, Config};

/// Writes every `[[alerts]]` and `[[runbook]]`.
pub fn show_answering(page: &mut Page, config: &Config) {
    for door in &config.alarms.doors {
        page.head("[[alerts]]");
        page.text("name", &door.name);
        page.text("under", show_place(&door.place));
        let word = RESOLVED.iter().find(|(_, known)| *known == door.closing);
        page.text("resolved", word.map_or("", |(word, _)| word));
    }
    for runbook in &config.runbooks {
        show_runbook(page, runbook, config);
    }
}

/// A contract, or one of its services, as it is written.
pub fn show_place(place: &AlarmPlace) -> String {
    match &place.service {
        Some(service) => format!("{}/{service}", place.contract),
        None => place.contract.clone(),
    }
}

fn show_runbook(page: &mut Page, runbook: &Runbook, config: &Config) {
    let check = |name: &String| match config.checks.iter().any(|it| it.check.name == *name) {
        true => name.clone(),
        false => format!("{ADDED}{name}"),
    };
    page.head("[[runbook]]");
    page.text("name", &runbook.name);
    page.text("contract", &runbook.contract);
    page.list("functions", &runbook.functions);
    page.list("alarms", &runbook.alarms);
    page.list("done", runbook.done.iter().map(check));
    if !runbook.conditions.is_empty() {
        page.head("[runbook.conditions]");
        for (condition, name) in &runbook.conditions {
            page.text(&key(condition.as_str()), check(name));
        }
    }
    for step in &runbook.steps {
        show_step(page, step);
    }
}

fn show_step(page: &mut Page, step: &RunbookStep) {
    page.head("[[runbook.step]]");
    if let Some((ladder, level)) = &step.level {
        page.text("level", format!("{ladder} {level}"));
    }
    match &step.doing {
        StepDoing::Order { station, action } => page.text("order", format!("{station} {action}")),
        StepDoing::Call => page.plain("call", true),
        StepDoing::Hand(text) => page.text("text", text),
    }
    page.text("wait", show_span(Duration::try_from(step.wait).unwrap_or_default()));
}
