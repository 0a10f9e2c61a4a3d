//! The command line: one file for each command, and the list of them here.

mod config;

use clap::{Parser, Subcommand};

use crate::exit::{self, Status};

/// Run a mail-delivery cloud that keeps its promises
#[derive(Parser)]
#[command(name = "yakusoku", version, after_help = exit::HELP)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check or show the configuration
    Config(config::ConfigArgs),
}

/// Runs what was asked for.
///
/// # Errors
/// What the command could not do; the caller prints it.
pub fn run(cli: Cli) -> anyhow::Result<Status> {
    match cli.command {
        Command::Config(args) => config::run(&args),
    }
}
