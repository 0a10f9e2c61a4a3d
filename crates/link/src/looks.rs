//! What a node is given to look at, and what it brings of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::batch::OutOfBounds;
use crate::is_name;
use crate::limits::{BATCH_NUMBER_MAX, BATCHES_MAX, LOOKS_MAX, SAID_MAX, SHORT_MAX};

/// The answer of `GET /link/v1/checks`: everything that one node looks at. `S` are the settings of a
/// check as the office keeps them, with the secrets that looking needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks<S> {
    /// Changes with whatever is in the list; sent as `?version=`, it is answered by 304 while it holds.
    pub version: String,
    /// The highest batch of looks of this node that is in the records; 0: none.
    pub taken: u64,
    /// What to look at.
    pub checks: Vec<Assigned<S>>,
}

/// A check that a node looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned<S> {
    /// Its name.
    pub name: String,
    /// How it looks.
    pub settings: S,
}

/// `POST /link/v1/looks`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    /// What the node's clock said when it sent this.
    pub sent: Timestamp,
    /// Oldest first.
    pub batches: Vec<LookBatch>,
}

/// What a node saw in about a second; one line of its journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookBatch {
    /// Grows with each batch of a node.
    pub batch: u64,
    /// Looks, in the order in which they ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<NodeLook>,
    /// Spans in which it did not look.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blind: Vec<NodeBlind>,
}

/// One look of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeLook {
    /// Which check.
    pub check: String,
    /// Its pace, in seconds.
    pub every: u32,
    /// When the look began.
    pub at: Timestamp,
    /// What it heard.
    pub answer: NodeAnswer,
    /// The word for why it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// The other side's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// The number of its reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// The address that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<std::net::IpAddr>,
}

/// What a look heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeAnswer {
    /// What was asked for.
    Good,
    /// Something else.
    Refused,
    /// Nothing in time.
    Silent,
    /// The node could not look.
    Unseen,
}

/// A half-open span in which a node did not look at a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeBlind {
    /// Which check.
    pub check: String,
    /// Its pace, in seconds.
    pub every: u32,
    /// The first round without a look.
    pub from: Timestamp,
    /// The next look, or the end of what made the node blind.
    pub until: Timestamp,
}

impl Looks {
    /// Holds the limits.
    ///
    /// # Errors
    /// [`OutOfBounds`] naming the first value beyond its limit.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        within("batches", (1..=BATCHES_MAX).contains(&self.batches.len()))?;
        let numbers = 1..=BATCH_NUMBER_MAX;
        within("batch", self.batches.iter().all(|it| numbers.contains(&it.batch)))?;
        within("order of batches", self.batches.is_sorted_by(|a, b| a.batch < b.batch))?;
        let looks = || self.batches.iter().flat_map(|batch| &batch.looks);
        let blind = || self.batches.iter().flat_map(|batch| &batch.blind);
        within("looks", looks().count() + blind().count() <= LOOKS_MAX)?;
        within("name of a check", looks().all(|look| is_name(&look.check)))?;
        within("name of a check", blind().all(|blind| is_name(&blind.check)))?;
        within("pace", looks().all(|look| look.every > 0) && blind().all(|it| it.every > 0))?;
        within("blind span", blind().all(|blind| blind.from <= blind.until))?;
        let short = |text: &Option<String>, max| text.as_ref().is_none_or(|it| it.len() <= max);
        within("reason", looks().all(|look| short(&look.reason, SHORT_MAX)))?;
        within("words of the other side", looks().all(|look| short(&look.said, SAID_MAX)))
    }
}

fn within(what: &'static str, holds: bool) -> Result<(), OutOfBounds> {
    match holds {
        true => Ok(()),
        false => Err(OutOfBounds { what }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_as_they_travel() {
        let text = r#"{"sent":"2026-11-22T06:00:02Z","batches":[{"batch":7,"looks":[{"check":"top","every":60,"at":"2026-11-22T06:00:00.2Z","answer":"silent","reason":"timed-out","took_ms":900}],"blind":[{"check":"mx","every":60,"from":"2026-11-22T05:00:00Z","until":"2026-11-22T06:00:00Z"}]}]}"#;
        let read: Looks = serde_json::from_str(text).expect("looks");
        assert_eq!(read.check(), Ok(()));
        assert_eq!(serde_json::to_string(&read).expect("text"), text);
    }

    #[test]
    fn limits_of_looks_are_held() {
        let at = Timestamp::UNIX_EPOCH;
        let blind = |check: &str| NodeBlind { check: check.into(), every: 60, from: at, until: at };
        let batch =
            |batch, check: &str| LookBatch { batch, blind: vec![blind(check)], looks: vec![] };
        let looks = |batches: Vec<LookBatch>| Looks { sent: at, batches }.check();
        let out = |what| Err(OutOfBounds { what });
        assert_eq!(looks(vec![batch(1, "top"), batch(3, "top")]), Ok(()));
        assert_eq!(looks(vec![]), out("batches"));
        assert_eq!(looks(vec![batch(0, "top")]), out("batch"));
        assert_eq!(looks(vec![batch(1, "top"), batch(u64::MAX, "top")]), out("batch"));
        assert_eq!(looks(vec![batch(3, "top"), batch(3, "top")]), out("order of batches"));
        assert_eq!(looks(vec![batch(1, "a@b")]), out("name of a check"));
        let many = LookBatch { batch: 1, looks: vec![], blind: vec![blind("top"); LOOKS_MAX + 1] };
        assert_eq!(looks(vec![many]), out("looks"));
    }
}
