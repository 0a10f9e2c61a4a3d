//! The end of the log: records go behind the last one, into the next segment where they do not
//! fit, and to the disk when the writer says so.

use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tracing::{error, warn};

use crate::Refusal;
use crate::index::Place;
use crate::record::{ALIGN, Head, Kind, RECORD_HEAD, SEGMENT_BYTES, SEGMENT_HEAD, record_len};
use crate::snapshot::Position;
use crate::state::{Shared, State};

/// Written notes are synced at the latest after this, so that a power cut repeats little.
pub(crate) const NOTES_SYNC: Duration = Duration::from_secs(1);
/// The longest that clients wait for a new segment.
const SEGMENT_PATIENCE: Duration = Duration::from_secs(20);
/// Slices in one vectored write; Linux takes 1,024.
const SLICES_MAX: usize = 1_000;

/// Where the log ends.
pub(crate) struct Log {
    shared: Arc<Shared>,
    current: Option<Current>,
    /// When unsynced notes were first written.
    unsynced: Option<Instant>,
    /// Bytes written since the last snapshot.
    pub since_snapshot: u64,
}

struct Current {
    number: u32,
    file: Arc<File>,
    sequence: u64,
    offset: u64,
    /// Something was written since the last sync.
    dirty: bool,
}

/// A record about to be written: its head's parts, and its payload in pieces.
pub(crate) struct Draft<'a> {
    pub kind: Kind,
    pub id: mail::SpoolId,
    pub crc: u32,
    pub pieces: [&'a [u8]; 3],
}

impl Draft<'_> {
    fn payload_len(&self) -> usize {
        self.pieces.iter().map(|p| p.len()).sum()
    }
}

impl Log {
    pub fn new(shared: Arc<Shared>, since_snapshot: u64) -> Log {
        Log { shared, current: None, unsynced: None, since_snapshot }
    }

    /// Where the next record will be.
    pub fn position(&self, state: &State) -> Position {
        match &self.current {
            Some(current) => Position { sequence: current.sequence, offset: current.offset },
            None => Position { sequence: state.segments.last_sequence + 1, offset: SEGMENT_HEAD },
        }
    }

    /// What was just written holds notes, which can wait a while for their sync.
    pub fn notes_written(&mut self) {
        self.unsynced.get_or_insert_with(Instant::now);
    }

    /// Whether notes have waited long enough.
    pub fn notes_are_old(&self) -> bool {
        self.unsynced.is_some_and(|since| since.elapsed() >= NOTES_SYNC)
    }

    /// Writes records one behind the other, into the next segment where they do not fit.
    /// `keep_free` segments are left alone.
    pub fn append(
        &mut self,
        drafts: &[Draft<'_>],
        keep_free: usize,
    ) -> Result<Vec<Place>, Refusal> {
        let mut places = Vec::with_capacity(drafts.len());
        let mut rest = drafts;
        while !rest.is_empty() {
            self.room_for(record_len(rest[0].payload_len()), keep_free)?;
            let Some(current) = &mut self.current else { return Err(Refusal::Failed) };
            let mut end = current.offset;
            let mut count = 0;
            for draft in rest {
                let after = end + record_len(draft.payload_len());
                if after > SEGMENT_BYTES || (count + 1) * 5 > SLICES_MAX {
                    break;
                }
                places.push(Place { file: current.number, offset: end as u32 });
                end = after;
                count += 1;
            }
            if count == 0 {
                error!(bytes = rest[0].payload_len(), "a record is larger than a segment");
                return Err(Refusal::TooLarge);
            }
            current.dirty = true;
            if let Err(error) = write_records(current, &rest[..count]) {
                error!(error = %error, segment = current.number, "the spool's disk failed; going on in another segment");
                self.current = None;
                return Err(Refusal::Failed);
            }
            self.since_snapshot += end - current.offset;
            current.offset = end;
            rest = &rest[count..];
        }
        Ok(places)
    }

    /// Sees to it that the current segment has room, beginning another one if not.
    fn room_for(&mut self, bytes: u64, keep_free: usize) -> Result<(), Refusal> {
        if self.current.as_ref().is_some_and(|c| c.offset + bytes <= SEGMENT_BYTES) {
            return Ok(());
        }
        // What is unsynced in the old segment must not be forgotten there: a later sync is one of
        // the next segment only.
        self.sync()?;
        let shared = self.shared.clone();
        let mut state = shared.lock();
        let patience = Instant::now() + SEGMENT_PATIENCE;
        loop {
            match state.segments.begin(keep_free) {
                Ok(Some((number, file, sequence))) => {
                    shared.keeper_bell.notify_one();
                    self.current =
                        Some(Current { number, file, sequence, offset: SEGMENT_HEAD, dirty: true });
                    return Ok(());
                }
                Ok(None) => {}
                Err(error) => {
                    error!(error = %error, "cannot begin another spool segment");
                    // Told until the keeper finds that all is well again.
                    state.trouble = Some(Refusal::Failed);
                    return Err(Refusal::Failed);
                }
            }
            if let Some(trouble) = &state.trouble {
                return Err(trouble.clone());
            }
            if Instant::now() >= patience {
                return Err(Refusal::DiskFull);
            }
            // The keeper is filling one.
            shared.keeper_bell.notify_one();
            state = match shared.segment_bell.wait_timeout(state, NOTES_SYNC) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    /// Puts on disk what was written.
    pub fn sync(&mut self) -> Result<(), Refusal> {
        let Some(current) = &mut self.current else { return Ok(()) };
        if !current.dirty {
            return Ok(());
        }
        match rustix::fs::fdatasync(current.file.as_fd()) {
            Ok(()) => {
                current.dirty = false;
                self.shared.syncs.fetch_add(1, Ordering::Relaxed);
                self.unsynced = None;
                Ok(())
            }
            Err(error) => {
                // After a failed sync the kernel may have dropped the pages: never tried again,
                // never written to again.
                error!(error = %error, segment = current.number, "a sync of the spool failed; going on in another segment");
                self.current = None;
                Err(Refusal::Failed)
            }
        }
    }

    /// Syncs if notes wait for it.
    pub fn sync_notes(&mut self) {
        if self.unsynced.take().is_some() && self.sync().is_err() {
            warn!("the last outcomes may not be on disk; after a crash they would be repeated");
        }
    }
}

fn write_records(current: &Current, drafts: &[Draft<'_>]) -> io::Result<()> {
    const PADDING: [u8; ALIGN as usize] = [0; ALIGN as usize];
    let heads: Vec<[u8; RECORD_HEAD]> = drafts
        .iter()
        .map(|draft| {
            Head {
                kind: draft.kind,
                payload_len: draft.payload_len() as u32,
                sequence: current.sequence,
                id: draft.id,
                payload_crc: draft.crc,
            }
            .encode()
        })
        .collect();
    let mut slices = Vec::with_capacity(drafts.len() * 5);
    for (draft, head) in drafts.iter().zip(&heads) {
        slices.push(IoSlice::new(head));
        slices.extend(draft.pieces.iter().filter(|p| !p.is_empty()).map(|p| IoSlice::new(p)));
        let len = draft.payload_len();
        let padding = record_len(len) as usize - RECORD_HEAD - len;
        if padding > 0 {
            slices.push(IoSlice::new(&PADDING[..padding]));
        }
    }
    let mut rest = &mut slices[..];
    let mut offset = current.offset;
    while !rest.is_empty() {
        let written = match rustix::io::pwritev(&current.file, rest, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => written,
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        offset += written as u64;
        IoSlice::advance_slices(&mut rest, written);
    }
    Ok(())
}
