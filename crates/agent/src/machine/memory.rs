//! `/proc/meminfo` (proc(5)): memory and swap, in bytes.

/// Memory and swap, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What the kernel can use.
    pub total: i64,
    /// What programs could get without swapping, caches included.
    pub available: i64,
    /// Swap space; 0 where there is none.
    pub swap_total: i64,
    /// Swap space that is not used.
    pub swap_free: i64,
}

/// Reads the file; `None` when it does not tell what is total and available.
pub fn read(text: &str) -> Option<Memory> {
    let bytes = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        let kib: i64 = line.trim().trim_end_matches("kB").trim_end().parse().ok()?;
        kib.checked_mul(1024)
    };
    Some(Memory {
        total: bytes("MemTotal")?,
        available: bytes("MemAvailable")?,
        swap_total: bytes("SwapTotal").unwrap_or(0),
        swap_free: bytes("SwapFree").unwrap_or(0),
    })
}

/// `part` of `whole` in thousandths, rounded down: 900 is told when 90 % is reached, and not before;
/// `None` when there is no whole.
pub fn permille(part: i64, whole: i64) -> Option<i64> {
    if whole <= 0 {
        return None;
    }
    let scaled = i128::from(part.clamp(0, whole)) * 1000;
    i64::try_from(scaled / i128::from(whole)).ok()
}

impl Memory {
    /// What is in use and cannot be given to others, in thousandths.
    pub fn used_permille(&self) -> Option<i64> {
        permille(self.total - self.available, self.total)
    }

    /// `None` without swap.
    pub fn swap_used_permille(&self) -> Option<i64> {
        permille(self.swap_total - self.swap_free, self.swap_total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_swap() {
        let text = "MemTotal:        8000 kB\nMemFree:          100 kB\nMemAvailable:    2000 kB\n\
                    SwapTotal:       1000 kB\nSwapFree:         999 kB\nHugePages_Total:       0\n";
        let memory = read(text).expect("memory");
        assert_eq!((memory.total, memory.available), (8_192_000, 2_048_000));
        assert_eq!((memory.used_permille(), memory.swap_used_permille()), (Some(750), Some(1)));
        let none = read("MemTotal: 10 kB\nMemAvailable: 10 kB\n").expect("memory");
        assert_eq!((none.used_permille(), none.swap_used_permille()), (Some(0), None));
        assert_eq!(read("MemTotal: 10 kB\n"), None);
        assert_eq!(read("MemTotal: many kB\nMemAvailable: 10 kB\n"), None);
    }

    #[test]
    fn thousandths_are_rounded_down() {
        let cases = [
            ((0, 10), Some(0)),
            ((1, 10_000), Some(0)),
            ((8_999, 10_000), Some(899)),
            ((9_000, 10_000), Some(900)),
            ((9_999, 10_000), Some(999)),
            ((10, 10), Some(1000)),
            ((-1, 10), Some(0)),
            ((11, 10), Some(1000)),
            ((1, 0), None),
            ((i64::MAX, i64::MAX), Some(1000)),
        ];
        for ((part, whole), expected) in cases {
            assert_eq!(permille(part, whole), expected, "{part} of {whole}");
        }
    }
}
