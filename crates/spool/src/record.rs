//! The bytes of the spool's log: segment headers and records, each under its own checksum.
//!
//! `docs/FORMATS.md` is the description; this file is the only code that knows the layout.

use mail::SpoolId;

/// Bytes of a segment file. One holds a few thousand messages of usual size.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes of a segment's own header; records begin behind it.
pub const SEGMENT_HEAD: u64 = 64;
/// Bytes of a record's head.
pub const RECORD_HEAD: usize = 32;
/// Records begin at multiples of this.
pub const ALIGN: u64 = 8;
/// Longest payload: content, envelope and some room. A longer one is not taken, and one that is
/// found is damage.
pub const PAYLOAD_MAX: u32 = 40 * 1024 * 1024;

const MAGIC: &[u8; 8] = b"YKSPOOL1";
const RECORD_VERSION: u8 = 1;

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message came into custody.
    Arrival,
    /// A message moved here from an older segment, with what remains of it.
    Carried,
    /// Attempts on a message's recipients.
    Note,
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Kind::Arrival => 1,
            Kind::Carried => 2,
            Kind::Note => 3,
        }
    }

    const fn from_byte(byte: u8) -> Option<Kind> {
        match byte {
            1 => Some(Kind::Arrival),
            2 => Some(Kind::Carried),
            3 => Some(Kind::Note),
            _ => None,
        }
    }
}

/// The fixed part of a record.
///
/// The sequence number is that of the segment's present life: what an earlier life left in a
/// recycled file has a smaller one and is never taken for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// What the record says.
    pub kind: Kind,
    /// Bytes of payload.
    pub payload_len: u32,
    /// The segment's present sequence number.
    pub sequence: u64,
    /// The message it is about.
    pub id: SpoolId,
    /// CRC-32 of the payload.
    pub payload_crc: u32,
}

impl Head {
    /// 32 bytes: kind, version, 2 zero, payload length, sequence, id, payload CRC, head CRC;
    /// numbers little endian.
    #[must_use]
    pub fn encode(&self) -> [u8; RECORD_HEAD] {
        let mut bytes = [0; RECORD_HEAD];
        bytes[0] = self.kind.byte();
        bytes[1] = RECORD_VERSION;
        bytes[4..8].copy_from_slice(&self.payload_len.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.id.micros().to_le_bytes());
        bytes[24..28].copy_from_slice(&self.payload_crc.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..28]);
        bytes[28..32].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The head at the beginning of `bytes`, if a sound one of this sequence is there.
    #[must_use]
    pub fn decode(bytes: &[u8], sequence: u64) -> Option<Head> {
        let bytes = bytes.get(..RECORD_HEAD)?;
        let kind = Kind::from_byte(bytes[0])?;
        if bytes[1] != RECORD_VERSION || u64_at(bytes, 8) != sequence {
            return None;
        }
        if crc32fast::hash(&bytes[..28]) != u32_at(bytes, 28) {
            return None;
        }
        let payload_len = u32_at(bytes, 4);
        if payload_len > PAYLOAD_MAX {
            return None;
        }
        Some(Head {
            kind,
            payload_len,
            sequence,
            id: SpoolId::from_micros(u64_at(bytes, 16)),
            payload_crc: u32_at(bytes, 24),
        })
    }

    /// The head at the beginning of `bytes`, of whatever sequence it says.
    #[must_use]
    pub fn claimed(bytes: &[u8]) -> Option<Head> {
        let sequence = u64_at(bytes.get(..RECORD_HEAD)?, 8);
        Head::decode(bytes, sequence)
    }

    /// Bytes of the whole record, padding included.
    #[must_use]
    pub fn record_len(&self) -> u64 {
        record_len(self.payload_len as usize)
    }
}

/// Bytes that a payload of this length takes in a segment.
#[must_use]
pub const fn record_len(payload_len: usize) -> u64 {
    ((RECORD_HEAD + payload_len) as u64).next_multiple_of(ALIGN)
}

/// The header of a segment file that is in no life.
pub const FREE_HEAD: [u8; SEGMENT_HEAD as usize] = {
    let mut bytes = [0; SEGMENT_HEAD as usize];
    let magic = b"YKFREE01";
    let mut at = 0;
    while at < magic.len() {
        bytes[at] = magic[at];
        at += 1;
    }
    bytes
};

/// The header of a segment file: magic, sequence, CRC, zeros.
#[must_use]
pub fn encode_segment_head(sequence: u64) -> [u8; SEGMENT_HEAD as usize] {
    let mut bytes = [0; SEGMENT_HEAD as usize];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..16].copy_from_slice(&sequence.to_le_bytes());
    let crc = crc32fast::hash(&bytes[..16]);
    bytes[16..20].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The sequence number in a segment's header; `None` for a file that is not in use or damaged.
