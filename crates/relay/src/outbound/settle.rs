//! What an attempt came to: told to the journal, to the sender where it asked for that, and to
//! the spool, in this order, so that a crash in between repeats and never forgets.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};
use mail::dsn::{self, Report};
use mail::envelope::Source;
use mail::fact::{Attempt, AttemptKind};
use mail::message;
use mail::retry::{self, Next, Verdict};
use mail::roster::RetrySchedule;
use mail::smtp::client::Answered;
use mail::{Envelope, Fact, Recipient, Reply, SpoolId};
use spool::{Arrival, Lease, Spool};

use super::Outbound;
use super::delivery::Parcel;
use super::resolve::reply;
use crate::Core;
use crate::facts::{self, Outcome, Remote};

/// When even the report to the sender cannot be stored, the whole attempt counts as deferred.
const REPORT_RETRY: SignedDuration = SignedDuration::from_mins(5);

/// The same answer for every recipient.
pub(crate) async fn settle_all(
    outbound: &Outbound,
    parcel: Parcel,
    remote: &Remote,
    answered: &Answered,
) {
    let answers = vec![answered.clone(); parcel.lease.recipients.len()];
    settle_each(outbound, parcel, remote, &answers, false).await;
}

/// An answer for each recipient, in order. `relays_dsn`: the next server will report success
/// itself where that was asked for.
pub(crate) async fn settle_each(
    outbound: &Outbound,
    parcel: Parcel,
    remote: &Remote,
    answers: &[Answered],
    relays_dsn: bool,
) {
    let core = &outbound.core;
    let now = core.now();
    let schedule = schedule(core, &parcel.envelope);
    let outcomes = outcomes(&parcel.lease, answers, &schedule, now);
    let told = Told { remote, now, relays_dsn };
    record(core, parcel, outcomes, &told).await;
}

/// Deferred until the destination has rested. The server could not be reached, which says nothing
/// of the message, so its own schedule does not count; only its expiry does.
pub(crate) async fn defer_until(
    outbound: &Outbound,
    parcel: Parcel,
    remote: &Remote,
    answered: &Answered,
    until: Timestamp,
) {
    let core = &outbound.core;
    let now = core.now();
    let answers = vec![answered.clone(); parcel.lease.recipients.len()];
    let schedule = schedule(core, &parcel.envelope);
    let mut outcomes = outcomes(&parcel.lease, &answers, &schedule, now);
    for outcome in &mut outcomes {
        outcome.next_attempt = outcome.next_attempt.map(|_| until.min(parcel.lease.expires));
    }
    record(core, parcel, outcomes, &Told { remote, now, relays_dsn: false }).await;
}

/// Fails every recipient, whatever the schedule says. False: the report to the sender could not
/// be stored, so they wait on.
pub(crate) async fn give_up(core: &Core, lease: Lease, reply: Reply) -> bool {
    let (envelope, content) = match core.spool.read(&lease).await {
        Ok(stored) => (Some(stored.envelope), keep_for_report(stored.content)),
        Err(spool::ReadError::Damaged { envelope, .. }) => (envelope.map(|e| *e), Vec::new()),
        Err(spool::ReadError::Io { .. }) => (None, Vec::new()),
    };
    fail(core, lease, envelope, content, reply).await
}

/// The disk could not be read: worth another try.
pub(crate) async fn unreadable(core: &Core, lease: Lease, error: &io::Error) {
    tracing::error!(message = %lease.id, error = %error, "a message cannot be read from the spool; it is tried again");
    let text = "the message cannot be read from our disk for the moment".to_owned();
    let now = core.now();
    let due = now.checked_add(REPORT_RETRY).unwrap_or(Timestamp::MAX);
    let outcomes = same(&lease, AttemptKind::Deferred, &reply(451, (4, 3, 0), text), Some(due));
    let attempts = attempts_of(core, &lease, &outcomes, &Remote::default(), now);
    tell(core, lease, &attempts);
}

/// The message has rotted on our disk. Its sender is told if that much of it is left.
pub(crate) async fn damaged(core: &Core, lease: Lease, envelope: Option<Envelope>) {
    tracing::error!(
        message = %lease.id,
        sender_can_be_told = envelope.is_some(),
        "a message is damaged in the spool and cannot be delivered"
    );
    let text = "the message was damaged in our storage and cannot be delivered".to_owned();
    fail(core, lease, envelope, Vec::new(), reply(554, (5, 3, 0), text)).await;
}

