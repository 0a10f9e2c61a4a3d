//! Turns a batch of facts into rows: facts of one delivery together, private fields sealed.
//! Decides nothing about what the records hold already.

use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};

use mail::Fact;
use mail::fact::{Attempt, Queued};
use vault::Vault;

use crate::Result;
use crate::day::{Day, key};
use crate::log::{Status, seal_attempt, seal_queued};

/// Deliveries by day and key, the oldest first.
pub(crate) type Batch = BTreeMap<Day, BTreeMap<i64, Delivery>>;

/// What a batch tells of one delivery.
#[derive(Clone, Default)]
pub(crate) struct Delivery {
    pub queued: Option<QueuedRow>,
    /// By step; never two of one step.
    pub attempts: BTreeMap<u16, AttemptRow>,
}

#[derive(Clone)]
pub(crate) struct QueuedRow {
    pub at: i64,
    pub composition: String,
    pub to_domain: String,
    pub from_domain: Option<String>,
    pub to_index: i64,
    pub from_index: Option<i64>,
    /// Only where the envelope sender is another address than From.
    pub sender_index: Option<i64>,
    pub message_id_index: Option<i64>,
    pub api_data_index: Option<i64>,
    pub sealed: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct AttemptRow {
    pub at: i64,
    pub outcome: i64,
    pub code: Option<i64>,
    pub sealed: Vec<u8>,
}

/// Seals and sorts. A fact told twice in the batch counts once. `nodes` numbers every node of
/// the batch.
pub(crate) fn fold(vault: &Vault, nodes: &HashMap<String, i64>, facts: &[Fact]) -> Result<Batch> {
    let mut batch = Batch::new();
    for fact in facts {
        let (node, message, recipient) = match fact {
            Fact::Queued(q) => (&q.node, q.message, q.recipient),
            Fact::Attempt(a) => (&a.node, a.message, a.recipient),
        };
        let node = nodes.get(node).copied().unwrap_or_default();
        let day = batch.entry(Day::of_message(message)).or_default();
        let delivery = day.entry(key(message, recipient, node)).or_default();
        match fact {
            Fact::Queued(queued) if delivery.queued.is_none() => {
                delivery.queued = Some(queued_row(vault, queued)?);
            }
            Fact::Queued(_) => {}
            Fact::Attempt(attempt) => {
                if let Entry::Vacant(step) = delivery.attempts.entry(attempt.step) {
                    step.insert(attempt_row(vault, attempt)?);
                }
            }
        }
    }
    Ok(batch)
}

fn queued_row(vault: &Vault, queued: &Queued) -> Result<QueuedRow> {
    let blind = |label: &str, text: &str| blind(vault, label, text);
    let from = queued.from.as_deref();
    let sender = queued.sender.as_deref();
    let other_sender = match (from, sender) {
        (Some(from), Some(sender)) if from.eq_ignore_ascii_case(sender) => None,
        _ => sender,
    };
    Ok(QueuedRow {
        at: queued.at.as_microsecond(),
        composition: queued.composition.clone(),
        to_domain: domain(&queued.to).unwrap_or_default(),
        from_domain: from.and_then(domain).or_else(|| sender.and_then(domain)),
        to_index: blind("to", &queued.to),
        from_index: from.map(|text| blind("from", text)),
        sender_index: other_sender.map(|text| blind("from", text)),
        message_id_index: queued.message_id.as_deref().map(|text| blind("message-id", text)),
        api_data_index: queued.api_data.as_deref().map(|text| blind("api-data", text)),
        sealed: seal_queued(vault, queued)?,
    })
}

fn attempt_row(vault: &Vault, attempt: &Attempt) -> Result<AttemptRow> {
    Ok(AttemptRow {
        at: attempt.at.as_microsecond(),
        outcome: Status::Tried(attempt.outcome).number(),
        code: attempt.reply.as_ref().map(|reply| i64::from(reply.code)),
        sealed: seal_attempt(vault, attempt)?,
    })
}

/// The first 8 bytes of a blind index: enough that two texts meet by chance once in 10^19, and
/// half the size of the whole in five indexes a row.
pub(crate) fn blind(vault: &Vault, label: &str, text: &str) -> i64 {
    let whole = vault.blind(label, text);
    let mut half = [0; 8];
    half.copy_from_slice(&whole[..8]);
    i64::from_be_bytes(half)
}

/// The domain of an address, lower case. Only what can be a domain is taken, so that no part of
/// a strange From field gets into a column in clear.
pub(crate) fn domain(address: &str) -> Option<String> {
    let domain = address.rsplit_once('@')?.1.trim_end_matches('>').to_lowercase();
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':');
    let is_one =
        !domain.is_empty() && domain.len() <= mail::address::DOMAIN_MAX && domain.chars().all(fits);
    is_one.then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_domain_is_taken_from_an_address() {
        let cases = [
            ("taro@Example.JP", Some("example.jp")),
            ("\"a@b\"@example.jp", Some("example.jp")),
            ("太郎@例え.jp", Some("例え.jp")),
            ("x@[192.0.2.1]", Some("[192.0.2.1]")),
            ("no address", None),
            ("taro@example.jp (Taro Yamada)", None),
            ("taro@", None),
        ];
        for (address, expected) in cases {
            assert_eq!(domain(address).as_deref(), expected, "{address}");
        }
    }
}
