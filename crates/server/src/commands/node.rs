//! `yakusoku node`: looks from away.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use node::settings::Settings;

use super::place::wait_for;
use crate::exit::{self, Status};
use crate::logs::{self, LogFormat};
use crate::notify::{self, State};
use crate::{clock, signals};

/// A node and its file.
#[derive(Args)]
#[command(after_help = exit::HELP)]
pub struct NodeArgs {
    /// The node's own file; deploy/node.example.toml is one
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Only read the file and say what is wrong with it
    #[arg(long)]
    check: bool,
    /// Form of the log on standard error [default: text on a terminal, else json]
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
}

/// Looks until a signal.
pub fn run(args: &NodeArgs) -> anyhow::Result<Status> {
    let text = std::fs::read_to_string(&args.config)
        .with_context(|| format!("cannot read {}", args.config.display()))?;
    let folder = args.config.parent().unwrap_or(Path::new(""));
    let settings = match Settings::read(&text, folder) {
        Ok(settings) => settings,
        Err(findings) => {
            for finding in findings {
                eprintln!("{}:{finding}", args.config.display());
            }
            return Ok(Status::Failed);
        }
    };
    if args.check {
        return Ok(Status::Done);
    }
    logs::start(args.log_format);
    wait_for(async {
        let stop = async {
            match signals::next().await {
                Ok(signal) => tracing::info!(signal, "stopping"),
                Err(error) => tracing::error!(%error, "cannot hear signals: stopping"),
            }
            notify::tell(State::Stopping);
        };
        node::run(settings, clock::now, || notify::tell(State::Ready), stop).await?;
        Ok(Status::Done)
    })
}
