//! Checks: what is looked at, what was seen, and how it stands now.
//!
//! A check is in the configuration or was added in the console. What watchers report goes to the
//! records through [`record`]; a function that a contract measures by a check is up or down by its
//! runs, as those of a probe.

mod added;
mod beat;
mod build;
pub mod customers;
mod record;
mod refusal;
mod seen;
mod settings;
mod sites;
mod stationed;
mod tried;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::watch::{Beats, Check, Reach};
use jiff::{SignedDuration, Timestamp};
use store::probe_of;
use tokio::sync::watch::{Receiver, Sender};

pub use ::watch::{CheckError, Reason};
pub use added::{
    CHECKS_MAX, NAME_MAX, add, change, first_look, is_name, pause, refresh, remove, resume,
    show_first,
};
pub use beat::{beat, beat_word};
pub use record::record;
pub use refusal::CheckRefusal;
pub use seen::{
    Detail, FIGURES_DAYS, LOOKS_DAYS, Outage, Point, SPANS, Stretch, detail, drop_expired, fold,
};
pub use settings::{
    EVERY_SECONDS, Hidden, SPEECHES, Settings, SettingsError, TIMEOUT_MS, TLS_VERSIONS, WAYS,
    WRAPS, Way,
};
pub use sites::{OFFICE, SITE_NAME_MAX, SITES_MAX, series};
pub(crate) use sites::{SiteSeries, every_series, of_source};
pub use stationed::{SKEWED, given, take};
pub use store::{Answer, LookFigure, Observation, SeenLook};

use crate::{AppError, Office};

/// A check of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredCheck {
    /// Its name.
    pub name: String,
    /// How it looks.
    pub settings: Settings,
}

/// What an office knows of its watchers.
pub struct Watching {
    /// Checks of the configuration, in its order.
    pub configured: Vec<ConfiguredCheck>,
    /// How checks of the console reach their targets; `None` in a program that does not look.
    pub reach: Option<Arc<Reach>>,
    /// How checks of customers reach theirs: never what is not public, nor what is the office's own.
    pub customers_reach: Option<Arc<Reach>>,
    /// Checks that a customer may have.
    pub customer_checks: usize,
    /// Who has called, for heartbeats.
    pub beats: Arc<Beats>,
    /// The checks of the console that are to be looked at.
    added: Sender<Vec<Check>>,
    /// The checks of customers that are to be looked at.
    of_customers: Sender<Vec<Check>>,
    /// What customers tried lately.
    tried: tried::Tried,
    /// By series.
    latest: Mutex<HashMap<String, Latest>>,
    /// Every check with each site that looks at it or ever did.
    asked: Mutex<BTreeSet<(String, String)>>,
    /// What each check heard when it was recorded last; the first look of a form is not.
    recorded: Mutex<HashMap<String, Answer>>,
}

impl Default for Watching {
    fn default() -> Watching {
        Watching {
            configured: Vec::new(),
            reach: None,
            customers_reach: None,
            customer_checks: customers::CUSTOMER_CHECKS,
            beats: Arc::default(),
            added: Sender::new(Vec::new()),
            of_customers: Sender::new(Vec::new()),
            tried: tried::Tried::default(),
            latest: Mutex::default(),
            asked: Mutex::default(),
            recorded: Mutex::default(),
        }
    }
}

impl Watching {
    /// With these checks of the configuration.
    #[must_use]
    pub fn of(configured: Vec<ConfiguredCheck>) -> Watching {
        Watching { configured, ..Watching::default() }
    }

    /// The checks of the console that are to be looked at, as they change.
    #[must_use]
    pub fn added(&self) -> Receiver<Vec<Check>> {
        self.added.subscribe()
    }

    /// The checks of customers that are to be looked at, as they change.
    #[must_use]
    pub fn of_customers(&self) -> Receiver<Vec<Check>> {
        self.of_customers.subscribe()
    }

    fn recorded(&self) -> MutexGuard<'_, HashMap<String, Answer>> {
        // As for the last looks.
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn latest(&self) -> MutexGuard<'_, HashMap<String, Latest>> {
        // A panic elsewhere cannot leave it half-changed: each change is one insert.
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self) -> MutexGuard<'_, BTreeSet<(String, String)>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last look of a check, with what was noticed on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    /// When it began.
    pub at: Timestamp,
    /// What it heard.
    pub answer: Answer,
    /// Why it did not succeed.
    pub reason: Option<Reason>,
    /// How long it took.
    pub took: SignedDuration,
    /// The other side's words.
    pub said: Option<String>,
    /// The number of its reply.
    pub code: Option<u32>,
    /// The address that was looked at.
    pub address: Option<std::net::IpAddr>,
}

/// Where a check comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The configuration.
    Configured,
    /// The console.
    Added,
}

/// A check and how it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// Its name.
    pub name: String,
    /// How it looks.
    pub settings: Settings,
    /// Where it comes from.
    pub origin: Origin,
    /// The contract that it belongs to, when a customer made it.
    pub contract: Option<String>,
    /// Since when it rests.
    pub paused: Option<Timestamp>,
    /// Since when it hears what, over times in which nobody looked; `None` before the first look, and
    /// when the last one is too long ago to say.
    pub run: Option<Observation>,
    /// The last look since this program runs.
    pub latest: Option<Latest>,
    /// As its sites see it, in their order; the run and the look above are those of the office, or else of
    /// the first.
    pub sites: Vec<SiteNow>,
    /// The functions that it tells of, each with the name of its contract.
    pub tells: Vec<(String, String)>,
}

