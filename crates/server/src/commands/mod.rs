//! The command line: one file for each command, and the list of them here.

mod agent;
mod agreed;
mod board;
mod check;
mod config;
mod contract;
mod dns;
mod domain;
mod due;
mod import;
mod incident;
mod instant;
mod invoice;
mod log;
mod meant;
mod node;
mod notice;
mod place;
mod queue;
mod send;
mod settle;
mod station;
mod status;
mod up;
mod user;
mod window;
mod windows;

use clap::{Parser, Subcommand};

use crate::exit::{self, Status};
use crate::up::Roles;

pub use place::wait_for;

/// Run a mail-delivery cloud that keeps its promises
#[derive(Parser)]
#[command(name = "yakusoku", version, after_help = exit::HELP)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every role in one process
    ///
    /// Without --config everything is on loopback and mail goes into a sandbox that the console
    /// shows: nothing leaves the machine. The first start makes an administrator and an API user
    /// and prints their passwords once. SIGTERM and SIGINT stop it without losing mail.
    Up(up::UpArgs),
    /// Run the relay alone: accept and deliver mail
    ///
    /// It needs no records: it goes on with the last roster while the office is down.
    Relay(up::RoleArgs),
    /// Run the office alone: console, records and timers
    ///
    /// It collects what the relay's journal tells, and publishes the roster that the relay reads.
    Office(up::RoleArgs),
    /// Run the agent on a machine away from the office
    ///
    /// Measures the machine, reads its logs, and does the actions of its own file when the office
    /// orders them. What it saw waits on its disk while the office is away. docs/AGENT.md tells how
    /// to set it up. SIGTERM and SIGINT stop it.
    Agent(agent::AgentArgs),
    /// Look from away at what the office asks for
    ///
    /// It dials the office with the token that `yakusoku station add NAME --kind node` printed, and brings
    /// what it saw. While the office is away it goes on looking, and keeps a journal.
    Node(node::NodeArgs),
    /// Write a small message and send it over SMTP
    ///
    /// The server's answer is printed when it takes the message. Any language is fine in subject
    /// and text; a text that begins with @ is the name of a file to read.
    Send(send::SendArgs),
    /// Show what waits in the running relay, and why
    Queue(queue::QueueArgs),
    /// Search the delivery log
    ///
    /// All conditions hold together. The newest come first. Exits with 1 when nothing is found.
    Log(log::LogArgs),
    /// Add, list and remove those who may sign in
    User(user::UserArgs),
    /// Add, list and remove the domains we sign for
    Domain(domain::DomainArgs),
    /// Print how every promise stands
    Board(board::BoardArgs),
    /// List what is looked at, or look once now
    Check(check::CheckArgs),
    /// Add, list and revoke agents and nodes, and give agents orders
    Station(station::StationArgs),
    /// Add a log to the evidence of a contract, or take one back
    ///
    /// The log holds one event a line: outages, measurements, blind spans, windows, notices and
    /// exclusions. Wrong lines are named on stdout, and then nothing is imported. Importing a line
    /// again changes nothing, so an import that was broken off is completed by doing it again.
    Import(import::ImportArgs),
    /// Open incidents, work on them and report them
    ///
    /// A timeline only grows: what was wrong is taken back by another entry. docs/OPERATIONS.md tells
    /// how an incident goes from the outage to the report.
    Incident(incident::IncidentArgs),
    /// Plan, announce and cancel maintenance windows
    Window(window::WindowArgs),
    /// Tell customers, and look up the proof
    Notice(notice::NoticeArgs),
    /// Show what the status pages say, or write them as files
    Status(status::StatusArgs),
    /// Print the DNS records that our mail needs
    Dns(dns::DnsArgs),
    /// Check or show the configuration
    Config(config::ConfigArgs),
    /// Check, show and compare contract files
    Contract(contract::ContractArgs),
    /// Settle a month: what was promised, what happened, what is owed
    ///
    /// Needs a contract file and a log, no server and no clock: the same files give the same bytes.
    /// docs/CONTRACTS.md says how a log is written and how a month is settled.
    #[command(after_help = settle::HELP)]
    Settle(settle::SettleArgs),
    /// Print by when a promise must be kept
    ///
    /// One line on stdout, the last second in time as RFC 3339 with the contract's offset; or `none`,
    /// with the reason on stderr. The terms in force at the event count. An instant without an offset
    /// is a clock reading in the contract's zone.
    #[command(after_help = due::HELP)]
    Due(due::DueArgs),
    /// Print the maintenance windows of a year or month
    ///
    /// One a line on stdout, FROM/UNTIL as RFC 3339 with the contract's offset.
    #[command(after_help = windows::HELP)]
    Windows(windows::WindowsArgs),
    /// Make the invoice of a month from a contract and what was used
    #[command(after_help = invoice::HELP)]
    Invoice(invoice::InvoiceArgs),
}

/// Reads the command line; ends the program when it makes no sense or asks for help.
pub fn parse() -> Cli {
    match agent::alone() {
        Some(args) => Cli { command: Command::Agent(args) },
        None => Cli::parse(),
    }
}

/// Runs what was asked for.
///
/// # Errors
/// What the command could not do; the caller prints it.
pub fn run(cli: Cli) -> anyhow::Result<Status> {
    match cli.command {
        Command::Up(args) => up::run(&args),
        Command::Relay(args) => up::run_role(&args, Roles::Relay),
        Command::Office(args) => up::run_role(&args, Roles::Office),
        Command::Agent(args) => agent::run(&args),
        Command::Node(args) => node::run(&args),
        Command::Send(args) => send::run(&args),
        Command::Queue(args) => queue::run(&args),
        Command::Log(args) => log::run(&args),
        Command::User(args) => user::run(&args),
        Command::Domain(args) => domain::run(&args),
        Command::Board(args) => board::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Station(args) => station::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Incident(args) => incident::run(&args),
        Command::Window(args) => window::run(&args),
        Command::Notice(args) => notice::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Dns(args) => dns::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Contract(args) => contract::run(&args),
        Command::Settle(args) => settle::run(&args),
        Command::Due(args) => due::run(&args),
        Command::Windows(args) => windows::run(&args),
        Command::Invoice(args) => invoice::run(&args),
    }
}
