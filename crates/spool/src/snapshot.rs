//! The index written to a file, so that a start reads this and the log's tail, not everything.
//!
//! Two snapshots are kept; a segment is not written again before the older of them is newer than
//! it. A damaged snapshot is passed over for the other one, and without any the log is walked
//! from its beginning.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use mail::queue::Custody;

use crate::index::{Index, Message, NewJob, Place, State};

const MAGIC: &[u8; 8] = b"YKSNAP01";
/// Snapshots kept.
const KEPT: usize = 2;

/// A place in the log: everything before it is in the snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub sequence: u64,
    pub offset: u64,
}

/// What a snapshot says besides the index.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About {
    pub position: Position,
    /// Of the routing under which the jobs were made.
    pub fingerprint: u64,
    /// The newest id given.
    pub last_id: u64,
}

/// The whole index as bytes.
pub(crate) fn encode(index: &Index, about: &About) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + index.messages.len() * 72);
    out.extend_from_slice(MAGIC);
    let custody = &index.custody;
    for number in [
        about.position.sequence,
        about.position.offset,
        about.fingerprint,
        about.last_id,
        custody.accepted,
        custody.delivered,
        custody.failed,
        custody.suppressed,
    ] {
        put_u64(&mut out, number);
    }
    put_u32(&mut out, index.destinations.len() as u32);
    for (number, destination) in index.destinations.iter() {
        put_u32(&mut out, number);
        put_text(&mut out, &destination.name);
    }
    let mut reasons: HashMap<u32, ()> = HashMap::new();
    for (_, job) in index.jobs.iter() {
        reasons.insert(job.reason, ());
    }
    let texts: Vec<_> =
        reasons.into_keys().filter_map(|n| Some((n, index.reasons.text(n)?))).collect();
    put_u32(&mut out, texts.len() as u32);
    for (number, text) in texts {
        put_u32(&mut out, number);
        put_text(&mut out, &text);
    }
    put_u32(&mut out, index.messages.len() as u32);
    for (slot, message) in index.messages.iter() {
        put_u64(&mut out, message.id);
        for number in [
            message.place.file,
            message.place.offset,
            message.payload_len,
            message.size,
            message.expires_s,
        ] {
            put_u32(&mut out, number);
        }
        let jobs = index.jobs_of(slot);
        put_u16(&mut out, jobs.len() as u16);
        for job in jobs {
            let job = &index.jobs[job];
            put_u32(&mut out, job.destination);
            put_u32(&mut out, job.reason);
            put_u64(&mut out, if job.state == State::Deferred { job.due_ms } else { 0 });
            put_u16(&mut out, job.step);
            let recipients = job.recipients.as_slice();
            put_u16(&mut out, recipients.len() as u16);
            for recipient in recipients {
                put_u16(&mut out, *recipient);
            }
        }
    }
    let crc = crc32fast::hash(&out);
    put_u32(&mut out, crc);
    out
}

/// Reads [`encode`]'s bytes; `None` when they are damaged.
pub(crate) fn decode(bytes: &[u8]) -> Option<(Index, About)> {
    let body = bytes.strip_prefix(MAGIC)?;
    let (body, crc) = body.split_at(body.len().checked_sub(4)?);
    if crc32fast::hash(&bytes[..bytes.len() - 4]).to_le_bytes() != crc {
        return None;
    }
    let mut from = Reader(body);
    let position = Position { sequence: from.u64()?, offset: from.u64()? };
    let about = About { position, fingerprint: from.u64()?, last_id: from.u64()? };
    let mut index = Index::with_custody(Custody {
        accepted: from.u64()?,
        delivered: from.u64()?,
        failed: from.u64()?,
        suppressed: from.u64()?,
        queued: 0,
    });
    let names = from.numbered_texts()?;
    let reasons = from.numbered_texts()?;
    for _ in 0..from.u32()? {
        decode_message(&mut from, &mut index, &names, &reasons)?;
    }
    Some((index, about))
}

fn decode_message(
    from: &mut Reader<'_>,
    index: &mut Index,
    names: &HashMap<u32, String>,
    reasons: &HashMap<u32, String>,
) -> Option<()> {
    let id = from.u64()?;
    let place = Place { file: from.u32()?, offset: from.u32()? };
    let (payload_len, size, expires_s) = (from.u32()?, from.u32()?, from.u32()?);
    let mut jobs = Vec::new();
    for _ in 0..from.u16()? {
        let (destination, reason) = (from.u32()?, from.u32()?);
        let (due_ms, step) = (from.u64()?, from.u16()?);
        let count = from.u16()?;
        let mut recipients = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            recipients.push(from.u16()?);
        }
        jobs.push((destination, reason, due_ms, step, recipients));
    }
    let jobs: Option<Vec<NewJob<'_>>> = jobs
        .iter()
        .map(|(destination, reason, due_ms, step, recipients)| {
            Some(NewJob {
                destination: names.get(destination)?,
                recipients,
                step: *step,
                due_ms: (*due_ms > 0).then_some(*due_ms),
                reason: reasons.get(reason).map(String::as_str),
            })
        })
        .collect();
    index.insert(Message::new(id, place, payload_len, size, expires_s), &jobs?, false);
    Some(())
}

