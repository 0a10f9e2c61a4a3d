//! `yakusoku dns`: what to publish so that receivers believe our mail.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::place::{Place, wait_for};
use crate::exit::{self, Status};
use crate::table::Table;

#[derive(Args)]
pub struct DnsArgs {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Verb {
    /// Print the SPF, DKIM and DMARC records to publish for a sending domain
    ///
    /// SPF names the addresses in `outbound.source_addresses` of the configuration.
    #[command(after_help = exit::HELP)]
    Records {
        /// Sending domain, added before with `yakusoku domain add`
        domain: String,
        /// How to print them
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A table to read
    Text,
    /// Lines of a zone file
    Zone,
    /// One JSON list
    Json,
}

/// Runs the verb.
pub fn run(args: &DnsArgs) -> anyhow::Result<Status> {
    let Verb::Records { domain, format } = &args.verb;
    let (records, knows_addresses) = wait_for(async {
        let (config, office) = args.place.office().await?;
        let addresses = &config.relay.source_addresses;
        let records = app::domains::records(&office, domain, addresses).await?;
        Ok((records, !addresses.is_empty()))
    })?;
    if !knows_addresses {
        eprintln!(
            "the SPF record names no address, so do not publish it as it is: set `source_addresses` in \
             [outbound] to those that this relay sends from"
        );
    }
    match format {
        Format::Text => {
            let mut table = Table::new(&["for", "name", "type", "value"]);
            for record in records {
                table.row([
                    record.purpose.to_owned(),
                    record.name,
                    record.kind.to_owned(),
                    record.value,
                ]);
            }
            out!("{}", table.show());
        }
        Format::Zone => records.iter().for_each(|record| outln!("{}", record.zone_line)),
        Format::Json => {
            let all: Vec<_> = records.iter().map(as_json).collect();
            outln!("{:#}", json!(all));
        }
    }
    Ok(Status::Done)
}

fn as_json(record: &app::domains::DnsRecord) -> serde_json::Value {
    json!({
        "for": record.purpose,
        "name": record.name,
        "type": record.kind,
        "value": record.value,
    })
}
