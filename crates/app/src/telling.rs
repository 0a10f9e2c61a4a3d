//! Whom an office tells, and over what: couriers, and the recipients of each contract. What a courier
//! needs to connect (addresses, passwords) is not here.

use std::collections::BTreeMap;

use terms::Name;

use crate::{Office, Refusal};

/// Most mail addresses of one contract.
pub const RECIPIENTS_MAX: usize = 100;

/// Whom an office tells, and over what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Telling {
    /// In the order of the configuration.
    pub couriers: Vec<CourierFacts>,
    /// Who is told, by name of the contract, as the configuration says; [`Office::audience`] knows those
    /// of kept contracts too.
    pub audiences: BTreeMap<String, Audience>,
    /// Whom to ask; stands at the end of what we write.
    pub contact: Option<String>,
    /// Where our own people open the console, without a slash at its end: stands in their calls.
    pub console: Option<String>,
}

/// A courier as the verbs know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourierFacts {
    /// Its name in the configuration.
    pub name: String,
    /// The channel that it serves, as contracts call it: `email`.
    pub channel: Name,
    /// How it goes.
    pub way: Way,
}

/// How a courier goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Mail through our own relay.
    OwnRelay,
    /// Mail through another server: the second route.
    OtherMail,
    /// It knows its recipient by itself: a webhook, a command.
    Elsewhere,
}

/// Who is told of a contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// Mail addresses.
    pub mail: Vec<String>,
    /// Names of couriers that know their recipient.
    pub couriers: Vec<String>,
    /// The contract is about our own relay: its news never travels through the relay alone.
    pub about_relay: bool,
    /// What is done by itself when an incident begins or has recovered.
    pub on_incident: OnIncident,
}

/// What is done by itself with the notices of an incident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnIncident {
    /// Nothing.
    Nothing,
    /// They are drafted when the contract promises them; a person confirms them.
    #[default]
    Draft,
    /// They are drafted and sent.
    Send,
}

/// What is done with the notices of an incident, by its word.
pub const ON_INCIDENT: [(&str, OnIncident); 3] =
    [("nothing", OnIncident::Nothing), ("draft", OnIncident::Draft), ("send", OnIncident::Send)];

impl Office {
    /// By channel: courier and recipient of everybody who is told of a contract.
    ///
    /// # Errors
    /// Refused when nobody is, no courier carries mail, or news of the relay has no second route.
    pub fn channels(&self, contract: &str) -> Result<Channels, Refusal> {
        self.telling.channels(contract, self.audience(contract).as_ref())
    }
}

impl Telling {
    /// By channel: courier and recipient of everybody in the audience of a contract.
    ///
    /// # Errors
    /// Refused when nobody is, no courier carries mail, or news of the relay has no second route.
    pub fn channels(
        &self,
        contract: &str,
        audience: Option<&Audience>,
    ) -> Result<Channels, Refusal> {
        let contract_name = || contract.to_owned();
        let Some(audience) = audience else {
            return Err(Refusal::NobodyToTell { contract: contract_name() });
        };
        let mut channels = Channels::new();
        for courier in self.mail_couriers(contract, audience)? {
            let to = audience.mail.iter().map(|address| (courier.name.clone(), address.clone()));
            channels.entry(courier.channel.clone()).or_default().extend(to);
        }
        for name in &audience.couriers {
            let known = self.couriers.iter().find(|courier| courier.name == *name);
            if let Some(courier) = known {
                let to = (courier.name.clone(), String::new());
                channels.entry(courier.channel.clone()).or_default().push(to);
            }
        }
        if channels.is_empty() {
            return Err(Refusal::NobodyToTell { contract: contract_name() });
        }
        Ok(channels)
    }

    /// The couriers that carry the mail of a contract: the first one, or both routes.
    fn mail_couriers(
        &self,
        contract: &str,
        audience: &Audience,
    ) -> Result<Vec<&CourierFacts>, Refusal> {
        if audience.mail.is_empty() {
            return Ok(Vec::new());
        }
        let by = |way: Way| self.couriers.iter().find(|courier| courier.way == way);
        if audience.about_relay {
            let Some(other) = by(Way::OtherMail) else {
                return Err(Refusal::NoSecondRoute { contract: contract.to_owned() });
            };
            return Ok(by(Way::OwnRelay).into_iter().chain([other]).collect());
        }
        let first = self.couriers.iter().find(|courier| courier.way != Way::Elsewhere);
        match first {
            Some(courier) => Ok(vec![courier]),
            None => Err(Refusal::NoMailCourier { contract: contract.to_owned() }),
        }
    }
}

/// Courier and recipient of everybody who is told, by channel.
pub type Channels = BTreeMap<Name, Vec<(String, String)>>;

#[cfg(test)]
mod tests {
    use super::*;

    fn courier(name: &str, channel: &str, way: Way) -> CourierFacts {
        let channel = channel.parse().expect("a name");
        CourierFacts { name: name.to_owned(), channel, way }
    }

    fn telling(couriers: &[(&str, &str, Way)], audience: &Audience) -> Telling {
        let couriers = couriers.iter().map(|(name, channel, way)| courier(name, channel, *way));
        let audiences = [("mail".to_owned(), audience.clone())].into();
        Telling { couriers: couriers.collect(), audiences, contact: None, console: None }
    }

    /// Channel, couriers and recipients in one line.
    fn shown(telling: &Telling) -> String {
        match telling.channels("mail", telling.audiences.get("mail")) {
            Err(refusal) => format!("{refusal:?}"),
            Ok(channels) => {
                let to = |to: &(String, String)| format!("{}>{}", to.0, to.1);
                let line = |(channel, all): (&Name, &Vec<(String, String)>)| {
                    format!("{channel} {}", all.iter().map(to).collect::<Vec<_>>().join(" "))
                };
                channels.iter().map(line).collect::<Vec<_>>().join("; ")
            }
        }
    }

    #[test]
    fn who_is_told_over_what() {
        use Way::{Elsewhere, OtherMail, OwnRelay};
        let own = ("own", "email", OwnRelay);
        let other = ("other", "email", OtherMail);
        let chat = ("chat", "webhook", Elsewhere);
        let mail = |about_relay| Audience {
            mail: vec!["a@x.jp".to_owned(), "b@x.jp".to_owned()],
            couriers: Vec::new(),
            about_relay,
            on_incident: OnIncident::Draft,
        };
        let both = Audience { couriers: vec!["chat".to_owned()], ..mail(false) };
        let cases: [(&[_], Audience, &str); 8] = [
            (&[own, other], mail(false), "email own>a@x.jp own>b@x.jp"),
            (&[other, own], mail(false), "email other>a@x.jp other>b@x.jp"),
            (&[own, other], mail(true), "email own>a@x.jp own>b@x.jp other>a@x.jp other>b@x.jp"),
            (&[other], mail(true), "email other>a@x.jp other>b@x.jp"),
            (&[own], mail(true), "NoSecondRoute { contract: \"mail\" }"),
            (&[chat], mail(false), "NoMailCourier { contract: \"mail\" }"),
            (&[own, chat], both, "email own>a@x.jp own>b@x.jp; webhook chat>"),
            (&[own], Audience::default(), "NobodyToTell { contract: \"mail\" }"),
        ];
        for (couriers, audience, expected) in cases {
            assert_eq!(shown(&telling(couriers, &audience)), expected, "{couriers:?}");
        }
    }
}
