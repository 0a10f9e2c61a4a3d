//! `/proc/loadavg`, `/proc/stat`, `/proc/net/dev`, `/proc/uptime` (proc(5)): load, and counters of
//! which two readings make a rate.

use std::collections::BTreeMap;

use super::memory::permille;

/// The load of 1, 5 and 15 minutes, in thousandths of a process; `None` when it cannot be read.
pub fn load(text: &str) -> Option<[i64; 3]> {
    let mut words = text.split_ascii_whitespace().map(milli);
    Some([words.next()??, words.next()??, words.next()??])
}

/// Seconds since the machine started.
pub fn uptime(text: &str) -> Option<i64> {
    text.split(['.', ' ']).next()?.parse().ok()
}

/// `0.25` as 250: the kernel writes two digits behind the point.
fn milli(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = part.get(..part.len().min(3))?;
    let scale = 10_i64.pow(3 - u32::try_from(digits.len()).ok()?);
    let (whole, part): (i64, i64) = (whole.parse().ok()?, digits.parse().ok()?);
    whole.checked_mul(1000)?.checked_add(part * scale)
}

/// What the processors did since the start, in ticks of all of them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    total: i64,
    idle: i64,
    waiting: i64,
    stolen: i64,
}

/// How the time of the processors went between two readings, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuShare {
    /// Neither idle nor waiting for disks.
    pub busy: i64,
    /// Idle, because a disk is waited for.
    pub waiting: i64,
    /// Taken by other virtual machines.
    pub stolen: i64,
}

/// Reads the first line of `/proc/stat`.
pub fn cpu(text: &str) -> Option<Cpu> {
    let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Option<Vec<i64>> =
        line.split_ascii_whitespace().take(8).map(|word| word.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already.
    let ticks = ticks.filter(|ticks| ticks.len() >= 4)?;
    let at = |index: usize| ticks.get(index).copied().unwrap_or(0);
    Some(Cpu { total: ticks.iter().sum(), idle: at(3), waiting: at(4), stolen: at(7) })
}

impl Cpu {
    /// `None` when no time went by, or the counters were set back.
    pub fn since(&self, before: &Cpu) -> Option<CpuShare> {
        let total = self.total - before.total;
        let share = |now: i64, then: i64| permille(now - then, total);
        let waiting = share(self.waiting, before.waiting)?;
        let idle = (self.idle + self.waiting) - (before.idle + before.waiting);
        let busy = permille(total - idle, total)?;
        Some(CpuShare { busy, waiting, stolen: share(self.stolen, before.stolen)? })
    }
}

/// Bytes through an interface since it came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Received.
    pub received: i64,
    /// Sent.
    pub sent: i64,
}

/// Most interfaces that are read.
const INTERFACES_MAX: usize = 64;

/// Every interface but the loopback.
pub fn traffic(text: &str) -> BTreeMap<String, Traffic> {
    let one = |line: &str| {
        let (name, counters) = line.split_once(':')?;
        let mut words = counters.split_ascii_whitespace();
        let received = words.next()?.parse().ok()?;
        let sent = words.nth(7)?.parse().ok()?;
        Some((name.trim().to_owned(), Traffic { received, sent }))
    };
    text.lines().filter_map(one).filter(|(name, _)| name != "lo").take(INTERFACES_MAX).collect()
}

impl Traffic {
    /// Bytes a second over some milliseconds; `None` when a counter was set back or no time went by.
    pub fn since(&self, before: &Traffic, millis: i64) -> Option<Traffic> {
        let rate = |now: i64, then: i64| {
            let bytes = now.checked_sub(then).filter(|bytes| *bytes >= 0)?;
            bytes.checked_mul(1000)?.checked_div(millis).filter(|_| millis > 0)
        };
        Some(Traffic {
            received: rate(self.received, before.received)?,
            sent: rate(self.sent, before.sent)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_and_uptime() {
        assert_eq!(load("0.25 1.00 12.34 1/123 4567\n"), Some([250, 1000, 12_340]));
        assert_eq!(load("0.25 1.00\n"), None);
        assert_eq!(load("x 1.00 1.00"), None);
        assert_eq!(uptime("350735.47 234388.90\n"), Some(350_735));
    }

    #[test]
    fn what_the_processors_did() {
        let before = cpu("cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3\n").expect("cpu");
        let after = cpu("cpu  150 0 130 780 120 0 0 20 0 0\n").expect("cpu");
        // 200 ticks went by: 80 idle, 20 waiting, 20 stolen, 100 busy with the stolen ones.
        let expected = CpuShare { busy: 500, waiting: 100, stolen: 100 };
        assert_eq!(after.since(&before), Some(expected));
        assert_eq!(before.since(&before), None);
        assert_eq!(before.since(&after), None);
        assert_eq!(cpu("intr 1 2 3"), None);
    }

    #[test]
    fn bytes_through_interfaces() {
        let text = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop
    lo:  999  9 0 0 0 0 0 0  999  9 0 0 0 0 0 0
  eth0: 5000 10 0 0 0 0 0 0 7000 20 0 0 0 0 0 0
";
        let found = traffic(text);
        let eth0 = Traffic { received: 5000, sent: 7000 };
        assert_eq!(found, BTreeMap::from([("eth0".to_owned(), eth0)]));
        let before = Traffic { received: 2000, sent: 7000 };
        assert_eq!(eth0.since(&before, 2000), Some(Traffic { received: 1500, sent: 0 }));
        assert_eq!(before.since(&eth0, 2000), None, "the counter was set back");
        assert_eq!(eth0.since(&before, 0), None);
    }
}
