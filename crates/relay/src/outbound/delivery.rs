//! One connection's life: takes ready jobs, sends them, records what came of each.
//!
//! While the content of one message is on its way, the next one is read and signed, and its
//! commands go out behind the final dot where the server pipelines.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mail::message;
use mail::retry::Phase;
use mail::roster::OutboundLimits;
use mail::smtp::client::{Answered, Step, Transaction, dot_stuff};
use mail::{Envelope, Recipient, Reply};
use spool::{Lease, ReadError, Spool};
use tokio::time::{Instant, sleep_until, timeout};

use super::link::{self, Link, plain_words};
use super::resolve::{self, NoHost, reply};
use super::route::Target;
use super::settle::{self, settle_all};
use super::{Outbound, Site};
use crate::Core;
use crate::facts::Remote;

/// The longest that one message may take, whatever its server does: a lease always ends.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(1_800);

/// A message that is about to go out.
pub(crate) struct Parcel {
    pub lease: Lease,
    pub envelope: Envelope,
    /// Signed, as it goes out, dots not stuffed yet.
    pub content: Vec<u8>,
}

impl Parcel {
    fn recipients(&self) -> Vec<&Recipient> {
        self.lease
            .recipients
            .iter()
            .filter_map(|r| self.envelope.recipients.get(usize::from(*r)))
            .collect()
    }
}

/// Works for a destination until there is nothing to do or the connection ends.
pub(crate) async fn work(outbound: &Arc<Outbound>, site: &Arc<Site>, target: &Target) {
    let Some(first) = next_parcel(&outbound.core, site).await else { return };
    let limits = outbound.core.outbound_limits();
    match open(outbound, target, &limits, first.lease.id.micros()).await {
        Ok(link) => {
            site.works();
            let mut worker =
                Worker { outbound, site, limits, link, sent: 0, parcels: VecDeque::new() };
            if worker.run(first).await.is_ok() {
                worker.link.quit().await;
            }
        }
        Err(Failed { permanent: true, remote, reply }) => {
            settle_all(outbound, first, &remote, &Answered { phase: Phase::Content, reply }).await;
        }
        Err(Failed { remote, reply, .. }) => {
            let again = outbound.rest(site, reply.clone());
            let answered = Answered { phase: Phase::Session, reply };
            settle::defer_until(outbound, first, &remote, &answered, again).await;
        }
    }
}

struct Failed {
    permanent: bool,
    remote: Remote,
    reply: Reply,
}

/// Finds the servers and connects to the first that takes us.
async fn open(
    outbound: &Outbound,
    target: &Target,
    limits: &OutboundLimits,
    spread: u64,
) -> Result<Link, Failed> {
    let network = &outbound.network;
    let found = match target {
        Target::Domain(domain) => {
            resolve::hosts_of_domain(&network.dns, domain, network.smtp_port, spread).await
        }
        Target::Fixed(via) => resolve::hosts_of_name(&network.dns, &via.host, via.port).await,
        Target::Sandbox => Ok(Vec::new()),
    };
    let nobody = |permanent, reply| Failed { permanent, remote: Remote::default(), reply };
    let hosts = found.map_err(|none| match none {
        NoHost::Permanent(reply) => nobody(true, reply),
        NoHost::Temporary(reply) => nobody(false, reply),
    })?;
    let mut last = nobody(false, reply(451, (4, 4, 3), "the destination has no server".to_owned()));
    for host in &hosts {
        match link::open(network, host, &outbound.core.helo, limits).await {
            Ok(link) => return Ok(link),
            Err(failed) => {
                last = Failed { permanent: false, remote: failed.remote, reply: failed.reply }
            }
        }
    }
    Err(last)
}

/// The next ready job, read and signed. Those that cannot be read are dealt with on the way.
pub(crate) async fn next_parcel(core: &Arc<Core>, site: &Site) -> Option<Parcel> {
    loop {
        if core.is_stopping() {
            return None;
        }
        let lease = core.spool.lease(&site.destination)?;
        match core.spool.read(&lease).await {
            Ok(stored) => {
                let content = sign(core, &stored.envelope, stored.content);
                return Some(Parcel { lease, envelope: stored.envelope, content });
            }
            Err(ReadError::Io { source, .. }) => settle::unreadable(core, lease, &source).await,
            Err(ReadError::Damaged { envelope, .. }) => {
                settle::damaged(core, lease, envelope.map(|e| *e)).await;
            }
        }
    }
}

/// Puts our signatures in front, if the From domain has keys.
fn sign(core: &Core, envelope: &Envelope, content: Vec<u8>) -> Vec<u8> {
    let Some(domain) = message::from_domain(&envelope.headers) else { return content };
    let Some(signer) = core.roster.current().signer(&domain) else { return content };
    match signer.sign(&content) {
        Ok(mut signed) => {
            signed.extend_from_slice(&content);
            signed
        }
        Err(error) => {
            tracing::error!(domain, error = %error, "a message goes out unsigned");
            content
        }
    }
}

