//! The queue in memory: what is in custody, for which destination, in which state, due when.
//!
//! Plain data without files or clocks. About 130 bytes for a message with one recipient, so that
//! a million of them fit in 150 MB. The states of a job (one message's recipients at one
//! destination) are ready, leased and deferred; a job without recipients is gone, and so is a
//! message without jobs.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use mail::fact::AttemptKind;
use mail::queue::Custody;

pub(crate) use crate::job::{Destination, Job, Message, NONE, Place, Recipients, State};
use crate::reasons::Reasons;
use crate::slab::Slab;

/// Destinations without mail are forgotten when there are more than this.
const IDLE_DESTINATIONS_MAX: usize = 4_096;

#[derive(Default)]
pub(crate) struct Index {
    pub messages: Slab<Message>,
    pub jobs: Slab<Job>,
    by_id: HashMap<u64, u32>,
    pub destinations: Slab<Destination>,
    by_name: HashMap<Arc<str>, u32>,
    timers: BinaryHeap<Reverse<(u64, u32)>>,
    pub reasons: Reasons,
    pub custody: Custody,
    /// Bytes of content in custody.
    pub bytes: u64,
    /// Destinations that got something to do since the dispatcher last asked.
    calls: Vec<u32>,
}

/// A job as it enters the index.
pub(crate) struct NewJob<'a> {
    pub destination: &'a str,
    pub recipients: &'a [u16],
    pub step: u16,
    /// `None`: ready at once.
    pub due_ms: Option<u64>,
    pub reason: Option<&'a str>,
}

/// What is left of a message after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remains {
    Message,
    /// It is gone; this is where it was and how large its record.
    Nothing {
        place: Place,
        payload_len: u32,
    },
}

impl Index {
    /// An empty index with these counts.
    pub fn with_custody(custody: Custody) -> Index {
        Index { custody, ..Index::default() }
    }

