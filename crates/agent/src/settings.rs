//! The agent's own file as a value: what to measure, which logs to read, and the only actions that
//! orders can start.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use regex::bytes::RegexSet;
use sections::{Findings, Section};

use crate::machine::memory::permille;

pub use sections::Finding;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This station's name in the records of the office; orders for another are refused.
    pub station: String,
    /// Where the office listens for stations.
    pub office: Office,
    /// The file with the token.
    pub token_file: PathBuf,
    /// Where what is not delivered yet lies, and how far we got.
    pub state: PathBuf,
    /// From one reading to the next.
    pub interval: Duration,
    /// Most bytes of readings and logs that wait for the office; then the oldest go.
    pub journal_limit: u64,
    /// What to measure beside what every machine has.
    pub watch: Watched,
    /// Databases whose size is asked for.
    pub databases: Vec<Database>,
    /// Logs to read.
    pub logs: Vec<Log>,
    /// All that orders can start.
    pub actions: Vec<Action>,
}

/// The office's listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// A name or an address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What to measure beside what every machine has.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// Names of processes to count.
    pub processes: Vec<String>,
    /// Units of systemd.
    pub units: Vec<String>,
    /// Mount points to leave out.
    pub skip_disks: Vec<String>,
}

/// A database whose size is asked for.
#[derive(Clone, Debug)]
pub struct Database {
    /// Part of the value's name.
    pub name: String,
    /// How its size is found.
    pub size: SizeBy,
    /// From one look to the next.
    pub every: SignedDuration,
    /// How many bytes it may have; of these its share in use is told.
    pub limit: Option<u64>,
}

impl Database {
    /// Name and value of each figure that a size comes to.
    pub fn values(&self, bytes: i64) -> Vec<(String, i64)> {
        let limit = self.limit.and_then(|limit| i64::try_from(limit).ok());
        let share = limit.and_then(|limit| permille(bytes, limit));
        let mut values = vec![(format!("database.{}.size_bytes", self.name), bytes)];
        values.extend(share.map(|share| (format!("database.{}.used_permille", self.name), share)));
        values
    }
}

/// How a database's size is found.
#[derive(Clone, Debug)]
pub enum SizeBy {
    /// What the files of a folder take on disk.
    Folder(PathBuf),
    /// The number of bytes that a program prints first.
    Program(Program),
}

/// A log to read.
#[derive(Clone, Debug)]
pub struct Log {
    /// Its name in the records.
    pub name: String,
    /// Where its lines come from.
    pub source: LogSource,
    /// What a slot spans: a minute or an hour.
    pub slot: SignedDuration,
    /// Lines that are trouble.
    pub trouble: Patterns,
    /// Lines that are none, although a pattern of trouble meets them.
    pub ignore: Patterns,
}

/// Where lines come from.
#[derive(Clone, Debug)]
pub enum LogSource {
    /// A file that grows, and is renamed or cut by whoever rotates it.
    File(PathBuf),
    /// systemd's journal, of these units; of all when empty.
    Journald(Vec<String>),
}

/// Regular expressions, matched all at once.
#[derive(Clone, Debug)]
pub struct Patterns {
    /// As they stand in the file.
    pub texts: Vec<String>,
    /// Compiled.
    pub set: RegexSet,
}

/// A program with its arguments; no shell reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Program and arguments; at least the program.
    pub run: Vec<String>,
    /// Whose rights it has; the agent's own without.
    pub user: Option<String>,
    /// Then it and its children are killed.
    pub timeout: Duration,
}

/// Something that an order can start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What orders call it.
    pub name: String,
    /// What it does.
    pub program: Program,
    /// The machine goes down by it: to come up again is success.
    pub reboots: bool,
}

impl Settings {
    /// Reads the whole file.
    ///
    /// # Errors
    /// Every finding, by line. A text that is not TOML has one finding only.
    pub fn read(text: &str) -> Result<Settings, Vec<Finding>> {
        let findings = Findings::new(text);
        let table = sections::parse(text, &findings);
        let settings =
            table.as_ref().map(|t| crate::reader::whole(Section::top(t.get_ref(), &findings)));
        let list = findings.into_sorted();
        settings.filter(|_| list.is_empty()).ok_or(list)
    }

    /// The names of all actions.
    pub fn action_names(&self) -> Vec<&str> {
        self.actions.iter().map(|action| action.name.as_str()).collect()
    }
}
