//! A spool whose files were damaged in any way opens all the same, serves what is sound and only
//! what was accepted, and takes mail that survives the next crash.

#[path = "../../mail/tests/fuzz/rounds.rs"]
mod rounds;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mail::fact::{Attempt, AttemptKind};
use mail::{Envelope, Reply, SpoolId};
use spool::record::{Found, Kind, RECORD_HEAD, decode_segment_head, walk};
use spool::{Arrival, Lease, Plan, ReadError, Routing, SegmentSpool, Settings, Spool, Stored};
use tempfile::TempDir;

use rounds::{Random, rounds};

/// Free segments of these tests, in bytes: short, so that a round takes milliseconds. A segment
/// grows when it is written.
const FREE_SEGMENT: u64 = 64 * 1024;
/// Starts of the example, each of which begins a segment; enough for messages to be carried.
const STARTS: usize = 10;
/// Behind every time of the example.
const LATER: i64 = 9_000;

/// What was accepted: content with our fields, and whether all of its recipients are done with.
struct Accepted {
    content: Vec<u8>,
    done: bool,
}

/// A spool's files, and the truth about what is in them.
struct Example {
    files: Vec<(String, Vec<u8>)>,
    accepted: Arc<HashMap<SpoolId, Accepted>>,
    /// Where the newest record of a message is: a file, and its bytes.
    places: HashMap<SpoolId, (usize, Range<usize>)>,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn plan(envelope: &Envelope, _: SpoolId) -> Plan {
    let everybody = (0..envelope.recipients.len() as u16).collect();
    let destination = envelope.recipients[0].address.domain().into();
    Plan { expires: at(100_000), jobs: vec![(destination, everybody)] }
}

fn open(folder: &Path) -> SegmentSpool {
    let routing = Routing { plan: Box::new(plan), fingerprint: 1 };
    let settings = Settings { folder: folder.to_owned(), bytes_limit: 1 << 30, routing };
    let opened = SegmentSpool::open(settings, &mut |_| {});
    opened.expect("damage does not keep a spool from opening").0
}

/// In memory where the system has such a place: these tests are not about the disk.
fn folder() -> TempDir {
    let memory = tempfile::tempdir_in("/dev/shm");
    memory.or_else(|_| tempfile::tempdir()).expect("a folder")
}

fn add_free_segments(folder: &Path, numbers: Range<u32>) {
    for number in numbers {
        let path = folder.join(format!("segment-{number:06}.log"));
        fs::File::create(path).and_then(|file| file.set_len(FREE_SEGMENT)).expect("made");
    }
}

/// Takes a message with two recipients at `domain`; its name and what `read` must answer.
async fn accept(spool: &dyn Spool, domain: &str, len: usize, now: i64) -> (SpoolId, Vec<u8>) {
    let id = spool.new_id(at(now));
    let recipients =
        ["a", "b"].map(|local| serde_json::json!({ "address": format!("{local}@{domain}") }));
    let envelope = serde_json::json!({
        "composition": "pro", "sender": "s@example.jp", "recipients": recipients,
        "source": { "ip": "192.0.2.1", "helo": "x" }, "headers": {},
    });
    let prefix = format!("Received: id {id}\r\n").into_bytes();
    let content: Vec<u8> = id.to_string().into_bytes().repeat(1 + len / 11);
    let arrival = Arrival {
        id,
        envelope: Arc::new(serde_json::from_value(envelope).expect("an envelope")),
        prefix: prefix.clone(),
        content: content.clone(),
        ours: false,
    };
    spool.accept(arrival).await.expect("accepted");
    (id, [prefix, content].concat())
}

fn settle(spool: &dyn Spool, lease: Lease, outcome: AttemptKind) {
    let deferred = outcome == AttemptKind::Deferred;
    let fact = |recipient: &u16| Attempt {
        node: "n".into(),
        message: lease.id,
        recipient: *recipient,
        step: lease.step + 1,
        at: at(1_001),
        outcome,
        sender_ip: None,
        remote_host: Some("mx.example".into()),
        remote_address: None,
        reply: Some(Reply { code: 450, enhanced: None, text: "later".into() }),
        tls: None,
        next_attempt: deferred.then(|| at(5_000)),
    };
    let facts: Vec<Attempt> = lease.recipients.iter().map(fact).collect();
    spool.settle(lease, &facts);
}

/// A spool that was started again and again: messages that wait, are deferred, are done with and
/// were carried on; two snapshots and a log behind them. Once as a crash leaves it, once closed.
async fn examples() -> [Example; 2] {
    let folder = folder();
    add_free_segments(folder.path(), 1..20);
    let mut accepted = HashMap::new();
    let mut spool = open(folder.path());
    for start in 1..=STARTS {
        for (domain, len) in
            [("stays.example", 3_000), ("later.example", 20), ("done.example", 9_000)]
        {
            let (id, content) = accept(&spool, domain, len * start % 9_001, 1_000).await;
            let done = domain == "done.example";
            accepted.insert(id, Accepted { content, done });
            let lease = spool.lease_message(id).pop().expect("it is there");
            match domain {
                "stays.example" => drop(lease),
                "later.example" => settle(&spool, lease, AttemptKind::Deferred),
                _ => settle(&spool, lease, AttemptKind::Succeeded),
            }
        }
        if start < STARTS {
            drop(spool);
            spool = open(folder.path());
        }
    }
    // The keeper looks around every second, and hands over what should be carried.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let accepted = Arc::new(accepted);
    let crashed = Example::of(folder.path(), &accepted);
    drop(spool);
    [crashed, Example::of(folder.path(), &accepted)]
}

impl Example {
    fn of(folder: &Path, accepted: &Arc<HashMap<SpoolId, Accepted>>) -> Example {
        let files = files(folder);
        let places = places(&files);
        Example { files, accepted: accepted.clone(), places }
    }
}

/// Every file as a crash would leave it, the zeros at its end cut off but for a few.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("listed") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|n| n.to_str()).expect("a name").to_owned();
        if name == "lock" || name.ends_with(".new") {
            continue;
        }
        let mut bytes = fs::read(&path).expect("read");
        if name.ends_with(".log") {
            let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
            bytes.truncate(end + 200);
        }
        files.push((name, bytes));
    }
    files.sort();
    files
}

