//! `[[runbook]]` and `[[alerts]]`: what is done about incidents by itself, and what opens them beside the
//! functions of contracts.

use std::collections::BTreeSet;
use std::time::Duration;

use app::incidents::{ALERT_DOORS_MAX, AlarmPlace, AlarmRules, AlertDoor, RUNBOOK_WAIT};
use desk::{Closing, RUNBOOK_STEPS_MAX, RUNBOOKS_MAX, Runbook, RunbookStep, StepDoing};
use jiff::SignedDuration;
use sections::{Choice, Section, Truth, Word};
use terms::{Contract, Kind, Name};

use super::checks::{ADDED, CheckConfig, added};
use super::contracts::{ContractConfig, meant};
use super::value::{ALARM_PLACE, CHANNEL, LENGTH, SHORT_NAME, TEXT};

/// Longest that a step is waited for.
const WAIT_MAX: Duration = Duration::from_secs(30 * 24 * 3_600);
/// What a resolved alert means, by its word.
pub const RESOLVED: [(&str, Closing); 2] =
    [("person", Closing::ByPerson), ("recovers", Closing::ByItself)];

const LEVEL: Word<(Name, u8)> = Word {
    expected: "a ladder of the contract and a level, such as \"port-ladder 1\"",
    parse: |text| {
        let (ladder, level) = text.split_once(' ')?;
        Some((ladder.parse().ok()?, level.parse().ok().filter(|level| *level > 0)?))
    },
};
const ORDER: Word<(String, String)> = Word {
    expected: "a station and an action of its own file, such as \"web1 restart-nginx\"",
    parse: |text| {
        let (station, action) = text.split_once(' ')?;
        let sound = |word: &str| {
            let inner = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            (1..=64).contains(&word.len()) && word.chars().all(inner)
        };
        (sound(station) && sound(action)).then(|| (station.to_owned(), action.to_owned()))
    },
};

/// Every `[[runbook]]`.
pub fn read_runbooks(
    top: &Section<'_>,
    contracts: &[ContractConfig],
    checks: &[CheckConfig],
) -> Vec<Runbook> {
    let mut names = BTreeSet::new();
    let mut runbooks = Vec::new();
    for section in top.sections_up_to("runbook", RUNBOOKS_MAX) {
        let name = section.need("name", &CHANNEL);
        if let Some(name) = &name {
            section.label(name);
        }
        if name.as_ref().is_some_and(|name| !names.insert(name.clone())) {
            section.object("name", "it is the name of a runbook above");
        }
        let contract = section.need("contract", &TEXT);
        let known = contract.as_deref().and_then(|name| find(contracts, name));
        if let (Some(name), None) = (&contract, known) {
            let names = contracts.iter().map(|it| it.watched.contract.name.as_str());
            let hint = meant(name, names);
            section.object(
                "contract",
                &format!("there is no [[contract]] of the name {name:?}{hint}"),
            );
        }
        let functions = section.list("functions", &CHANNEL).unwrap_or_default();
        let alarms = section.list("alarms", &TEXT).unwrap_or_default();
        let done = section.list("done", &TEXT).unwrap_or_default();
        let done = done.iter().filter_map(|word| check(&section, "done", word, checks)).collect();
        let conditions = read_conditions(&section, known, checks);
        let steps = read_steps(&section, known);
        if let Some(contract) = known {
            check_functions(&section, contract, &functions);
        }
        section.finish();
        if let (Some(name), Some(contract)) = (name, known) {
            let contract = contract.name.clone();
            runbooks.push(Runbook { name, contract, functions, alarms, conditions, done, steps });
        }
    }
    runbooks
}

fn find<'c>(contracts: &'c [ContractConfig], name: &str) -> Option<&'c Contract> {
    let found = contracts.iter().find(|it| it.watched.contract.name.as_str() == name);
    found.map(|it| &it.watched.contract)
}

/// A check by its word: one of the configuration, or `added:` and one of the console.
fn check(
    section: &Section<'_>,
    key: &'static str,
    word: &str,
    checks: &[CheckConfig],
) -> Option<String> {
    let names = || checks.iter().map(|it| it.check.name.as_str());
    let found = names().find(|name| *name == word).or_else(|| added(word));
    if found.is_none() {
        let hint = meant(word, names());
        let more = format!("; a check of the console is named \"{ADDED}NAME\"");
        section.object(key, &format!("there is no check {word:?}{hint}{more}"));
    }
    found.map(str::to_owned)
}

fn read_conditions(
    section: &Section<'_>,
    contract: Option<&Contract>,
    checks: &[CheckConfig],
) -> Vec<(Name, String)> {
    let below = section.section("conditions");
    let mut conditions = Vec::new();
    for entry in below.texts() {
        let name = entry.key.parse::<Name>();
        if name.is_err() {
            below.object_at(entry.key_at, "a condition is named as in the contract: `login`");
        }
        if let (Ok(name), Some(contract)) = (&name, contract)
            && !needs(contract).any(|needed| needed == name)
        {
            let known = needs(contract).map(Name::as_str).collect::<Vec<_>>();
            let hint = meant(name.as_str(), known.into_iter());
            let text = format!("no step of the contract's ladders needs {name}{hint}");
            below.object_at(entry.key_at, &text);
        }
        let names = || checks.iter().map(|it| it.check.name.as_str());
        let found = names().find(|name| *name == entry.text).or_else(|| added(entry.text));
        match (name, found) {
            (Ok(name), Some(check)) => conditions.push((name, check.to_owned())),
            (Ok(_), None) => {
                let hint = meant(entry.text, names());
                let text = format!("there is no check {:?}{hint}", entry.text);
                below.object_at(entry.text_at, &text);
            }
            _ => {}
        }
    }
    conditions
}

