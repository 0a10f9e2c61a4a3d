//! Gives back the pages of the program that only its start needed. An agent runs on machines that are
//! somebody else's: reading the command line, its file and its patterns touches a quarter of what it keeps
//! in memory, and never again.

use std::ops::Range;
use std::path::Path;
use std::{fs, io};

use rustix::mm::{Advice, madvise};

/// Takes the pages of the program that were never written out of this process; those that are used again
/// come back from the file by themselves.
///
/// # Errors
/// When `/proc` cannot be read, or the kernel refuses; nothing is lost by that.
pub fn give_back() -> io::Result<()> {
    let program = fs::read_link("/proc/self/exe")?;
    let mappings = fs::read_to_string("/proc/self/smaps")?;
    for range in unwritten(&mappings, &program) {
        let start = std::ptr::with_exposed_provenance_mut(range.start);
        #[expect(
            unsafe_code,
            reason = "there is no safe call for it, and it is a third of an agent's memory"
        )]
        // SAFETY: the range is one mapping of the program's file, not writable, of which no page differs
        // from the file, neither in memory nor swapped out. The kernel reads the same bytes again at the
        // next use.
        unsafe {
            madvise(start, range.len(), Advice::LinuxDontNeed)?;
        }
    }
    Ok(())
}

/// The mappings of a file that cannot be written and of which no page was, as proc(5) tells them in `smaps`.
/// What the loader wrote addresses into before it was closed to writing is not among them.
fn unwritten(smaps: &str, program: &Path) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut mapping = None;
    for line in smaps.lines() {
        if let Some((range, rest)) = head(line) {
            let is_ours = rest.path.is_some_and(|path| Path::new(path) == program);
            mapping = (is_ours && !rest.permissions.contains('w')).then_some(range);
        } else if let Some(size) = line.strip_prefix("Anonymous:") {
            mapping = mapping.take().filter(|_| is_nothing(size));
        } else if let Some(size) = line.strip_prefix("Swap:") {
            // What was written and is swapped out is counted here alone. It stands below the other.
            found.extend(mapping.take().filter(|_| is_nothing(size)));
        }
    }
    found
}

fn is_nothing(size: &str) -> bool {
    size.trim() == "0 kB"
}

struct Rest<'l> {
    permissions: &'l str,
    path: Option<&'l str>,
}

/// `55d0-55e0 r-xp 00010000 fe:00 1234    /usr/bin/yakusoku`; `None` for the lines below it.
fn head(line: &str) -> Option<(Range<usize>, Rest<'_>)> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let number = |text: &str| usize::from_str_radix(text, 16).ok();
    let range = number(start)?..number(end)?;
    let permissions = rest.split(' ').next()?;
    // A path may hold spaces; what stands before it holds no slash.
    let path = rest.find(" /").map(|at| &rest[at + 1..]);
    Some((range, Rest { permissions, path }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMAPS: &str = "\
1000-3000 r--p 00000000 fe:00 77    /opt/our programs/yakusoku
Rss:                   8 kB
Anonymous:             0 kB
Swap:                  0 kB
3000-9000 r-xp 00002000 fe:00 77    /opt/our programs/yakusoku
Rss:                  24 kB
Anonymous:             0 kB
Swap:                  0 kB
SwapPss:               0 kB
VmFlags: rd ex mr mw me
9000-a000 r--p 00008000 fe:00 77    /opt/our programs/yakusoku
Anonymous:             4 kB
Swap:                  0 kB
a000-b000 r--p 00009000 fe:00 77    /opt/our programs/yakusoku
Anonymous:             0 kB
Swap:                  4 kB
b000-c000 rw-p 0000a000 fe:00 77    /opt/our programs/yakusoku
Anonymous:             0 kB
Swap:                  0 kB
c000-d000 rw-p 00000000 00:00 0     [heap]
Anonymous:             4 kB
Swap:                  0 kB
d000-e000 r-xp 00000000 fe:00 78    /usr/lib/libc.so.6
Anonymous:             0 kB
Swap:                  0 kB
e000-f000 r-xp 00000000 00:00 0
Anonymous:             0 kB
Swap:                  0 kB
";

    #[test]
    fn what_was_never_written() {
        let found = unwritten(SMAPS, Path::new("/opt/our programs/yakusoku"));
        assert_eq!(found, [0x1000..0x3000, 0x3000..0x9000]);
    }

    /// Kilobytes of the ranges that can be given back that are in memory.
    fn resident() -> u64 {
        let program = std::env::current_exe().expect("a path");
        let smaps = fs::read_to_string("/proc/self/smaps").expect("read");
        let ours = unwritten(&smaps, &program);
        let mut is_ours = false;
        let mut sum = 0;
        for line in smaps.lines() {
            if let Some((range, _)) = head(line) {
                is_ours = ours.contains(&range);
            } else if let (true, Some(size)) = (is_ours, line.strip_prefix("Rss:")) {
                sum += size.trim().trim_end_matches(" kB").parse::<u64>().expect("a size");
            }
        }
        sum
    }

    #[test]
    fn the_program_goes_on_with_less() {
        // Touches what the rest of a test program would.
        let words = (0..1_000).map(|n| format!("{n:?}")).collect::<Vec<_>>().join(" ");
        let before = resident();
        give_back().expect("given back");
        let after = resident();
        assert!(after < before, "{after} kB of {before} kB");
        assert!(words.ends_with("999"));
    }
}