fn places(files: &[(String, Vec<u8>)]) -> HashMap<SpoolId, (usize, Range<usize>)> {
    let mut newest: HashMap<SpoolId, (u64, usize, Range<usize>)> = HashMap::new();
    let mut carried = 0;
    for (number, (_, bytes)) in files.iter().enumerate() {
        let Some(sequence) = decode_segment_head(bytes) else { continue };
        for found in walk(bytes, sequence, 0) {
            let Found::Record { offset, head } = found else { panic!("{found:?}") };
            carried += usize::from(head.kind == Kind::Carried);
            let older = newest.get(&head.id).is_none_or(|(other, ..)| *other <= sequence);
            if head.kind != Kind::Note && older {
                let start = offset as usize;
                let end = start + RECORD_HEAD + head.payload_len as usize;
                newest.insert(head.id, (sequence, number, start..end));
            }
        }
    }
    assert!(carried > 0, "nothing was carried on: the example has grown poor");
    newest.into_iter().map(|(id, (_, file, range))| (id, (file, range))).collect()
}

/// Every file's name and bytes; `None` when it is gone.
type Files = Vec<(String, Option<Vec<u8>>)>;

/// Which bytes of which file were touched.
type Damage = Vec<(usize, Range<usize>)>;

fn damaged(random: &mut Random, example: &Example) -> (Files, Damage) {
    let mut damage = Damage::new();
    let mut files: Files =
        example.files.iter().map(|(name, bytes)| (name.clone(), Some(bytes.clone()))).collect();
    for _ in 0..random.below(4) {
        let number = random.below(files.len());
        let other = random.pick(&example.files).1.clone();
        let Some(bytes) = &mut files[number].1 else { continue };
        let (start, end) = some_range(random, bytes.len());
        let touched = match random.below(8) {
            0 => {
                files[number].1 = None;
                0..usize::MAX
            }
            1 => {
                bytes.truncate(start);
                start..usize::MAX
            }
            2 => {
                bytes[start..end].fill(0);
                start..end
            }
            // A write that went to the wrong file.
            3 => {
                let end = end.min(other.len()).max(start);
                bytes[start..end].copy_from_slice(other.get(start..end).unwrap_or_default());
                start..end
            }
            4 => {
                bytes[start..end].iter_mut().for_each(|b| *b = random.next() as u8);
                start..end
            }
            _ if start < bytes.len() => {
                bytes[start] ^= 1 << random.below(8);
                start..start + 1
            }
            _ => continue,
        };
        damage.push((number, touched));
    }
    (files, damage)
}