fn read_steps(section: &Section<'_>, contract: Option<&Contract>) -> Vec<RunbookStep> {
    let mut steps = Vec::new();
    for below in section.sections_up_to("step", RUNBOOK_STEPS_MAX) {
        let level = below.value("level", &LEVEL);
        let order = below.value("order", &ORDER);
        let call = below.value("call", &Truth).unwrap_or_default();
        let text = below.value("text", &TEXT);
        let wait = below.value("wait", &LENGTH);
        if wait.is_some_and(|wait| wait.is_zero() || wait > WAIT_MAX) {
            below.object("wait", "`wait` may be from 1ms to 30d");
        }
        if let (Some((ladder, number)), Some(contract)) = (&level, contract)
            && !has_level(contract, ladder, *number)
        {
            below.object(
                "level",
                &format!("the contract has no ladder {ladder} with a level {number}"),
            );
        }
        let doing = match (order, call, text) {
            (Some((station, action)), false, None) => Some(StepDoing::Order { station, action }),
            (None, true, None) => Some(StepDoing::Call),
            (None, false, Some(text)) => Some(StepDoing::Hand(text)),
            _ if below.has("order") && !call && !below.has("text") => None,
            _ => {
                below.object("order", "a step has one of `order`, `call = true` and `text`");
                None
            }
        };
        below.finish();
        let wait =
            wait.and_then(|wait| SignedDuration::try_from(wait).ok()).unwrap_or(RUNBOOK_WAIT);
        steps.extend(doing.map(|doing| RunbookStep { level, doing, wait }));
    }
    if steps.is_empty() && section.is_there() && !section.has("step") {
        section.object("step", "a runbook has at least one [[runbook.step]]");
    }
    steps
}

/// What steps of its ladders need.
fn needs(contract: &Contract) -> impl Iterator<Item = &Name> {
    let promises = contract.versions.iter().flat_map(|version| &version.terms.promises);
    let steps = promises.filter_map(|promise| match &promise.kind {
        Kind::Escalation(it) => Some(&it.steps),
        _ => None,
    });
    steps.flatten().filter_map(|step| step.needs.as_ref())
}

fn has_level(contract: &Contract, ladder: &Name, level: u8) -> bool {
    contract.versions.iter().any(|version| {
        let promise = version.terms.promise(ladder);
        promise.is_some_and(|promise| match &promise.kind {
            Kind::Escalation(it) => it.steps.iter().any(|step| step.level == level),
            _ => false,
        })
    })
}

fn check_functions(section: &Section<'_>, contract: &Contract, names: &[Name]) {
    let known: BTreeSet<&str> = contract
        .versions
        .iter()
        .flat_map(|version| &version.terms.services)
        .flat_map(|service| &service.functions)
        .map(|function| function.name.as_str())
        .collect();
    for name in names.iter().filter(|name| !known.contains(name.as_str())) {
        let hint = meant(name.as_str(), known.iter().copied());
        section.object("functions", &format!("the contract has no function {name}{hint}"));
    }
}

/// Every `[[alerts]]`, and the checks that open incidents.
pub fn read_alarms(
    top: &Section<'_>,
    contracts: &[ContractConfig],
    checks: &[CheckConfig],
) -> AlarmRules {
    let mut rules = AlarmRules::default();
    for section in top.sections_up_to("alerts", ALERT_DOORS_MAX) {
        let name = section.need("name", &SHORT_NAME);
        if let Some(name) = &name {
            section.label(name);
        }
        let place = section.need("under", &ALARM_PLACE);
        let closing = section.value("resolved", &Choice(&RESOLVED));
        if let Some(place) = &place {
            check_place(&section, "under", place, contracts);
        }
        if name.as_ref().is_some_and(|name| rules.doors.iter().any(|door| door.name == *name)) {
            section.object("name", "it is the name of a section [[alerts]] above");
        }
        section.finish();
        if let (Some(name), Some(place)) = (name, place) {
            let closing = closing.unwrap_or(Closing::ByPerson);
            rules.doors.push(AlertDoor { name, place, closing });
        }
    }
    for (section, config) in top.sections("check").iter().zip(checks) {
        let Some(place) = &config.opens else { continue };
        check_place(section, "opens_incident", place, contracts);
        let name = &config.check.name;
        let measures = |contract: &ContractConfig| {
            contract.watched.measured.iter().any(|measured| measured.source.is_check(name))
        };
        if contracts.iter().any(measures) {
            let text = "a contract measures by it and opens incidents already: leave it out";
            section.object("opens_incident", text);
        }
        rules.checks.push((name.clone(), place.clone()));
    }
    rules
}

fn check_place(
    section: &Section<'_>,
    key: &'static str,
    place: &AlarmPlace,
    contracts: &[ContractConfig],
) {
    let Some(contract) = find(contracts, &place.contract) else {
        let names = contracts.iter().map(|it| it.watched.contract.name.as_str());
        let hint = meant(&place.contract, names);
        let text = format!("there is no [[contract]] of the name {:?}{hint}", place.contract);
        section.object(key, &text);
        return;
    };
    let Some(service) = &place.service else { return };
    let mut services = contract.versions.iter().flat_map(|version| &version.terms.services);
    if !services.any(|known| known.name == *service) {
        section.object(key, &format!("the contract has no service {service}"));
    }
}
