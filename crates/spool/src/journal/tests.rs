//! The journal gives back what it was told, also after damage.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::writer::LINGER;
use super::*;
use mail::fact::{Attempt, AttemptKind};
use mail::{Fact, SpoolId};
use vault::Vault;

fn vault() -> Arc<Vault> {
    Arc::new(Vault::from_master(&[1; 32]).expect("a key"))
}

fn fact(n: u64) -> Fact {
    Fact::Attempt(Attempt {
        node: "relay-1".into(),
        message: SpoolId::from_micros(n),
        recipient: 0,
        step: 1,
        at: jiff::Timestamp::UNIX_EPOCH,
        outcome: AttemptKind::Succeeded,
        sender_ip: None,
        remote_host: Some("mx.example.jp".into()),
        remote_address: None,
        reply: None,
        tls: None,
        next_attempt: None,
    })
}

fn write(folder: &Path, numbers: std::ops::Range<u64>) {
    let journal = Journal::open(folder, vault()).expect("opened");
    for n in numbers {
        journal.append(&[fact(n)]);
    }
}

fn numbers(batch: &Batch) -> Vec<u64> {
    batch
        .facts
        .iter()
        .map(|fact| match fact {
            Fact::Queued(q) => q.message.micros(),
            Fact::Attempt(a) => a.message.micros(),
        })
        .collect()
}

#[test]
fn facts_come_back_in_order_over_restarts() {
    let folder = tempfile::tempdir().expect("a folder");
    let reader = JournalReader::new(&folder.path().join("j"), vault());
    assert!(reader.read(None, 10).expect("nothing there").facts.is_empty());
    write(&folder.path().join("j"), 0..5);
    write(&folder.path().join("j"), 5..8);
    let first = reader.read(None, 1).expect("read");
    let second = reader.read(Some(first.cursor), 100).expect("read");
    assert_eq!([numbers(&first), numbers(&second)].concat(), (0..8).collect::<Vec<_>>());
    let third = reader.read(Some(second.cursor), 100).expect("read");
    assert_eq!((third.facts.len(), third.cursor), (0, second.cursor));
}

#[test]
fn what_is_collected_is_deleted() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), 0..3);
    write(folder.path(), 3..6);
    let reader = JournalReader::new(folder.path(), vault());
    let all = reader.read(None, 100).expect("read");
    reader.acknowledge(all.cursor).expect("noted");
    write(folder.path(), 6..7);
    let left = list(folder.path()).expect("listed");
    assert_eq!(left, [2, 3]);
    let rest = reader.read(Some(all.cursor), 100).expect("read");
    assert_eq!(numbers(&rest), [6]);
}

#[test]
fn a_rotten_frame_is_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    {
        let journal = Journal::open(folder.path(), vault()).expect("opened");
        for n in 0..3 {
            journal.append(&[fact(n)]);
            std::thread::sleep(LINGER * 4);
        }
    }
    let path = folder.path().join(file_name(1));
    let mut bytes = fs::read(&path).expect("read");
    let frames = bytes.windows(4).filter(|w| w == b"YKJ1").count();
    assert_eq!(frames, 3, "one frame for each");
    bytes[50] ^= 1;
    fs::write(&path, &bytes).expect("written");
    let batch = JournalReader::new(folder.path(), vault()).read(None, 100).expect("read");
    assert_eq!((numbers(&batch), batch.damaged), (vec![1, 2], 1));
}

#[test]
fn another_key_is_an_error_and_not_silence() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), 0..1);
    let other = Arc::new(Vault::from_master(&[2; 32]).expect("a key"));
    let read = JournalReader::new(folder.path(), other).read(None, 100);
    assert!(matches!(read, Err(JournalError::OtherKey { .. })));
}

#[test]
fn addresses_are_not_on_disk_in_clear() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), 0..1);
    let bytes = fs::read(folder.path().join(file_name(1))).expect("read");
    assert!(!bytes.windows(13).any(|w| w == b"mx.example.jp"));
}

#[test]
fn a_folder_that_was_begun_anew_is_read_from_its_beginning() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), 0..2);
    let reader = JournalReader::new(folder.path(), vault());
    let before = Cursor { file: 9, offset: 1_000 };
    assert_eq!(numbers(&reader.read(Some(before), 100).expect("read")), [0, 1]);
}

/// More at once than a frame holds, as at a start with a long tail.
#[test]
fn many_facts_at_once_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    {
        let journal = Journal::open(folder.path(), vault()).expect("opened");
        let facts: Vec<Fact> = (0..60_000).map(fact).collect();
        journal.append(&facts);
    }
    let reader = JournalReader::new(folder.path(), vault());
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let batch = reader.read(cursor, 10_000).expect("read");
        if batch.facts.is_empty() {
            break;
        }
        assert_eq!(batch.damaged, 0);
        all.extend(numbers(&batch));
        cursor = Some(batch.cursor);
    }
    assert_eq!(all, (0..60_000).collect::<Vec<_>>());
}