/// Anywhere, and often at the front, where the headers are.
fn some_range(random: &mut Random, len: usize) -> (usize, usize) {
    let start = if random.once_in(4) { random.below(len.min(200)) } else { random.below(len + 1) };
    let start = if random.once_in(6) { 0 } else { start };
    (start, start + random.below((len - start).min(5_000) + 1))
}

/// Whether the message must be served: its newest record and the front of that segment, which
/// says that it is one, are as they were.
fn is_sound(example: &Example, id: SpoolId, damage: &Damage) -> bool {
    let Some((file, record)) = example.places.get(&id) else { return false };
    let apart = |a: &Range<usize>, b: &Range<usize>| a.end <= b.start || b.end <= a.start;
    let front = 0..128;
    damage
        .iter()
        .all(|(other, range)| other != file || (apart(range, record) && apart(range, &front)))
}

#[test]
fn fuzz_open() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let examples = runtime.block_on(examples());
    rounds(|random| {
        let example = random.pick(&examples);
        runtime.block_on(round(random, example));
    });
}

async fn round(random: &mut Random, example: &Example) {
    let folder = folder();
    let (files, damage) = damaged(random, example);
    for (name, bytes) in files.iter().filter_map(|(n, b)| Some((n, b.as_ref()?))) {
        fs::write(folder.path().join(name), bytes).expect("written");
    }
    add_free_segments(folder.path(), 900..904);
    let spool = open(folder.path());
    let served = serve(&spool, example, &[]).await;
    for (id, accepted) in example.accepted.iter() {
        let must = !accepted.done && is_sound(example, *id, &damage);
        assert!(!must || served.contains(id), "{id} is sound and is not served: {damage:?}");
        let may = !accepted.done || !damage.is_empty();
        assert!(may || !served.contains(id), "{id} is done with and comes again");
    }
    let new = accept(&spool, "new.example", 500, LATER).await;
    let copy = random.once_in(2).then(|| crash(folder.path()));
    drop(spool);
    let copy = copy.unwrap_or(folder);
    let spool = open(copy.path());
    let again = serve(&spool, example, std::slice::from_ref(&new)).await;
    assert!(again.contains(&new.0), "what was accepted on top of damage is lost: {damage:?}");
    let lost: Vec<_> = served.difference(&again).collect();
    assert!(lost.is_empty(), "{lost:?} are gone after another start: {damage:?}");
}

/// The messages that can be read, each of them as it was accepted.
async fn serve(
    spool: &SegmentSpool,
    example: &Example,
    new: &[(SpoolId, Vec<u8>)],
) -> HashSet<SpoolId> {
    assert!(spool.custody().conserved(), "{:?}", spool.custody());
    let mut served = HashSet::new();
    let old = example.accepted.iter().map(|(id, accepted)| (id, &accepted.content));
    for (id, content) in old.chain(new.iter().map(|(id, content)| (id, content))) {
        for lease in spool.lease_message(*id) {
            match spool.read(&lease).await {
                Ok(Stored { envelope, content: read }) => {
                    assert!(read == *content, "{id} is not what was accepted");
                    assert_eq!(envelope.recipients.len(), 2);
                    served.insert(*id);
                }
                Err(ReadError::Damaged { .. }) => {}
                Err(error) => panic!("damage is told as what it is: {error:?}"),
            }
        }
    }
    assert!(spool.custody().conserved());
    served
}

/// A copy of the folder as a crash at this moment would leave it.
fn crash(folder: &Path) -> TempDir {
    let copy = self::folder();
    for entry in fs::read_dir(folder).expect("listed") {
        let path = entry.expect("an entry").path();
        // The keeper may have put it away since it was listed.
        if path.extension().is_none_or(|e| e != "new") && path.exists() {
            let name = path.file_name().expect("a name");
            match fs::copy(&path, copy.path().join(name)) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                copied => drop(copied.expect("copied")),
            }
        }
    }
    copy
}
