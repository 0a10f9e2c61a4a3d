//! `yakusoku import`: what others measured, told and decided becomes evidence of a contract.

use std::path::PathBuf;

use anyhow::Context;
use app::logs::{self, ERRORS_MAX, Log};
use clap::Args;

use super::agreed::read_or_tell;
use super::place::{Place, wait_for};
use crate::clock;
use crate::config::{self, Config};
use crate::exit::{self, Status};
use crate::log_file::LogFile;
use crate::stdout;

/// Which log, for which contract.
#[derive(Args)]
#[command(after_help = exit::HELP)]
pub struct ImportArgs {
    /// Name of a contract of the configuration, or a contract file
    contract: String,
    /// Log to read, one JSON event a line; - is standard input
    log: PathBuf,
    /// Take the lines of the log out of the evidence, whichever log brought them
    #[arg(long)]
    withdraw: bool,
    #[command(flatten)]
    place: Place,
}

/// Reads the log whole, so that one with a wrong line changes nothing, then imports it or takes it back.
pub fn run(args: &ImportArgs) -> anyhow::Result<Status> {
    let mut config = args.place.read_config()?;
    let name = contract_of(&args.contract, &mut config)?;
    let shown = args.log.display();
    let file = LogFile::open_at(&args.log).with_context(|| format!("cannot open {shown}"))?;
    let (log, wrong) = read(file).with_context(|| format!("cannot read {shown}"))?;
    if wrong > 0 {
        let done = if args.withdraw { "taken back" } else { "imported" };
        eprintln!("nothing was {done} from {shown}");
        return Ok(Status::Failed);
    }
    let told = wait_for(async {
        let office = args.place.office_with(&config).await?;
        if args.withdraw {
            let withdrawn = logs::withdraw(&office, &name, log, clock::now()).await?;
            return Ok(format!("{} taken back, {} not known", withdrawn.gone, withdrawn.unknown));
        }
        let imported = logs::import(&office, &name, log, clock::now()).await?;
        Ok(format!("{} new, {} known already", imported.new, imported.known))
    })?;
    eprintln!("{name}: {told}");
    Ok(Status::Done)
}

/// The name of the contract that was asked for; a file that the configuration does not name is
/// read, so that a log can be imported before its contract is configured.
fn contract_of(asked: &str, config: &mut Config) -> anyhow::Result<String> {
    let is_known = |c: &config::ContractConfig| c.watched.contract.name.as_str() == asked;
    if config.contracts.iter().any(is_known) || !asked.ends_with(".toml") {
        return Ok(asked.to_owned());
    }
    let file = PathBuf::from(asked);
    let contract = read_or_tell(&file)?;
    let name = contract.name.to_string();
    if !config.contracts.iter().any(|known| known.watched.contract.name == contract.name) {
        config.contracts.push(config::by_names(file, contract));
    }
    Ok(name)
}

/// Reads a log to its end, or to one mistake too many; each mistake is a line on stdout.
fn read(mut file: LogFile) -> anyhow::Result<(Log, usize)> {
    let mut log = Log::default();
    let mut wrong = 0;
    while file.next_line()? {
        let Err(error) = log.line(file.line().trim_ascii_end()) else { continue };
        stdout::put(&format!("{error}\n"))?;
        wrong += 1;
        if wrong == ERRORS_MAX {
            eprintln!("there may be more: {ERRORS_MAX} wrong lines are shown");
            break;
        }
    }
    Ok((log, wrong))
}