    /// Puts a message in; its recipients count as accepted only when `fresh`.
    pub fn insert(&mut self, mut message: Message, jobs: &[NewJob<'_>], fresh: bool) {
        message.first_job = NONE;
        let (id, size) = (message.id, message.size);
        let slot = self.messages.insert(message);
        self.by_id.insert(id, slot);
        self.bytes += u64::from(size);
        for new in jobs {
            self.insert_job(slot, new);
            let recipients = new.recipients.len() as u64;
            self.custody.queued += recipients;
            if fresh {
                self.custody.accepted += recipients;
            }
        }
    }

    fn insert_job(&mut self, message: u32, new: &NewJob<'_>) {
        let destination = self.destination(new.destination);
        let reason = new.reason.map_or(Reasons::NONE, |text| self.reasons.number(text));
        let next = self.messages[message].first_job;
        let job = self.jobs.insert(Job {
            message,
            next,
            destination,
            reason,
            due_ms: 0,
            recipients: Recipients::new(new.recipients),
            step: new.step,
            state: State::Leased,
        });
        self.messages[message].first_job = job;
        let count = new.recipients.len() as u64;
        self.destinations[destination].waiting += count;
        self.destinations[destination].leased += count;
        match new.due_ms {
            None => self.make_ready(job),
            Some(due_ms) => self.make_deferred(job, due_ms, reason),
        }
    }

    /// The number of a destination, a new one if it is not known.
    pub fn destination(&mut self, name: &str) -> u32 {
        if let Some(number) = self.by_name.get(name) {
            return *number;
        }
        if self.destinations.len() >= IDLE_DESTINATIONS_MAX {
            self.forget_idle_destinations();
        }
        let name: Arc<str> = name.into();
        let number =
            self.destinations.insert(Destination { name: name.clone(), ..Default::default() });
        self.by_name.insert(name, number);
        number
    }

    fn forget_idle_destinations(&mut self) {
        let idle: Vec<u32> = self
            .destinations
            .iter()
            .filter(|(_, d)| d.waiting == 0 && !d.attended && !d.called)
            .map(|(number, _)| number)
            .collect();
        for number in idle {
            let gone = self.destinations.remove(number);
            self.by_name.remove(&gone.name);
        }
    }

    /// A destination by its number, if the number still belongs to it.
    pub fn destination_mut(&mut self, number: u32, name: &Arc<str>) -> Option<&mut Destination> {
        self.destinations.get_mut(number).filter(|d| Arc::ptr_eq(&d.name, name))
    }

    pub fn known_destination(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    pub fn slot(&self, id: u64) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    /// The jobs of a message.
    pub fn jobs_of(&self, message: u32) -> Vec<u32> {
        let mut jobs = Vec::new();
        let mut at = self.messages[message].first_job;
        while at != NONE {
            jobs.push(at);
            at = self.jobs[at].next;
        }
        jobs
    }

    /// Takes the next ready job of a destination.
    pub fn lease(&mut self, destination: u32) -> Option<u32> {
        let job = self.destinations.get_mut(destination)?.ready.pop_front()?;
        self.mark_leased(job);
        Some(job)
    }

    /// Takes a certain job, if it is not leased already.
    pub fn lease_job(&mut self, job: u32) -> bool {
        match self.jobs[job].state {
            State::Leased => return false,
            State::Ready => {
                let destination = self.jobs[job].destination;
                self.destinations[destination].ready.retain(|j| *j != job);
            }
            State::Deferred => {
                let count = self.count(job);
                let destination = self.jobs[job].destination;
                self.destinations[destination].deferred -= count;
            }
        }
        self.mark_leased(job);
        true
    }

    fn mark_leased(&mut self, job: u32) {
        let count = self.count(job);
        self.jobs[job].state = State::Leased;
        let destination = self.jobs[job].destination;
        self.destinations[destination].leased += count;
    }

    fn count(&self, job: u32) -> u64 {
        self.jobs[job].recipients.as_slice().len() as u64
    }

    /// Puts a leased job back to the front of its queue, as if it had never been taken.
    pub fn put_back(&mut self, job: u32) {
        let count = self.count(job);
        let destination = self.jobs[job].destination;
        self.jobs[job].state = State::Ready;
        let queue = &mut self.destinations[destination];
        queue.leased -= count;
        queue.ready.push_front(job);
        self.call(destination);
    }

    fn make_ready(&mut self, job: u32) {
        let count = self.count(job);
        let destination = self.jobs[job].destination;
        self.jobs[job].state = State::Ready;
        let queue = &mut self.destinations[destination];
        queue.leased -= count;
        queue.ready.push_back(job);
        self.call(destination);
    }

    fn make_deferred(&mut self, job: u32, due_ms: u64, reason: u32) {
        let count = self.count(job);
        let entry = &mut self.jobs[job];
        entry.state = State::Deferred;
        entry.due_ms = due_ms;
        entry.reason = reason;
        let queue = &mut self.destinations[entry.destination];
        queue.leased -= count;
        queue.deferred += count;
        self.timers.push(Reverse((due_ms, job)));
    }

    fn call(&mut self, destination: u32) {
        let queue = &mut self.destinations[destination];
        if !queue.called {
            queue.called = true;
            self.calls.push(destination);
        }
    }

    /// Destinations that got something to do.
    pub fn take_calls(&mut self) -> Vec<u32> {
        let calls = std::mem::take(&mut self.calls);
        for destination in &calls {
            self.destinations[*destination].called = false;
        }
        calls
    }

    /// Whether somebody should look at the calls.
    pub fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Makes ready what is due; when the next one is.
    pub fn promote(&mut self, now_ms: u64) -> Option<u64> {
        while let Some(Reverse((due_ms, job))) = self.timers.peek().copied() {
            if due_ms > now_ms {
                return Some(due_ms);
            }
            self.timers.pop();
            self.promote_job(job, due_ms);
        }
        None
    }

    /// A timer may be stale: the job was leased, settled, or its number given to another.
    fn promote_job(&mut self, job: u32, due_ms: u64) {
        let Some(entry) = self.jobs.get(job) else { return };
        if entry.state == State::Deferred && entry.due_ms == due_ms {
            let (count, destination) = (self.count(job), entry.destination);
            let queue = &mut self.destinations[destination];
            queue.deferred -= count;
            queue.leased += count;
            self.make_ready(job);
        }
    }

    /// Makes every deferred job of a destination ready; how many recipients.
    pub fn promote_destination(&mut self, destination: u32) -> u64 {
        let deferred: Vec<(u32, u64)> = self
            .jobs
            .iter()
            .filter(|(_, j)| j.destination == destination && j.state == State::Deferred)
            .map(|(number, j)| (number, j.due_ms))
            .collect();
        deferred
            .into_iter()
            .map(|(job, due_ms)| {
                self.promote_job(job, due_ms);
                self.count(job)
            })
            .sum()
    }

    /// Ends the job for those recipients; the message goes with its last one.
    pub fn finish(&mut self, job: u32, outcomes: &[(u16, AttemptKind)]) {
        let before = self.count(job);
        let left: Vec<u16> = self.jobs[job]
            .recipients
            .as_slice()
            .iter()
            .copied()
            .filter(|r| {
                !outcomes.iter().any(|(done, kind)| done == r && *kind != AttemptKind::Deferred)
            })
            .collect();
        let gone = before - left.len() as u64;
        for recipient in self.jobs[job].recipients.as_slice() {
            let Some((_, kind)) = outcomes.iter().find(|(r, _)| r == recipient) else { continue };
            match kind {
                AttemptKind::Succeeded => self.custody.delivered += 1,
                AttemptKind::Failed => self.custody.failed += 1,
                AttemptKind::Suppressed => self.custody.suppressed += 1,
                AttemptKind::Deferred => {}
            }
        }
        self.custody.queued -= gone;
        let (destination, state) = (self.jobs[job].destination, self.jobs[job].state);
        let queue = &mut self.destinations[destination];
        queue.waiting -= gone;
        match state {
            State::Leased => queue.leased -= gone,
            State::Deferred => queue.deferred -= gone,
            State::Ready => {}
        }
        self.jobs[job].recipients = Recipients::new(&left);
    }

    /// Counts a step and puts a leased job in its next state: deferred, or gone when no
    /// recipient is left.
    pub fn after_attempt(&mut self, job: u32, step: u16, defer: Option<(u64, &str)>) -> Remains {
        self.jobs[job].step = step;
        if self.jobs[job].recipients.as_slice().is_empty() {
            return self.remove_job(job);
        }
        match defer {
            Some((due_ms, reason)) => {
                let reason = self.reason_number(reason);
                self.make_deferred(job, due_ms, reason);
            }
            None => self.make_ready(job),
        }
        Remains::Message
    }

    fn reason_number(&mut self, text: &str) -> u32 {
        if self.reasons.is_full() {
            let used: Vec<u32> = self.jobs.iter().map(|(_, j)| j.reason).collect();
            self.reasons.keep_only(used.into_iter());
        }
        self.reasons.number(text)
    }

    fn remove_job(&mut self, job: u32) -> Remains {
        let gone = self.jobs.remove(job);
        let message = gone.message;
        let first = self.messages[message].first_job;
        if first == job {
            self.messages[message].first_job = gone.next;
        } else {
            let mut at = first;
            while self.jobs[at].next != job {
                at = self.jobs[at].next;
            }
            self.jobs[at].next = gone.next;
        }
        if self.messages[message].first_job != NONE {
            return Remains::Message;
        }
        let gone = self.messages.remove(message);
        self.by_id.remove(&gone.id);
        self.bytes -= u64::from(gone.size);
        Remains::Nothing { place: gone.place, payload_len: gone.payload_len }
    }

    /// Jobs that are not leased and whose message is past its expiry, at most `limit`. Looks at
    /// every job, so nothing can hide from it.
    pub fn expired(&self, now_s: u32, limit: usize) -> Vec<u32> {
        self.jobs
            .iter()
            .filter(|(_, job)| {
                job.state != State::Leased && self.messages[job.message].expires_s <= now_s
            })
            .map(|(number, _)| number)
            .take(limit)
            .collect()
    }
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
