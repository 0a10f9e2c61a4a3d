//! `[[contract]]`: the contracts that the office keeps, read and checked with the configuration.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use app::incidents::EmergencyContact;
use app::probes::PROBES;
use app::telling::{Audience, ON_INCIDENT, RECIPIENTS_MAX};
use app::{Measured, Source, WatchedContract, functions};
use jiff::civil::Date;
use sections::{Choice, Day, Section, Truth, nearest};
use terms::{Contract, Name};

use super::checks::{ADDED, CheckConfig, added};
use super::couriers::{CourierConfig, CourierKind};
use super::value::{CONTACT, MAIL_ADDRESS, PATH, SHORT_NAME};
use crate::contract_file;

/// Most contracts of one configuration.
pub const CONTRACTS_MAX: usize = 1_000;

/// A contract of the configuration.
#[derive(Clone, Debug)]
pub struct ContractConfig {
    /// Its file, from where the program runs.
    pub file: PathBuf,
    /// The customer's first day, when the configuration says another than the file.
    pub start: Option<Date>,
    /// Whom to reach at the customer's, in the order in which they are tried.
    pub contacts: Vec<EmergencyContact>,
    /// The contract and what we measure of it.
    pub watched: WatchedContract,
    /// Who is told of it.
    pub audience: Audience,
    /// What is odd in its file, but can be used.
    pub warnings: Vec<terms::Finding>,
}

/// Every `[[contract]]`. One that cannot be read is a finding and is left out.
pub fn read_contracts(
    top: &Section<'_>,
    folder: &Path,
    couriers: &[CourierConfig],
    checks: &[CheckConfig],
) -> Vec<ContractConfig> {
    let sections = top.sections("contract");
    if sections.len() > CONTRACTS_MAX {
        let text = format!("there are more than {CONTRACTS_MAX} contracts: run another office");
        top.object("contract", &text);
        return Vec::new();
    }
    let mut names = BTreeSet::new();
    let mut contracts = Vec::new();
    for section in sections {
        if let Some(config) = read_contract(&section, folder, couriers, checks) {
            let name = config.watched.contract.name.to_string();
            if names.insert(name.clone()) {
                contracts.push(config);
            } else {
                section.object("file", &format!("{name:?} is the name of a contract above"));
            }
        }
        section.finish();
    }
    contracts
}

fn read_contract(
    section: &Section<'_>,
    folder: &Path,
    couriers: &[CourierConfig],
    checks: &[CheckConfig],
) -> Option<ContractConfig> {
    let file = section.need("file", &PATH);
    let start = section.value("start", &Day);
    let contacts = section.list("emergency_contacts", &CONTACT).unwrap_or_default();
    let measure = section.section("measure");
    let mut audience = read_audience(section, couriers);
    let about_relay = section.value("about_relay", &Truth);
    let file = folder.join(file?);
    let (contract, warnings) = match open_contract(&file) {
        Ok(read) => (read.contract, read.warnings),
        Err(wrong) => {
            for text in wrong {
                section.object("file", &text);
            }
            return None;
        }
    };
    let measured = read_measured(&measure, &contract, checks);
    let contract = match start {
        Some(start) => contract.starting(start),
        None => contract,
    };
    let watched = WatchedContract { contract, measured };
    audience.about_relay = about_relay.unwrap_or(watched.measures_relay());
    check_routes(section, &audience, couriers);
    Some(ContractConfig { file, start, contacts, watched, audience, warnings })
}

/// Who is told of a contract.
fn read_audience(section: &Section<'_>, couriers: &[CourierConfig]) -> Audience {
    let mail = section.list("notify", &MAIL_ADDRESS).unwrap_or_default();
    if mail.len() > RECIPIENTS_MAX {
        section.object("notify", &format!("there are more than {RECIPIENTS_MAX} addresses"));
    }
    let names = section.list("notify_over", &SHORT_NAME).unwrap_or_default();
    for name in &names {
        let known = couriers.iter().find(|courier| courier.name == *name);
        match known.map(|courier| &courier.kind) {
            Some(CourierKind::Mail(_)) => {
                let text = format!("{name:?} carries mail: write addresses under `notify`");
                section.object("notify_over", &text);
            }
            Some(_) => {}
            None => {
                let known = couriers.iter().map(|courier| courier.name.as_str());
                let hint = meant(name, known);
                section.object("notify_over", &format!("there is no courier {name:?}{hint}"));
            }
        }
    }
    let on_incident = section.value("notify_incident", &Choice(&ON_INCIDENT)).unwrap_or_default();
    Audience { mail, couriers: names, about_relay: false, on_incident }
}

