//! Who holds connections of a listener: no stranger may take them all.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Counts the open connections of each address. An IPv6 caller is known by its /64: whoever has one
/// address of it has all.
pub struct Callers {
    each_max: usize,
    /// Proxies, which call for many.
    trusted: Vec<IpAddr>,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// Counts as an open connection until it is dropped.
pub struct Call {
    caller: Option<IpAddr>,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Callers {
    /// At most `each_max` connections of one address at a time; as many as there are of `trusted`.
    pub fn new(each_max: usize, trusted: &[IpAddr]) -> Callers {
        let trusted = trusted.iter().map(IpAddr::to_canonical).collect();
        Callers { each_max, trusted, open: Arc::default() }
    }

    /// Whether that is one of our proxies.
    pub fn is_trusted(&self, caller: IpAddr) -> bool {
        self.trusted.contains(&caller.to_canonical())
    }

    /// Takes a call; `None` when that caller has as many as it may have.
    pub fn take(&self, caller: IpAddr) -> Option<Call> {
        if self.is_trusted(caller) {
            return Some(Call { caller: None, open: Arc::clone(&self.open) });
        }
        let caller = network(caller);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(caller).or_default();
        if *count >= self.each_max {
            return None;
        }
        *count += 1;
        Some(Call { caller: Some(caller), open: Arc::clone(&self.open) })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let Some(caller) = self.caller else { return };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&caller) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&caller);
            }
        }
    }
}

fn network(caller: IpAddr) -> IpAddr {
    match caller.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_so_many_connections_and_no_more() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let callers = Callers::new(2, &[ip("192.0.2.9")]);
        let first = callers.take(ip("2001:db8::1"));
        let held = [callers.take(ip("2001:db8::2:0:0:1")), callers.take(ip("203.0.113.1"))];
        assert!(first.is_some() && held.iter().all(Option::is_some));
        assert!(callers.take(ip("2001:db8::3")).is_none(), "the /64 has two");
        assert!(callers.take(ip("2001:db8:0:1::3")).is_some(), "another /64");
        drop(first);
        let again = callers.take(ip("2001:db8::3"));
        assert!(again.is_some(), "one was given back");
        let mapped = callers.take(ip("::ffff:203.0.113.1"));
        assert!(mapped.is_some() && callers.take(ip("203.0.113.1")).is_none());
        let proxied: Vec<_> = (0..9).map(|_| callers.take(ip("192.0.2.9"))).collect();
        assert!(proxied.iter().all(Option::is_some), "a proxy calls for many");
        drop((held, again, mapped, proxied));
        assert!(callers.open.lock().expect("counts").is_empty());
    }
}