#[must_use]
pub fn decode_segment_head(bytes: &[u8]) -> Option<u64> {
    let bytes = bytes.get(..SEGMENT_HEAD as usize)?;
    let sound = &bytes[..8] == MAGIC && crc32fast::hash(&bytes[..16]) == u32_at(bytes, 16);
    sound.then(|| u64_at(bytes, 8))
}

/// Front of an arrival's payload: lengths of envelope and state, and the envelope's own CRC, so
/// that a message whose content rotted can still be returned to its sender.
pub const ARRIVAL_HEAD: usize = 12;

/// What stands before the content in an arrival or carried record.
#[must_use]
pub fn encode_arrival_front(envelope: &[u8], state: &[u8]) -> Vec<u8> {
    let mut front = Vec::with_capacity(ARRIVAL_HEAD + envelope.len() + state.len());
    front.extend_from_slice(&(envelope.len() as u32).to_le_bytes());
    front.extend_from_slice(&(state.len() as u32).to_le_bytes());
    let mut crc = crc32fast::Hasher::new();
    crc.update(envelope);
    crc.update(state);
    front.extend_from_slice(&crc.finalize().to_le_bytes());
    front.extend_from_slice(envelope);
    front.extend_from_slice(state);
    front
}

/// The parts of an arrival's payload.
pub struct ArrivalParts<'a> {
    /// Envelope, JSON.
    pub envelope: &'a [u8],
    /// State of a carried message, JSON; empty for an arrival.
    pub state: &'a [u8],
    /// The message.
    pub content: &'a [u8],
}

/// Takes an arrival's payload apart; `None` when its envelope is damaged.
#[must_use]
pub fn decode_arrival(payload: &[u8]) -> Option<ArrivalParts<'_>> {
    if payload.len() < ARRIVAL_HEAD {
        return None;
    }
    let envelope_len = u32_at(payload, 0) as usize;
    let state_len = u32_at(payload, 4) as usize;
    let front = payload.get(ARRIVAL_HEAD..)?.get(..envelope_len.checked_add(state_len)?)?;
    if crc32fast::hash(front) != u32_at(payload, 8) {
        return None;
    }
    let (envelope, state) = front.split_at(envelope_len);
    Some(ArrivalParts { envelope, state, content: &payload[ARRIVAL_HEAD + front.len()..] })
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

/// What a walk over a segment finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A sound record at this offset.
    Record {
        /// Of the record's head.
        offset: u64,
        /// The head.
        head: Head,
    },
    /// A head is sound but its payload is not.
    DamagedPayload {
        /// Of the record's head.
        offset: u64,
        /// The head.
        head: Head,
    },
    /// Bytes that are no record although records follow.
    Gap {
        /// Where they begin.
        offset: u64,
        /// How many.
        len: u64,
    },
}

/// Walks over the records in `bytes` (a whole segment, or its beginning) from `start`, in order.
///
/// A walk never fails: damage is reported and passed over, and what lies behind it is found by
/// looking for the next sound head at every possible place. Zeros and leftovers of an earlier
/// life at the end are the end.
#[must_use]
pub fn walk(bytes: &[u8], sequence: u64, start: u64) -> Walk<'_> {
    Walk { bytes, sequence, offset: start.max(SEGMENT_HEAD) as usize, waiting: None }
}

/// See [`walk`].
pub struct Walk<'a> {
    bytes: &'a [u8],
    sequence: u64,
    offset: usize,
    waiting: Option<Found>,
}

impl Walk<'_> {
    /// Where the walk has come to: behind the last record it has answered.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset as u64
    }

    fn record_at(&self, offset: usize) -> Option<Found> {
        let head = Head::decode(self.bytes.get(offset..)?, self.sequence)?;
        let start = offset + RECORD_HEAD;
        let payload = self.bytes.get(start..start + head.payload_len as usize);
        let offset = offset as u64;
        match payload {
            Some(payload) if crc32fast::hash(payload) == head.payload_crc => {
                Some(Found::Record { offset, head })
            }
            _ => Some(Found::DamagedPayload { offset, head }),
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        if let Some(found) = self.waiting.take() {
            self.step_over(&found);
            return Some(found);
        }
        let start = self.offset;
        let mut at = start;
        while at + RECORD_HEAD <= self.bytes.len() {
            let Some(found) = self.record_at(at) else {
                at += ALIGN as usize;
                continue;
            };
            if at == start {
                self.step_over(&found);
                return Some(found);
            }
            self.waiting = Some(found);
            return Some(Found::Gap { offset: start as u64, len: (at - start) as u64 });
        }
        None
    }
}

