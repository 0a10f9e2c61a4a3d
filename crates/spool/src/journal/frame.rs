//! The bytes of a frame: facts that were sealed together, under one checksum.

const MAGIC: &[u8; 4] = b"YKJ1";
/// Bytes in front of the sealed value.
pub(super) const FRAME_HEAD: usize = 12;
/// Frames begin at multiples of this.
pub(super) const FRAME_ALIGN: usize = 8;
/// A longer frame is damage.
pub(super) const FRAME_BYTES_MAX: usize = 8 * 1024 * 1024;

pub(super) fn encode(sealed: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(FRAME_HEAD + sealed.len() + FRAME_ALIGN);
    frame.extend_from_slice(MAGIC);
    frame.extend_from_slice(&(sealed.len() as u32).to_le_bytes());
    frame.extend_from_slice(&crc32fast::hash(sealed).to_le_bytes());
    frame.extend_from_slice(sealed);
    frame.resize(frame.len().next_multiple_of(FRAME_ALIGN), 0);
    frame
}

/// The sealed bytes of a frame at the beginning of `bytes`, and the frame's whole length.
pub(super) fn decode(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let head = bytes.get(..FRAME_HEAD)?;
    if &head[..4] != MAGIC {
        return None;
    }
    let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    if len > FRAME_BYTES_MAX {
        return None;
    }
    let sealed = bytes.get(FRAME_HEAD..FRAME_HEAD + len)?;
    let crc = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
    (crc32fast::hash(sealed) == crc)
        .then(|| (sealed, (FRAME_HEAD + len).next_multiple_of(FRAME_ALIGN)))
}
