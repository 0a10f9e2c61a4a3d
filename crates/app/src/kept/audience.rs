//! Who is told of a kept contract: `audience.json` beside it, with the words that a `[[contract]]` of the
//! configuration has for it.

use std::collections::BTreeSet;

use mail::Address;
use serde::{Deserialize, Serialize};

use super::{KeepError, Kept, files, folder, refresh, refused};
use crate::telling::{Audience, ON_INCIDENT, OnIncident, RECIPIENTS_MAX, Telling, Way};
use crate::{AppError, Office, blocking};

/// The audience in the contract's folder.
pub(super) const AUDIENCE_FILE: &str = "audience.json";

/// What the file holds. A key that is left out is as in the configuration.
#[derive(Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Words {
    notify: Vec<String>,
    notify_over: Vec<String>,
    notify_incident: Option<String>,
}

/// Says who is told of a contract from now on. Whether it is about our own relay is reckoned from what
/// measures it, whatever the audience says.
///
/// # Errors
/// Refused when there is no such contract or it is in the configuration; when an address is none, a
/// courier is unknown or needs addresses; and when what is said could reach nobody.
pub async fn tell(office: &Office, contract: &str, audience: Audience) -> Result<(), AppError> {
    let folder = folder(office)?;
    let about_relay = office.contract(contract)?.measures_relay();
    if office.is_configured(contract) {
        return refused(KeepError::AudienceConfigured { name: contract.to_owned() });
    }
    let audience = checked(&office.telling, Audience { about_relay, ..audience })?;
    if !is_nobody(&audience) {
        office.telling.channels(contract, Some(&audience)).map_err(AppError::Refused)?;
    }
    let (name, text) = (contract.to_owned(), words(&audience));
    blocking(move || files::write_beside(&folder, &name, AUDIENCE_FILE, &text)).await?;
    refresh(office).await
}

/// Whether nobody is told.
fn is_nobody(audience: &Audience) -> bool {
    audience.mail.is_empty() && audience.couriers.is_empty()
}

/// Each address and courier once, all of them such as can be written to.
fn checked(telling: &Telling, audience: Audience) -> Result<Audience, AppError> {
    let mut known = BTreeSet::new();
    let mut mail = Vec::new();
    for text in &audience.mail {
        let Ok(address) = Address::parse(text.trim()) else {
            return refused(KeepError::Address { text: text.clone() });
        };
        if known.insert(address.as_str().to_owned()) {
            mail.push(address.as_str().to_owned());
        }
    }
    if mail.len() > RECIPIENTS_MAX {
        return refused(KeepError::Recipients { most: RECIPIENTS_MAX });
    }
    let mut couriers = Vec::new();
    for name in &audience.couriers {
        match telling.couriers.iter().find(|courier| courier.name == *name) {
            None => return refused(KeepError::NoCourier { name: name.clone() }),
            Some(courier) if courier.way != Way::Elsewhere => {
                return refused(KeepError::MailCourier { name: name.clone() });
            }
            Some(_) if couriers.contains(name) => {}
            Some(_) => couriers.push(name.clone()),
        }
    }
    Ok(Audience { mail, couriers, ..audience })
}

fn words(audience: &Audience) -> String {
    let word =
        ON_INCIDENT.iter().find(|(_, it)| *it == audience.on_incident).map(|(word, _)| *word);
    let words = Words {
        notify: audience.mail.clone(),
        notify_over: audience.couriers.clone(),
        notify_incident: word.map(str::to_owned),
    };
    format!("{:#}\n", serde_json::json!(words))
}

