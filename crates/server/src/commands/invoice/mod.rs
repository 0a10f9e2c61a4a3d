//! `yakusoku invoice`: what a month costs, from a contract and a usage file.

mod json;
mod node;
mod remark;
mod text;
mod usage;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use calendar::Month;
use clap::{Args, ValueEnum};
use settlement::money::{Usage, invoice};
use terms::Fee;

use super::agreed::{Agreed, Language};
use crate::exit::Status;
use crate::stdout;

/// What stands at the end of the help.
pub const HELP: &str = "Exit status: 0 done; 1 a file is wrong, or a fee has no price or quantity and \
                        is not on the invoice; 2 wrong usage";

#[derive(Args)]
pub struct InvoiceArgs {
    #[command(flatten)]
    agreed: Agreed,
    /// What was used, in JSON; docs/CONTRACTS.md has its keys
    #[arg(long, value_name = "USAGE.json")]
    usage: PathBuf,
    /// Month of use
    #[arg(long, value_name = "YYYY-MM")]
    month: Month,
    /// How the invoice is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Language [default: the contract's]
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Lines for people
    Text,
    /// JSON, amounts as integers in the currency's smallest unit
    Json,
}

/// Runs the command. No clock is read.
///
/// # Errors
/// When a file cannot be read or the contract is wrong.
pub fn run(args: &InvoiceArgs) -> anyhow::Result<Status> {
    let contract = args.agreed.contract()?;
    let lang = Language::or_of(args.lang, &contract);
    let fees = &contract.version_on(args.month.last()).terms.fees;
    let Some(usage) = read(&args.usage, fees)? else { return Ok(Status::Failed) };
    let invoice = invoice(&contract, args.month, &usage);
    stdout::put(&match args.format {
        Format::Text => text::text(&invoice, lang),
        Format::Json => json::json(&invoice, lang)?,
    })?;
    let complete = !invoice.remarks.iter().any(remark::leaves_out);
    Ok(if complete { Status::Done } else { Status::Failed })
}

/// The usage; `None` when the file is wrong, which is told.
fn read(path: &Path, fees: &[Fee]) -> anyhow::Result<Option<Usage>> {
    let name = path.display();
    let cannot = || format!("cannot read the usage file {name}");
    let mut text = String::new();
    let file = File::open(path).with_context(cannot)?;
    file.take(usage::USAGE_BYTES_MAX + 1).read_to_string(&mut text).with_context(cannot)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > usage::USAGE_BYTES_MAX {
        anyhow::bail!("the usage file {name} has more than {} bytes", usage::USAGE_BYTES_MAX);
    }
    match usage::read(&text, fees) {
        Ok(usage) => Ok(Some(usage)),
        Err(wrong) => {
            for what in wrong {
                eprintln!("{name}: {what}");
            }
            Ok(None)
        }
    }
}
