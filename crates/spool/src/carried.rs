//! What a carried record says of a message beside its envelope: what remains of its jobs.

use serde::{Deserialize, Serialize};

use crate::index::{Index, State};

/// The state of a carried message, as JSON.
#[derive(Serialize, Deserialize)]
pub(crate) struct CarriedState {
    pub expires_s: u32,
    pub jobs: Vec<CarriedJob>,
}

/// What is left of one job of a carried message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CarriedJob {
    pub recipients: Vec<u16>,
    pub step: u16,
    pub due_ms: Option<u64>,
    pub reason: Option<String>,
}

/// The state as it goes into the record.
pub(crate) fn encode(expires_s: u32, jobs: &[CarriedJob]) -> Vec<u8> {
    // Numbers and texts always have a JSON form.
    serde_json::to_vec(&CarriedState { expires_s, jobs: jobs.to_vec() }).unwrap_or_default()
}

impl CarriedJob {
    /// What remains of a message's jobs now.
    pub fn all(index: &Index, slot: u32) -> Vec<CarriedJob> {
        index
            .jobs_of(slot)
            .into_iter()
            .map(|job| {
                let job = &index.jobs[job];
                CarriedJob {
                    recipients: job.recipients.as_slice().to_vec(),
                    step: job.step,
                    due_ms: (job.state == State::Deferred).then_some(job.due_ms),
                    reason: index.reasons.text(job.reason).map(|t| t.to_string()),
                }
            })
            .collect()
    }
}
