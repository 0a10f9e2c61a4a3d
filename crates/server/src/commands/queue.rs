//! `yakusoku queue`: what waits in the running relay, and why.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use mail::SpoolId;
use mail::queue::{DestinationReport, QueueReport, WaitingMessage};

use super::place::{Place, wait_for};
use crate::clock;
use crate::exit::{self, Status};
use crate::table::{Table, cut};

#[derive(Args)]
#[command(after_help = exit::HELP)]
pub struct QueueArgs {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Verb {
    /// List the destinations with waiting mail, the fullest first (what `queue` alone does)
    #[command(after_help = exit::HELP)]
    List {
        /// Destinations to show, 1 to 1000
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// Show the waiting messages of one destination, oldest first
    #[command(after_help = exit::HELP)]
    Show {
        /// Destination as `queue list` names it
        destination: String,
        /// Messages to show, 1 to 1000
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// Try everything that waits for one destination now
    #[command(after_help = exit::HELP)]
    Retry {
        /// Destination as `queue list` names it
        destination: String,
    },
    /// Give up one message: its recipients fail and the sender is told
    #[command(after_help = exit::HELP)]
    Fail {
        /// Message as `queue show` names it
        id: SpoolId,
    },
}

/// Widest reason in a table, in columns.
const REASON_COLUMNS: usize = 70;
/// Destinations that `queue` alone shows.
const LIMIT: u16 = 50;

/// Runs the verb.
pub fn run(args: &QueueArgs) -> anyhow::Result<Status> {
    match &args.verb {
        None => list(&args.place, LIMIT)?,
        Some(Verb::List { limit }) => list(&args.place, *limit)?,
        Some(Verb::Show { destination, limit }) => {
            let (zone, messages) = wait_for(async {
                let (config, relay) = args.place.relay()?;
                let found = app::queue::destination(&relay, destination, *limit).await?;
                Ok((config.time_zone, found))
            })?;
            if messages.is_empty() {
                eprintln!(
                    "nothing waits for {destination}; `yakusoku queue` names the destinations"
                );
                return Ok(Status::Failed);
            }
            out!("{}", messages_table(&messages, &zone));
        }
        Some(Verb::Retry { destination }) => {
            let recipients = wait_for(async {
                let (_, relay) = args.place.relay()?;
                Ok(app::queue::retry(&relay, destination).await?)
            })?;
            eprintln!("{recipients} recipients are tried now");
        }
        Some(Verb::Fail { id }) => {
            let recipients = wait_for(async {
                let (_, relay) = args.place.relay()?;
                Ok(app::queue::fail(&relay, *id).await?)
            })?;
            eprintln!("{recipients} recipients failed");
        }
    }
    Ok(Status::Done)
}

fn list(place: &Place, limit: u16) -> anyhow::Result<()> {
    let (zone, report) = wait_for(async {
        let (config, relay) = place.relay()?;
        Ok((config.time_zone, app::queue::report(&relay, limit).await?))
    })?;
    out!("{}", destinations_table(&report.destinations, &zone, clock::now()));
    eprintln!("{}", summary(&report));
    Ok(())
}

fn destinations_table(list: &[DestinationReport], zone: &TimeZone, now: Timestamp) -> String {
    let mut table = Table::new(&[
        "destination",
        ">waiting",
        ">ready",
        ">in flight",
        ">deferred",
        "oldest",
        "next try",
        "reason",
    ]);
    for it in list {
        table.row([
            it.name.clone(),
            it.waiting.to_string(),
            it.ready.to_string(),
            it.in_flight.to_string(),
            it.deferred.to_string(),
            it.oldest.map_or_else(String::new, |at| age(at, now)),
            it.next_attempt.map_or_else(String::new, |at| local(at, zone)),
            cut(&it.reason, REASON_COLUMNS),
        ]);
    }
    table.show()
}

fn messages_table(list: &[WaitingMessage], zone: &TimeZone) -> String {
    let mut table =
        Table::new(&["message", "sender", "recipients", ">tries", "next try", "expires", "reason"]);
    for it in list {
        let recipients = match it.recipients.as_slice() {
            [first, rest @ ..] if !rest.is_empty() => format!("{first} and {} more", rest.len()),
            [only] => only.clone(),
            _ => String::new(),
        };
        table.row([
            it.message.to_string(),
            if it.sender.is_empty() { "<>".to_owned() } else { it.sender.clone() },
            recipients,
            it.attempts.to_string(),
            it.next_attempt.map_or_else(|| "now".to_owned(), |at| local(at, zone)),
            local(it.expires, zone),
            cut(&it.reason, REASON_COLUMNS),
        ]);
    }
    table.show()
}

fn summary(report: &QueueReport) -> String {
    let it = report.custody;
    let mut text = format!(
        "{}: {} queued of {} accepted ({} delivered, {} failed, {} suppressed)",
        report.node, it.queued, it.accepted, it.delivered, it.failed, it.suppressed
    );
    if let Some(why) = &report.refusing {
        text.push_str(&format!("; mail is refused right now: {why}"));
    }
    if !it.conserved() {
        text.push_str("; THE COUNTS DO NOT ADD UP: keep the data folder as it is and report this");
    }
    text
}

/// As `3d 4h`, `12m` or `8s`: the two largest units at most.
fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h {}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        let now = Timestamp::from_second(1_000_000).expect("a time");
        for (ago, expected) in
            [(0, "0s"), (59, "59s"), (60, "1m"), (3_725, "1h 2m"), (97_200, "1d 3h"), (-5, "0s")]
        {
            let at = Timestamp::from_second(1_000_000 - ago).expect("a time");
            assert_eq!(age(at, now), expected);
        }
    }
}
