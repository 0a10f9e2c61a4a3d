//! Status pages: what visitors and customers may see of the services, and nothing else.
//!
//! A page names contracts and the functions that it shows, each under a public name. What it says is
//! made once for all who ask ([`status`]): the state of each function now, windows, incidents with what
//! was published of them, the figures of this month and a bar for each day. A timeline entry is shown
//! when it was published; of a notice only that it was sent.

mod made;
mod news;
mod past;
mod present;

use std::sync::Arc;

use calendar::{Month, Span};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use settlement::Figure;
use terms::{Name, Percent, Text};

use crate::Office;

pub(crate) use made::Statuses;
pub use made::{KEPT, refresh, status};
pub use news::{incident_of, incidents_of};

/// Days that a page shows bars for, today among them.
pub const DAYS: i64 = 90;
/// Most functions of one page.
pub const FUNCTIONS_MAX: usize = 100;
/// Most incidents that a page lists, the newest.
pub const INCIDENTS_MAX: usize = 100;
/// Most windows that a page lists, the next.
pub const WINDOWS_MAX: usize = 50;
/// Most contracts of a page that is about every contract: those of the configuration first, then the
/// oldest that were added.
pub const CONTRACTS_MAX: usize = 100;
/// How far ahead recurring windows are shown.
pub const WINDOWS_AHEAD: SignedDuration = SignedDuration::from_hours(35 * 24);

/// A page of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusPage {
    /// Its name in addresses.
    pub name: String,
    /// What it is called.
    pub title: Text,
    /// What it is about.
    pub contracts: PageContracts,
    /// What it shows, in order; empty: every function of the contracts under the contracts' titles.
    pub shown: Vec<Shown>,
    /// Who may see it.
    pub access: Access,
    /// Older than this a written page says no more how things are.
    pub stale_after: SignedDuration,
    /// Where visitors find the written page, such as `https://status.example.jp/`.
    pub address: Option<String>,
}

/// What a page is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageContracts {
    /// These, by name. One that the office does not keep, or not yet, is missing on the page, which says
    /// that something is.
    Named(Vec<String>),
    /// Every contract of the office, those too that are added while it runs; up to [`CONTRACTS_MAX`].
    Every,
}

impl PageContracts {
    /// Their names as they are now.
    #[must_use]
    pub fn names(&self, office: &Office) -> Vec<String> {
        match self {
            PageContracts::Named(names) => names.clone(),
            PageContracts::Every => {
                let every = office.contracts().into_iter().map(|it| it.contract.name.to_string());
                every.take(CONTRACTS_MAX).collect()
            }
        }
    }
}

/// Every page that names a contract which the office does not keep, or a function that it does not have:
/// with `CONTRACT` or `CONTRACT/FUNCTION`.
#[must_use]
pub fn missing(office: &Office) -> Vec<(String, String)> {
    let pages = office.status_pages.iter();
    let named = pages.flat_map(|page| {
        page.contracts.names(office).into_iter().map(|contract| (page.name.clone(), contract))
    });
    let contracts = named.filter(|(_, contract)| office.contract(contract).is_err());
    let functions = office.status_pages.iter().flat_map(|page| {
        let is_missing = |it: &&Shown| {
            let watched = office.contract(&it.contract);
            watched.is_ok_and(|watched| !watched.functions().contains(&it.function))
        };
        let missing = page.shown.iter().filter(is_missing);
        missing.map(|it| (page.name.clone(), format!("{}/{}", it.contract, it.function)))
    });
    contracts.chain(functions).collect()
}

/// A function under its public name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Under which contract.
    pub contract: String,
    /// Which function.
    pub function: Name,
    /// Its public name.
    pub title: Text,
}

/// Who may see a page.
#[derive(Clone, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Whoever knows this word.
    Word(String),
    /// Administrators, and customers of all its contracts.
    SignedIn,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Access::Public => "Public",
            Access::Word(_) => "Word(..)",
            Access::SignedIn => "SignedIn",
        })
    }
}