/// Mail needs a courier, and news of the relay one that is not the relay.
fn check_routes(section: &Section<'_>, audience: &Audience, couriers: &[CourierConfig]) {
    if audience.mail.is_empty() {
        return;
    }
    let mut routes = couriers.iter().filter_map(|courier| match &courier.kind {
        CourierKind::Mail(mail) => Some(mail.own_relay),
        _ => None,
    });
    if audience.about_relay && routes.all(|own_relay| own_relay) {
        section.object(
            "notify",
            "its news is about the relay and must not travel through the relay alone: add a \
             [[courier]] of kind \"mail\" with another server",
        );
    } else if !couriers.iter().any(|courier| matches!(courier.kind, CourierKind::Mail(_))) {
        section.object("notify", "nobody carries mail: add a [[courier]] of kind \"mail\"");
    }
}

/// Reads and checks a contract file.
///
/// # Errors
/// What is wrong with it, a line each, with the file and the line.
fn open_contract(file: &Path) -> Result<terms::Read, Vec<String>> {
    match contract_file::load(file).map_err(|why| vec![why])? {
        Ok(read) => Ok(read),
        Err(findings) => Err(findings.iter().map(ToString::to_string).collect()),
    }
}

/// Which functions we measure ourselves: any names of the contract's, each with one of our probes, a
/// check of the configuration, or `added:` and the name of one of the console.
fn read_measured(
    section: &Section<'_>,
    contract: &Contract,
    checks: &[CheckConfig],
) -> Vec<Measured> {
    let known = functions(contract);
    let mut measured = Vec::new();
    for entry in section.texts() {
        let (function, word) = (entry.key, entry.text);
        let name = known.iter().find(|name| name.as_str() == function);
        if name.is_none() {
            let known = known.iter().map(Name::as_str);
            let hint = meant(function, known);
            section.object_at(
                entry.key_at,
                &format!("the contract has no function `{function}`{hint}"),
            );
        }
        let source = source(word, checks);
        if source.is_none() {
            let names = checks.iter().map(|it| it.check.name.as_str());
            let hint = meant(word, PROBES.iter().map(|(known, _)| *known).chain(names));
            let more = format!("; a check of the console is named \"{ADDED}NAME\"");
            let text = format!("there is no probe or check {word:?}{hint}{more}");
            section.object_at(entry.text_at, &text);
        }
        if let (Some(name), Some(source)) = (name, source) {
            measured.push(Measured { function: name.clone(), source });
        }
    }
    measured
}

/// What looks, by its word. Whether the console has a check is not known before the records are open.
fn source(word: &str, checks: &[CheckConfig]) -> Option<Source> {
    if let Some((_, probe)) = PROBES.iter().find(|(known, _)| *known == word) {
        return Some(Source::Probe(*probe));
    }
    let configured = checks.iter().map(|it| it.check.name.as_str()).find(|name| *name == word);
    configured.or_else(|| added(word)).map(|name| Source::Check(name.to_owned()))
}

/// The nearest of the known words, or all of them when none is near.
pub fn meant<'k>(word: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
    match nearest(word, known.clone(), 1 + word.len() / 4) {
        Some(best) => format!("; did you mean `{best}`?"),
        None => format!("; it may be {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// A contract by the file alone: its functions of the usual names are measured.
pub fn by_names(file: PathBuf, contract: Contract) -> ContractConfig {
    let watched = WatchedContract { measured: app::kept::usual(&contract), contract };
    let audience = Audience::default();
    ContractConfig {
        file,
        start: None,
        contacts: Vec::new(),
        watched,
        audience,
        warnings: Vec::new(),
    }
}