struct Worker<'a> {
    outbound: &'a Arc<Outbound>,
    site: &'a Arc<Site>,
    limits: OutboundLimits,
    link: Link,
    /// Messages begun on this connection.
    sent: u32,
    /// Under way, oldest first, and whether the content has gone out.
    parcels: VecDeque<(Parcel, bool)>,
}

/// The connection is of no more use.
struct Ended;

impl Worker<'_> {
    async fn run(&mut self, first: Parcel) -> Result<(), Ended> {
        self.begin(first).await;
        loop {
            if self.parcels.is_empty() && !self.find_work().await? {
                return Ok(());
            }
            let step = match timeout(MESSAGE_TIMEOUT, self.link.next()).await {
                Ok(step) => step,
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            };
            match step {
                Ok(Step::SendContent) => self.send_content().await,
                Ok(Step::Done(answers)) => self.done(answers).await,
                // After a reset the server is ready again.
                Ok(Step::Ready | Step::NeedInput | Step::StartTls) => {}
                Ok(Step::Refused(said)) => return self.broke_off(said).await,
                Ok(Step::Nonsense) => {
                    let text = "the server's answer is not SMTP".to_owned();
                    return self.broke_off(reply(451, (4, 5, 0), text)).await;
                }
                Err(error) => {
                    let text = format!("the connection was lost: {}", plain_words(&error));
                    return self.broke_off(reply(451, (4, 4, 2), text)).await;
                }
            }
        }
    }

    /// Begins something, waiting for it as long as an idle connection is kept. False: go home.
    async fn find_work(&mut self) -> Result<bool, Ended> {
        let idle_until = Instant::now() + self.limits.idle;
        while self.link.dialogue.has_room() {
            if self.sent >= self.limits.messages_per_connection || self.outbound.core.is_stopping()
            {
                return Ok(false);
            }
            if let Some(parcel) = next_parcel(&self.outbound.core, self.site).await {
                self.begin(parcel).await;
                if !self.parcels.is_empty() {
                    return Ok(true);
                }
                continue;
            }
            self.link.flush().await.map_err(|_| Ended)?;
            if !self.rest(idle_until).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits for a call. False: it took too long.
    async fn rest(&mut self, until: Instant) -> Result<bool, Ended> {
        self.site.idle.fetch_add(1, Ordering::AcqRel);
        let site = self.site;
        let rested = tokio::select! {
            () = site.wake.notified() => Ok(true),
            () = sleep_until(until) => Ok(false),
            // A server that leaves while we rest does no harm: nothing was under way.
            _ = self.link.is_stale() => Err(Ended),
        };
        self.site.idle.fetch_sub(1, Ordering::AcqRel);
        rested
    }

    /// Sends the commands of a message.
    async fn begin(&mut self, parcel: Parcel) {
        self.sent += 1;
        let recipients = parcel.recipients();
        let transaction = Transaction {
            envelope: &parcel.envelope,
            recipients: &recipients,
            size: parcel.content.len() as u64,
        };
        match self.link.dialogue.begin(&transaction, &mut self.link.out) {
            Ok(()) => self.parcels.push_back((parcel, false)),
            Err(reply) => {
                let answered = Answered { phase: Phase::Mail, reply };
                settle_all(self.outbound, parcel, &self.link.remote, &answered).await;
            }
        }
    }

    /// Sends a message's content and, behind it, the next one's commands.
    async fn send_content(&mut self) {
        if let Some((parcel, sent)) = self.parcels.front_mut() {
            dot_stuff(&parcel.content, &mut self.link.out);
            *sent = true;
            parcel.content = settle::keep_for_report(std::mem::take(&mut parcel.content));
            self.link.dialogue.content_sent();
        }
        if self.sent < self.limits.messages_per_connection
            && self.link.dialogue.has_room()
            && let Some(next) = next_parcel(&self.outbound.core, self.site).await
        {
            self.begin(next).await;
        }
    }

    async fn done(&mut self, answers: Vec<Answered>) {
        let Some((parcel, _)) = self.parcels.pop_front() else { return };
        let relays_dsn = self.link.dialogue.extensions().dsn;
        settle::settle_each(self.outbound, parcel, &self.link.remote, &answers, relays_dsn).await;
    }

    /// The message that the server was busy with is deferred; one whose content it has not seen
    /// is put back as if nothing had happened.
    async fn broke_off(&mut self, reply: Reply) -> Result<(), Ended> {
        let answered = Answered { phase: Phase::Session, reply };
        if let Some((parcel, _)) = self.parcels.pop_front() {
            settle_all(self.outbound, parcel, &self.link.remote, &answered).await;
        }
        self.parcels.clear();
        Err(Ended)
    }
}
