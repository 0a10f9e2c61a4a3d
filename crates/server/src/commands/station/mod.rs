//! `yakusoku station`: agents and nodes away from the office.

mod json;
mod order;

use app::Office;
use app::stations::{self, OrderRecord, Seen, StateRecord, StationKind, Wanted, state_of};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use link::StateWord;

use super::place::{Place, wait_for};
use super::window::civil;
use crate::clock;
use crate::exit::{self, Status};
use crate::table::{Table, cut};

/// Columns of what the system says of a unit, and of what an action printed.
const SAID_WIDTH: usize = 60;

#[derive(Args)]
pub struct StationArgs {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Verb {
    /// Add a station and print its token, once
    ///
    /// The token goes into a file on the station's machine, readable by its user alone. It holds the
    /// station's secret and by what the station knows this office. A station that was revoked is added
    /// again for a new token.
    #[command(after_help = exit::HELP)]
    Add(AddArgs),
    /// List the stations, and how each stands
    #[command(after_help = exit::HELP)]
    List {
        #[command(flatten)]
        form: Form,
    },
    /// Show a station: its newest values, what is wrong, its orders
    #[command(after_help = exit::HELP)]
    Show {
        /// Its name
        station: String,
        #[command(flatten)]
        form: Form,
    },
    /// Take a station's token back: its next request is refused
    #[command(after_help = exit::HELP)]
    Revoke {
        /// Its name
        station: String,
    },
    /// Order an agent to do an action of its own list, and wait for what becomes of it
    ///
    /// The office must be running: the agent fetches the order there. An order that is not begun
    /// within a minute expires.
    #[command(after_help = order::HELP)]
    Order(order::OrderArgs),
}

#[derive(Args)]
struct AddArgs {
    /// Its name: letters, digits, dots, hyphens, underscores
    name: String,
    /// What it is for
    #[arg(long)]
    kind: Kind,
    /// Where it stands
    #[arg(long, value_name = "TEXT")]
    site: Option<String>,
    /// Contract under which its machine is kept; may be given several times
    #[arg(long, value_name = "NAME")]
    contract: Vec<String>,
}

#[derive(Args)]
struct Form {
    /// Form of the output
    #[arg(long, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Tables to read
    Text,
    /// JSON
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// Reads its own machine, collects its logs, does what it is ordered to
    Agent,
    /// Looks at others from where it stands
    Node,
}

/// Runs the verb.
pub fn run(args: &StationArgs) -> anyhow::Result<Status> {
    wait_for(async {
        let (config, office) = args.place.office().await?;
        let (now, zone) = (clock::now(), &config.time_zone);
        match &args.verb {
            Verb::Add(add) => self::add(&office, add, now).await,
            Verb::List { form } => list(&office, form.format, now, zone).await,
            Verb::Show { station, form } => show(&office, station, form.format, now, zone).await,
            Verb::Revoke { station } => {
                stations::revoke(&office, station, now).await?;
                eprintln!("{station} is revoked: its next request is refused");
                Ok(Status::Done)
            }
            Verb::Order(order) => order::run(&office, order).await,
        }
    })
}

async fn add(office: &Office, args: &AddArgs, now: Timestamp) -> anyhow::Result<Status> {
    let wanted = Wanted {
        name: args.name.clone(),
        kind: match args.kind {
            Kind::Agent => StationKind::Agent,
            Kind::Node => StationKind::Node,
        },
        site: args.site.clone(),
        contracts: args.contract.clone(),
    };
    let token = stations::add(office, &wanted, now).await?;
    eprintln!("{} is added; this token is shown only now:", args.name);
    outln!("{token}");
    Ok(Status::Done)
}

/// How a station stands, in a word.
fn standing(seen: &Seen) -> &'static str {
    match (seen.station.revoked, seen.station.seen, seen.silent_since) {
        (Some(_), ..) => "revoked",
        (None, None, _) => "never heard",
        (None, Some(_), Some(_)) => "SILENT",
        (None, Some(_), None) if !seen.crossings.is_empty() || !seen.bad.is_empty() => "trouble",
        (None, Some(_), None) => "well",
    }
}

