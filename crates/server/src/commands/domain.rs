//! `yakusoku domain`: the domains we sign for.

use clap::{Args, Subcommand};
use mail::roster::Algorithm;

use super::place::{Place, wait_for};
use crate::clock;
use crate::exit::{self, Status};
use crate::table::Table;

#[derive(Args)]
pub struct DomainArgs {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Verb {
    /// Add a sending domain and make its signing keys (RSA-2048 and Ed25519)
    #[command(after_help = exit::HELP)]
    Add {
        /// Domain name
        domain: String,
    },
    /// List the sending domains with the selectors of their keys
    #[command(after_help = exit::HELP)]
    List,
    /// Remove a sending domain with its keys; its mail goes out unsigned from then on
    #[command(after_help = exit::HELP)]
    Remove {
        /// Domain name
        domain: String,
    },
}

/// Runs the verb.
pub fn run(args: &DomainArgs) -> anyhow::Result<Status> {
    match &args.verb {
        Verb::Add { domain } => {
            wait_for(async {
                let (_, office) = args.place.office().await?;
                Ok(app::domains::add(&office, domain, clock::now()).await?)
            })?;
            eprintln!("{domain} is added; publish what `yakusoku dns records {domain}` prints");
        }
        Verb::List => list(&args.place)?,
        Verb::Remove { domain } => {
            wait_for(async {
                let (_, office) = args.place.office().await?;
                Ok(app::domains::remove(&office, domain).await?)
            })?;
            eprintln!("{domain} is removed with its keys");
        }
    }
    Ok(Status::Done)
}

fn list(place: &Place) -> anyhow::Result<()> {
    let (config, domains) = wait_for(async {
        let (config, office) = place.office().await?;
        Ok((config, app::domains::list(&office).await?))
    })?;
    let mut table = Table::new(&["domain", "since", "keys"]);
    for domain in domains {
        let since = domain.created.to_zoned(config.time_zone.clone());
        let key = |(selector, algorithm): &(String, Algorithm)| {
            let word = match algorithm {
                Algorithm::RsaSha256 => "rsa",
                Algorithm::Ed25519Sha256 => "ed25519",
            };
            format!("{selector} ({word})")
        };
        let keys: Vec<String> = domain.keys.iter().map(key).collect();
        table.row([domain.name, since.strftime("%Y-%m-%d %H:%M").to_string(), keys.join(", ")]);
    }
    out!("{}", table.show());
    Ok(())
}
