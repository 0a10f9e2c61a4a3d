//! How many looks run at once: all together, and at one host.
//!
//! Who finds the gate closed waits in line. A host whose looks all stall keeps only its own line
//! waiting, until the whole watcher is full.

use std::collections::{HashMap, VecDeque};

/// Looks under way at once. Each takes a file descriptor or two and some kilobytes.
pub const LOOKS_MAX: usize = 4_000;
/// Looks under way at one host.
pub const LOOKS_PER_HOST_MAX: usize = 20;

/// Lets looks through.
#[derive(Debug)]
pub struct Gate<T> {
    most: usize,
    most_per_host: usize,
    running: usize,
    hosts: HashMap<String, Line<T>>,
    /// Hosts that have somebody in line and room for it, while the watcher is full.
    ready: VecDeque<String>,
}

#[derive(Debug)]
struct Line<T> {
    running: usize,
    waiting: VecDeque<T>,
    is_ready: bool,
}

impl<T> Default for Gate<T> {
    fn default() -> Gate<T> {
        Gate::new(LOOKS_MAX, LOOKS_PER_HOST_MAX)
    }
}

impl<T> Gate<T> {
    /// With these limits, at least one each.
    pub fn new(most: usize, most_per_host: usize) -> Gate<T> {
        Gate {
            most: most.max(1),
            most_per_host: most_per_host.max(1),
            running: 0,
            hosts: HashMap::new(),
            ready: VecDeque::new(),
        }
    }

    /// Puts a look in line for a host; [`Gate::admit`] says who may go.
    pub fn arrive(&mut self, host: &str, look: T) {
        let line = self.hosts.entry(host.to_owned()).or_insert_with(|| Line {
            running: 0,
            waiting: VecDeque::new(),
            is_ready: false,
        });
        line.waiting.push_back(look);
        self.offer(host);
    }

    /// A look at a host has ended.
    pub fn leave(&mut self, host: &str) {
        self.running = self.running.saturating_sub(1);
        if let Some(line) = self.hosts.get_mut(host) {
            line.running = line.running.saturating_sub(1);
            if line.running == 0 && line.waiting.is_empty() {
                self.hosts.remove(host);
                return;
            }
        }
        self.offer(host);
    }

    /// The next look that may begin; hosts take turns.
    pub fn admit(&mut self) -> Option<T> {
        if self.running >= self.most {
            return None;
        }
        let host = self.ready.pop_front()?;
        let line = self.hosts.get_mut(&host)?;
        line.is_ready = false;
        let look = line.waiting.pop_front()?;
        line.running += 1;
        self.running += 1;
        self.offer(&host);
        Some(look)
    }

    /// Looks that have begun and not ended.
    pub fn running(&self) -> usize {
        self.running
    }

    fn offer(&mut self, host: &str) {
        let Some(line) = self.hosts.get_mut(host) else { return };
        if !line.is_ready && !line.waiting.is_empty() && line.running < self.most_per_host {
            line.is_ready = true;
            self.ready.push_back(host.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go(gate: &mut Gate<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| gate.admit()).collect()
    }

    #[test]
    fn a_stalled_host_keeps_only_its_own_waiting() {
        let mut gate = Gate::new(10, 2);
        for look in ["a1", "a2", "a3", "a4"] {
            gate.arrive("a", look);
        }
        gate.arrive("b", "b1");
        assert_eq!(go(&mut gate), ["a1", "b1", "a2"]);
        gate.leave("b");
        gate.arrive("b", "b2");
        assert_eq!(go(&mut gate), ["b2"]);
        gate.leave("a");
        assert_eq!(go(&mut gate), ["a3"]);
        assert_eq!(gate.running(), 3);
    }

    #[test]
    fn a_full_watcher_lets_hosts_take_turns() {
        let mut gate = Gate::new(2, 9);
        for look in ["a1", "a2", "a3"] {
            gate.arrive("a", look);
        }
        gate.arrive("b", "b1");
        assert_eq!(go(&mut gate), ["a1", "b1"]);
        gate.leave("a");
        assert_eq!(go(&mut gate), ["a2"]);
        gate.leave("b");
        assert_eq!(go(&mut gate), ["a3"]);
        gate.leave("a");
        gate.leave("a");
        assert_eq!((gate.running(), gate.hosts.len()), (0, 0), "nothing is kept of idle hosts");
    }
}
