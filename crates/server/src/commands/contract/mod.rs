//! `yakusoku contract`: looks at contract files without starting anything, and lets an office keep them.

mod add;
mod diff;
mod notify;
mod show;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::civil::Date;
use terms::Contract;

use super::agreed::{Agreed, Language, day, read_or_tell};
use crate::contract_file;
use crate::exit::{self, Status};
use crate::{stdout, terminal};

/// What stands at the end of the help of `contract diff`, which ends as diff(1) does.
const DIFF_HELP: &str = "Exit status: 0 nothing changes, 1 something does, 2 wrong usage or a contract is \
                         wrong";

#[derive(Args)]
pub struct ContractArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Check contract files and name every line that is wrong
    ///
    /// Each finding is one line on stdout, FILE:LINE: WHAT. What can be used but is probably not meant
    /// is marked as a warning, and does not fail the check without --strict.
    #[command(after_help = exit::HELP)]
    Check {
        /// Files to check
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Fail on warnings too
        #[arg(long)]
        strict: bool,
    },
    /// Show every promise and condition of a contract, with its clause
    ///
    /// The newest version, unless --on names a day. As wide as the terminal, or as the variable COLUMNS
    /// says; 100 columns where there is no terminal.
    #[command(after_help = exit::HELP)]
    Show {
        #[command(flatten)]
        agreed: Agreed,
        /// Language [default: the contract's]
        #[arg(long, value_enum)]
        lang: Option<Language>,
        /// Show the version that is in force on that day
        #[arg(long, value_name = "DATE", value_parser = day)]
        on: Option<Date>,
    },
    /// Tell what changes for the customer from one contract to another
    ///
    /// Compares the newest versions, item by item, by name, and says which changes are better or worse
    /// for the customer where the contract alone can tell.
    #[command(after_help = DIFF_HELP)]
    Diff {
        /// Contract file as it was
        old: PathBuf,
        /// Contract file as it is to be
        new: PathBuf,
        /// Language [default: that of the new contract]
        #[arg(long, value_enum)]
        lang: Option<Language>,
    },
    /// Keep a contract in the data folder, beside those of the configuration
    ///
    /// It is read and checked as `contract check` does. A running office takes it within some seconds.
    /// Functions named smtp, console and api are measured by our own probes until `contract measure`
    /// says otherwise.
    #[command(after_help = exit::HELP)]
    Add(add::AddArgs),
    /// Say what measures a function of a contract that was added
    #[command(after_help = exit::HELP)]
    Measure(add::MeasureArgs),
    /// Say who is told of a contract that was added, or show who is
    ///
    /// What is said takes the place of what was said before; without addresses and options it is shown. A
    /// running office takes it within some seconds. For a contract of the configuration this stands there.
    #[command(after_help = exit::HELP)]
    Notify(notify::NotifyArgs),
    /// List the contracts that come with the program, for `contract add --template`
    #[command(after_help = exit::HELP)]
    Templates {
        /// Language [default: the contract's]
        #[arg(long, value_enum)]
        lang: Option<Language>,
    },
    /// Print a JSON Schema of contract files, for editors
    #[command(after_help = exit::HELP)]
    Schema,
}

/// Runs the verb.
pub fn run(args: &ContractArgs) -> anyhow::Result<Status> {
    match &args.verb {
        Verb::Check { files, strict } => check(files, *strict),
        Verb::Show { agreed, lang, on } => {
            let contract = agreed.contract()?;
            let newest = contract.versions.last().map_or(contract.start, |newest| newest.in_force);
            let version = contract.version_on(on.unwrap_or(newest));
            let lang = Language::or_of(*lang, &contract);
            stdout::put(&show::show(&contract, version, lang, terminal::columns()))?;
            Ok(Status::Done)
        }
        Verb::Diff { old, new, lang } => match (read_or_tell(old), read_or_tell(new)) {
            (Ok(old), Ok(new)) => diff(&old, &new, *lang),
            // One is what a difference ends with.
            (Err(error), _) | (_, Err(error)) => {
                exit::tell(&error);
                Ok(Status::Usage)
            }
        },
        Verb::Add(args) => add::add(args),
        Verb::Measure(args) => add::measure(args),
        Verb::Notify(args) => notify::run(args),
        Verb::Templates { lang } => add::templates(*lang),
        Verb::Schema => {
            stdout::put(&format!("{:#}\n", terms::schema()))?;
            Ok(Status::Done)
        }
    }
}

fn diff(old: &Contract, new: &Contract, lang: Option<Language>) -> anyhow::Result<Status> {
    let lang = Language::or_of(lang, new);
    let changes = terms::diff(old, new, lang);
    stdout::put(&diff::lines(&changes, lang, terminal::columns()))?;
    eprintln!("{}", diff::summary(&changes, lang));
    Ok(if changes.is_empty() { Status::Done } else { Status::Failed })
}

fn check(files: &[PathBuf], strict: bool) -> anyhow::Result<Status> {
    let mut status = Status::Done;
    for file in files {
        let (errors, warnings) = check_one(file)?;
        if errors > 0 || (strict && warnings > 0) {
            status = Status::Failed;
        }
        eprintln!("{}: {}", file.display(), summary(errors, warnings));
    }
    Ok(status)
}

/// Prints the findings of a file; how many are errors, how many warnings.
fn check_one(file: &Path) -> anyhow::Result<(usize, usize)> {
    let read = match contract_file::load(file) {
        Ok(read) => read,
        Err(error) => {
            // The other files are worth checking still.
            eprintln!("error: {error}");
            return Ok((1, 0));
        }
    };
    let (findings, counts, mark) = match read {
        Ok(read) => (read.warnings.clone(), (0, read.warnings.len()), "warning: "),
        Err(errors) => (errors.clone(), (errors.len(), 0), ""),
    };
    let line = |it: &terms::Finding| format!("{}:{}: {mark}{}\n", it.file, it.line, it.text);
    stdout::put(&findings.iter().map(line).collect::<String>())?;
    Ok(counts)
}

fn summary(errors: usize, warnings: usize) -> String {
    let some = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    };
    match (errors, warnings) {
        (0, 0) => "nothing wrong".to_owned(),
        (0, warnings) => some(warnings, "warning"),
        (errors, _) => some(errors, "error"),
    }
}
