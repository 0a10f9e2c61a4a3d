//! Who is to be called: our people on call, and the customers' emergency contacts.

use std::collections::BTreeMap;

use desk::{MARKS, Mark, Rota};
use jiff::{SignedDuration, Timestamp};

/// One of our people who take turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnCall {
    /// Who.
    pub name: String,
    /// Where they are written to.
    pub mail: String,
    /// The couriers that call them, by name; empty: mail over the first courier that carries it.
    pub over: Vec<String>,
}

/// Whom to reach at a customer's before anything is done outside its hours (004: 緊急連絡先).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyContact {
    /// Who.
    pub name: String,
    /// How: a telephone number or an address.
    pub reach: String,
}

/// How long whoever was called has to answer, when nothing else is said.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// Who is to be called, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// In the order of their turns.
    pub people: Vec<OnCall>,
    /// When turns change; `None` without people.
    pub rota: Option<Rota>,
    /// By the name of the contract, in the order in which they are tried.
    pub contacts: BTreeMap<String, Vec<EmergencyContact>>,
    /// How long whoever was called has to answer before the next one is called.
    pub patience: SignedDuration,
    /// When people are warned of a clock that runs out.
    pub marks: Vec<Mark>,
}

impl Default for Duty {
    fn default() -> Duty {
        Duty {
            people: Vec::new(),
            rota: None,
            contacts: BTreeMap::new(),
            patience: PATIENCE,
            marks: MARKS.to_vec(),
        }
    }
}

impl Duty {
    /// Who has a turn from now on and since or from when, each person once, the one on call first.
    #[must_use]
    pub fn turns(&self, now: Timestamp) -> Vec<(&str, Timestamp)> {
        let Some(rota) = &self.rota else { return Vec::new() };
        let begins = rota.begins(now);
        let weeks = (0_i64..).zip(0..self.people.len());
        let turn = |(week, others): (i64, usize)| {
            let person = self.after(others, now)?;
            Some((person.name.as_str(), rota.week_after(begins?, week)?))
        };
        weeks.filter_map(turn).collect()
    }

    /// The person that is called after so many others were, beginning with whoever is on call.
    #[must_use]
    pub fn after(&self, others: usize, at: Timestamp) -> Option<&OnCall> {
        let turn = self.rota.as_ref()?.on_call(self.people.len(), at)?;
        self.people.get((turn + others) % self.people.len().max(1))
    }

    /// Who is on call.
    #[must_use]
    pub fn on_call(&self, at: Timestamp) -> Option<&OnCall> {
        let turn = self.rota.as_ref()?.on_call(self.people.len(), at)?;
        self.people.get(turn)
    }

    /// Whom to reach at the customer of a contract.
    #[must_use]
    pub fn contacts(&self, contract: &str) -> &[EmergencyContact] {
        self.contacts.get(contract).map_or(&[], Vec::as_slice)
    }
}
