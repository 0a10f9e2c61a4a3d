//! `yakusoku import`: what others measured, told and decided becomes evidence of a contract.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context;
use app::logs::{self, ERRORS_MAX, Log};
use clap::Args;

use super::agreed::read_or_tell;
use super::place::{Place, wait_for};
use crate::clock;
use crate::config::{self, Config};
use crate::exit::{self, Status};

/// Which log, for which contract.
#[derive(Args)]
#[command(after_help = exit::HELP)]
pub struct ImportArgs {
    /// Name of a contract of the configuration, or a contract file
    contract: String,
    /// Log to read, one JSON event a line; - is standard input
    log: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Reads the log, then imports all of it or nothing.
pub fn run(args: &ImportArgs) -> anyhow::Result<Status> {
    let mut config = args.place.read_config()?;
    let name = contract_of(&args.contract, &mut config)?;
    let shown = args.log.display();
    let (log, wrong) = if args.log == Path::new("-") {
        read(io::stdin().lock())
    } else {
        let file = File::open(&args.log).with_context(|| format!("cannot open {shown}"))?;
        read(BufReader::new(file))
    }
    .with_context(|| format!("cannot read {shown}"))?;
    if wrong > 0 {
        eprintln!("nothing was imported from {shown}");
        return Ok(Status::Failed);
    }
    let imported = wait_for(async {
        let office = args.place.office_with(&config).await?;
        Ok(logs::import(&office, &name, log, clock::now()).await?)
    })?;
    eprintln!("{name}: {} new, {} known already", imported.new, imported.known);
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
fn read(mut lines: impl BufRead) -> io::Result<(Log, usize)> {
    let mut log = Log::default();
    let mut wrong = 0;
    let mut line = Vec::new();
    // A longer line is refused by its length; the rest of it would be read as another one.
    let longest = evidence::LINE_MAX as u64 + 2;
    loop {
        line.clear();
        if io::Read::take(&mut lines, longest).read_until(b'\n', &mut line)? == 0 {
            return Ok((log, wrong));
        }
        let is_cut = line.last() != Some(&b'\n') && line.len() as u64 == longest;
        let text = line.trim_ascii_end();
        if let Err(error) = log.line(text) {
            println!("{error}");
            wrong += 1;
            if wrong == ERRORS_MAX {
                eprintln!("there may be more: {ERRORS_MAX} wrong lines are shown");
                return Ok((log, wrong));
            }
        }
        if is_cut {
            lines.skip_until(b'\n')?;
        }
    }
}
