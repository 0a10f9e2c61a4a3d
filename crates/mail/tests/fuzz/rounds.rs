//! Rounds of a fuzz test: about a second of them, or as long as `YAKUSOKU_FUZZ_SECONDS` says.
//!
//! Every round has a seed of its own. The seed of a round that fails is printed, and
//! `YAKUSOKU_FUZZ_SEED` repeats that round alone.

use std::time::{Duration, Instant, SystemTime};

/// Where the seeds of a short run begin: it is the same every time.
const FIRST_SEED: u64 = 0x5941_4b55_534f_4b55;

/// Calls `round` again and again until the time is over.
pub fn rounds(mut round: impl FnMut(&mut Random)) {
    if let Some(seed) = number("YAKUSOKU_FUZZ_SEED") {
        return told(seed, &mut round);
    }
    let seconds = number("YAKUSOKU_FUZZ_SECONDS");
    let mut seed = FIRST_SEED;
    if seconds.is_some() {
        // A long run looks elsewhere each time.
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        seed = since.map_or(seed, |since| since.as_nanos() as u64);
    }
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(1));
    let mut count = 0u64;
    while count == 0 || Instant::now() < end {
        told(seed, &mut round);
        seed = Random(seed).next();
        count += 1;
    }
    println!("{count} rounds");
}

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} must be a whole number, not '{value}'")))
}

fn told(seed: u64, round: &mut impl FnMut(&mut Random)) {
    let teller = Teller(seed);
    round(&mut Random(seed));
    drop(teller);
}

/// Says which round it was when that round panics.
struct Teller(u64);

impl Drop for Teller {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("to repeat this round alone: YAKUSOKU_FUZZ_SEED={}", self.0);
        }
    }
}

/// Numbers that follow from a seed (SplitMix64).
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// Below `end`; 0 when that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
