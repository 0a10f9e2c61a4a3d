//! What the world does to bytes.

use super::rounds::Random;

/// Longest that a mutated input grows, in bytes: beyond every limit of a line.
const GROWN_MAX: usize = 200_000;

/// What breaks parsers of mail: line ends, dots, NULs, brackets, encoded words, odd characters.
const WORDS: &[&str] = &[
    "\r",
    "\n",
    "\r\n",
    "\0",
    ".",
    "\r\n.\r\n",
    "\n.\n",
    "\r.\r",
    "\r\n.\n",
    "\r\r\n",
    " ",
    "\t",
    "\r\n ",
    "<",
    ">",
    "\"",
    "\\",
    ":",
    ";",
    "@",
    "=",
    "+",
    "+0D+0A",
    "(",
    ",",
    "=?",
    "?=",
    "=?iso-2022-jp?B?",
    "=?utf-8?Q?=00=0D=0A?=",
    "\x1b$B",
    "\x1b(B",
    "\u{130}",
    "\u{e4}",
    "\u{3042}",
    "\u{202e}",
    "\u{85}",
    "\u{feff}",
    "-",
    "0",
    "99999999999999999999",
    "Bcc: x\r\n",
    "Received: x\r\n",
    "\r\n\r\n",
    "250 ",
    "250-",
    "354 go\r\n",
    "421 x\r\n",
];

/// The bytes with a few things done to them; `others` are there to be spliced in.
pub fn mutated(random: &mut Random, bytes: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + random.below(6) {
        mutate(random, &mut bytes, others);
        bytes.truncate(GROWN_MAX);
    }
    bytes
}

fn mutate(random: &mut Random, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    let at = random.below(bytes.len() + 1);
    let end = at + random.below((bytes.len() - at).min(200) + 1);
    match random.below(10) {
        0 | 1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        2 if at < bytes.len() => bytes[at] = random.next() as u8,
        3..=5 => {
            let word = random.pick(WORDS).as_bytes();
            bytes.splice(at..at, word.iter().copied());
        }
        6 => drop(bytes.drain(at..end)),
        7 => {
            let slice = bytes[at..end].to_vec();
            let place = random.below(bytes.len() + 1);
            bytes.splice(place..place, slice);
        }
        8 if !others.is_empty() => {
            let other = random.pick(others);
            let from = random.below(other.len() + 1);
            let to = from + random.below(other.len() - from + 1);
            bytes.splice(at..end, other[from..to].iter().copied());
        }
        9 => repeat(random, bytes, at, end),
        _ => bytes.truncate(at.max(bytes.len() / 2)),
    }
}

/// Once in a while a slice comes again and again, up to any length.
fn repeat(random: &mut Random, bytes: &mut Vec<u8>, at: usize, end: usize) {
    if at == end {
        return;
    }
    let slice = bytes[at..end].to_vec();
    let longest = if random.once_in(8) { GROWN_MAX } else { 3_000 };
    let again = random.below(longest / slice.len()).max(1);
    bytes.splice(at..at, slice.repeat(again));
}