/// Writes a snapshot beside, syncs it, renames it into place and removes the oldest ones. Answers
/// the position of the older of those that are kept.
///
/// # Errors
/// When the disk is full or fails.
pub(crate) fn write(folder: &Path, bytes: &[u8], position: Position) -> io::Result<Position> {
    let name = format!("index-{:012}-{:010}.snap", position.sequence, position.offset);
    let draft = folder.join(format!("{name}.new"));
    let written = File::create(&draft)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&draft, folder.join(&name)))
        .and_then(|()| File::open(folder)?.sync_all());
    if written.is_err() {
        // The failure itself is what the caller hears of.
        let _ = fs::remove_file(&draft);
    }
    written?;
    let mut all = list(folder)?;
    while all.len() > KEPT {
        fs::remove_file(all.remove(0).1)?;
    }
    Ok(if all.len() == KEPT { all[0].0 } else { Position::default() })
}

/// Makes room for a snapshot on a full disk by removing the older one of two. The newer one is
/// sound as far as we know, and the whole log is there without any.
pub(crate) fn drop_older(folder: &Path) {
    if let Ok(all) = list(folder)
        && all.len() == KEPT
        && let Err(error) = fs::remove_file(&all[0].1)
    {
        tracing::warn!(error = %error, "an old snapshot could not be removed");
    }
}

/// The snapshots of a folder, oldest first.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<(Position, PathBuf)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let Some(numbers) = name.strip_prefix("index-").and_then(|n| n.strip_suffix(".snap"))
        else {
            continue;
        };
        let Some((sequence, offset)) = numbers.split_once('-') else { continue };
        if let (Ok(sequence), Ok(offset)) = (sequence.parse(), offset.parse()) {
            all.push((Position { sequence, offset }, path));
        }
    }
    all.sort();
    Ok(all)
}

fn put_u16(out: &mut Vec<u8>, number: u16) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_u32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_u64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_u16(out, text.len() as u16);
    out.extend_from_slice(text.as_bytes());
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn numbered_texts(&mut self) -> Option<HashMap<u32, String>> {
        let mut texts = HashMap::new();
        for _ in 0..self.u32()? {
            let number = self.u32()?;
            let len = self.u16()?;
            let text = std::str::from_utf8(self.take(usize::from(len))?).ok()?;
            texts.insert(number, text.to_owned());
        }
        Some(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Index {
        let mut index = Index::default();
        let place = Place { file: 3, offset: 64 };
        let job = |destination, recipients, due_ms, reason| NewJob {
            destination,
            recipients,
            step: 2,
            due_ms,
            reason,
        };
        let jobs = [
            job("example.jp", &[0, 2][..], Some(5_000), Some("450 4.2.0 greylisted")),
            job("example.com", &[1][..], None, None),
        ];
        index.insert(Message::new(77, place, 900, 800, 1_000), &jobs, true);
        index
    }

    #[test]
    fn an_index_comes_back_as_it_was() {
        let about = About {
            position: Position { sequence: 9, offset: 4_096 },
            fingerprint: 5,
            last_id: 77,
        };
        let bytes = encode(&example(), &about);
        let (mut index, read) = decode(&bytes).expect("sound");
        assert_eq!((read.position, read.fingerprint, read.last_id), (about.position, 5, 77));
        assert_eq!(index.custody, Custody { accepted: 3, queued: 3, ..Custody::default() });
        assert_eq!(index.bytes, 800);
        assert_eq!(index.promote(4_999), Some(5_000));
        assert_eq!(index.promote(5_000), None);
        let destination = index.known_destination("example.jp").expect("known");
        let job = index.lease(destination).expect("due");
        assert_eq!(index.jobs[job].recipients.as_slice(), [0, 2]);
        assert_eq!(
            index.reasons.text(index.jobs[job].reason).as_deref(),
            Some("450 4.2.0 greylisted")
        );
        assert_eq!(encode(&decode(&bytes).expect("sound").0, &about).len(), bytes.len());
    }

    #[test]
    fn damage_anywhere_is_noticed() {
        let bytes = encode(&example(), &About::default());
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 0x40;
            assert!(decode(&altered).is_none(), "byte {at}");
            assert!(decode(&bytes[..at]).is_none(), "cut at {at}");
        }
    }

    #[test]
    fn two_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |sequence| Position { sequence, offset: 0 };
        assert_eq!(write(folder.path(), b"x", at(1)).expect("written"), Position::default());
        assert_eq!(write(folder.path(), b"x", at(2)).expect("written"), at(1));
        assert_eq!(write(folder.path(), b"x", at(3)).expect("written"), at(2));
        assert_eq!(list(folder.path()).expect("listed").len(), 2);
    }
}
