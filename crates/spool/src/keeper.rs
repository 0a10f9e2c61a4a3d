//! The thread that does what can wait: fills new segments with zeros, writes snapshots, recycles
//! dead segments, and moves the last living messages out of nearly dead ones.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::{info, warn};

use crate::index::Place;
use crate::record::{RECORD_HEAD, SEGMENT_BYTES, decode_arrival};
use crate::segments::{self, FREE_MIN};
use crate::snapshot::{self, Position};
use crate::state::{Carry, Shared, State, read_exact};
use crate::{Refusal, record};

/// How often a full disk is tried again, and the housekeeping looks around.
const TURN: Duration = Duration::from_secs(1);
/// A segment less alive than this is worth emptying.
const SPARSE: u64 = SEGMENT_BYTES / 2;
/// Segments in use before emptying begins.
const SEGMENTS_BEFORE_CARRYING: usize = 8;
/// Bytes carried in one turn.
const CARRY_BYTES: u64 = 4 * 1024 * 1024;

/// Runs until the spool closes.
pub(crate) fn run(shared: &Arc<Shared>, recycle_before: u64) {
    let mut recycle_before = recycle_before;
    let mut barren = HashSet::new();
    loop {
        let snapshot = wait_for_work(shared);
        if let Some((bytes, position)) = snapshot {
            recycle_before = write_snapshot(shared, &bytes, position).unwrap_or(recycle_before);
        }
        if shared.keeper_leaves.load(Ordering::Acquire) {
            return;
        }
        recycle(shared, recycle_before);
        refill(shared);
        carry(shared, &mut barren);
    }
}

fn wait_for_work(shared: &Shared) -> Option<(Vec<u8>, Position)> {
    let mut state = shared.lock();
    if state.snapshot.is_none() && !shared.keeper_leaves.load(Ordering::Acquire) {
        state = match shared.keeper_bell.wait_timeout(state, TURN) {
            Ok((state, _)) => state,
            Err(poisoned) => poisoned.into_inner().0,
        };
    }
    let snapshot = state.snapshot.take();
    state.snapshot_busy = snapshot.is_some();
    snapshot
}

fn write_snapshot(shared: &Shared, bytes: &[u8], position: Position) -> Option<u64> {
    let folder = shared.lock().segments.folder().to_owned();
    let written = snapshot::write(&folder, bytes, position);
    let mut state = shared.lock();
    state.snapshot_busy = false;
    match written {
        Ok(older) => Some(older.sequence),
        Err(error) => {
            warn!(error = %error, "a snapshot of the spool was not written; it will be tried again");
            state.snapshot_wanted = true;
            drop(state);
            if error.kind() == io::ErrorKind::StorageFull {
                snapshot::drop_older(&folder);
            }
            // Not at once: whatever is wrong needs a moment.
            std::thread::sleep(TURN);
            None
        }
    }
}

fn recycle(shared: &Shared, before: u64) {
    let mut state = shared.lock();
    if let Err(error) = state.segments.recycle(before) {
        warn!(error = %error, "a dead spool segment could not be recycled");
    }
    // Nothing alive is left in many segments, yet the snapshots still need them.
    let dead = state.segments.used.values().filter(|s| s.live == 0).count();
    if dead > SEGMENTS_BEFORE_CARRYING && !state.snapshot_busy {
        state.snapshot_wanted = true;
        shared.writer_bell.notify_one();
    }
}

/// Most segment files that a spool with this limit of content may need.
fn segments_max(bytes_limit: u64) -> usize {
    (2 * bytes_limit / SEGMENT_BYTES) as usize + 64
}

