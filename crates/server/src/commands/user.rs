//! `yakusoku user`: people at the console and programs over SMTP.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::Context;
use app::accounts::{self, AccountKind};
use clap::{Args, Subcommand};

use super::place::{Place, wait_for};
use crate::clock;
use crate::exit::{self, Misused, Status};
use crate::password;
use crate::table::Table;

#[derive(Args)]
pub struct UserArgs {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Verb {
    /// Add an API user, an administrator with --admin, or a customer with --customer
    ///
    /// The password is asked for on a terminal, else read as the first line of standard input.
    #[command(after_help = exit::HELP)]
    Add {
        #[command(flatten)]
        who: Who,
        /// Contract that the customer sees, by name; repeatable
        #[arg(long, value_name = "NAME", requires = "customer")]
        contract: Vec<String>,
        /// Make a password and print it instead of asking for one
        #[arg(long)]
        generate: bool,
    },
    /// Give a customer these contracts to see and no others
    #[command(after_help = exit::HELP)]
    Contracts {
        /// Customer's login
        name: String,
        /// Contract, by name; repeatable
        #[arg(long, value_name = "NAME", required = true)]
        contract: Vec<String>,
    },
    /// List everyone who may sign in
    #[command(after_help = exit::HELP)]
    List,
    /// Set a new password and end the sessions opened with the old one
    ///
    /// The password is asked for on a terminal, else read as the first line of standard input.
    #[command(after_help = exit::HELP)]
    Password {
        #[command(flatten)]
        who: Who,
        /// Make a password and print it instead of asking for one
        #[arg(long)]
        generate: bool,
    },
    /// Remove an API user, an administrator with --admin, or a customer with --customer
    #[command(after_help = exit::HELP)]
    Remove {
        #[command(flatten)]
        who: Who,
    },
}

#[derive(Args)]
struct Who {
    /// API user in the form of an address (api@example.jp), or a login at the console
    name: String,
    /// The name is an administrator's, who signs in to the console
    #[arg(long, conflicts_with = "customer")]
    admin: bool,
    /// The name is a customer's, who sees his contracts alone
    #[arg(long)]
    customer: bool,
}

impl Who {
    fn kind(&self) -> AccountKind {
        match (self.admin, self.customer) {
            (true, _) => AccountKind::Administrator,
            (false, true) => AccountKind::Customer,
            (false, false) => AccountKind::ApiUser,
        }
    }
}

/// Runs the verb.
pub fn run(args: &UserArgs) -> anyhow::Result<Status> {
    match &args.verb {
        Verb::Add { who, contract, generate } => {
            let password = choose_password(*generate)?;
            wait_for(async {
                let (_, office) = args.place.office().await?;
                let now = clock::now();
                Ok(match who.kind() {
                    AccountKind::Customer => {
                        accounts::add_customer(&office, &who.name, &password, contract, now).await
                    }
                    kind => accounts::add(&office, kind, &who.name, &password, now).await,
                }?)
            })?;
            tell(*generate, &password, &format!("{} is added", who.name));
        }
        Verb::Password { who, generate } => {
            let password = choose_password(*generate)?;
            wait_for(async {
                let (_, office) = args.place.office().await?;
                let now = clock::now();
                Ok(accounts::set_password(&office, who.kind(), &who.name, &password, now).await?)
            })?;
            tell(*generate, &password, &format!("{} has a new password", who.name));
        }
        Verb::Contracts { name, contract } => {
            wait_for(async {
                let (_, office) = args.place.office().await?;
                Ok(accounts::set_contracts(&office, name, contract).await?)
            })?;
            eprintln!("{name} sees {}", contract.join(", "));
        }
        Verb::List => list(&args.place)?,
        Verb::Remove { who } => {
            wait_for(async {
                let (_, office) = args.place.office().await?;
                Ok(accounts::remove(&office, who.kind(), &who.name).await?)
            })?;
            eprintln!("{} is removed", who.name);
        }
    }
    Ok(Status::Done)
}

fn tell(generated: bool, password: &str, done: &str) {
    eprintln!("{done}");
    if generated {
        outln!("{password}");
    }
}

fn list(place: &Place) -> anyhow::Result<()> {
    let (config, accounts) = wait_for(async {
        let (config, office) = place.office().await?;
        Ok((config, accounts::list(&office).await?))
    })?;
    let mut table = Table::new(&["name", "kind", "since", "contracts"]);
    for account in accounts {
        let kind = match account.kind {
            AccountKind::Administrator => "administrator",
            AccountKind::ApiUser => "API user",
            AccountKind::Customer => "customer",
        };
        let since = account.created.to_zoned(config.time_zone.clone());
        let since = since.strftime("%Y-%m-%d %H:%M").to_string();
        table.row([account.name, kind.to_owned(), since, account.contracts.join(", ")]);
    }
    out!("{}", table.show());
    Ok(())
}

fn choose_password(generate: bool) -> anyhow::Result<String> {
    if generate {
        return Ok(app::password::make()?);
    }
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
        let password = line.trim_end_matches(['\r', '\n']).to_owned();
        return if password.is_empty() {
            Err(Misused("no password on standard input".to_owned()).into())
        } else {
            Ok(password)
        };
    }
    let first = ask("Password: ")?;
    if first != ask("Once more: ")? {
        return Err(Misused("the two passwords differ".to_owned()).into());
    }
    Ok(first)
}

fn ask(question: &str) -> anyhow::Result<String> {
    eprint!("{question}");
    std::io::stderr().flush()?;
    let line = password::read_hidden().context("cannot read the password")?;
    eprintln!();
    Ok(line)
}