impl Walk<'_> {
    fn step_over(&mut self, found: &Found) {
        if let Found::Record { offset, head } | Found::DamagedPayload { offset, head } = found {
            // A damaged length is caught by the head's CRC, so the length can be trusted.
            self.offset = usize::try_from(offset + head.record_len()).unwrap_or(usize::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: u64, sequence: u64, payload: &[u8]) -> Vec<u8> {
        let head = Head {
            kind: Kind::Note,
            payload_len: payload.len() as u32,
            sequence,
            id: SpoolId::from_micros(id),
            payload_crc: crc32fast::hash(payload),
        };
        let mut bytes = head.encode().to_vec();
        bytes.extend_from_slice(payload);
        bytes.resize(head.record_len() as usize, 0);
        bytes
    }

    fn segment(records: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = encode_segment_head(7).to_vec();
        bytes.extend(records.concat());
        bytes.resize(4096, 0);
        bytes
    }

    fn ids(bytes: &[u8]) -> Vec<String> {
        walk(bytes, 7, 0)
            .map(|found| match found {
                Found::Record { head, .. } => format!("{}", head.id.micros()),
                Found::DamagedPayload { head, .. } => format!("damaged {}", head.id.micros()),
                Found::Gap { len, .. } => format!("gap {len}"),
            })
            .collect()
    }

    #[test]
    fn a_walk_finds_every_record() {
        let bytes = segment(&[record(1, 7, b"one"), record(2, 7, b""), record(3, 7, &[9; 100])]);
        assert_eq!(ids(&bytes), ["1", "2", "3"]);
        assert_eq!(decode_segment_head(&bytes), Some(7));
    }

    #[test]
    fn what_an_earlier_life_left_is_the_end() {
        let bytes = segment(&[record(1, 7, b"one"), record(2, 6, b"old"), record(3, 6, b"older")]);
        assert_eq!(ids(&bytes), ["1"]);
    }

    #[test]
    fn a_rotten_payload_is_told_and_passed_over() {
        let mut bytes = segment(&[record(1, 7, b"one"), record(2, 7, b"two"), record(3, 7, b"x")]);
        bytes[64 + 40 + 33] ^= 1;
        assert_eq!(ids(&bytes), ["1", "damaged 2", "3"]);
    }

    #[test]
    fn a_rotten_head_is_a_gap() {
        let mut bytes = segment(&[record(1, 7, b"one"), record(2, 7, b"two"), record(3, 7, b"x")]);
        bytes[64 + 40 + 5] ^= 1;
        assert_eq!(ids(&bytes), ["1", "gap 40", "3"]);
    }

    #[test]
    fn a_torn_tail_is_the_end() {
        let bytes = segment(&[record(1, 7, b"one"), record(2, 7, &[1; 300])]);
        assert_eq!(ids(&bytes[..64 + 40 + 20]), ["1"]);
        assert_eq!(ids(&bytes[..64 + 40 + 50]), ["1", "damaged 2"]);
    }

    #[test]
    fn an_arrival_comes_apart_as_it_was_put_together() {
        let mut payload = encode_arrival_front(b"{envelope}", b"{state}");
        payload.extend_from_slice(b"content");
        let parts = decode_arrival(&payload).expect("sound");
        assert_eq!(
            (parts.envelope, parts.state, parts.content),
            (&b"{envelope}"[..], &b"{state}"[..], &b"content"[..])
        );
        payload[14] ^= 1;
        assert!(decode_arrival(&payload).is_none());
    }

    /// Any bytes at all: a walk ends and never panics.
    #[test]
    fn fuzz_walk_survives_anything() {
        let base = segment(&[record(1, 7, b"one"), record(2, 7, &[5; 700]), record(3, 7, b"x")]);
        let mut seed = 0x9e37_79b9_7f4a_7c15u64;
        let mut random = move || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        let rounds = std::env::var("YAKUSOKU_FUZZ_SECONDS").map_or(2_000, |_| 200_000);
        for _ in 0..rounds {
            let mut bytes = base.clone();
            for _ in 0..random() % 8 {
                let at = (random() % bytes.len() as u64) as usize;
                bytes[at] = random() as u8;
            }
            bytes.truncate((random() % (bytes.len() as u64 + 1)) as usize);
            for found in walk(&bytes, 7, 0) {
                if let Found::Record { offset, head } = found {
                    let start = offset as usize + RECORD_HEAD;
                    let _ = decode_arrival(&bytes[start..start + head.payload_len as usize]);
                }
            }
        }
    }
}
