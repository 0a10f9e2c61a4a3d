//! The round of the couriers: takes what is due from the outbox, carries it, and records what came of
//! it. One process at a time makes it (`office.lock`), so nothing is taken twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use app::incidents::calling::{self, Call};
use app::outbox::{self, Errand, Outcome};
use app::{AppError, Office};
use courier::{Command, Courier, Endpoint, MailRoute, PagerDuty, Parcel, Secret, Webhook};
use jiff::tz::TimeZone;
use mail::Address;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::clock;
use crate::config::{Config, CourierKind, MailConfig, ReachConfig, SecretRef};
use crate::timers::{Trouble, until};

/// Between two looks into the outbox.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Sendings on their way at once; more wait their turn.
const AT_ONCE: usize = 8;
/// Largest file of a secret, in bytes.
const SECRET_MAX: u64 = 64 * 1024;

/// Every courier, ready to go.
pub struct Round {
    couriers: Arc<BTreeMap<String, Courier>>,
    zone: TimeZone,
}

impl Round {
    /// The couriers of a configuration, with their secrets.
    ///
    /// # Errors
    /// When a secret or a certificate cannot be read, or an address makes no sense.
    pub fn of(config: &Config) -> anyhow::Result<Round> {
        let mut couriers = BTreeMap::new();
        for it in &config.couriers {
            let made = courier(&it.kind, &config.hostname);
            let made = made.with_context(|| format!("the courier `{}` cannot work", it.name))?;
            couriers.insert(it.name.clone(), made);
        }
        Ok(Round { couriers: Arc::new(couriers), zone: config.time_zone.clone() })
    }

    /// Starts the round; it ends when it is told to stop, and finishes what is on its way.
    pub fn start(
        self,
        tasks: &mut JoinSet<anyhow::Result<()>>,
        office: &Arc<Office>,
        stopped: &watch::Receiver<bool>,
    ) {
        let office = Arc::clone(office);
        let stop = stopped.clone();
        tasks.spawn(async move {
            let mut under_way = JoinSet::new();
            until(stop, self.keep(&office, &mut under_way)).await?;
            while under_way.join_next().await.is_some() {}
            Ok(())
        });
    }