fn percent(permille: i64) -> String {
    format!("{}.{}%", permille / 10, permille.unsigned_abs() % 10)
}

async fn list(
    office: &Office,
    format: Format,
    now: Timestamp,
    zone: &TimeZone,
) -> anyhow::Result<Status> {
    let all = stations::list(office, now).await?;
    if matches!(format, Format::Json) {
        outln!("{:#}", json::list(&all));
        return Ok(Status::Done);
    }
    let mut table =
        Table::new(&["station", "kind", "site", "state", "last heard", "fullest", "trouble"]);
    for seen in &all {
        let trouble = seen.bad.len() + seen.crossings.len();
        table.row([
            seen.station.name.clone(),
            seen.station.kind.word().to_owned(),
            seen.station.site.clone().unwrap_or_default(),
            standing(seen).to_owned(),
            seen.station.seen.map(|at| civil(at, zone)).unwrap_or_default(),
            seen.fullest().map(|(of, use_)| format!("{of} {}", percent(use_))).unwrap_or_default(),
            if trouble == 0 { String::new() } else { trouble.to_string() },
        ]);
    }
    out!("{}", table.show());
    Ok(Status::Done)
}

async fn show(
    office: &Office,
    name: &str,
    format: Format,
    now: Timestamp,
    zone: &TimeZone,
) -> anyhow::Result<Status> {
    let (seen, states, _, orders) = stations::seen(office, name, now).await?;
    if matches!(format, Format::Json) {
        outln!("{:#}", json::show(&seen, &states, &orders, now));
        return Ok(Status::Done);
    }
    let station = &seen.station;
    let time = |at: Option<Timestamp>| at.map_or_else(|| "–".to_owned(), |at| civil(at, zone));
    outln!("{} ({}): {}", station.name, station.kind.word(), standing(&seen));
    outln!("site {}", station.site.as_deref().unwrap_or("–"));
    outln!("contracts {}", station.contracts.join(", "));
    outln!("added {}, last heard {}", time(Some(station.created)), time(station.seen));
    for crossing in &seen.crossings {
        let at_least = terms::Percent(crossing.at_least);
        outln!(
            "at or above {at_least} since {}: {} ({} {})",
            time(Some(crossing.from)),
            crossing.used_of,
            crossing.contract,
            crossing.promise
        );
    }
    if let Some(latest) = station.latest.last() {
        outln!("\nread {}", time(Some(latest.at)));
        let mut table = Table::new(&["series", ">value"]);
        for (series, value) in &seen.values {
            table.row([series.clone(), value.to_string()]);
        }
        out!("{}", table.show());
    }
    print_states(&states, zone);
    print_orders(&orders, now, zone);
    Ok(Status::Done)
}

/// How something is, in a word.
fn state_word(state: StateWord) -> &'static str {
    match state {
        StateWord::Good => "good",
        StateWord::Bad => "BAD",
        StateWord::Unknown => "unknown",
    }
}

fn print_states(states: &[StateRecord], zone: &TimeZone) {
    if states.is_empty() {
        return;
    }
    let mut table = Table::new(&["what", "state", "since", "the system says"]);
    for state in states {
        let since = civil(state.since, zone);
        let said = cut(&state.detail, SAID_WIDTH);
        table.row([state.name.clone(), state_word(state.state).to_owned(), since, said]);
    }
    out!("\n{}", table.show());
}

fn print_orders(orders: &[OrderRecord], now: Timestamp, zone: &TimeZone) {
    if orders.is_empty() {
        return;
    }
    let mut table = Table::new(&[">order", "given", "action", "by", "state", "said"]);
    for order in orders {
        let said = order.result.as_ref().map(|result| cut(&result.detail, SAID_WIDTH));
        table.row([
            order.id.to_string(),
            civil(order.issued, zone),
            order.action.clone(),
            order.by.clone(),
            order::word(state_of(order, now)).to_owned(),
            said.unwrap_or_default(),
        ]);
    }
    out!("\n{}", table.show());
}