/// What a page says at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The page.
    pub page: Arc<StatusPage>,
    /// The instant that it tells of.
    pub at: Timestamp,
    /// In which zone its times are: that of its first contract.
    pub zone: TimeZone,
    /// What it shows, in order.
    pub functions: Vec<FunctionStatus>,
    /// This month of every service that a shown function belongs to.
    pub figures: Vec<MonthFigure>,
    /// Windows that run or are to come, by their beginning.
    pub windows: Vec<ShownWindow>,
    /// Open incidents and those of the last [`DAYS`], the newest first.
    pub incidents: Vec<ShownIncident>,
    /// When a function last went down or came up.
    pub changed: Option<Timestamp>,
    /// Evidence of a contract could not be judged, so that something is missing.
    pub is_partial: bool,
}

/// How a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// 正常
    Up,
    /// 計測不能: nobody can say.
    Unknown,
    /// 計画停止中: a window runs.
    Maintenance,
    /// 停止
    Down,
}

impl Condition {
    /// Its word in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Condition::Up => "up",
            Condition::Unknown => "unknown",
            Condition::Maintenance => "maintenance",
            Condition::Down => "down",
        }
    }
}

/// A function now and in the last days.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionStatus {
    /// Its contract.
    pub contract: String,
    /// Its name there.
    pub function: Name,
    /// Its public name.
    pub title: Text,
    /// How it is.
    pub condition: Condition,
    /// Since when, as far as that is known.
    pub since: Option<Timestamp>,
    /// The last [`DAYS`] days in the contract's zone, the earliest first.
    pub days: Vec<Day>,
}

/// What a day came to, as far as it has passed. Time outside the contract is in neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Which day.
    pub date: Date,
    /// Seen down.
    pub down: SignedDuration,
    /// Neither seen up nor down.
    pub unknown: SignedDuration,
    /// Under contract.
    pub whole: SignedDuration,
}

/// This month of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthFigure {
    /// The service.
    pub title: Text,
    /// Which month.
    pub month: Month,
    /// The share up by what was detected, less exclusions.
    pub net: Figure,
    /// The least that it can be.
    pub lower: Figure,
    /// What is promised.
    pub target: Option<Percent>,
}

/// A window that runs or is to come.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownWindow {
    /// Stays the same for the same window.
    pub id: String,
    /// What is done; empty when nobody said.
    pub title: Text,
    /// When.
    pub span: Span,
    /// In which zone its contract thinks.
    pub zone: TimeZone,
    /// It may still move with a holiday.
    pub provisional: bool,
    /// When it was planned; `None`: it recurs.
    pub planned: Option<Timestamp>,
}

impl ShownWindow {
    /// Whether it runs.
    #[must_use]
    pub fn runs(&self, now: Timestamp) -> bool {
        self.span.contains(now)
    }
}

/// What is told of an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownIncident {
    /// Its number.
    pub id: i64,
    /// Its contract.
    pub contract: String,
    /// Public names of what was down; may be empty.
    pub functions: Vec<Text>,
    /// When it began.
    pub from: Timestamp,
    /// When it was over; `None` while it lasts.
    pub until: Option<Timestamp>,
    /// What was published, the newest first.
    pub updates: Vec<Update>,
}

impl ShownIncident {
    /// When something was last told of it.
    #[must_use]
    pub fn updated(&self) -> Timestamp {
        let newest = self.updates.iter().map(|update| update.at);
        newest.chain(self.until).fold(self.from, Timestamp::max)
    }
}

/// One thing that was told of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// When.
    pub at: Timestamp,
    /// Our words; `None`: customers were sent a notice.
    pub text: Option<String>,
}

impl Status {
    /// The worst of its functions; unknown when it has none.
    #[must_use]
    pub fn worst(&self) -> Condition {
        self.functions.iter().map(|it| it.condition).max().unwrap_or(Condition::Unknown)
    }

    /// Whether it says the same, whenever it was made.
    #[must_use]
    pub fn says_as(&self, other: &Status) -> bool {
        let at = other.at;
        Status { at, ..self.clone() } == *other
    }
}