    async fn keep(&self, office: &Arc<Office>, under_way: &mut JoinSet<()>) {
        let mut trouble = Trouble::new("the outbox of notices could not be looked into");
        let room = Arc::new(Semaphore::new(AT_ONCE));
        // Nothing may be taken before it is known what was on its way when we died.
        loop {
            match recover(office).await {
                Ok(0) => break,
                Ok(count) => {
                    tracing::warn!(
                        count,
                        "notices and calls were on their way: they may be sent twice"
                    );
                    break;
                }
                Err(error) => trouble.note(Err(error)),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        loop {
            trouble.note(self.look_for_calls(office, under_way, &room).await);
            trouble.note(self.look(office, under_way, &room).await);
            while under_way.try_join_next().is_some() {}
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Takes the calls of our own people that are due, as long as there is room.
    async fn look_for_calls(
        &self,
        office: &Arc<Office>,
        under_way: &mut JoinSet<()>,
        room: &Arc<Semaphore>,
    ) -> Result<(), AppError> {
        while let Ok(place) = Arc::clone(room).try_acquire_owned() {
            let Some(call) = calling::take(office, clock::now()).await? else { return Ok(()) };
            let (office, couriers) = (Arc::clone(office), Arc::clone(&self.couriers));
            let parcel = call_parcel(&call, &self.zone);
            under_way.spawn(async move {
                let _place = place;
                let outcome = carried(&couriers, &call.record.courier, &parcel).await;
                settle_call(&office, &call, outcome).await;
            });
        }
        Ok(())
    }

    /// Takes what is due, as long as there is room.
    async fn look(
        &self,
        office: &Arc<Office>,
        under_way: &mut JoinSet<()>,
        room: &Arc<Semaphore>,
    ) -> Result<(), AppError> {
        while let Ok(place) = Arc::clone(room).try_acquire_owned() {
            let Some(errand) = outbox::take(office, clock::now()).await? else { return Ok(()) };
            let (office, couriers) = (Arc::clone(office), Arc::clone(&self.couriers));
            let parcel = parcel(&errand, &self.zone);
            under_way.spawn(async move {
                let _place = place;
                let outcome = carried(&couriers, &errand.courier, &parcel).await;
                settle(&office, &errand, outcome).await;
            });
        }
        Ok(())
    }
}

/// Puts back what was on its way when we died; how many there were.
async fn recover(office: &Office) -> Result<u64, AppError> {
    let now = clock::now();
    Ok(outbox::recover(office, now).await? + calling::recover(office, now).await?)
}

async fn carried(couriers: &BTreeMap<String, Courier>, name: &str, parcel: &Parcel) -> Outcome {
    match couriers.get(name) {
        Some(courier) => outcome(courier::carry(courier, parcel).await),
        None => Outcome::Refused(format!("no courier {name:?} is in the configuration")),
    }
}

async fn settle_call(office: &Office, call: &Call, outcome: Outcome) {
    let (id, courier) = (&call.id, &call.record.courier);
    match &outcome {
        Outcome::Sent(_) => tracing::info!(call = id, courier, "somebody of ours was called"),
        _ => tracing::error!(call = id, courier, "a call did not go out"),
    }
    if let Err(error) = calling::settle(office, call, outcome, clock::now()).await {
        // It stays on its way; the next start says that it may be made twice.
        tracing::error!(call = id, %error, "what came of a call could not be recorded");
    }
}

fn call_parcel(call: &Call, zone: &TimeZone) -> Parcel {
    Parcel {
        id: call.id.clone(),
        recipient: call.record.recipient.clone(),
        contract: call.contract.clone(),
        about: "call".to_owned(),
        event: call.event,
        subject: call.record.subject.clone(),
        text: call.record.text.clone(),
        date: clock::now().to_zoned(zone.clone()),
    }
}

async fn settle(office: &Office, errand: &Errand, outcome: Outcome) {
    let at = clock::now();
    let notice = &errand.id;
    match &outcome {
        Outcome::Sent(_) => tracing::info!(notice, courier = errand.courier, "a notice was sent"),
        Outcome::Later { .. } => {
            tracing::warn!(notice, courier = errand.courier, "a notice could not be sent yet");
        }
        Outcome::Refused(_) => {
            tracing::error!(notice, courier = errand.courier, "a notice was refused");
        }
    }
    if let Err(error) = outbox::settle(office, errand, outcome, at).await {
        // It stays on its way; the next start says that it may be sent twice.
        tracing::error!(notice, %error, "what came of a notice could not be recorded");
    }
}

fn outcome(outcome: courier::Outcome) -> Outcome {
    match outcome {
        courier::Outcome::Sent(answer) => Outcome::Sent(answer),
        courier::Outcome::Refused(answer) => Outcome::Refused(answer),
        courier::Outcome::Later { answer, maybe_sent } => Outcome::Later { answer, maybe_sent },
    }
}

fn parcel(errand: &Errand, zone: &TimeZone) -> Parcel {
    Parcel {
        id: errand.id.clone(),
        recipient: errand.recipient.clone(),
        contract: errand.contract.clone(),
        about: errand.about.clone(),
        event: errand.event,
        subject: errand.subject.clone(),
        text: errand.text.clone(),
        date: clock::now().to_zoned(zone.clone()),
    }
}

fn courier(kind: &CourierKind, hostname: &str) -> anyhow::Result<Courier> {
    Ok(match kind {
        CourierKind::Mail(mail) => Courier::Mail(route(mail, hostname)?),
        CourierKind::Webhook { url, style, reach } => {
            let endpoint = endpoint(&text(url)?, reach)?;
            Courier::Webhook(Webhook { endpoint, style: *style })
        }
        CourierKind::PagerDuty { key, url, reach } => Courier::PagerDuty(PagerDuty {
            endpoint: endpoint(url, reach)?,
            routing_key: Secret::new(text(key)?),
            source: hostname.to_owned(),
        }),
        CourierKind::Command { program, arguments, timeout } => Courier::Command(Command {
            program: program.clone(),
            arguments: arguments.clone(),
            time_max: *timeout,
        }),
    })
}

fn route(mail: &MailConfig, hostname: &str) -> anyhow::Result<MailRoute> {
    // Read now, so that a wrong file is known before a notice waits for it.
    courier::trusting(mail.ca.as_deref())?;
    let login = match &mail.login {
        Some((user, password)) => Some((user.clone(), Secret::new(text(password)?))),
        None => None,
    };
    Ok(MailRoute {
        host: mail.server.host.clone(),
        port: mail.server.port,
        tls: mail.tls,
        ca: mail.ca.clone(),
        login,
        from: Address::parse(&mail.from)?,
        helo: hostname.to_owned(),
    })
}

fn endpoint(url: &str, reach: &ReachConfig) -> anyhow::Result<Endpoint> {
    let tls = courier::trusting(reach.ca.as_deref())?;
    Ok(Endpoint::new(url, reach.private, tls)?)
}

/// A secret; its text is in no message.
fn text(secret: &SecretRef) -> anyhow::Result<String> {
    let text = match secret {
        SecretRef::File(path) => first_line(path)?,
        SecretRef::Env(variable) => std::env::var(variable)
            .with_context(|| format!("the variable {variable} is not set"))?,
    };
    anyhow::ensure!(!text.is_empty(), "the secret is empty");
    Ok(text)
}

fn first_line(path: &Path) -> anyhow::Result<String> {
    let unreadable = || format!("cannot read {}", path.display());
    let size = std::fs::metadata(path).with_context(unreadable)?.len();
    anyhow::ensure!(size <= SECRET_MAX, "{} is larger than a secret", path.display());
    let text = std::fs::read_to_string(path).with_context(unreadable)?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}
