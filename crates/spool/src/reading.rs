//! A leased message read back from its segment.

use std::io;
use std::sync::Arc;

use mail::{Envelope, SpoolId};

use crate::record::{Head, RECORD_HEAD, decode_arrival};
use crate::state::{Shared, read_exact};
use crate::{Lease, ReadError, Stored};

/// Reads a leased message on the calling thread.
pub(crate) fn read(shared: &Arc<Shared>, lease: &Lease) -> Result<Stored, ReadError> {
    let id = lease.id;
    let failed = |source| ReadError::Io { id, source };
    // The keeper may move the message while we read: then its place has changed.
    for _ in 0..3 {
        let (place, payload_len, segment) = {
            let state = shared.lock();
            let job = &state.index.jobs[lease.job];
            let message = &state.index.messages[job.message];
            let segment = state.segments.used.get(&message.place.file);
            (message.place, message.payload_len, segment.map(|s| (s.file.clone(), s.sequence)))
        };
        let Some((file, sequence)) = segment else { continue };
        let len = RECORD_HEAD + payload_len as usize;
        let record = match read_exact(&file, u64::from(place.offset), len) {
            // The file ends before the record does: trying again brings nothing.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            record => record.map_err(failed)?,
        };
        if let Some(stored) = take_apart(record, sequence, id) {
            return stored;
        }
    }
    Err(ReadError::Damaged { id, envelope: None })
}

/// `None`: what was read is not the record we looked for, so it has moved.
fn take_apart(record: Vec<u8>, sequence: u64, id: SpoolId) -> Option<Result<Stored, ReadError>> {
    let head = Head::decode(&record, sequence).filter(|head| head.id == id)?;
    let payload = record.get(RECORD_HEAD..RECORD_HEAD + head.payload_len as usize)?;
    let sound = crc32fast::hash(payload) == head.payload_crc;
    let parts = decode_arrival(payload);
    let envelope: Option<Envelope> =
        parts.as_ref().and_then(|p| serde_json::from_slice(p.envelope).ok());
    Some(match (parts, envelope) {
        (Some(parts), Some(envelope)) if sound => {
            let start = record.len() - parts.content.len();
            let mut content = record;
            content.drain(..start);
            Ok(Stored { envelope, content })
        }
        (_, envelope) => Err(ReadError::Damaged { id, envelope: envelope.map(Box::new) }),
    })
}
