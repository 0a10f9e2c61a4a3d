//! Facts as the relay tells them.

use std::net::{IpAddr, SocketAddr};

use jiff::Timestamp;
use mail::fact::{Attempt, AttemptKind, Queued};
use mail::{Envelope, Fact, Reply, SpoolId};

/// The `queued` facts of a message, one a recipient.
pub(crate) fn queued(
    node: &str,
    id: SpoolId,
    envelope: &Envelope,
    size: u32,
    at: Timestamp,
) -> Vec<Fact> {
    envelope
        .recipients
        .iter()
        .enumerate()
        .map(|(place, recipient)| {
            Fact::Queued(Queued {
                node: node.to_owned(),
                message: id,
                recipient: place as u16,
                at,
                composition: envelope.composition.clone(),
                to: recipient.address.as_str().to_owned(),
                sender: envelope.sender.as_ref().map(|s| s.as_str().to_owned()),
                from: envelope.headers.from.clone(),
                subject: envelope.headers.subject.clone(),
                message_id: envelope.headers.message_id.clone(),
                api_data: envelope.headers.api_data.clone(),
                source_ip: envelope.source.ip,
                user: envelope.source.user.clone(),
                tls: envelope.source.tls.clone(),
                size,
            })
        })
        .collect()
}

/// A message whose file is gone from the spool: nobody will get it.
pub(crate) fn lost(node: &str, id: SpoolId, recipients: &[u16], step: u16) -> Vec<Fact> {
    let reply = Reply {
        code: 554,
        enhanced: Some((5, 3, 0)),
        text: "the message was lost from our storage".to_owned(),
    };
    let outcomes: Vec<Outcome> = recipients
        .iter()
        .map(|recipient| Outcome {
            recipient: *recipient,
            kind: AttemptKind::Failed,
            reply: reply.clone(),
            next_attempt: None,
        })
        .collect();
    // Its own instant is not known here; the day of acceptance is where the log looks for it.
    let attempts = attempts(node, id, step, id.accepted_at(), &Remote::default(), &outcomes);
    attempts.into_iter().map(Fact::Attempt).collect()
}

/// Who answered, and over what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remote {
    pub host: Option<String>,
    pub address: Option<SocketAddr>,
    pub local: Option<IpAddr>,
    pub tls: Option<String>,
}

/// What came of one recipient.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub recipient: u16,
    pub kind: AttemptKind,
    pub reply: Reply,
    pub next_attempt: Option<Timestamp>,
}

/// The facts of an attempt.
pub(crate) fn attempts(
    node: &str,
    id: SpoolId,
    step: u16,
    at: Timestamp,
    remote: &Remote,
    outcomes: &[Outcome],
) -> Vec<Attempt> {
    outcomes
        .iter()
        .map(|outcome| Attempt {
            node: node.to_owned(),
            message: id,
            recipient: outcome.recipient,
            step,
            at,
            outcome: outcome.kind,
            sender_ip: remote.local,
            remote_host: remote.host.clone(),
            remote_address: remote.address.map(|a| a.to_string()),
            reply: Some(outcome.reply.clone()),
            tls: remote.tls.clone(),
            next_attempt: outcome.next_attempt,
        })
        .collect()
}
