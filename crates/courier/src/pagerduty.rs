//! A notice as an event of PagerDuty's Events API v2, which others speak too.

use serde_json::{Value, json};

use crate::http::{Endpoint, post};
use crate::{Outcome, Parcel, Secret};

/// Longest summary, in letters.
const SUMMARY_MAX: usize = 1_024;

/// Where and for whom.
#[derive(Debug)]
pub struct PagerDuty {
    /// `https://events.pagerduty.com/v2/enqueue`, or another that speaks the same.
    pub endpoint: Endpoint,
    /// The integration key.
    pub routing_key: Secret,
    /// What the event comes from, such as our host name.
    pub source: String,
}

pub(crate) async fn carry(duty: &PagerDuty, parcel: &Parcel) -> Outcome {
    post(&duty.endpoint, &parcel.id, &event(duty, parcel)).await
}

fn event(duty: &PagerDuty, parcel: &Parcel) -> Value {
    let summary: String = parcel.subject.chars().take(SUMMARY_MAX).collect();
    let severity = match parcel.about.as_str() {
        "incident" | "call" => "critical",
        "suspension" => "error",
        _ => "info",
    };
    json!({
        "routing_key": duty.routing_key.expose(),
        "event_action": "trigger",
        "dedup_key": parcel.id,
        "payload": {
            "summary": summary,
            "source": duty.source,
            "severity": severity,
            "timestamp": parcel.event.to_string(),
            "group": parcel.contract,
            "class": parcel.about,
            "custom_details": { "text": parcel.text },
        },
    })
}