async fn fail(
    core: &Core,
    lease: Lease,
    envelope: Option<Envelope>,
    content: Vec<u8>,
    why: Reply,
) -> bool {
    let now = core.now();
    let outcomes = same(&lease, AttemptKind::Failed, &why, None);
    let remote = Remote::default();
    match envelope {
        Some(envelope) => {
            let parcel = Parcel { lease, envelope, content };
            record(core, parcel, outcomes, &Told { remote: &remote, now, relays_dsn: false }).await
        }
        None => {
            let attempts = attempts_of(core, &lease, &outcomes, &remote, now);
            tell(core, lease, &attempts);
            true
        }
    }
}

/// What is kept of content that has gone out, for a report about it.
pub(crate) fn keep_for_report(mut content: Vec<u8>) -> Vec<u8> {
    content.truncate(dsn::RETURNED_CONTENT_MAX + dsn::RETURNED_HEADERS_MAX);
    content
}

struct Told<'a> {
    remote: &'a Remote,
    now: Timestamp,
    relays_dsn: bool,
}

fn schedule(core: &Core, envelope: &Envelope) -> RetrySchedule {
    core.composition(&envelope.composition).map(|c| c.retry.clone()).unwrap_or_default()
}

/// Reads the answers.
fn outcomes(
    lease: &Lease,
    answers: &[Answered],
    schedule: &RetrySchedule,
    now: Timestamp,
) -> Vec<Outcome> {
    let next = retry::next_attempt(schedule, lease.id.accepted_at(), lease.step + 1, now);
    lease
        .recipients
        .iter()
        .zip(answers)
        .map(|(recipient, answered)| {
            let mut reply = answered.reply.clone();
            let (kind, next_attempt) = match (retry::verdict(answered.phase, &reply), next) {
                (Verdict::Delivered, _) => (AttemptKind::Succeeded, None),
                (Verdict::Permanent, _) => (AttemptKind::Failed, None),
                (Verdict::Temporary, Next::At(at)) => (AttemptKind::Deferred, Some(at)),
                (Verdict::Temporary, Next::Expired) => {
                    reply.text = format!(
                        "gave up after {} attempts; the last answer was: {reply}",
                        lease.step + 1
                    );
                    reply.code = 554;
                    reply.enhanced = Some((5, 4, 7));
                    (AttemptKind::Failed, None)
                }
            };
            Outcome { recipient: *recipient, kind, reply, next_attempt }
        })
        .collect()
}

fn same(lease: &Lease, kind: AttemptKind, reply: &Reply, next: Option<Timestamp>) -> Vec<Outcome> {
    let of = |recipient: &u16| Outcome {
        recipient: *recipient,
        kind,
        reply: reply.clone(),
        next_attempt: next,
    };
    lease.recipients.iter().map(of).collect()
}

/// Reports first, then facts, then the spool. False: failures became deferrals, since their
/// sender could not be told.
async fn record(core: &Core, parcel: Parcel, outcomes: Vec<Outcome>, told: &Told<'_>) -> bool {
    let Parcel { lease, envelope, content } = parcel;
    let mut attempts = attempts_of(core, &lease, &outcomes, told.remote, told.now);
    let about =
        About { envelope: &envelope, content: &content, id: lease.id, first: lease.step == 0 };
    let mut sender_knows = true;
    for (kind, report) in reports(&about, &core.hostname, &attempts, told) {
        let stored = deliver_report(core, &envelope, report, told.now).await;
        sender_knows &= stored || kind != AttemptKind::Failed;
    }
    if !sender_knows {
        // The sender must hear of it, so the recipient is not done with yet.
        for attempt in attempts.iter_mut().filter(|a| a.outcome == AttemptKind::Failed) {
            attempt.outcome = AttemptKind::Deferred;
            attempt.next_attempt = told.now.checked_add(REPORT_RETRY).ok();
        }
    }
    tell(core, lease, &attempts);
    sender_knows
}

/// The facts of the attempt that a lease stood for.
fn attempts_of(
    core: &Core,
    lease: &Lease,
    outcomes: &[Outcome],
    remote: &Remote,
    now: Timestamp,
) -> Vec<Attempt> {
    facts::attempts(&core.node, lease.id, lease.step + 1, now, remote, outcomes)
}

fn tell(core: &Core, lease: Lease, attempts: &[Attempt]) {
    let deferred = attempts.iter().filter(|a| a.outcome == AttemptKind::Deferred).count();
    core.counts.deferrals.fetch_add(deferred as u64, Ordering::Relaxed);
    let told: Vec<Fact> = attempts.iter().cloned().map(Fact::Attempt).collect();
    core.journal.append(&told);
    core.spool.settle(lease, attempts);
}

/// The message that reports are about.
struct About<'a> {
    envelope: &'a Envelope,
    content: &'a [u8],
    id: SpoolId,
    /// No attempt came before this one.
    first: bool,
}

