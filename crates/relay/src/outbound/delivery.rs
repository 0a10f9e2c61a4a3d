//! One connection's life: takes ready jobs, sends them, records what came of each.
//!
//! While the content of one message is on its way, the next one is read and signed, and its
//! commands go out behind the final dot where the server pipelines.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use mail::message;
use mail::retry::Phase;
use mail::roster::OutboundLimits;
use mail::smtp::client::{Answered, Step, Transaction, dot_stuff};
use mail::{Envelope, Recipient, Reply};
use spool::{Lease, ReadError, Spool};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::link::{self, Link, plain_words};
use super::network::Network;
use super::resolve::{self, Host, NoHost, reply};
use super::route::Target;
use super::settle::{self, settle_all};
use super::{Outbound, Site};
use crate::Core;
use crate::facts::Remote;

/// The longest that one message may take, whatever its server does: a lease always ends.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(1_800);
/// The longest that finding the servers of a destination and connecting to one of them may take,
/// however many there are and however slowly they speak. RFC 5321 section 4.5.3.2.1 gives a
/// greeting 5 minutes.
const CONNECT_TOTAL_MAX: Duration = Duration::from_secs(300);
/// Messages over one connection while other destinations wait for one.
const MESSAGES_WHEN_CROWDED: u32 = 100;

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
            let mut worker = Worker {
                outbound,
                site,
                limits,
                link,
                sent: 0,
                answered: 0,
                parcels: VecDeque::new(),
            };
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
    let until = Instant::now() + CONNECT_TOTAL_MAX;
    let nobody = |permanent, reply| Failed { permanent, remote: Remote::default(), reply };
    let found = match timeout_at(until, hosts(&outbound.network, target, spread)).await {
        Ok(found) => found,
        Err(_) => Err(NoHost::Temporary(too_slow())),
    };
    let hosts = found.map_err(|none| match none {
        NoHost::Permanent(reply) => nobody(true, reply),
        NoHost::Temporary(reply) => nobody(false, reply),
    })?;
    let mut last = nobody(false, reply(451, (4, 4, 3), "the destination has no server".to_owned()));
    for (place, host) in hosts.iter().enumerate() {
        let patience = share(until.duration_since(Instant::now()), hosts.len() - place);
        let opening = link::open(&outbound.network, host, &outbound.core.helo, limits);
        last = match timeout(patience, opening).await {
            Ok(Ok(link)) => return Ok(link),
            Ok(Err(failed)) => {
                Failed { permanent: false, remote: failed.remote, reply: failed.reply }
            }
            Err(_) => {
                let remote = Remote {
                    host: Some(host.name.clone()),
                    address: Some(host.address),
                    ..Remote::default()
                };
                Failed { permanent: false, remote, reply: too_slow() }
            }
        };
    }
    Err(last)
}

fn too_slow() -> Reply {
    reply(451, (4, 4, 2), "no greeting from the server: it did not answer in time".to_owned())
}

/// What a server may take of the time that is left for it and those behind it.
fn share(left: Duration, servers: usize) -> Duration {
    left / u32::try_from(servers).unwrap_or(u32::MAX).max(1)
}

async fn hosts(network: &Network, target: &Target, spread: u64) -> Result<Vec<Host>, NoHost> {
    match target {
        Target::Domain(domain) => {
            let is_ours = |address| network.is_ours(address);
            let port = network.smtp_port;
            resolve::hosts_of_domain(&network.dns, domain, port, spread, is_ours).await
        }
        Target::Fixed(via) => resolve::hosts_of_name(&network.dns, &via.host, via.port).await,
        Target::Sandbox => Ok(Vec::new()),
    }
}

