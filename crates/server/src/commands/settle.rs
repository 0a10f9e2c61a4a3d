//! `yakusoku settle`: one month of one service, from a contract and a log, without any server.

use std::path::{Path, PathBuf};

use calendar::{HolidayTable, Month};
use clap::{Args, ValueEnum};
use evidence::{Evidence, Gatherer};
use settlement::{MonthFees, Question, settle};
use terms::{Contract, FeeKind, Kind, Name};

use super::agreed::{Agreed, Language};
use super::instant::Given;
use super::meant::did_you_mean;
use crate::exit::{Misused, Status};
use crate::log_file::LogFile;
use crate::stdout;

/// Most wrong lines of all logs that are shown; the others are counted.
const WRONG_LINES_SHOWN: u64 = 20;

/// What stands at the end of the help.
pub const HELP: &str = "Exit status: 0 settled, whatever the verdict; 1 the contract or a log is \
                        wrong; 2 wrong usage";

#[derive(Args)]
pub struct SettleArgs {
    #[command(flatten)]
    agreed: Agreed,
    /// Log of what happened, one event a line in JSON; - is standard input; repeatable
    #[arg(long, value_name = "LOG.jsonl", required = true)]
    log: Vec<PathBuf>,
    /// Month in the contract's zone
    #[arg(long, value_name = "YYYY-MM")]
    month: Month,
    /// Service [default: the first that has an availability promise]
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// How the statement is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Tell of every outage what became of each of its seconds (text; the other formats always do)
    #[arg(long)]
    explain: bool,
    /// Leave out what was not known at that instant [default: everything in the logs counts]
    #[arg(long, value_name = "INSTANT")]
    as_of: Option<Given>,
    /// The month's fees before tax, for the amount of a credit; repeatable. KIND is initial, monthly,
    /// metered, option or work; the amount is in yen, or in cents of a euro
    #[arg(long, value_name = "KIND=AMOUNT", value_parser = fee)]
    fee: Vec<(FeeKind, i64)>,
    /// Language of a text [default: the contract's]
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Lines for people
    Text,
    /// JSON; the same statement has the same bytes
    Json,
    /// A page to print or to mail, complete in itself
    Html,
}

/// Runs the command. No clock is read: the same files give the same bytes.
///
/// # Errors
/// When a file cannot be read, the contract is wrong, or it has no such service.
pub fn run(args: &SettleArgs) -> anyhow::Result<Status> {
    let contract = args.agreed.contract()?;
    let service = service(args, &contract)?;
    let as_of = args.as_of.map(|given| given.in_zone(&contract.zone)).transpose()?;
    let Some(evidence) = gather(&args.log, Gatherer::new(as_of))? else {
        return Ok(Status::Failed);
    };
    let fees = fees(&args.fee);
    let question = Question {
        contract: &contract,
        service: &service,
        month: args.month,
        as_of,
        fees: fees.as_ref(),
        holidays: &HolidayTable::japan(),
    };
    let statement = settle(&question, &evidence);
    let lang = Language::or_of(args.lang, &contract);
    stdout::put(&match args.format {
        Format::Text => settlement::text(&statement, lang, args.explain),
        Format::Json => statement.to_json(),
        Format::Html => web::statement_html(&statement, lang),
    })?;
    Ok(Status::Done)
}

/// The service that was asked for, or the one that the contract is mostly about.
fn service(args: &SettleArgs, contract: &Contract) -> anyhow::Result<Name> {
    let terms = &contract.version_on(args.month.first()).terms;
    let names: Vec<&Name> = terms.services.iter().map(|service| &service.name).collect();
    if let Some(asked) = &args.service {
        let found = names.iter().find(|name| name.as_str() == asked);
        return found.map(|name| (*name).clone()).ok_or_else(|| {
            let meant = did_you_mean(asked, names.iter().map(|name| name.as_str()));
            let names = listed(&names);
            Misused(format!("the contract has no service `{asked}`{meant} It has {names}")).into()
        });
    }
    let Some(main) = Question::main_service(contract, args.month) else {
        anyhow::bail!("the contract has no service to settle: add a [[service]] to it");
    };
    let promised = |name: &&&Name| {
        terms.promises.iter().any(|promise| match &promise.kind {
            Kind::Availability(availability) => availability.service == ***name,
            _ => false,
        })
    };
    let others: Vec<&Name> =
        names.iter().filter(|name| **name != main).filter(promised).copied().collect();
    if !others.is_empty() {
        eprintln!("this is the service {main}; --service takes {} too", listed(&others));
    }
    Ok(main.clone())
}

