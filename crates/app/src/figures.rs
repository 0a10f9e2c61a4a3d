//! What machines ask of an office: how many incidents are open, which clocks run, what waits.

use std::collections::BTreeMap;

use desk::Standing;
use jiff::Timestamp;
use store::{Answer, Waiting};

use crate::{AppError, Office, checks, incidents, stations};

/// Figures of an office at an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Open incidents by the highest level of a ladder that was taken; 0 before the first step.
    pub incidents: BTreeMap<u8, u64>,
    /// Clocks of open incidents that run.
    pub clocks_running: u64,
    /// Clocks of open incidents whose time has passed.
    pub clocks_late: u64,
    /// Sendings of notices.
    pub notices: Waiting,
    /// Calls of our own people.
    pub calls: Waiting,
    /// Checks that succeed.
    pub checks_up: u64,
    /// Checks that do not.
    pub checks_down: u64,
    /// Checks of which nothing is known now.
    pub checks_blind: u64,
    /// Stations that have been silent for longer than they may.
    pub stations_silent: u64,
}

/// Counts.
///
/// # Errors
/// When the records fail.
pub async fn figures(office: &Office, now: Timestamp) -> Result<Figures, AppError> {
    let mut figures = Figures {
        notices: office.store.notices_waiting().await?,
        calls: office.store.calls_waiting().await?,
        ..Figures::default()
    };
    for incident in incidents::open_ones(office, now).await? {
        let level = incident.story.taken.iter().map(|taken| taken.level).max().unwrap_or(0);
        *figures.incidents.entry(level).or_default() += 1;
        // Of a contract that is in the configuration no more there are no clocks.
        let Ok(outlook) = incidents::outlook(office, &incident, now) else { continue };
        for clock in outlook.clocks.iter().filter(|clock| clock.met.is_none()) {
            match clock.standing {
                Standing::Running | Standing::Soon => figures.clocks_running += 1,
                Standing::Late => figures.clocks_late += 1,
                _ => {}
            }
        }
    }
    for watched in checks::list(office, now).await? {
        match watched.run.map(|run| run.answer) {
            _ if watched.paused.is_some() => {}
            Some(Answer::Good) => figures.checks_up += 1,
            Some(Answer::Refused | Answer::Silent) => figures.checks_down += 1,
            Some(Answer::Unseen) | None => figures.checks_blind += 1,
        }
    }
    let stations = stations::list(office, now).await?;
    let silent = stations.iter().filter(|it| it.silent_since.is_some());
    figures.stations_silent = silent.count() as u64;
    Ok(figures)
}
