//! How fast a month is settled under the five contracts, for `bench/settle`: prints `NAME VALUE` lines.
//!
//! `cargo run --release -p settlement --example month -- LOG CONTRACTS-FOLDER`
//!
//! Twice: each contract for one service that consists of all functions of the log, and each contract for
//! as many customers as there are functions, with a statement for each.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Instant;

use calendar::{HolidayTable, Month};
use evidence::{Blind, Evidence, Functions, Gatherer, Observed, Outage, read_line};
use settlement::{Question, Statement, settle};
use terms::{Contract, Function, Kind, Name};

/// The contracts, as their files are called.
const CONTRACTS: [&str; 5] =
    ["cyber-solutions", "customers-mail-cloud", "aoulu-cloud", "click-so-ko", "skyarch"];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let log = arguments.next().expect("a log");
    let folder = arguments.next().expect("a folder of contracts");
    let began = processor_seconds();
    let evidence = gather(&log);
    println!("gather_seconds {:.3}", processor_seconds() - began);
    println!("measurements {}", evidence.measurements);

    let contracts = CONTRACTS.map(|name| read(Path::new(&folder), name));
    let month = Month::new(2026, 11).expect("a month");
    let holidays = HolidayTable::japan();
    let ask = |contract: &Contract, evidence: &Evidence| {
        let service = Question::main_service(contract, month).expect("a service");
        let holidays = &holidays;
        settle(&Question { contract, service, month, as_of: None, fees: None, holidays }, evidence)
    };

    let names = functions(&evidence);
    println!("functions {}", names.len());
    let mut whole = 0.0;
    for contract in &contracts {
        let widened = widened(contract, &names);
        let began = Instant::now();
        let statement = ask(&widened, &evidence);
        let seconds = began.elapsed().as_secs_f64();
        whole += seconds;
        println!("settle_{}_seconds {seconds:.4}", contract.name.as_str());
        println!("figure_{} {}", contract.name.as_str(), figure(&statement));
    }
    println!("settle_seconds {whole:.4}");

    let customers: Vec<Evidence> = names.iter().map(|name| of_one(&evidence, name)).collect();
    let (mut statements, mut seconds) = (0, 0.0);
    for contract in &contracts {
        let one = widened(contract, &["web".to_owned()]);
        let began = Instant::now();
        for customer in &customers {
            std::hint::black_box(ask(&one, customer));
            statements += 1;
        }
        seconds += began.elapsed().as_secs_f64();
    }
    println!("statements {statements}\nstatements_seconds {seconds:.4}");
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    println!("peak_kib {}", peak.trim().trim_end_matches(" kB"));
}

fn gather(log: &str) -> Evidence {
    let mut reader = BufReader::with_capacity(1 << 18, File::open(log).expect("opened"));
    let (mut line, mut number, mut gatherer) = (Vec::new(), 0, Gatherer::new(None));
    while reader.read_until(b'\n', &mut line).expect("read") > 0 {
        number += 1;
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        if let Some(event) = read_line(text, number).expect("a sound line") {
            gatherer.add(event).expect("not too much");
        }
        line.clear();
    }
    gatherer.finish()
}

fn read(folder: &Path, name: &str) -> Contract {
    let open = |path: &str| fs::read_to_string(Path::new(path)).map_err(|error| error.to_string());
    let path = folder.join(format!("{name}.toml"));
    let path = path.to_str().expect("a path in UTF-8");
    let text = fs::read_to_string(path).expect("the contract");
    terms::read(path, &text, &open).expect("a sound contract").contract
}

/// Every function of which anything is said.
fn functions(evidence: &Evidence) -> Vec<String> {
    let told = evidence.outages.iter().map(|outage| &outage.function);
    let blind = evidence.blind.iter().map(|blind| &blind.function);
    let one = |functions: &Functions| match functions {
        Functions::All => None,
        Functions::One(name) => Some(name.clone()),
    };
    let mut names: Vec<String> =
        told.chain(blind).filter_map(one).chain(evidence.measured.keys().cloned()).collect();
    names.sort();
    names.dedup();
    names
}

/// The contract for a service that consists of these functions.
fn widened(contract: &Contract, names: &[String]) -> Contract {
    let mut contract = contract.clone();
    for version in &mut contract.versions {
        for service in &mut version.terms.services {
            let like = service.functions.first().expect("a function").clone();
            let function = |name: &String| Function {
                name: name.parse::<Name>().expect("a name"),
                ..like.clone()
            };
            service.functions = names.iter().map(function).collect();
        }
        for promise in &mut version.terms.promises {
            if let Kind::Availability(availability) = &mut promise.kind {
                availability.functions.clear();
            }
        }
    }
    contract
}

/// The evidence of one function, as that of `web`.
fn of_one(evidence: &Evidence, name: &str) -> Evidence {
    let is = |functions: &Functions| *functions == Functions::One(name.to_owned());
    let web = || Functions::One("web".to_owned());
    let observed: Option<BTreeMap<String, Observed>> = evidence.measured.get(name).cloned();
    let outages = evidence.outages.iter().filter(|outage| is(&outage.function));
    let blind = evidence.blind.iter().filter(|blind| is(&blind.function));
    Evidence {
        measured: observed.into_iter().map(|sites| ("web".to_owned(), sites)).collect(),
        outages: outages.map(|outage| Outage { function: web(), ..outage.clone() }).collect(),
        blind: blind.map(|blind| Blind { function: web(), site: None, span: blind.span }).collect(),
        ..Evidence::default()
    }
}

fn figure(statement: &Statement) -> String {
    format!(
        "{:?} {} {} {}",
        statement.verdict,
        statement.net.counted.as_secs(),
        statement.net.denominator.as_secs(),
        statement.lower.counted.as_secs()
    )
}

/// Seconds that the processor worked for this program: what else runs on the machine is not in it.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("Linux");
    let nanos = text.split(' ').next().expect("a number");
    nanos.parse::<f64>().expect("a number") / 1e9
}
