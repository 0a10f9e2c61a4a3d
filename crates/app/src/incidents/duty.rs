//! Who is to be called: our people on call, and the customers' emergency contacts.

use std::collections::BTreeMap;

use desk::Rota;
use jiff::Timestamp;

/// One of our people who take turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnCall {
    /// Who.
    pub name: String,
    /// Where they are written to.
    pub mail: String,
}

/// Whom to reach at a customer's before anything is done outside its hours (004: 緊急連絡先).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyContact {
    /// Who.
    pub name: String,
    /// How: a telephone number or an address.
    pub reach: String,
}

/// Who is to be called, and how long a step is given to help.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duty {
    /// In the order of their turns.
    pub people: Vec<OnCall>,
    /// When turns change; `None` without people.
    pub rota: Option<Rota>,
    /// By the name of the contract, in the order in which they are tried.
    pub contacts: BTreeMap<String, Vec<EmergencyContact>>,
}

impl Duty {
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
