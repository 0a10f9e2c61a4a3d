//! `yakusoku contract notify`: who is told of a contract that was added.

use app::kept;
use app::telling::{Audience, ON_INCIDENT, OnIncident};
use clap::{Args, ValueEnum};

use super::super::place::{Place, wait_for};
use crate::exit::Status;

#[derive(Args)]
pub struct NotifyArgs {
    #[command(flatten)]
    place: Place,
    /// Name of a contract that was added
    contract: String,
    /// Mail addresses that are told of windows, faults and changes
    #[arg(value_name = "ADDRESS")]
    mail: Vec<String>,
    /// Courier that knows its recipient, told as well; may be given several times
    #[arg(long, value_name = "COURIER")]
    over: Vec<String>,
    /// What is done with the notices of an incident and of its recovery [default: as it was, or draft]
    #[arg(long)]
    incident: Option<Incident>,
    /// Tell nobody any more
    #[arg(long, conflicts_with_all = ["mail", "over"])]
    nobody: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Incident {
    /// Nothing
    Nothing,
    /// They are drafted where the contract promises them, and a person confirms them
    Draft,
    /// They are drafted and sent
    Send,
}

impl Incident {
    fn meant(self) -> OnIncident {
        match self {
            Incident::Nothing => OnIncident::Nothing,
            Incident::Draft => OnIncident::Draft,
            Incident::Send => OnIncident::Send,
        }
    }
}

/// Says who is told, or shows it.
pub fn run(args: &NotifyArgs) -> anyhow::Result<Status> {
    wait_for(async {
        let (_, office) = args.place.office().await?;
        office.contract(&args.contract)?;
        let before = office.audience(&args.contract).unwrap_or_default();
        let names_somebody = !args.mail.is_empty() || !args.over.is_empty();
        if !names_somebody && !args.nobody && args.incident.is_none() {
            show(&before);
            return Ok(Status::Done);
        }
        let on_incident = args.incident.map_or(before.on_incident, Incident::meant);
        let told = match names_somebody || args.nobody {
            true => (args.mail.clone(), args.over.clone()),
            false => (before.mail, before.couriers),
        };
        let (mail, couriers) = told;
        let audience = Audience { mail, couriers, on_incident, about_relay: false };
        kept::tell(&office, &args.contract, audience).await?;
        show(&office.audience(&args.contract).unwrap_or_default());
        Ok(Status::Done)
    })
}

/// Prints who is told, in the words of the configuration.
fn show(audience: &Audience) {
    if audience.mail.is_empty() && audience.couriers.is_empty() {
        eprintln!("nobody is told");
        return;
    }
    for address in &audience.mail {
        outln!("notify {address}");
    }
    for courier in &audience.couriers {
        outln!("notify_over {courier}");
    }
    let word = ON_INCIDENT.iter().find(|(_, it)| *it == audience.on_incident);
    outln!("notify_incident {}", word.map_or("draft", |(word, _)| word));
}
