//! Contracts of the project and a log, as sample data for the board and the statements.

use std::sync::Arc;

use app::WatchedContract;
use app::board::{Section, Term, rows};
use app::statements::{Settled, months};
use calendar::{HolidayTable, Month};
use desk::Story;
use evidence::{Evidence, Gatherer};
use jiff::Timestamp;
use settlement::{Question, settle};
use terms::Contract;

/// October is broken, November has a window to announce, and functions were down alone.
pub const LOG: &str = r#"{"kind":"outage","function":"all","from":"2026-10-03T10:00:20+09:00","until":"2026-10-03T10:52:10+09:00"}
{"kind":"outage","function":"all","from":"2026-10-20T02:00:00+09:00","until":"2026-10-20T03:30:00+09:00"}
{"kind":"window","id":"m1","from":"2026-10-20T02:00:00+09:00","until":"2026-10-20T04:00:00+09:00"}
{"kind":"notice","of":"m1","channel":"email","sent":"2026-10-01T10:00:00+09:00"}
{"kind":"window","id":"m2","from":"2026-10-25T02:00:00+09:00","until":"2026-10-25T03:00:00+09:00"}
{"kind":"notice","of":"m2","channel":"email","sent":"2026-10-24T10:00:00+09:00"}
{"kind":"outage","function":"all","from":"2026-10-25T02:10:00+09:00","until":"2026-10-25T02:31:00+09:00"}
{"kind":"outage","function":"all","from":"2026-10-28T12:00:00+09:00","until":"2026-10-28T12:20:00+09:00"}
{"kind":"exclusion","reason":"attack","from":"2026-10-28T12:00:00+09:00","until":"2026-10-28T12:20:00+09:00","by":"t.sato","decided":"2026-10-29T09:00:00+09:00"}
{"kind":"outage","function":"console","from":"2026-10-30T12:00:00+09:00","until":"2026-10-30T13:00:00+09:00"}
{"kind":"outage","function":"all","from":"2026-11-10T12:00:00+09:00","until":"2026-11-10T12:38:00+09:00"}
{"kind":"window","id":"m3","from":"2026-12-08T02:00:00+09:00","until":"2026-12-08T04:00:00+09:00"}
"#;

/// Measured since the middle of November, with a gap and an outage.
pub const MEASURED: &str = r#"{"kind":"run","function":"smtp-send","from":"2026-11-15T00:00:00+09:00","every":"60s","states":"3000u 14d 2000u 90- 5000u"}
{"kind":"run","function":"web","from":"2026-11-15T00:00:00+09:00","every":"60s","states":"10104u"}
"#;

const FILES: [(&str, &str); 4] = [
    ("customers-mail-cloud", include_str!("../../../../contracts/customers-mail-cloud.toml")),
    ("cyber-solutions", include_str!("../../../../contracts/cyber-solutions.toml")),
    ("aoulu-cloud", include_str!("../../../../contracts/aoulu-cloud.toml")),
    ("click-so-ko", include_str!("../../../../contracts/click-so-ko.toml")),
];

/// Contracts of the project.
pub fn contracts() -> Vec<Contract> {
    let nothing = |_: &str| Err("not needed".to_owned());
    let read = |(name, text)| terms::read(name, text, &nothing).expect("a sound contract").contract;
    FILES.map(read).to_vec()
}

/// What is cited of their documents, the longest first.
pub fn clauses() -> Vec<String> {
    let contracts = contracts();
    let terms = contracts.iter().map(Contract::newest);
    let mut clauses: Vec<String> = terms
        .flat_map(|terms| {
            let promises = terms.promises.iter().map(|promise| promise.clause.to_string());
            promises.chain(terms.exclusions.iter().map(|exclusion| exclusion.clause.to_string()))
        })
        .collect();
    clauses.sort_by_key(|clause| std::cmp::Reverse(clause.len()));
    clauses
}

fn contract(name: &str) -> Contract {
    let found = contracts().into_iter().find(|contract| contract.name.as_str() == name);
    found.expect("one of the files")
}

fn evidence(log: &str, now: Timestamp) -> Evidence {
    let mut gatherer = Gatherer::new(Some(now));
    for (number, line) in (1..).zip(log.lines()) {
        let event = evidence::read_line(line.as_bytes(), number).expect("a sound line");
        gatherer.add(event.expect("no empty line")).expect("room");
    }
    gatherer.finish()
}

/// An incident that was told too late and one whose answer is due, where the contract has such clocks.
fn stories(contract: &Contract) -> Vec<(i64, Story)> {
    if contract.name.as_str() != "click-so-ko" {
        return Vec::new();
    }
    let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
    let recognised = Some(at("2026-11-19T14:00:00+09:00"));
    let told = ("email".parse().expect("a name"), at("2026-11-19T17:30:00+09:00"));
    let late = Story { recognised, notices: vec![told], ..Story::default() };
    let judged = Some((1, at("2026-11-20T17:00:00+09:00")));
    vec![(1, late), (2, Story { judged, ..Story::default() })]
}

/// The section of a contract on the board.
pub fn section(contract: &Contract, log: &str, now: Timestamp) -> Section {
    let rows = rows(contract, &evidence(log, now), &stories(contract), now);
    let watched = WatchedContract { contract: contract.clone(), measured: Vec::new() };
    let watched = Arc::new(watched);
    Section { watched, term: Term::Runs, rows, down: Vec::new(), trouble: None, at: now }
}

/// A statement as a page has it.
pub fn settled(name: &str, month: &str, log: &str, now: Timestamp) -> Settled {
    let contract = contract(name);
    let month: Month = month.parse().expect("a month");
    let service = Question::main_service(&contract, month).expect("a service");
    let holidays = HolidayTable::japan();
    let as_of = Some(now);
    let question =
        Question { contract: &contract, service, month, as_of, fees: None, holidays: &holidays };
    let statement = settle(&question, &evidence(log, now));
    let (first, last) = months(&contract, now);
    Settled { statement, services: contract.newest().services.clone(), first, last }
}
