//! What the queue does, as tables and short stories.

use super::*;
use mail::AttemptKind::{Deferred, Failed, Succeeded, Suppressed};

const NOWHERE: Place = Place { file: 1, offset: 64 };

/// A destination and recipients.
type Part<'a> = (&'a str, &'a [u16]);

fn queue(messages: &[(u64, &[Part<'_>])]) -> Index {
    let mut index = Index::default();
    for (id, jobs) in messages {
        let jobs: Vec<NewJob<'_>> = jobs
            .iter()
            .map(|(destination, recipients)| NewJob {
                destination,
                recipients,
                step: 0,
                due_ms: None,
                reason: None,
            })
            .collect();
        index.insert(Message::new(*id, NOWHERE, 100, 90, 1_000), &jobs, true);
    }
    index
}

fn lease(index: &mut Index, destination: &str) -> Option<u32> {
    let number = index.destination(destination);
    index.lease(number)
}

/// `waiting ready leased deferred` of a destination.
fn counts(index: &Index, destination: &str) -> String {
    let number = index.known_destination(destination).expect("known");
    let d = &index.destinations[number];
    format!("{} {} {} {}", d.waiting, d.waiting - d.leased - d.deferred, d.leased, d.deferred)
}

fn conserved(index: &Index) {
    assert!(index.custody.conserved(), "{:?}", index.custody);
    let waiting: u64 = index.destinations.iter().map(|(_, d)| d.waiting).sum();
    assert_eq!(waiting, index.custody.queued);
}

#[test]
fn a_message_goes_out_to_two_destinations() {
    let mut index = queue(&[(7, &[("a.example", &[0, 2]), ("b.example", &[1])])]);
    assert_eq!(counts(&index, "a.example"), "2 2 0 0");
    let job = lease(&mut index, "a.example").expect("ready");
    assert_eq!(lease(&mut index, "a.example"), None, "one lease at a time");
    assert_eq!(counts(&index, "a.example"), "2 0 2 0");
    index.finish(job, &[(0, Succeeded), (2, Failed)]);
    assert_eq!(index.after_attempt(job, 1, None), Remains::Message);
    let job = lease(&mut index, "b.example").expect("ready");
    index.finish(job, &[(1, Suppressed)]);
    let gone = Remains::Nothing { place: NOWHERE, payload_len: 100 };
    assert_eq!(index.after_attempt(job, 1, None), gone);
    conserved(&index);
    assert_eq!((index.messages.len(), index.bytes, index.slot(7)), (0, 0, None));
    let custody = Custody { accepted: 3, delivered: 1, failed: 1, suppressed: 1, queued: 0 };
    assert_eq!(index.custody, custody);
}

#[test]
fn a_deferred_recipient_waits_and_the_others_are_done() {
    let mut index = queue(&[(7, &[("a.example", &[0, 1, 2])])]);
    let job = lease(&mut index, "a.example").expect("ready");
    index.finish(job, &[(0, Succeeded), (1, Deferred), (2, Failed)]);
    index.after_attempt(job, 1, Some((5_000, "450 4.2.0 later")));
    conserved(&index);
    assert_eq!(counts(&index, "a.example"), "1 0 0 1");
    assert_eq!(index.promote(4_999), Some(5_000));
    assert_eq!(lease(&mut index, "a.example"), None);
    assert_eq!(index.promote(5_000), None);
    let job = lease(&mut index, "a.example").expect("due");
    assert_eq!(index.jobs[job].recipients.as_slice(), [1]);
    assert_eq!(index.jobs[job].step, 1);
}

#[test]
fn what_is_put_back_goes_first() {
    let mut index = queue(&[(1, &[("a.example", &[0])]), (2, &[("a.example", &[0])])]);
    let first = lease(&mut index, "a.example").expect("ready");
    index.put_back(first);
    assert_eq!(lease(&mut index, "a.example"), Some(first));
    conserved(&index);
}

#[test]
fn a_call_is_made_once_and_again_when_there_is_more() {
    let mut index = queue(&[(1, &[("a.example", &[0])]), (2, &[("a.example", &[0])])]);
    assert_eq!(index.take_calls().len(), 1);
    assert!(index.take_calls().is_empty());
    let job = lease(&mut index, "a.example").expect("ready");
    index.put_back(job);
    assert_eq!(index.take_calls().len(), 1);
}

#[test]
fn a_stale_timer_does_nothing() {
    let mut index = queue(&[(1, &[("a.example", &[0])])]);
    let job = lease(&mut index, "a.example").expect("ready");
    index.after_attempt(job, 1, Some((1_000, "later")));
    let destination = index.destination("a.example");
    assert_eq!(index.promote_destination(destination), 1);
    let job = lease(&mut index, "a.example").expect("made ready by hand");
    index.finish(job, &[(0, Succeeded)]);
    index.after_attempt(job, 2, None);
    // The job's number is given to another one, which is not due.
    index.insert(
        Message::new(2, NOWHERE, 100, 90, 1_000),
        &[NewJob {
            destination: "a.example",
            recipients: &[0],
            step: 1,
            due_ms: Some(9_000),
            reason: None,
        }],
        true,
    );
    assert_eq!(index.promote(2_000), Some(9_000));
    assert_eq!(counts(&index, "a.example"), "1 0 0 1");
}

#[test]
fn nothing_hides_from_the_sweep_but_what_is_being_delivered() {
    let mut index = queue(&[
        (1, &[("ready.example", &[0])]),
        (2, &[("deferred.example", &[0])]),
        (3, &[("leased.example", &[0])]),
    ]);
    let job = lease(&mut index, "deferred.example").expect("ready");
    index.after_attempt(job, 1, Some((u64::MAX, "never")));
    lease(&mut index, "leased.example").expect("ready");
    assert!(index.expired(999, 10).is_empty());
    let expired = index.expired(1_000, 10);
    assert_eq!(expired.len(), 2);
    for job in expired {
        assert!(index.lease_job(job));
        index.finish(job, &[(0, Failed)]);
        index.after_attempt(job, 1, None);
    }
    conserved(&index);
    assert_eq!(index.custody.failed, 2);
}

#[test]
fn idle_destinations_are_forgotten() {
    let mut index = Index::default();
    for n in 0..3 * IDLE_DESTINATIONS_MAX {
        index.destination(&format!("d{n}.example"));
    }
    assert!(index.destinations.len() <= IDLE_DESTINATIONS_MAX);
}

#[test]
fn a_million_recipients_fit() {
    let job = std::mem::size_of::<Option<Job>>();
    let message = std::mem::size_of::<Option<Message>>();
    // Beside these: the id's place in the hash map (16 bytes at half load 32), the ready queue
    // (4), and for a deferred one the timer (16).
    assert!(job + message + 32 + 4 + 16 <= 200, "{job} + {message}");
}
