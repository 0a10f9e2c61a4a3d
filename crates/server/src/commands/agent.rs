//! `yakusoku agent`: the process on a machine away from the office.

use std::path::PathBuf;
use std::time::Duration;

use agent::{Preview, Settings};
use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use link::{StateWord, Token};
use tokio::sync::watch;

use crate::clock;
use crate::exit::{self, Status};
use crate::logs::{self, LogFormat};
use crate::notify::{self, State};
use crate::signals;
use crate::start_pages;
use crate::stdout;
use crate::table::Table;

/// When the start is over: the first reading was taken and brought, and orders are waited for.
const SETTLED_AFTER: Duration = Duration::from_secs(10);

/// The command line of an agent alone.
#[derive(Parser)]
#[command(bin_name = "yakusoku agent")]
struct Alone {
    #[command(flatten)]
    args: AgentArgs,
}

/// What an agent was asked for, read without the other commands: describing all of them would keep
/// their code in the memory of every machine that is looked after. `None` when it is for
/// them to answer: another command, a question for help, a mistake.
pub fn alone() -> Option<AgentArgs> {
    let mut words = std::env::args_os();
    let program = words.next()?;
    if words.next()? != "agent" {
        return None;
    }
    Alone::try_parse_from(std::iter::once(program).chain(words)).ok().map(|alone| alone.args)
}

#[derive(Args)]
#[command(after_help = exit::HELP)]
pub struct AgentArgs {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// The agent's own file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "YAKUSOKU_AGENT_CONFIG",
        default_value = "/etc/yakusoku/agent.toml"
    )]
    config: PathBuf,
    /// Form of the log on standard error [default: text on a terminal, else json]
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
}

#[derive(Subcommand)]
enum Verb {
    /// Measure once and print what would be sent
    ///
    /// Asks the office as well whether it knows the token. Nothing is recorded, here or there, and no
    /// order is acted upon.
    #[command(after_help = exit::HELP)]
    Check,
}

/// Runs the agent until a signal, or the verb.
pub fn run(args: &AgentArgs) -> anyhow::Result<Status> {
    let text = agent::settings_text(&args.config)?;
    let settings = match Settings::read(&text) {
        Ok(settings) => settings,
        Err(findings) => {
            for finding in findings {
                outln!("{}:{finding}", args.config.display());
            }
            return Ok(Status::Failed);
        }
    };
    let token = agent::token(&settings);
    // One thread is all that it needs.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match args.verb {
        Some(Verb::Check) => runtime.block_on(check(&settings, token)),
        None => {
            logs::start(args.log_format);
            runtime.block_on(serve(&settings, &token?))
        }
    }
}

async fn serve(settings: &Settings, token: &Token) -> anyhow::Result<Status> {
    let (stop, stopped) = watch::channel(false);
    let until_signal = async {
        let name = signals::next().await.context("cannot listen for signals")?;
        tracing::info!(signal = name, "stopping");
        notify::tell(State::Stopping);
        stop.send_replace(true);
        std::future::pending::<anyhow::Result<()>>().await
    };
    // On the thread of all the rest: when that hangs, systemd hears nothing.
    let alive = async {
        match notify::watched() {
            None => std::future::pending().await,
            Some(every) => loop {
                notify::tell(State::Alive);
                tokio::time::sleep(every).await;
            },
        }
    };
    // What reading the command line and the file needed, and then what the first round needed.
    give_back_pages();
    let settled = async {
        tokio::time::sleep(SETTLED_AFTER).await;
        give_back_pages();
        std::future::pending::<()>().await;
    };
    let opened = || notify::tell(State::Ready);
    tokio::select! {
        () = settled => {}
        ended = agent::run(settings, token, clock::now, stopped, opened) => ended?,
        failed = until_signal => failed?,
        () = alive => {}
    }
    Ok(Status::Done)
}

fn give_back_pages() {
    if let Err(error) = start_pages::give_back() {
        tracing::info!(%error, "the pages that the start needed stay in memory");
    }
}

async fn check(
    settings: &Settings,
    token: Result<Token, agent::AgentError>,
) -> anyhow::Result<Status> {
    let preview = agent::preview(settings, token.as_ref().ok(), clock::now).await?;
    stdout::put(&show(settings, &preview))?;
    match (token, preview.office) {
        (Err(error), _) => Err(error.into()),
        (Ok(_), Some(Err(why))) => {
            Err(exit::Unreachable(format!("{}: {why}", settings.office.host)).into())
        }
        (Ok(_), Some(Ok(name))) => {
            let (host, ours) = (&settings.office.host, &settings.station);
            if !agent::is_known_as(&name, ours) {
                bail!(
                    "{host} knows this token as station {name:?}, and the file says {ours:?}: correct \
                     `station`, or every order is refused"
                );
            }
            eprintln!("{host} knows station {ours}");
            match preview.states.iter().any(|state| state.state == StateWord::Bad) {
                true => bail!("something is not as it should be; see the states above"),
                false => Ok(Status::Done),
            }
        }
        (Ok(_), None) => Ok(Status::Done),
    }
}

/// Values, states and actions as tables.
fn show(settings: &Settings, preview: &Preview) -> String {
    let mut values = Table::new(&["value", ">now"]);
    for (name, value) in &preview.reading.values {
        values.row([name.clone(), value.to_string()]);
    }
    let mut states = Table::new(&["state", "is", "detail"]);
    for state in &preview.states {
        let word = match state.state {
            StateWord::Good => "good",
            StateWord::Bad => "bad",
            StateWord::Unknown => "unknown",
        };
        states.row([state.name.clone(), word.to_owned(), state.detail.clone()]);
    }
    let mut actions = Table::new(&["action", "runs"]);
    for action in &settings.actions {
        actions.row([action.name.clone(), action.program.run.join(" ")]);
    }
    let tables = [
        (values, true),
        (states, !preview.states.is_empty()),
        (actions, !settings.actions.is_empty()),
    ];
    let shown = tables.iter().filter(|(_, there)| *there).map(|(table, _)| table.show());
    shown.collect::<Vec<_>>().join("\n")
}