/// The next ready job, read and signed. Those that cannot be read are dealt with on the way.
pub(crate) async fn next_parcel(core: &Arc<Core>, site: &Site) -> Option<Parcel> {
    loop {
        // What cannot be told to the journal is not done.
        if core.is_stopping() || core.journal.is_stuck() {
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

/// Puts our signatures in front, if the From domain or the composition's own one has keys.
fn sign(core: &Core, envelope: &Envelope, content: Vec<u8>) -> Vec<u8> {
    let Some(domain) = message::from_domain(&envelope.headers) else { return content };
    let composition = core.composition(&envelope.composition);
    let default = composition.and_then(|c| c.default_signing_domain.as_deref());
    let Some(signer) = core.roster.current().signer(&domain, default) else { return content };
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
    /// Of those, answered for every recipient.
    answered: u32,
    /// Under way, oldest first.
    parcels: VecDeque<Parcel>,
}

/// The connection is of no more use.
struct Ended;

fn nonsense() -> Reply {
    reply(451, (4, 5, 0), "the server's answer is not SMTP".to_owned())
}

impl Worker<'_> {
    async fn run(&mut self, first: Parcel) -> Result<(), Ended> {
        if self.link.is_out_of_step() {
            self.parcels.push_back(first);
            return self.broke_off(nonsense()).await;
        }
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
                // 354 was the last answer we had asked for; who says more is out of step, and
                // nothing of the message has gone out yet.
                Ok(Step::SendContent) if self.link.is_out_of_step() => {
                    return self.broke_off(nonsense()).await;
                }
                Ok(Step::SendContent) => self.send_content().await,
                Ok(Step::Done(answers)) => self.done(answers).await,
                // After a reset the server is ready again.
                Ok(Step::Ready | Step::NeedInput | Step::StartTls) => {}
                Ok(Step::Refused(said)) => return self.broke_off(said).await,
                Ok(Step::Nonsense) => return self.broke_off(nonsense()).await,
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
            if self.sent >= self.messages_max() || self.outbound.core.is_stopping() {
                return Ok(false);
            }
            // An answer that nobody had asked for would be taken for that to our next command.
            if self.link.is_out_of_step() {
                return Err(Ended);
            }
            if let Some(parcel) = next_parcel(&self.outbound.core, self.site).await {
                self.begin(parcel).await;
                if !self.parcels.is_empty() {
                    return Ok(true);
                }
                continue;
            }
            self.link.flush().await.map_err(|_| Ended)?;
            if !self.link.dialogue.is_settled() {
                // The answer to a reset is still on its way.
                return Ok(true);
            }
            if self.outbound.is_crowded() || !self.rest(idle_until).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn messages_max(&self) -> u32 {
        let most = self.limits.messages_per_connection;
        if self.outbound.is_crowded() { most.min(MESSAGES_WHEN_CROWDED) } else { most }
    }

    /// Waits for a call. False: it took too long.
    async fn rest(&mut self, until: Instant) -> Result<bool, Ended> {
        let site = self.site;
        let _idle = site.idles();
        tokio::select! {
            () = site.wake.notified() => Ok(true),
            () = sleep_until(until) => Ok(false),
            // A server that leaves while we rest does no harm: nothing was under way.
            _ = self.link.is_stale() => Err(Ended),
        }
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
            Ok(()) => self.parcels.push_back(parcel),
            Err(reply) => {
                let answered = Answered { phase: Phase::Mail, reply };
                settle_all(self.outbound, parcel, &self.link.remote, &answered).await;
            }
        }
    }

    /// Sends a message's content and, behind it, the next one's commands.
    async fn send_content(&mut self) {
        if let Some(parcel) = self.parcels.front_mut() {
            dot_stuff(&parcel.content, &mut self.link.out);
            parcel.content = settle::keep_for_report(std::mem::take(&mut parcel.content));
            self.link.dialogue.content_sent();
        }
        if self.sent < self.messages_max()
            && self.link.dialogue.has_room()
            && let Some(next) = next_parcel(&self.outbound.core, self.site).await
        {
            self.begin(next).await;
        }
    }

    async fn done(&mut self, answers: Vec<Answered>) {
        let Some(parcel) = self.parcels.pop_front() else { return };
        self.answered += 1;
        self.site.works(Instant::now());
        let relays_dsn = self.link.dialogue.extensions().dsn;
        settle::settle_each(self.outbound, parcel, &self.link.remote, &answers, relays_dsn).await;
    }

    /// The oldest message under way is deferred; those behind it, of which the server has seen no
    /// content, are put back as if nothing had happened. A connection on which not one message
    /// was answered counts as one that could not be made: the destination rests.
    async fn broke_off(&mut self, reply: Reply) -> Result<(), Ended> {
        if self.answered == 0 && !self.parcels.is_empty() {
            self.outbound.rest(self.site, reply.clone());
        }
        let answered = Answered { phase: Phase::Session, reply };
        if let Some(parcel) = self.parcels.pop_front() {
            settle_all(self.outbound, parcel, &self.link.remote, &answered).await;
        }
        self.parcels.clear();
        Err(Ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Servers that let us wait take all of the time together, and each leaves some to the next.
    #[test]
    fn servers_share_the_time_for_connecting() {
        let mut left = CONNECT_TOTAL_MAX;
        for servers in (1..=10).rev() {
            let patience = share(left, servers);
            assert_eq!(patience, Duration::from_secs(30), "{servers} left");
            left -= patience;
        }
        assert_eq!(left, Duration::ZERO);
        assert_eq!(share(CONNECT_TOTAL_MAX, 1), CONNECT_TOTAL_MAX);
    }
}