/// Makes free segments until there are enough, or the disk is full.
fn refill(shared: &Shared) {
    loop {
        let (folder, number) = {
            let mut state = shared.lock();
            if shared.keeper_leaves.load(Ordering::Acquire) {
                return;
            }
            if state.segments.free.len() >= FREE_MIN {
                if state.trouble.take().is_some() {
                    info!("the spool has room again: mail is accepted");
                }
                return;
            }
            if state.segments.used.len() >= segments_max(shared.bytes_limit) {
                set_trouble(shared, &mut state, Refusal::Full, "its limit of segments is reached");
                return;
            }
            (state.segments.folder().to_owned(), state.segments.next_file())
        };
        let made = segments::make(&folder, number);
        let mut state = shared.lock();
        match made {
            Ok(()) => {
                state.segments.free.push(number);
                shared.segment_bell.notify_one();
            }
            Err(error) => {
                let full = matches!(
                    error.kind(),
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
                );
                let refusal = if full { Refusal::DiskFull } else { Refusal::Failed };
                set_trouble(shared, &mut state, refusal, &error.to_string());
                return;
            }
        }
    }
}

fn set_trouble(shared: &Shared, state: &mut State, refusal: Refusal, why: &str) {
    if state.trouble.as_ref() != Some(&refusal) {
        warn!(why, "the spool cannot grow: mail is refused for the time being");
        state.trouble = Some(refusal);
    }
    shared.segment_bell.notify_one();
}

/// The messages that live in a segment which should be emptied.
struct Emptying {
    file: Arc<File>,
    sequence: u64,
    messages: Vec<(u64, Place, u32)>,
}

/// Hands the writer some messages of the sparsest old segment to move. A segment of which nothing
/// can be read is remembered in `barren` and left to its messages' deliveries.
fn carry(shared: &Shared, barren: &mut HashSet<u64>) {
    let Some(emptying) = sparsest(shared, barren) else { return };
    let mut bytes = 0;
    let mut carries = Vec::new();
    for (id, from, payload_len) in emptying.messages {
        if bytes > CARRY_BYTES {
            break;
        }
        // A message that cannot be read stays where it is; its delivery will tell.
        let Some(carry) = read(&emptying.file, emptying.sequence, id, from, payload_len) else {
            continue;
        };
        bytes += u64::from(payload_len);
        carries.push(carry);
    }
    if carries.is_empty() {
        barren.insert(emptying.sequence);
    } else {
        shared.lock().inbox.carries = carries;
        shared.writer_bell.notify_one();
    }
}

fn sparsest(shared: &Shared, barren: &HashSet<u64>) -> Option<Emptying> {
    let state = shared.lock();
    let used = &state.segments.used;
    if used.len() < SEGMENTS_BEFORE_CARRYING || !state.inbox.carries.is_empty() {
        return None;
    }
    let on_disk = used.len() as u64 * SEGMENT_BYTES;
    let living: u64 = used.values().map(|s| s.live_bytes).sum();
    if on_disk < 2 * living {
        return None;
    }
    let last = state.segments.last_sequence;
    let (number, segment) = used
        .iter()
        .filter(|(_, s)| s.live > 0 && s.live_bytes < SPARSE && s.sequence + 2 < last)
        .filter(|(_, s)| !barren.contains(&s.sequence))
        .min_by_key(|(_, s)| s.live_bytes)?;
    let here = state.index.messages.iter().filter(|(_, m)| m.place.file == *number);
    Some(Emptying {
        file: segment.file.clone(),
        sequence: segment.sequence,
        messages: here.map(|(_, m)| (m.id, m.place, m.payload_len)).collect(),
    })
}

/// A message as it lies in its segment, if it is sound.
fn read(file: &File, sequence: u64, id: u64, from: Place, payload_len: u32) -> Option<Carry> {
    let len = RECORD_HEAD + payload_len as usize;
    let record = read_exact(file, u64::from(from.offset), len).ok()?;
    let head = record::Head::decode(&record, sequence)?;
    let payload = &record[RECORD_HEAD..];
    if crc32fast::hash(payload) != head.payload_crc {
        return None;
    }
    let parts = decode_arrival(payload)?;
    Some(Carry {
        id: mail::SpoolId::from_micros(id),
        from,
        envelope: parts.envelope.to_vec(),
        content: parts.content.to_vec(),
    })
}
