//! `yakusoku up`, `relay` and `office`: the roles, together or alone.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use mail::roster::Delivery;
use sections::Word;

use super::agreed::read_or_tell;
use super::place::Place;
use crate::config::{self, ComposedServer, Config, HOST_NAME, HOST_PORT};
use crate::exit::{self, Misused, Status};
use crate::logs::LogFormat;
use crate::up::{self, Roles};

/// Every role, with flags for a start without a file.
#[derive(Args)]
#[command(after_help = exit::HELP)]
pub struct UpArgs {
    #[command(flatten)]
    place: Place,
    /// SMTP listener, with STARTTLS [default: 127.0.0.1:2525 without --config]
    #[arg(long, value_name = "ADDR")]
    smtp: Option<SocketAddr>,
    /// SMTP listener with TLS from the first byte [default: 127.0.0.1:2465 without --config and
    /// --smtp]
    #[arg(long, value_name = "ADDR")]
    smtps: Option<SocketAddr>,
    /// Console [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    console: Option<SocketAddr>,
    /// File to write when everything listens: JSON with the addresses, the administrator and the
    /// API user; their passwords only when this start made them
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Hand all mail to this server instead of the sandbox
    #[arg(long, value_name = "HOST:PORT")]
    route: Option<String>,
    /// Sign for this domain with an RSA-2048 key, made when there is none; also signs mail whose
    /// From domain has no keys
    #[arg(long, value_name = "DOMAIN")]
    sign: Option<String>,
    /// Contract file to keep, shown on the promise board; may be given several times. Its functions
    /// `smtp`, `console` and `api` are measured here
    #[arg(long = "contract", value_name = "FILE")]
    contracts: Vec<PathBuf>,
    /// Form of the log on standard error [default: text on a terminal, else json]
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
}

/// One role, configured like `yakusoku up`.
#[derive(Args)]
#[command(after_help = exit::HELP)]
pub struct RoleArgs {
    #[command(flatten)]
    place: Place,
    /// File to write when everything listens: JSON with the addresses
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Form of the log on standard error [default: text on a terminal, else json]
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
}

/// Runs every role until a signal.
pub fn run(args: &UpArgs) -> anyhow::Result<Status> {
    let mut config = args.place.read_config()?;
    if let Some(console) = args.console {
        config.office.console = console;
    }
    args.change_composition(&mut config)?;
    args.add_contracts(&mut config)?;
    if args.place.config.is_none() && config.office.console.ip().is_loopback() {
        // Whoever reaches this console can look at this network anyway.
        config.watch.allow_private = true;
    }
    let start = up::Start {
        roles: Roles::All,
        newcomer: args.place.config.is_none(),
        sign: args.sign.clone(),
        ready_file: args.ready_file.clone(),
        log_format: args.log_format,
    };
    up::run(config, start)
}

/// Runs one role until a signal.
pub fn run_role(args: &RoleArgs, roles: Roles) -> anyhow::Result<Status> {
    let config = args.place.read_config()?;
    let start = up::Start {
        roles,
        newcomer: args.place.config.is_none(),
        sign: None,
        ready_file: args.ready_file.clone(),
        log_format: args.log_format,
    };
    up::run(config, start)
}

impl UpArgs {
    /// The flags that speak of the one composition.
    fn change_composition(&self, config: &mut Config) -> anyhow::Result<()> {
        let changes =
            [self.smtp.is_some(), self.smtps.is_some(), self.route.is_some(), self.sign.is_some()];
        if !changes.contains(&true) {
            return Ok(());
        }
        let [server] = config.relay.compositions.as_mut_slice() else {
            let text = "--smtp, --smtps, --route and --sign need a configuration with one \
                        composition; write them into the file instead";
            return Err(Misused(text.to_owned()).into());
        };
        self.change_listeners(server);
        if let Some(route) = &self.route {
            server.composition.delivery = Delivery::Via(parsed("--route", &HOST_PORT, route)?);
        }
        if let Some(sign) = &self.sign {
            server.composition.default_signing_domain = Some(parsed("--sign", &HOST_NAME, sign)?);
        }
        Ok(())
    }

    fn add_contracts(&self, config: &mut Config) -> anyhow::Result<()> {
        for file in &self.contracts {
            let contract = read_or_tell(file)?;
            let name = contract.name.clone();
            if config.contracts.iter().any(|known| known.watched.contract.name == name) {
                let text =
                    format!("--contract {}: there is a contract {name} already", file.display());
                return Err(Misused(text).into());
            }
            config.contracts.push(config::by_names(file.clone(), contract));
        }
        Ok(())
    }

    fn change_listeners(&self, server: &mut ComposedServer) {
        if let Some(smtp) = self.smtp {
            server.listen = vec![smtp];
            if self.place.config.is_none() {
                server.listen_tls.clear();
            }
        }
        if let Some(smtps) = self.smtps {
            server.listen_tls = vec![smtps];
        }
    }
}

fn parsed<T>(flag: &str, word: &Word<T>, text: &str) -> Result<T, Misused> {
    (word.parse)(text)
        .ok_or_else(|| Misused(format!("{flag} is {text:?}: expected {}", word.expected)))
}
