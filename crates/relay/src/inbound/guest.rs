//! Who is in: sessions of a composition, and how many of them one stranger may hold.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Reception;

/// One network may hold the sessions of a composition divided by this, and at least one, by
/// clients that neither connect from a listed address nor have signed in yet.
const STRANGERS_SHARE: u32 = 3;

/// Sessions of every composition, over all its listeners.
#[derive(Default)]
pub(crate) struct SessionCounts(Mutex<HashMap<String, Arc<Sessions>>>);

impl SessionCounts {
    pub fn of(&self, composition: &str) -> Arc<Sessions> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.entry(composition.to_owned()).or_default().clone()
    }
}

/// Sessions of one composition.
#[derive(Default)]
pub(crate) struct Sessions {
    open: AtomicU32,
    /// By network; as many entries as there are sessions at most.
    strangers: Mutex<HashMap<IpAddr, u32>>,
}

impl Sessions {
    fn enter(self: &Arc<Self>, limit: u32) -> Option<Seat> {
        let took = self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
            (count < limit).then_some(count + 1)
        });
        took.is_ok().then(|| Seat(self.clone()))
    }

    fn enter_as_stranger(self: &Arc<Self>, ip: IpAddr, limit: u32) -> Option<Stranger> {
        let network = network(ip);
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        let held = strangers.get(&network).copied().unwrap_or(0);
        if held >= (limit / STRANGERS_SHARE).max(1) {
            return None;
        }
        strangers.insert(network, held + 1);
        Some(Stranger { sessions: self.clone(), network })
    }
}

/// One of the composition's sessions until it is dropped.
struct Seat(Arc<Sessions>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts among the strangers of its network until it is dropped.
struct Stranger {
    sessions: Arc<Sessions>,
    network: IpAddr,
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut strangers = self.sessions.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        match strangers.get_mut(&self.network) {
            Some(held) if *held > 1 => *held -= 1,
            _ => drop(strangers.remove(&self.network)),
        }
    }
}

/// Whom an address belongs to: a customer's line has 2^64 addresses of IPv6.
pub(crate) fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (!0 << 64)).into(),
        ip => ip,
    }
}

/// A client with a session, which is given back when this is dropped.
pub(crate) struct Guest {
    reception: Arc<Reception>,
    stranger: Option<Stranger>,
    _seat: Seat,
}

impl Guest {
    /// `None`: there are enough sessions, of all or of this client.
    pub fn admit(reception: &Arc<Reception>, ip: IpAddr) -> Option<Guest> {
        let counts = &reception.core.counts;
        let limit = u32::from(reception.composition.limits.sessions);
        let listed = reception.composition.admission.addresses.contains(&ip);
        let seated = (|| {
            let stranger = match listed {
                true => None,
                false => Some(reception.sessions.enter_as_stranger(ip, limit)?),
            };
            Some((stranger, reception.sessions.enter(limit)?))
        })();
        let Some((stranger, seat)) = seated else {
            counts.sessions_refused.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        counts.sessions.fetch_add(1, Ordering::Relaxed);
        counts.sessions_total.fetch_add(1, Ordering::Relaxed);
        Some(Guest { reception: reception.clone(), stranger, _seat: seat })
    }

    /// Whether it has shown nothing yet: neither a listed address nor a password.
    pub fn is_stranger(&self) -> bool {
        self.stranger.is_some()
    }

    /// It has signed in.
    pub fn is_known_now(&mut self) {
        self.stranger = None;
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.reception.core.counts.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::ops::Deref for Guest {
    type Target = Reception;

    fn deref(&self) -> &Reception {
        &self.reception
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_stranger_does_not_take_all_sessions() {
        for (limit, expected) in [(1, 1), (2, 1), (5, 1), (30, 10), (100, 33)] {
            let sessions = Arc::new(Sessions::default());
            let held: Vec<Stranger> =
                std::iter::from_fn(|| sessions.enter_as_stranger(ip("192.0.2.1"), limit)).collect();
            assert_eq!(held.len(), expected, "of {limit}");
            assert!(sessions.enter_as_stranger(ip("192.0.2.2"), limit).is_some());
            drop(held);
            assert!(sessions.enter_as_stranger(ip("192.0.2.1"), limit).is_some());
        }
    }

    #[test]
    fn seats_are_given_back() {
        let sessions = Arc::new(Sessions::default());
        let seats = (sessions.enter(2), sessions.enter(2));
        assert!(seats.0.is_some() && seats.1.is_some() && sessions.enter(2).is_none());
        drop(seats);
        assert!(sessions.enter(2).is_some());
    }

    #[test]
    fn networks() {
        assert_eq!(network(ip("192.0.2.1")), ip("192.0.2.1"));
        assert_eq!(network(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
        assert_eq!(network(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::"));
    }
}
