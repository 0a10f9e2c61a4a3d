//! The contracts of an office while it runs. The list only grows: one that changes is put behind its
//! older self, so that a request stands on the same contract from its first look to its last.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::WatchedContract;

/// How many contracts may be put behind the first ones before the next start, changes of one counted
/// each.
pub const CHANGES_MAX: usize = 2_000;

/// The contracts in force for the program, and the older selves of those that changed.
pub(crate) struct Shelf {
    first: Vec<Arc<WatchedContract>>,
    /// Filled from the front, each once.
    later: Box<[OnceLock<Arc<WatchedContract>>]>,
    /// Held while one is put: how many there are.
    taken: Mutex<usize>,
}

impl Shelf {
    /// With the contracts of the configuration.
    pub(crate) fn of(first: Vec<WatchedContract>) -> Shelf {
        Shelf {
            first: first.into_iter().map(Arc::new).collect(),
            later: (0..CHANGES_MAX).map(|_| OnceLock::new()).collect(),
            taken: Mutex::new(0),
        }
    }

    /// Every contract as it is now: those of the configuration, then the others by their first coming.
    pub(crate) fn all(&self) -> Vec<&Arc<WatchedContract>> {
        let mut all: Vec<&Arc<WatchedContract>> = self.first.iter().collect();
        for newer in self.later.iter().map_while(OnceLock::get) {
            match all.iter_mut().find(|known| known.contract.name == newer.contract.name) {
                Some(older) => *older = newer,
                None => all.push(newer),
            }
        }
        all
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty() && self.later.first().is_none_or(|slot| slot.get().is_none())
    }

    /// Whether the configuration has one of that name.
    pub(crate) fn is_configured(&self, name: &str) -> bool {
        self.first.iter().any(|watched| watched.contract.name.as_str() == name)
    }

    /// Puts a contract behind the others; whether there was room.
    pub(crate) fn put(&self, contract: WatchedContract) -> bool {
        // A panic elsewhere leaves the count right: it changes last.
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = self.later.get(*taken) else { return false };
        let is_put = slot.set(Arc::new(contract)).is_ok();
        *taken += usize::from(is_put);
        is_put
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract(name: &str, measured: &str) -> WatchedContract {
        let text = format!(
            "name = \"{name}\"\ntitle = \"t\"\ntime_zone = \"UTC\"\nstart = 2026-01-01\n\
             in_force = 2026-01-01\n[parties]\nprovider = \"p\"\ncustomer = \"c\"\n"
        );
        let read = terms::read("x.toml", &text, &|_| Err(String::new())).expect("a contract");
        let source = crate::Source::Check(measured.to_owned());
        let function = "web".parse().expect("a name");
        let measured = vec![crate::Measured { function, source }];
        WatchedContract { contract: read.contract, measured }
    }

    fn shown(shelf: &Shelf) -> String {
        let line = |it: &&Arc<WatchedContract>| {
            format!("{}:{}", it.contract.name, it.measured[0].source.key())
        };
        shelf.all().iter().map(line).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_newest_of_a_name_takes_the_place_of_the_older() {
        let shelf = Shelf::of(vec![contract("a", "1")]);
        assert!(!shelf.is_empty() && shelf.is_configured("a"));
        let before: Vec<Arc<WatchedContract>> = shelf.all().into_iter().cloned().collect();
        for (name, measured) in [("b", "2"), ("c", "3"), ("b", "4"), ("a", "5")] {
            assert!(shelf.put(contract(name, measured)));
        }
        assert_eq!(shown(&shelf), "a:check/5 b:check/4 c:check/3");
        assert_eq!(before[0].measured[0].source.key(), "check/1", "who stands on it keeps it");
        assert!(!shelf.is_configured("b"));
    }

    #[test]
    fn the_shelf_ends() {
        let shelf = Shelf::of(Vec::new());
        assert!(shelf.is_empty());
        let one = contract("a", "1");
        let put = (0..=CHANGES_MAX).filter(|_| shelf.put(one.clone())).count();
        assert_eq!(put, CHANGES_MAX);
        assert_eq!(shelf.all().len(), 1);
    }
}
