//! `yakusoku config`: looks at the configuration without starting anything.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::config::{self, Config, Finding, Machine};
use crate::exit::{self, Status};

/// Where `--config` points when it is not given.
pub const FILE: &str = "yakusoku.toml";

#[derive(Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Check a configuration file and name every line that is wrong
    ///
    /// Each finding is one line on stdout, FILE:LINE: WHAT, with the key that was probably meant.
    /// What is odd in a contract file is marked as a warning, and does not fail the check.
    #[command(after_help = exit::HELP)]
    Check {
        /// File to check
        #[arg(default_value = FILE)]
        file: PathBuf,
    },
    /// Print the effective configuration, defaults included, as TOML
    #[command(after_help = exit::HELP)]
    Show {
        /// File to read; without it, what `yakusoku up` uses when it has no configuration
        file: Option<PathBuf>,
    },
}

/// Runs the verb.
pub fn run(args: &ConfigArgs) -> anyhow::Result<Status> {
    match &args.verb {
        Verb::Check { file } => check(file),
        Verb::Show { file } => {
            let Some(config) = load_or_tell(file.as_deref())? else { return Ok(Status::Failed) };
            out!("{}", config::show(&config));
            Ok(Status::Done)
        }
    }
}

fn check(file: &Path) -> anyhow::Result<Status> {
    match config::load(file)? {
        Ok(config) => {
            let warnings: Vec<_> = config.contracts.iter().flat_map(|it| &it.warnings).collect();
            for it in &warnings {
                outln!("{}:{}: warning: {}", it.file, it.line, it.text);
            }
            match warnings.len() {
                0 => eprintln!("{}: nothing wrong", file.display()),
                1 => eprintln!("{}: nothing wrong, 1 warning", file.display()),
                some => eprintln!("{}: nothing wrong, {some} warnings", file.display()),
            }
            Ok(Status::Done)
        }
        Err(findings) => {
            for finding in findings {
                outln!("{}:{finding}", file.display());
            }
            Ok(Status::Failed)
        }
    }
}

/// The configuration of a command: the file's, or a newcomer's. What is wrong in the file is
/// printed here, and `None` says so.
///
/// # Errors
/// When the file cannot be read.
pub fn load_or_tell(file: Option<&Path>) -> anyhow::Result<Option<Config>> {
    let Some(file) = file else { return Ok(Some(Config::newcomer(Machine::this()))) };
    Ok(config::load(file)?.map_err(|findings| tell(file, &findings)).ok())
}

fn tell(file: &Path, findings: &[Finding]) {
    for finding in findings {
        eprintln!("{}:{finding}", file.display());
    }
}
