//! The contract files say what `docs/CONTRACTS.md` says of them: it accounts for each of their items by
//! name, and its first example is a contract.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use terms::{Contract, Kind, Terms};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn contract(file: &str) -> Contract {
    let folder = root().join("contracts");
    let open = |name: &str| {
        fs::read_to_string(folder.join(name))
            .map_err(|error| format!("cannot read {name}: {error}"))
    };
    let text = open(file).expect("the file is there");
    let read = terms::read(file, &text, &open).unwrap_or_else(|findings| {
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    });
    read.contract
}

#[test]
fn each_file_has_the_name_of_its_contract() {
    let mut seen = 0;
    for entry in fs::read_dir(root().join("contracts")).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name in UTF-8");
        if !name.ends_with(".toml") {
            continue;
        }
        assert_eq!(format!("{}.toml", contract(&name).name), name);
        seen += 1;
    }
    assert_eq!(seen, 9);
}

#[test]
fn the_example_in_the_document_is_a_contract() {
    let document = fs::read_to_string(root().join("docs/CONTRACTS.md")).expect("the document");
    let example = document.split("```").find_map(|block| block.strip_prefix("toml\n"));
    let text = example.expect("a first example");
    let open = |name: &str| Err(format!("{name}: nothing is extended"));
    let read = terms::read("example.toml", text, &open).expect("a sound contract");
    assert_eq!(read.warnings, []);
}

/// Names of what the document may be asked about: promises, exclusions, fees and calendars.
fn items(terms: &Terms) -> Vec<String> {
    let promises = terms.promises.iter().map(|item| &item.name);
    let exclusions = terms.exclusions.iter().map(|item| &item.name);
    let fees = terms.fees.iter().map(|item| &item.name);
    let calendars = terms.calendars.iter().map(|item| &item.name);
    promises.chain(exclusions).chain(fees).chain(calendars).map(ToString::to_string).collect()
}

/// Names of services and functions, which the account may mention too.
fn services(terms: &Terms) -> Vec<String> {
    let functions = terms.services.iter().flat_map(|service| &service.functions);
    let services = terms.services.iter().map(|service| service.name.to_string());
    services.chain(functions.map(|function| function.name.to_string())).collect()
}

/// The words in backquotes of the third column, in the part of the account under that heading.
fn accounted(document: &str, heading: &str) -> BTreeSet<String> {
    let (_, after) = document.split_once(heading).expect("a heading for each contract");
    let part = after.split("\n### ").next().unwrap_or(after);
    let rows = part.lines().filter(|line| line.starts_with("| "));
    let cells = rows.filter_map(|row| row.split('|').nth(3));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn the_account_names_every_item_and_nothing_else() {
    let document = fs::read_to_string(root().join("docs/CONTRACTS.md")).expect("the document");
    let parts: [(&str, &[&str]); 5] = [
        ("### 000,", &["cyber-solutions.toml"]),
        ("### 001,", &["customers-mail-cloud.toml"]),
        ("### 002,", &["aoulu-cloud.toml"]),
        ("### 003,", &["click-so-ko.toml"]),
        ("### 004,", &["skyarch.toml", "skyarch-gold.toml", "skyarch-platinum.toml"]),
    ];
    for (heading, files) in parts {
        let terms: Vec<Terms> = files.iter().map(|file| contract(file).newest().clone()).collect();
        let items: BTreeSet<String> = terms.iter().flat_map(items).collect();
        let services: BTreeSet<String> = terms.iter().flat_map(services).collect();
        let accounted = accounted(&document, heading);
        let missing: Vec<&String> = items.difference(&accounted).collect();
        assert!(missing.is_empty(), "{heading} the account leaves out {missing:?}");
        let unknown: Vec<&String> = accounted
            .iter()
            .filter(|name| !items.contains(*name) && !services.contains(*name))
            .collect();
        assert!(unknown.is_empty(), "{heading} no such item in the file: {unknown:?}");
    }
}

#[test]
fn options_override_the_base_contract() {
    let told_at = |file: &str, name: &str| {
        let terms = contract(file).newest().clone();
        let promise = terms.promises.into_iter().find(|promise| promise.name.as_str() == name)?;
        match promise.kind {
            Kind::Check(check) => check.threshold.map(|threshold| threshold.at_least.to_string()),
            _ => None,
        }
    };
    assert_eq!(told_at("skyarch.toml", "inodes"), None);
    assert_eq!(told_at("skyarch-gold.toml", "inodes").as_deref(), Some("90%"));
    assert_eq!(told_at("skyarch-platinum.toml", "inodes").as_deref(), Some("50%"));
    assert_eq!(told_at("skyarch-platinum.toml", "disk").as_deref(), Some("90%"));
}

#[test]
fn revisions_are_in_force_from_their_day() {
    let days = |file: &str| -> Vec<String> {
        contract(file).versions.iter().map(|version| version.in_force.to_string()).collect()
    };
    let cyber = [
        "2020-05-01",
        "2020-07-08",
        "2020-11-27",
        "2021-05-19",
        "2022-02-28",
        "2022-04-30",
        "2023-07-31",
    ];
    assert_eq!(days("cyber-solutions.toml"), cyber);
    assert_eq!(days("customers-mail-cloud.toml"), ["2016-10-01", "2019-10-01"]);
    let skyarch = ["2008-07-01", "2009-05-25", "2009-08-21", "2017-08-23"];
    assert_eq!(days("skyarch.toml"), skyarch);
    assert_eq!(days("skyarch-gold.toml"), skyarch);
}
