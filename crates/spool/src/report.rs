//! What waits and why, for a person to read: the one part of the spool that looks at everything.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use mail::SpoolId;
use mail::queue::DestinationReport;

use crate::Waiting;
use crate::index::{Place, State as JobState};
use crate::record::{Head, RECORD_HEAD, decode_arrival};
use crate::state::{Shared, State, read_exact};

/// What waits for a destination, oldest first, with its envelopes read from disk.
pub(crate) async fn waiting(shared: &Arc<Shared>, name: &str, limit: usize) -> Vec<Waiting> {
    let found = find_waiting(shared, name, limit);
    let mut waiting = Vec::with_capacity(found.len());
    for (mut entry, place, payload_len) in found {
        let file = shared.lock().file(place);
        if let Some(file) = file {
            let read = tokio::task::spawn_blocking(move || {
                read_exact(&file, u64::from(place.offset), RECORD_HEAD + payload_len)
            });
            // It may have moved, or gone, since we looked: then another one may lie there.
            if let Ok(Ok(record)) = read.await
                && Head::claimed(&record).is_some_and(|head| head.id == entry.id)
            {
                entry.envelope = decode_arrival(&record[RECORD_HEAD..])
                    .and_then(|parts| serde_json::from_slice(parts.envelope).ok());
            }
        }
        waiting.push(entry);
    }
    waiting
}

fn find_waiting(shared: &Shared, name: &str, limit: usize) -> Vec<(Waiting, Place, usize)> {
    let state = shared.lock();
    let index = &state.index;
    let Some(destination) = index.known_destination(name) else { return Vec::new() };
    let mut jobs: Vec<u32> = index
        .jobs
        .iter()
        .filter(|(_, job)| job.destination == destination)
        .map(|(number, _)| number)
        .collect();
    jobs.sort_by_key(|job| index.messages[index.jobs[*job].message].id);
    jobs.truncate(limit);
    jobs.into_iter()
        .map(|number| {
            let job = &index.jobs[number];
            let message = &index.messages[job.message];
            let deferred = job.state == JobState::Deferred;
            let waiting = Waiting {
                id: SpoolId::from_micros(message.id),
                envelope: None,
                recipients: job.recipients.as_slice().to_vec(),
                step: job.step,
                in_flight: job.state == JobState::Leased,
                next_attempt: deferred.then(|| timestamp_ms(job.due_ms)),
                expires: timestamp_ms(u64::from(message.expires_s) * 1_000),
                size: message.size,
                reason: reason(&state, job),
            };
            (waiting, message.place, message.payload_len as usize)
        })
        .collect()
}

/// The fullest destinations, at most `limit`.
pub(crate) fn reports(state: &State, limit: usize) -> Vec<DestinationReport> {
    let index = &state.index;
    let mut numbers: Vec<u32> =
        index.destinations.iter().filter(|(_, d)| d.waiting > 0).map(|(n, _)| n).collect();
    numbers.sort_by_key(|n| std::cmp::Reverse(index.destinations[*n].waiting));
    numbers.truncate(limit);
    let mut found: HashMap<u32, (u64, u64, Option<u32>)> =
        numbers.iter().map(|n| (*n, (u64::MAX, u64::MAX, None))).collect();
    for (number, job) in index.jobs.iter() {
        let Some((oldest, next, example)) = found.get_mut(&job.destination) else { continue };
        *oldest = (*oldest).min(index.messages[job.message].id);
        if job.state == JobState::Deferred && job.due_ms < *next {
            *next = job.due_ms;
            *example = Some(number);
        } else if example.is_none() {
            *example = Some(number);
        }
    }
    numbers
        .into_iter()
        .map(|number| {
            let destination = &index.destinations[number];
            let (oldest, next, example) = found[&number];
            DestinationReport {
                name: destination.name.to_string(),
                waiting: destination.waiting,
                ready: destination.waiting - destination.leased - destination.deferred,
                in_flight: destination.leased,
                deferred: destination.deferred,
                connections: 0,
                oldest: Some(SpoolId::from_micros(oldest).accepted_at()),
                next_attempt: (next != u64::MAX).then(|| timestamp_ms(next)),
                reason: example.map_or_else(String::new, |job| reason(state, &index.jobs[job])),
            }
        })
        .collect()
}

fn reason(state: &State, job: &crate::index::Job) -> String {
    match (job.state, state.index.reasons.text(job.reason)) {
        (JobState::Leased, _) => "being delivered now".to_owned(),
        (JobState::Deferred, Some(text)) => text.to_string(),
        (JobState::Deferred, None) => "deferred".to_owned(),
        (JobState::Ready, Some(text)) => {
            format!("due again, waits for a connection; last time {text}")
        }
        (JobState::Ready, None) => "not tried yet, waits for a connection".to_owned(),
    }
}

pub(crate) fn timestamp_ms(ms: u64) -> Timestamp {
    i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX)
}