fn listed(names: &[&Name]) -> String {
    names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// What all logs come to; `None` when a line is wrong, which is told.
fn gather(logs: &[PathBuf], mut gatherer: Gatherer) -> anyhow::Result<Option<Evidence>> {
    let (mut events, mut wrong) = (0_u64, 0_u64);
    for path in logs {
        let mut log = LogFile::open(Path::new(path))?;
        while let Some(read) = log.next_event()? {
            match read {
                Ok(event) if wrong == 0 => {
                    events += 1;
                    if let Err(too_much) = gatherer.add(event) {
                        eprintln!("{}", log.about(&too_much.to_string()));
                        return Ok(None);
                    }
                }
                // Nothing is settled any more, but what else is wrong is worth knowing.
                Ok(_) => {}
                Err(error) => {
                    wrong += 1;
                    if wrong <= WRONG_LINES_SHOWN {
                        eprintln!("{}", log.about(&error.text));
                    }
                }
            }
        }
    }
    if wrong > WRONG_LINES_SHOWN {
        eprintln!("and {} more lines are wrong", wrong - WRONG_LINES_SHOWN);
    }
    if wrong > 0 {
        eprintln!("nothing is settled from a log with a wrong line: mend it and ask again");
        return Ok(None);
    }
    if events == 0 {
        eprintln!("the log has no events: everything is taken as up");
    }
    Ok(Some(gatherer.finish()))
}

/// The fees by kind, several of one kind together.
fn fees(given: &[(FeeKind, i64)]) -> Option<MonthFees> {
    let mut fees = MonthFees::new();
    for (kind, amount) in given {
        let sum = fees.entry(*kind).or_insert(0);
        *sum = amount.saturating_add(*sum);
    }
    (!fees.is_empty()).then_some(fees)
}

fn fee(text: &str) -> Result<(FeeKind, i64), String> {
    let how = "write KIND=AMOUNT, as in monthly=50000";
    let (word, amount) = text.split_once('=').ok_or(how)?;
    let kind = match word {
        "initial" => FeeKind::Initial,
        "monthly" => FeeKind::Monthly,
        "metered" => FeeKind::Metered,
        "option" => FeeKind::Option,
        "work" => FeeKind::Work,
        _ => {
            let kinds = ["initial", "monthly", "metered", "option", "work"];
            let meant = did_you_mean(word, kinds);
            return Err(format!("no fee is `{word}`{meant} Kinds are {}", kinds.join(", ")));
        }
    };
    let amount = amount.parse().ok().filter(|amount| *amount >= 0);
    let whole = "the amount is a whole number in the smallest unit of the currency, not negative";
    Ok((kind, amount.ok_or(whole)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_of_one_kind_are_added() {
        let given = ["monthly=50000", "option=3000", "option=2000"].map(fee);
        let given: Vec<_> = given.into_iter().map(|fee| fee.expect("a fee")).collect();
        let sums = fees(&given).expect("fees");
        assert_eq!(sums.get(&FeeKind::Option), Some(&5000));
        assert_eq!(sums.get(&FeeKind::Monthly), Some(&50_000));
        assert_eq!(fees(&[]), None);
    }

    #[test]
    fn a_wrong_fee_says_what_is_right() {
        let cases = [
            ("monthly", "write KIND=AMOUNT"),
            ("montly=1", "did you mean `monthly`?"),
            ("monthly=-1", "not negative"),
            ("monthly=1.5", "whole number"),
        ];
        for (text, expected) in cases {
            let said = fee(text).expect_err(text);
            assert!(said.contains(expected), "{text}: {said}");
        }
    }
}
