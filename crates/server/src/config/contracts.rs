//! `[[contract]]`: the contracts that the office keeps, read and checked with the configuration.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use app::probes::{PROBES, Probe};
use app::{Measured, Source, WatchedContract};
use jiff::civil::Date;
use sections::{Day, Section, nearest};
use terms::{Contract, Name};

use super::checks::{ADDED, CheckConfig, added};
use super::value::PATH;
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
    /// The contract and what we measure of it.
    pub watched: WatchedContract,
}

/// Every `[[contract]]`. One that cannot be read is a finding and is left out.
pub fn read_contracts(
    top: &Section<'_>,
    folder: &Path,
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
        if let Some(config) = read_contract(&section, folder, checks) {
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
    checks: &[CheckConfig],
) -> Option<ContractConfig> {
    let file = section.need("file", &PATH);
    let start = section.value("start", &Day);
    let measure = section.section("measure");
    let file = folder.join(file?);
    let contract = match open_contract(&file) {
        Ok(contract) => contract,
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
    Some(ContractConfig { file, start, watched: WatchedContract { contract, measured } })
}

/// Reads and checks a contract file.
///
/// # Errors
/// What is wrong with it, a line each, with the file and the line.
fn open_contract(file: &Path) -> Result<Contract, Vec<String>> {
    match contract_file::load(file).map_err(|why| vec![why])? {
        Ok(read) => Ok(read.contract),
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

/// Every function of every version of a contract.
fn functions(contract: &Contract) -> BTreeSet<Name> {
    let services = contract.versions.iter().flat_map(|version| &version.terms.services);
    services.flat_map(|service| &service.functions).map(|function| function.name.clone()).collect()
}

/// The nearest of the known words, or all of them when none is near.
fn meant<'k>(word: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
    match nearest(word, known.clone(), 1 + word.len() / 4) {
        Some(best) => format!("; did you mean `{best}`?"),
        None => format!("; it may be {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// Functions that are measured when a contract is given by its file alone.
const USUAL: [(&str, Probe); 3] =
    [("smtp", Probe::Smtp), ("console", Probe::Console), ("api", Probe::Console)];

/// A contract by the file alone: its functions of the usual names are measured.
pub fn by_names(file: PathBuf, contract: Contract) -> ContractConfig {
    let measured = functions(&contract).into_iter().filter_map(|function| {
        let (_, probe) = USUAL.iter().find(|(name, _)| *name == function.as_str())?;
        Some(Measured { function, source: Source::Probe(*probe) })
    });
    let measured = measured.collect();
    ContractConfig { file, start: None, watched: WatchedContract { contract, measured } }
}