/// The reports that the sender is owed now, one for each kind of outcome; failure goes first.
fn reports(
    about: &About<'_>,
    hostname: &str,
    attempts: &[Attempt],
    told: &Told<'_>,
) -> Vec<(AttemptKind, Vec<u8>)> {
    let report = |kind: AttemptKind, write: fn(&Report<'_>) -> Option<Vec<u8>>| {
        let of_kind = attempts.iter().filter(|a| a.outcome == kind);
        let recipients: Vec<_> = of_kind.map(|a| (usize::from(a.recipient), a)).collect();
        if recipients.is_empty() {
            return None;
        }
        let report = write(&Report {
            envelope: about.envelope,
            content: about.content,
            id: about.id,
            recipients: &recipients,
            hostname,
            at: told.now,
        });
        Some((kind, report?))
    };
    if about.envelope.sender.is_none() {
        return Vec::new();
    }
    let failure = report(AttemptKind::Failed, dsn::failure);
    // A server that knows DSN reports success itself.
    let success = if told.relays_dsn { None } else { report(AttemptKind::Succeeded, dsn::success) };
    // Once, after the first attempt that failed.
    let delay = if about.first { report(AttemptKind::Deferred, dsn::delayed) } else { None };
    [failure, success, delay].into_iter().flatten().collect()
}

/// Takes custody of a report to the sender of `about`; whether that worked.
async fn deliver_report(core: &Core, about: &Envelope, content: Vec<u8>, now: Timestamp) -> bool {
    let Some(sender) = about.sender.clone() else { return true };
    let id = core.spool.new_id(now);
    let envelope = Arc::new(Envelope {
        composition: about.composition.clone(),
        sender: None,
        recipients: vec![Recipient { address: sender, notify: Default::default(), orcpt: None }],
        source: Source {
            ip: std::net::Ipv4Addr::LOCALHOST.into(),
            helo: core.hostname.clone(),
            user: None,
            tls: None,
        },
        eight_bit: true,
        smtputf8: about.smtputf8,
        ret_full: false,
        envid: None,
        headers: message::summary(&content),
    });
    let size = content.len() as u32;
    let arrival =
        Arrival { id, envelope: envelope.clone(), prefix: Vec::new(), content, ours: true };
    match core.spool.accept(arrival).await {
        Ok(()) => {
            core.journal.append(&facts::queued(&core.node, id, &envelope, size, now));
            true
        }
        Err(refusal) => {
            tracing::warn!(why = %refusal, "a report to a sender cannot be stored; one of a failure is tried again");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters stand for recipients: `f` failed, `s` succeeded, `d` deferred.
    #[test]
    fn the_sender_hears_of_everything_it_asked_for() {
        use AttemptKind::{Deferred, Failed, Succeeded};
        let cases: [(&str, bool, bool, &[AttemptKind]); 7] = [
            ("s", true, false, &[Succeeded]),
            ("fs", true, false, &[Failed, Succeeded]),
            ("fsd", true, false, &[Failed, Succeeded, Deferred]),
            ("fsd", false, false, &[Failed, Succeeded]),
            ("fs", true, true, &[Failed]),
            ("d", false, false, &[]),
            ("ss", true, true, &[]),
        ];
        for (letters, first, relays_dsn, expected) in cases {
            let recipients: Vec<_> = (0..letters.len())
                .map(|n| {
                    serde_json::json!({
                        "address": format!("r{n}@x.example"),
                        "notify": { "success": true, "failure": true, "delay": true },
                    })
                })
                .collect();
            let envelope = serde_json::from_value(serde_json::json!({
                "composition": "pro", "sender": "s@example.jp", "recipients": recipients,
                "source": { "ip": "192.0.2.1", "helo": "x" }, "headers": {},
            }));
            let envelope: Envelope = envelope.expect("an envelope");
            let outcomes: Vec<Outcome> = letters
                .bytes()
                .enumerate()
                .map(|(n, letter)| {
                    let (kind, code) = match letter {
                        b'f' => (Failed, 550),
                        b's' => (Succeeded, 250),
                        _ => (Deferred, 450),
                    };
                    let reply = Reply { code, enhanced: None, text: String::new() };
                    Outcome { recipient: n as u16, kind, reply, next_attempt: None }
                })
                .collect();
            let (now, remote, id) =
                (Timestamp::UNIX_EPOCH, Remote::default(), SpoolId::from_micros(1));
            let attempts = facts::attempts("local", id, 1, now, &remote, &outcomes);
            let about = About { envelope: &envelope, content: b"", id, first };
            let told = Told { remote: &remote, now, relays_dsn };
            let reports = reports(&about, "mx.example", &attempts, &told);
            let kinds: Vec<AttemptKind> = reports.into_iter().map(|(kind, _)| kind).collect();
            assert_eq!(kinds, expected, "{letters}, first: {first}, DSN: {relays_dsn}");
        }
    }
}
