//! What every implementation of `Spool` must keep, told as short stories; and what the segment
//! spool adds on its disk. A second implementation runs the same stories through `Bench`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mail::fact::{Attempt, AttemptKind};
use mail::{Envelope, Reply, SpoolId};
use spool::{
    Arrival, Destination, Lease, Plan, ReadError, Refusal, Routing, SegmentSpool, Settings, Spool,
    Tail,
};

/// Opens the spool of a folder anew, as after a restart.
fn open(folder: &Path) -> SegmentSpool {
    open_limited(folder, 1 << 30)
}

fn open_limited(folder: &Path, bytes_limit: u64) -> SegmentSpool {
    open_told(folder, bytes_limit, 1, &mut |_| {}).0
}

fn open_told(
    folder: &Path,
    bytes_limit: u64,
    fingerprint: u64,
    tail: &mut dyn FnMut(Tail<'_>),
) -> (SegmentSpool, spool::Recovered) {
    let routing = Routing { plan: Box::new(by_domain), fingerprint };
    let settings = Settings { folder: folder.to_owned(), bytes_limit, routing };
    SegmentSpool::open(settings, tail).expect("opened")
}

fn by_domain(envelope: &Envelope, _: SpoolId) -> Plan {
    let mut jobs: Vec<(Arc<str>, Vec<u16>)> = Vec::new();
    for (place, recipient) in envelope.recipients.iter().enumerate() {
        let domain = recipient.address.domain();
        match jobs.iter_mut().find(|(name, _)| &**name == domain) {
            Some((_, places)) => places.push(place as u16),
            None => jobs.push((domain.into(), vec![place as u16])),
        }
    }
    Plan { expires: at(100_000), jobs }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn arrival(spool: &dyn Spool, to: &[&str], content: &[u8]) -> Arrival {
    let recipients: Vec<_> = to.iter().map(|a| serde_json::json!({ "address": a })).collect();
    let envelope = serde_json::json!({
        "composition": "pro", "sender": "s@example.jp", "recipients": recipients,
        "source": { "ip": "192.0.2.1", "helo": "x" }, "headers": {},
    });
    Arrival {
        id: spool.new_id(at(1_000)),
        envelope: Arc::new(serde_json::from_value(envelope).expect("an envelope")),
        prefix: b"Received: x\r\n".to_vec(),
        content: content.to_vec(),
        ours: false,
    }
}

async fn accept(spool: &dyn Spool, to: &[&str], content: &[u8]) -> SpoolId {
    let arrival = arrival(spool, to, content);
    let id = arrival.id;
    spool.accept(arrival).await.expect("accepted");
    id
}

/// The destination of a name; it must have something ready.
async fn called(spool: &dyn Spool, name: &str) -> Destination {
    loop {
        let calls = tokio::time::timeout(Duration::from_secs(5), spool.called()).await;
        let calls = calls.expect("a call");
        if let Some(found) = calls.into_iter().find(|d| &*d.name == name) {
            return found;
        }
    }
}

fn fact(lease: &Lease, recipient: u16, outcome: AttemptKind, next: Option<i64>) -> Attempt {
    Attempt {
        node: "n".into(),
        message: lease.id,
        recipient,
        step: lease.step + 1,
        at: at(1_001),
        outcome,
        sender_ip: None,
        remote_host: Some("mx.example".into()),
        remote_address: None,
        reply: Some(Reply { code: 450, enhanced: None, text: "later".into() }),
        tls: None,
        next_attempt: next.map(at),
    }
}

fn settle(spool: &dyn Spool, lease: Lease, outcome: AttemptKind, next: Option<i64>) {
    let facts: Vec<Attempt> =
        lease.recipients.iter().map(|r| fact(&lease, *r, outcome, next)).collect();
    spool.settle(lease, &facts);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_there_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let id = {
        let spool = open(folder.path());
        accept(&spool, &["a@one.example", "b@two.example", "c@one.example"], b"Hello").await
    };
    let spool = open(folder.path());
    let one = called(&spool, "one.example").await;
    let lease = spool.lease(&one).expect("ready");
    assert_eq!((lease.id, &lease.recipients[..], lease.step), (id, &[0, 2][..], 0));
    let stored = spool.read(&lease).await.expect("read");
    assert_eq!(stored.content, b"Received: x\r\nHello");
    assert_eq!(stored.envelope.recipients.len(), 3);
    assert_eq!(spool.custody().queued, 3);
    assert!(spool.new_id(at(1)) > id, "ids are never given twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_settled_stays_settled_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    {
        let spool = open(folder.path());
        accept(&spool, &["a@one.example", "b@one.example"], b"Hello").await;
        let one = called(&spool, "one.example").await;
        let lease = spool.lease(&one).expect("ready");
        let facts = [
            fact(&lease, 0, AttemptKind::Succeeded, None),
            fact(&lease, 1, AttemptKind::Deferred, Some(5_000)),
        ];
        spool.settle(lease, &facts);
    }
    let spool = open(folder.path());
    let custody = spool.custody();
    assert_eq!((custody.accepted, custody.delivered, custody.queued), (2, 1, 1));
    assert_eq!(spool.promote(at(4_999)), Some(at(5_000)));
    let waiting = spool.waiting("one.example", 10).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].reason, "mx.example: 450 later");
    assert_eq!((waiting[0].next_attempt, waiting[0].step), (Some(at(5_000)), 1));
    spool.promote(at(5_000));
    let one = called(&spool, "one.example").await;
    let lease = spool.lease(&one).expect("due");
    assert_eq!((&lease.recipients[..], lease.step), (&[1][..], 1));
    settle(&spool, lease, AttemptKind::Failed, None);
    assert!(spool.custody().conserved());
    assert_eq!(
        (spool.custody().queued, spool.figures().messages, spool.figures().bytes),
        (0, 0, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_lease_puts_the_job_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    let id = accept(&spool, &["a@one.example"], b"Hello").await;
    let one = called(&spool, "one.example").await;
    drop(spool.lease(&one).expect("ready"));
    assert_eq!(spool.lease(&one).expect("ready again").id, id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leased_job_is_ready_again_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    {
        let spool = open(folder.path());
        accept(&spool, &["a@one.example"], b"Hello").await;
        let one = called(&spool, "one.example").await;
        std::mem::forget(spool.lease(&one));
    }
    let spool = open(folder.path());
    let one = called(&spool, "one.example").await;
    assert!(spool.lease(&one).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_mail_is_found_wherever_it_waits() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    accept(&spool, &["a@one.example"], b"ready").await;
    accept(&spool, &["a@two.example"], b"deferred").await;
    let two = called(&spool, "two.example").await;
    let lease = spool.lease(&two).expect("ready");
    settle(&spool, lease, AttemptKind::Deferred, Some(99_999_999));
    assert!(spool.lease_expired(at(99_999), 10).is_empty());
    let expired = spool.lease_expired(at(100_000), 10);
    assert_eq!(expired.len(), 2);
    for lease in expired {
        settle(&spool, lease, AttemptKind::Failed, None);
    }
    assert_eq!((spool.custody().failed, spool.custody().queued), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_bytes_refuses_and_recovers_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open_limited(folder.path(), 1_000);
    accept(&spool, &["a@one.example"], &[b'x'; 600]).await;
    let refused = spool.accept(arrival(&spool, &["a@one.example"], &[b'x'; 600])).await;
    assert_eq!(refused, Err(Refusal::Full));
    let mut ours = arrival(&spool, &["a@two.example"], &[b'x'; 600]);
    ours.ours = true;
    assert_eq!(spool.accept(ours).await, Ok(()), "a report to a sender is taken all the same");
    let one = called(&spool, "one.example").await;
    let lease = spool.lease(&one).expect("ready");
    settle(&spool, lease, AttemptKind::Succeeded, None);
    assert_eq!(spool.accept(arrival(&spool, &["a@one.example"], &[b'x'; 300])).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_share_a_sync() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = Arc::new(open(folder.path()));
    let mut clients = tokio::task::JoinSet::new();
    spool.arriving().store(30, std::sync::atomic::Ordering::Relaxed);
    for _ in 0..30 {
        let spool = spool.clone();
        clients.spawn(async move { accept(&*spool, &["a@one.example"], &[b'x'; 10_000]).await });
    }
    let ids: std::collections::HashSet<SpoolId> = clients.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 30);
    assert!(spool.figures().syncs <= 10, "{} syncs for 30 messages", spool.figures().syncs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_by_hand_does_not_wait() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    accept(&spool, &["a@one.example", "b@one.example"], b"Hello").await;
    let one = called(&spool, "one.example").await;
    let lease = spool.lease(&one).expect("ready");
    settle(&spool, lease, AttemptKind::Deferred, Some(50_000));
    assert!(spool.lease(&one).is_none());
    assert_eq!(spool.promote_destination("one.example"), 2);
    assert!(spool.lease(&one).is_some());
    assert_eq!(spool.promote_destination("unknown.example"), 0);
}

// What follows is about segment files.

#[tokio::test(flavor = "multi_thread")]
async fn only_one_program_has_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let _spool = open(folder.path());
    let routing = Routing { plan: Box::new(by_domain), fingerprint: 1 };
    let settings = Settings { folder: folder.path().to_owned(), bytes_limit: 1, routing };
    let second = SegmentSpool::open(settings, &mut |_| {});
    let error = second.err().expect("refused").to_string();
    assert!(error.contains("another program has the spool open"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_routing_divides_the_queue_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    {
        let spool = open(folder.path());
        accept(&spool, &["a@one.example", "b@two.example"], b"Hello").await;
        let one = called(&spool, "one.example").await;
        let lease = spool.lease(&one).expect("ready");
        settle(&spool, lease, AttemptKind::Deferred, Some(5_000));
    }
    let plan = |envelope: &Envelope, id: SpoolId| {
        let recipients = (0..envelope.recipients.len() as u16).collect();
        Plan { jobs: vec![("smarthost".into(), recipients)], ..by_domain(envelope, id) }
    };
    let routing = Routing { plan: Box::new(plan), fingerprint: 2 };
    let settings = Settings { folder: folder.path().to_owned(), bytes_limit: 1 << 30, routing };
    let (spool, _) = SegmentSpool::open(settings, &mut |_| {}).expect("opened");
    let reports = spool.destinations(10);
    assert_eq!(reports.len(), 1);
    assert_eq!((&*reports[0].name, reports[0].ready, reports[0].deferred), ("smarthost", 1, 1));
    assert!(spool.custody().conserved());
}

/// A copy of the folder as a crash at this moment would leave it.
fn crash(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(folder).expect("listed") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name");
        // A segment that is being filled is renamed any moment, and has nothing in it.
        if path.extension().is_none_or(|e| e != "new") && path.exists() {
            std::fs::copy(&path, copy.path().join(name)).expect("copied");
        }
    }
    copy
}

/// The segment file with the newest records, and its bytes.
fn busy_segment(folder: &Path) -> (std::path::PathBuf, Vec<u8>) {
    let mut segments: Vec<_> = std::fs::read_dir(folder)
        .expect("listed")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == "log"))
        .map(|p| (std::fs::read(&p).expect("read"), p))
        .filter(|(bytes, _)| bytes.starts_with(b"YKSPOOL1"))
        .collect();
    segments.sort_by_key(|(bytes, _)| bytes[8..16].to_vec());
    let (bytes, path) = segments.pop().expect("a segment in use");
    (path, bytes)
}

fn find(bytes: &[u8], text: &[u8]) -> usize {
    bytes.windows(text.len()).position(|w| w == text).expect("in the segment")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loses_nothing_and_tells_its_tail() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    let first = accept(&spool, &["a@one.example"], b"first").await;
    let second = accept(&spool, &["a@two.example"], b"second").await;
    let one = called(&spool, "one.example").await;
    settle(&spool, spool.lease(&one).expect("ready"), AttemptKind::Succeeded, None);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let copy = crash(folder.path());
    let mut told = Vec::new();
    let (spool, recovered) = open_told(copy.path(), 1 << 30, 1, &mut |tail| {
        told.push(match tail {
            Tail::Arrival { id, .. } => format!("arrival {id}"),
            Tail::Attempts(facts) => format!("{} {}", facts[0].outcome.word(), facts[0].message),
            Tail::Lost { id, .. } => format!("lost {id}"),
        });
    });
    assert_eq!(
        told,
        [format!("arrival {first}"), format!("arrival {second}"), format!("succeeded {first}")]
    );
    assert_eq!((recovered.messages, recovered.damaged), (1, 0));
    assert_eq!((spool.custody().delivered, spool.custody().queued), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_write_is_no_damage_and_the_rest_is_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    accept(&spool, &["a@one.example"], b"first whole message").await;
    accept(&spool, &["a@one.example"], &[b'y'; 50_000]).await;
    let copy = crash(folder.path());
    let (path, mut bytes) = busy_segment(copy.path());
    let torn = find(&bytes, b"yyyyyyyy") + 10_000;
    bytes[torn..].fill(0);
    std::fs::write(path, bytes).expect("written");
    let (spool, recovered) = open_told(copy.path(), 1 << 30, 1, &mut |_| {});
    assert_eq!((recovered.messages, recovered.damaged), (1, 0));
    let one = called(&spool, "one.example").await;
    let lease = spool.lease(&one).expect("ready");
    assert!(spool.read(&lease).await.expect("read").content.ends_with(b"first whole message"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rot_is_told_and_the_rest_is_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    let rotten = accept(&spool, &["a@one.example"], b"this one rots").await;
    accept(&spool, &["a@two.example"], b"this one does not").await;
    let copy = crash(folder.path());
    let (path, mut bytes) = busy_segment(copy.path());
    let place = find(&bytes, b"this one rots");
    bytes[place] ^= 0x20;
    std::fs::write(path, bytes).expect("written");
    let (spool, recovered) = open_told(copy.path(), 1 << 30, 1, &mut |_| {});
    assert_eq!(recovered.damaged, 1, "it is told");
    let one = called(&spool, "one.example").await;
    let lease = spool.lease(&one).expect("the sender can still be told");
    match spool.read(&lease).await {
        Err(ReadError::Damaged { id, envelope: Some(envelope) }) => {
            assert_eq!(id, rotten);
            assert_eq!(envelope.recipients.len(), 1);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(spool.destinations(10).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_snapshots_lose_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for n in 0..3 {
        let spool = open(folder.path());
        accept(&spool, &["a@one.example"], format!("message {n}").as_bytes()).await;
    }
    for entry in std::fs::read_dir(folder.path()).expect("listed") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|e| e == "snap") {
            let mut bytes = std::fs::read(&path).expect("read");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(&path, bytes).expect("written");
        }
    }
    let (spool, recovered) = open_told(folder.path(), 1 << 30, 1, &mut |_| {});
    assert!(recovered.walked_everything);
    assert_eq!((recovered.messages, spool.custody().queued), (3, 3));
}

/// Several times the room of the segments, through a spool whose queue stays short: segments are
/// recycled, and one message from the beginning is carried along.
#[tokio::test(flavor = "multi_thread")]
async fn segments_are_recycled_and_the_last_living_message_is_carried() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    let stays = accept(&spool, &["a@stays.example"], b"I stay").await;
    let content = vec![b'z'; 8 * 1024 * 1024];
    for n in 0..120 {
        accept(&spool, &["a@goes.example"], &content).await;
        let goes = called(&spool, "goes.example").await;
        settle(&spool, spool.lease(&goes).expect("ready"), AttemptKind::Succeeded, None);
        if n % 20 == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    for _ in 0..100 {
        if spool.figures().bytes_on_disk <= 14 * 64 * 1024 * 1024 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let on_disk = spool.figures().bytes_on_disk / (1024 * 1024);
    assert!(on_disk <= 14 * 64, "{on_disk} MiB on disk for one message after 960 MiB of mail");
    drop(spool);
    let (spool, recovered) = open_told(folder.path(), 1 << 30, 1, &mut |_| {});
    assert_eq!((recovered.messages, recovered.damaged), (1, 0));
    let destination = called(&spool, "stays.example").await;
    let lease = spool.lease(&destination).expect("ready");
    assert_eq!(lease.id, stays);
    assert!(spool.read(&lease).await.expect("read").content.ends_with(b"I stay"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_larger_than_a_record_is_refused_and_harms_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    let large = vec![b'x'; 41 * 1024 * 1024];
    let refused = spool.accept(arrival(&spool, &["a@one.example"], &large)).await;
    assert_eq!(refused, Err(Refusal::TooLarge));
    accept(&spool, &["a@one.example"], b"small").await;
}

/// A message that outlived the newest snapshot's segments and then went: its segment must not be
/// written again while a snapshot still names the message.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_snapshot_names_is_not_recycled() {
    let folder = tempfile::tempdir().expect("a folder");
    {
        let spool = open(folder.path());
        accept(&spool, &["a@late.example"], b"waits for long").await;
        let content = vec![b'z'; 8 * 1024 * 1024];
        for _ in 0..40 {
            accept(&spool, &["a@goes.example"], &content).await;
            let goes = called(&spool, "goes.example").await;
            settle(&spool, spool.lease(&goes).expect("ready"), AttemptKind::Succeeded, None);
        }
        let late = called_again(&spool, "late.example");
        settle(&spool, late, AttemptKind::Succeeded, None);
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let copy = crash(folder.path());
        drop(spool);
        let (after, recovered) = open_told(copy.path(), 1 << 30, 1, &mut |_| {});
        assert_eq!(recovered.damaged, 0);
        assert_eq!((after.custody().delivered, after.custody().failed), (41, 0));
    }
}

/// A lease of a destination that was called long ago.
fn called_again(spool: &SegmentSpool, name: &str) -> Lease {
    spool
        .lease_expired(at(100_000), 10)
        .into_iter()
        .find(|l| &*l.destination == name)
        .expect("waits")
}

/// The newest segment loses its header and a snapshot names it: its number is not given again.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_header_hides_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    let id = accept(&spool, &["a@one.example"], b"Hello").await;
    let copy = crash(folder.path());
    let (path, mut bytes) = busy_segment(copy.path());
    bytes[..64].fill(0);
    std::fs::write(path, bytes).expect("written");
    let spool = open(copy.path());
    let one = called(&spool, "one.example").await;
    assert_eq!(spool.lease(&one).expect("ready").id, id);
}

/// Messages that are made durable together and lie in two segments: both are synced before any
/// of them is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_over_two_segments_syncs_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = Arc::new(open(folder.path()));
    let mib = |count: usize| vec![b'x'; count * 1024 * 1024];
    accept(&*spool, &["a@one.example"], &mib(30)).await;
    accept(&*spool, &["a@one.example"], &mib(30)).await;
    let before = spool.figures().syncs;
    spool.arriving().store(2, std::sync::atomic::Ordering::Relaxed);
    let both = (0..2).map(|_| {
        let spool = spool.clone();
        tokio::spawn(async move { accept(&*spool, &["a@one.example"], &vec![b'x'; 3 << 20]).await })
    });
    for one in both.collect::<Vec<_>>() {
        one.await.expect("accepted");
    }
    assert_eq!(spool.figures().syncs - before, 2, "64 MiB hold one of them");
}

/// Content that looks like a record of a life far ahead, in a segment that has lost its header.
#[tokio::test(flavor = "multi_thread")]
async fn content_that_looks_like_a_record_is_not_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()));
    let spool = open(folder.path());
    accept(&spool, &["a@one.example"], b"in a segment with a header").await;
    drop(spool);
    let spool = open(folder.path());
    let forged = spool::record::Head {
        kind: spool::record::Kind::Note,
        payload_len: 0,
        sequence: u64::MAX - 1,
        id: SpoolId::from_micros(1),
        payload_crc: 0,
    };
    let content = [vec![b'x'; 4_000], forged.encode().repeat(40)].concat();
    let content: Vec<u8> =
        (0..8).flat_map(|shift| [vec![b'y'; shift], content.clone()].concat()).collect();
    let id = accept(&spool, &["a@two.example"], &content).await;
    let copy = crash(folder.path());
    let (path, mut bytes) = busy_segment(copy.path());
    bytes[..64].fill(0);
    std::fs::write(path, bytes).expect("written");
    let spool = open(copy.path());
    let two = called(&spool, "two.example").await;
    assert_eq!(spool.lease(&two).expect("ready").id, id);
}