/// A check as one site sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteNow {
    /// From where: `office` or the name of a node.
    pub site: String,
    /// As [`Watched::run`], of this site.
    pub run: Option<Observation>,
    /// As [`Watched::latest`], of this site.
    pub latest: Option<Latest>,
}

/// Why the newest look of a site did not succeed, as a word such as `timed-out`; read from the records
/// where this program does not look itself. `None` when it succeeded, or before the first look.
///
/// # Errors
/// When the records fail.
pub async fn last_reason(
    office: &Office,
    check: &str,
    site: &SiteNow,
) -> Result<Option<String>, AppError> {
    let Some(run) = site.run.as_ref().filter(|run| run.answer != Answer::Good) else {
        return Ok(None);
    };
    // Runs are kept by whole seconds.
    let until = run.last.saturating_add(SignedDuration::from_secs(1)).unwrap_or(run.last);
    let looks = office.store.looks(&series(check, &site.site), run.last, until).await?;
    Ok(looks.last().and_then(|look| look.reason.clone()))
}

impl Watched {
    /// When it looks next, as far as its pace says; `None` while it rests.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        if self.paused.is_some() {
            return None;
        }
        let pace = SignedDuration::from_secs(i64::try_from(self.settings.every).ok()?);
        let last =
            self.latest.as_ref().map(|latest| latest.at).or(self.run.as_ref().map(|r| r.last));
        last?.checked_add(pace).ok()
    }
}

/// Every check: those of the configuration first, then those of the console by name.
///
/// # Errors
/// When the records fail.
pub async fn list(office: &Office, now: Timestamp) -> Result<Vec<Watched>, AppError> {
    let configured = office.watching.configured.iter();
    let known =
        configured.map(|it| (it.name.clone(), it.settings.clone(), Origin::Configured, None, None));
    let mut known: Vec<_> = known.collect();
    for record in office.store.watched_checks().await? {
        let settings = added::settings_of(&record)?;
        known.push((record.name, settings, Origin::Added, record.contract, record.paused));
    }
    let runs = office.store.newest_runs().await?;
    let mut runs: HashMap<String, Observation> =
        runs.into_iter().map(|run| (run.probe.clone(), run)).collect();
    let turned = office.store.turned().await?;
    for run in runs.values_mut().filter(|run| run.answer != Answer::Unseen) {
        run.first = turned.get(&run.probe).map_or(run.first, |turned| run.first.min(*turned));
    }
    let latest = office.watching.latest();
    let watched = known.into_iter().map(|(name, settings, origin, contract, paused)| {
        let mut site = |site: &str| {
            let series = series(&name, site);
            let run = runs.remove(&probe_of(&series)).filter(|run| is_recent(run, &settings, now));
            SiteNow { site: site.to_owned(), run, latest: latest.get(&series).cloned() }
        };
        let sites: Vec<SiteNow> = settings.looked_at_from().map(&mut site).collect();
        let first = sites.iter().find(|it| it.site == OFFICE).or(sites.first());
        let (run, latest) = first.map(|it| (it.run.clone(), it.latest.clone())).unwrap_or_default();
        let tells = tells(office, &name);
        Watched { run, latest, sites, tells, name, settings, origin, contract, paused }
    });
    Ok(watched.collect())
}

/// The check of that name.
///
/// # Errors
/// When the records fail.
pub async fn find(
    office: &Office,
    name: &str,
    now: Timestamp,
) -> Result<Option<Watched>, AppError> {
    Ok(list(office, now).await?.into_iter().find(|watched| watched.name == name))
}

/// Whether a run still says how things are: its last look is no more than two paces and a timeout ago.
fn is_recent(run: &Observation, settings: &Settings, now: Timestamp) -> bool {
    let timeout = i64::try_from(settings.timeout).unwrap_or(i64::MAX);
    let most = run.pace * 2 + SignedDuration::from_millis(timeout);
    now.duration_since(run.last) <= most
}

/// The response time that a contract in force promises of a function which this check measures: the
/// shortest of them.
#[must_use]
pub fn promised_within(office: &Office, check: &str, now: Timestamp) -> Option<SignedDuration> {
    let contracts = office.contracts();
    let promised = contracts.iter().flat_map(|watched| {
        let measured = watched.measured.iter().filter(|measured| measured.source.is_check(check));
        let functions: Vec<&terms::Name> = measured.map(|measured| &measured.function).collect();
        let promises = &watched.contract.terms_at(now).promises;
        promises.iter().filter_map(move |promise| match &promise.kind {
            terms::Kind::ResponseTime(it) => functions.contains(&&it.function).then_some(it.within),
            _ => None,
        })
    });
    promised.min()
}

/// Whether a check that tells of a function has been answered, or not answered, since this program runs.
#[must_use]
pub fn any_seen(office: &Office) -> bool {
    let latest = office.watching.latest();
    let tells = |name: &str| {
        let contracts = office.contracts();
        let mut measured = contracts.iter().flat_map(|watched| &watched.measured);
        measured.any(|measured| measured.source.is_check(name))
    };
    latest.iter().any(|(name, latest)| latest.answer != Answer::Unseen && tells(name))
}

/// The functions that a check tells of.
fn tells(office: &Office, check: &str) -> Vec<(String, String)> {
    let measured = office.contracts().into_iter().flat_map(|watched| {
        let by_it = watched.measured.iter().filter(|measured| measured.source.is_check(check));
        by_it.map(|measured| (watched.contract.name.to_string(), measured.function.to_string()))
    });
    measured.collect()
}