/// The audience that a file says; the error says what is wrong with it.
pub(super) fn read(text: &str) -> Result<Audience, String> {
    // Addresses stay out of the log, so what is wrong is told by its place.
    let wrong = |error: serde_json::Error| format!("line {} makes no sense", error.line());
    let words: Words = serde_json::from_str(text).map_err(wrong)?;
    let on_incident = match words.notify_incident {
        None => OnIncident::default(),
        Some(word) => {
            let found = ON_INCIDENT.iter().find(|(known, _)| *known == word);
            found.map(|(_, it)| *it).ok_or("`notify_incident` is nothing, draft or send")?
        }
    };
    if let Some(place) = words.notify.iter().position(|text| Address::parse(text).is_err()) {
        return Err(format!("number {} of `notify` is no mail address", place + 1));
    }
    if words.notify.len() > RECIPIENTS_MAX {
        return Err(format!("there are more than {RECIPIENTS_MAX} addresses"));
    }
    Ok(Audience {
        mail: words.notify,
        couriers: words.notify_over,
        about_relay: false,
        on_incident,
    })
}

/// Refused when a contract is about our own relay, or not any more, and those who are told of it could then
/// not be reached.
pub(super) fn still_reached(
    office: &Office,
    contract: &str,
    about_relay: bool,
) -> Result<(), AppError> {
    match office.kept.audience(contract).filter(|it| !is_nobody(it)) {
        None => Ok(()),
        Some(audience) => {
            let audience = Audience { about_relay, ..audience };
            let channels = office.telling.channels(contract, Some(&audience));
            channels.map(drop).map_err(AppError::Refused)
        }
    }
}

/// Tells the log when those who are told of a contract cannot be reached with the couriers of now.
pub(super) fn warn_of_routes(office: &Office, contract: &str) {
    let Some(audience) = office.audience(contract).filter(|it| !is_nobody(it)) else { return };
    if let Err(why) = office.telling.channels(contract, Some(&audience)) {
        tracing::warn!(contract, %why, "those who are told of a contract cannot be reached");
    }
    let is_known = |name: &&String| office.telling.couriers.iter().any(|it| it.name == **name);
    for courier in audience.couriers.iter().filter(|name| !is_known(name)) {
        tracing::warn!(
            contract,
            courier,
            "is told over a courier that the configuration has no more"
        );
    }
}

impl Kept {
    /// Takes what the folder of a contract says of its audience; whether that is news. One that cannot be
    /// read is told to the log, and its older self stays.
    pub(super) fn take_audience(
        &self,
        contract: &str,
        read: Result<Option<Audience>, String>,
    ) -> bool {
        let mut audiences = self.audiences();
        match read {
            Err(why) => {
                tracing::warn!(%contract, %why, "the audience of a kept contract cannot be read");
                false
            }
            Ok(audience) if audiences.get(contract) == audience.as_ref() => false,
            Ok(Some(audience)) => {
                audiences.insert(contract.to_owned(), audience);
                true
            }
            Ok(None) => audiences.remove(contract).is_some(),
        }
    }

    /// Who is told of a kept contract.
    fn audience(&self, contract: &str) -> Option<Audience> {
        self.audiences().get(contract).cloned()
    }
}

impl Office {
    /// Who is told of a contract, as the configuration says, or whoever keeps it here; `None`: nobody
    /// ever said. A later change shows in a later call.
    #[must_use]
    pub fn audience(&self, contract: &str) -> Option<Audience> {
        if let Some(configured) = self.telling.audiences.get(contract) {
            return Some(configured.clone());
        }
        let kept = self.kept.audience(contract)?;
        let about_relay = self.contract(contract).is_ok_and(|watched| watched.measures_relay());
        Some(Audience { about_relay, ..kept })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_was_told_to_it() {
        let audience = Audience {
            mail: vec!["ops@example.jp".into()],
            couriers: vec!["chat".into()],
            about_relay: false,
            on_incident: OnIncident::Send,
        };
        assert_eq!(read(&words(&audience)), Ok(audience));
        assert_eq!(read("{}"), Ok(Audience::default()));
        for wrong in
            ["", "7", r#"{"mail": []}"#, r#"{"notify": ["x"]}"#, r#"{"notify_incident": "never"}"#]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
