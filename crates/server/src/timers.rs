//! The office's timers. They carry no data: each wakes a verb that looks at the state, and the
//! next tick is the retry.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use app::incidents::{Trouble as Told, Troubles};
use app::{AppError, Office, stations};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::{clock, signals};

/// Between two looks into the relay's journal.
const COLLECT_EVERY: Duration = Duration::from_millis(500);
/// Facts in a batch that make another one worth its transaction at once.
const COLLECT_WORTHWHILE: usize = app::deliveries::COLLECT_MAX / 2;
/// Between two looks for days out of retention.
const RETENTION_EVERY: Duration = Duration::from_secs(3_600);

/// Between two looks for contracts that were added or changed.
const CONTRACTS_EVERY: Duration = Duration::from_secs(2);
/// Between two looks at what is down and what has its turn.
const TEND_EVERY: Duration = Duration::from_secs(15);

/// Between two looks for orders that the command line gave.
const ORDERS_EVERY: Duration = Duration::from_secs(1);
/// Between two notes of which stations were heard: far below the two minutes after which one is silent.
const HEARD_EVERY: Duration = Duration::from_secs(2);
/// Between two folds of readings into hours.
const FOLD_EVERY: Duration = Duration::from_secs(600);

/// Starts every timer; each ends when it is told to stop.
pub fn start(
    tasks: &mut JoinSet<anyhow::Result<()>>,
    office: &Arc<Office>,
    stopped: &watch::Receiver<bool>,
) {
    let collected = Arc::clone(office);
    tasks.spawn(until(stopped.clone(), async move {
        let mut trouble = Trouble::new("the relay's journal could not be collected");
        loop {
            trouble.note(collect(&collected).await);
            tokio::time::sleep(COLLECT_EVERY).await;
        }
    }));
    let kept = Arc::clone(office);
    tasks.spawn(until(stopped.clone(), async move {
        let mut trouble = Trouble::new("days out of retention could not be dropped");
        let mut old = Trouble::new("old measurements could not be forgotten");
        loop {
            let dropped = app::deliveries::drop_expired(&kept, clock::now()).await;
            trouble.note(dropped.map(drop));
            let dropped = app::probes::drop_expired(&kept, clock::now()).await;
            old.note(dropped.map(drop));
            tokio::time::sleep(RETENTION_EVERY).await;
        }
    }));
    let contracts = Arc::clone(office);
    tasks.spawn(until(stopped.clone(), async move {
        let mut trouble = Trouble::new("contracts that were added could not be read");
        loop {
            tokio::time::sleep(CONTRACTS_EVERY).await;
            trouble.note(app::kept::refresh(&contracts).await);
        }
    }));
    let tended = Arc::clone(office);
    tasks.spawn(until(stopped.clone(), async move {
        let mut trouble = Trouble::new("incidents could not be tended");
        let mut each = Untended::default();
        loop {
            let done = app::incidents::tend(&tended, clock::now(), &clock::now).await;
            if let Ok(done) = &done {
                if done.opened > 0 {
                    tracing::warn!(incidents = done.opened, "incidents were opened");
                }
                each.note(&done.troubles);
            }
            trouble.note(done.map(drop));
            tokio::time::sleep(TEND_EVERY).await;
        }
    }));
    start_stations(tasks, office, stopped);
}

/// What stations need.
fn start_stations(
    tasks: &mut JoinSet<anyhow::Result<()>>,
    office: &Arc<Office>,
    stopped: &watch::Receiver<bool>,
) {
    let ordering = Arc::clone(office);
    tasks.spawn(until(stopped.clone(), async move {
        let mut trouble = Trouble::new("orders to stations could not be looked for");
        loop {
            trouble.note(stations::look_for_orders(&ordering).await);
            tokio::time::sleep(ORDERS_EVERY).await;
        }
    }));
    let heard = Arc::clone(office);
    tasks.spawn(until(stopped.clone(), async move {
        let mut trouble = Trouble::new("which stations were heard could not be noted");
        loop {
            tokio::time::sleep(HEARD_EVERY).await;
            trouble.note(stations::record_heard(&heard).await);
        }
    }));
    let folding = Arc::clone(office);
    tasks.spawn(until(stopped.clone(), async move {
        let mut trouble = Trouble::new("readings of stations could not be folded into hours");
        let mut old = Trouble::new("old readings of stations could not be forgotten");
        loop {
            trouble.note(stations::fold(&folding, clock::now()).await.map(drop));
            old.note(stations::drop_expired(&folding, clock::now()).await.map(drop));
            tokio::time::sleep(FOLD_EVERY).await;
        }
    }));
}

/// Takes facts until few are left: a transaction costs about as much for ten facts as for five
/// hundred, so what a busy relay tells meanwhile waits for the next tick.
async fn collect(office: &Office) -> Result<(), AppError> {
    while app::deliveries::collect(office, clock::now()).await? >= COLLECT_WORTHWHILE {}
    Ok(())
}

/// Does the work until it ends or we are told to stop.
pub async fn until(
    stopped: watch::Receiver<bool>,
    work: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    tokio::select! {
        () = work => {}
        () = signals::told(stopped) => {}
    }
    Ok(())
}

/// What of the incidents could not be tended at the last look: each is logged when it begins and when
/// it is over.
#[derive(Default)]
struct Untended(BTreeSet<String>);

impl Untended {
    fn note(&mut self, troubles: &Troubles) {
        let now: BTreeSet<String> = troubles.told.iter().map(|it| it.about.clone()).collect();
        for Told { about, why } in troubles.told.iter().filter(|it| !self.0.contains(&it.about)) {
            let cause = std::error::Error::source(why).map(ToString::to_string);
            let total = troubles.total;
            tracing::warn!(about, error = %why, cause, total, "could not be tended; the rest was");
        }
        for about in self.0.difference(&now) {
            tracing::info!(about, "over: could not be tended");
        }
        self.0 = now;
    }
}

/// Logs a failure when it begins and when it is over, not at every tick in between.
pub struct Trouble {
    what: &'static str,
    lasting: bool,
}

impl Trouble {
    /// What a failure means, as the log says it.
    pub const fn new(what: &'static str) -> Trouble {
        Trouble { what, lasting: false }
    }

    /// Takes notice of how a tick ended.
    pub fn note<E: std::error::Error>(&mut self, result: Result<(), E>) {
        match result {
            Err(error) if !self.lasting => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "{}", self.what);
                self.lasting = true;
            }
            Ok(()) if self.lasting => {
                tracing::info!("over: {}", self.what);
                self.lasting = false;
            }
            _ => {}
        }
    }
}
