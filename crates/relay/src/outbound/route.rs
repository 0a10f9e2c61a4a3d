//! Which destination a recipient belongs to, and what a destination's name means. Pure.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use mail::Envelope;
use mail::roster::{Composition, Delivery, HostPort, Route};

/// The name of the sandbox as a destination. Mail to a domain of this name is kept apart from it
/// by the root's dot ([`domain_name`]): what must leave and what must never leave do not mix.
pub(crate) const SANDBOX: &str = "sandbox";
/// Part of [`fingerprint`]: raised when the same configuration divides mail otherwise than before.
const DIVISION: u32 = 2;

/// Divides the recipients of a message among destinations, in the order of the recipients; a
/// destination with more than `at_once` of them gets several jobs.
pub(crate) fn divide(
    delivery: &Delivery,
    routes: &[Route],
    at_once: u16,
    envelope: &Envelope,
) -> Vec<(Arc<str>, Vec<u16>)> {
    let mut jobs: Vec<(Arc<str>, Vec<u16>)> = Vec::new();
    for (place, recipient) in envelope.recipients.iter().enumerate() {
        let name = destination(delivery, routes, recipient.address.domain());
        let place = place as u16;
        let has_room = |(known, places): &&mut (Arc<str>, Vec<u16>)| {
            **known == *name && places.len() < usize::from(at_once.max(1))
        };
        match jobs.iter_mut().find(has_room) {
            Some((_, places)) => places.push(place),
            None => jobs.push((name.into(), vec![place])),
        }
    }
    jobs
}

/// `sandbox`, `host:port` of a fixed route, or the recipient's domain.
fn destination(delivery: &Delivery, routes: &[Route], domain: &str) -> String {
    if *delivery == Delivery::Sandbox {
        return SANDBOX.to_owned();
    }
    if let Some(route) = routes.iter().find(|r| matches(&r.domain, domain)) {
        return host_port(&route.via);
    }
    match delivery {
        Delivery::Via(via) => host_port(via),
        Delivery::Mx | Delivery::Sandbox => domain_name(domain),
    }
}

/// The domain itself; `sandbox` with the root's dot, which the domain of an address never has.
fn domain_name(domain: &str) -> String {
    if domain == SANDBOX { format!("{SANDBOX}.") } else { domain.to_owned() }
}

/// `*.example.jp` matches `example.jp` and everything below it; `*` everything.
fn matches(pattern: &str, domain: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let Some(base) = pattern.strip_prefix("*.") else {
        return pattern.eq_ignore_ascii_case(domain);
    };
    let base = base.to_ascii_lowercase();
    domain == base || domain.strip_suffix(&base).is_some_and(|rest| rest.ends_with('.'))
}

fn host_port(via: &HostPort) -> String {
    if via.host.contains(':') {
        format!("[{}]:{}", via.host, via.port)
    } else {
        format!("{}:{}", via.host, via.port)
    }
}

/// What a destination's name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Sandbox,
    Fixed(HostPort),
    Domain(String),
}

impl Target {
    pub fn of(name: &str) -> Target {
        if name == SANDBOX {
            return Target::Sandbox;
        }
        let domain = || Target::Domain(name.trim_end_matches('.').to_owned());
        // A domain has no colon but in an address literal, which ends with its bracket.
        match name.rsplit_once(':') {
            Some((host, port)) if !name.ends_with(']') => match port.parse() {
                Ok(port) => {
                    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
                    Target::Fixed(HostPort { host, port })
                }
                Err(_) => domain(),
            },
            _ => domain(),
        }
    }
}

/// Changes when [`divide`] may answer otherwise than before.
pub(crate) fn fingerprint(compositions: &[Arc<Composition>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    DIVISION.hash(&mut hasher);
    for composition in compositions {
        composition.name.hash(&mut hasher);
        match &composition.delivery {
            Delivery::Sandbox => 1.hash(&mut hasher),
            Delivery::Mx => 2.hash(&mut hasher),
            Delivery::Via(via) => via.hash(&mut hasher),
        }
        composition.outbound.recipients.hash(&mut hasher);
        for route in &composition.routes {
            (&route.domain, &route.via).hash(&mut hasher);
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(host: &str, port: u16) -> HostPort {
        HostPort { host: host.to_owned(), port }
    }

    #[test]
    fn destinations() {
        let routes = [
            Route { domain: "*.corp.example".into(), via: via("10.0.0.1", 2525) },
            Route { domain: "six.example".into(), via: via("::1", 25) },
        ];
        let smarthost = Delivery::Via(via("relay.example", 587));
        let cases = [
            (&Delivery::Mx, "example.jp", "example.jp"),
            (&Delivery::Mx, "corp.example", "10.0.0.1:2525"),
            (&Delivery::Mx, "a.corp.example", "10.0.0.1:2525"),
            (&Delivery::Mx, "acorp.example", "acorp.example"),
            (&Delivery::Mx, "six.example", "[::1]:25"),
            (&Delivery::Mx, "[192.0.2.1]", "[192.0.2.1]"),
            (&smarthost, "example.jp", "relay.example:587"),
            (&smarthost, "a.corp.example", "10.0.0.1:2525"),
            (&Delivery::Mx, "sandbox", "sandbox."),
            (&Delivery::Sandbox, "a.corp.example", "sandbox"),
            (&Delivery::Sandbox, "sandbox", "sandbox"),
        ];
        for (delivery, domain, expected) in cases {
            assert_eq!(destination(delivery, &routes, domain), expected, "{domain}");
        }
    }

    #[test]
    fn a_large_message_goes_in_several_transactions() {
        let recipients: Vec<_> = ["a@x.jp", "b@y.jp", "c@x.jp", "d@x.jp"]
            .map(|address| serde_json::json!({ "address": address }))
            .into();
        let envelope = serde_json::from_value(serde_json::json!({
            "composition": "pro", "sender": null, "recipients": recipients,
            "source": { "ip": "192.0.2.1", "helo": "x" }, "headers": {},
        }));
        let envelope: Envelope = envelope.expect("an envelope");
        let jobs = divide(&Delivery::Mx, &[], 2, &envelope);
        let jobs: Vec<(&str, &[u16])> = jobs.iter().map(|(n, p)| (&**n, &p[..])).collect();
        assert_eq!(jobs, [("x.jp", &[0, 2][..]), ("y.jp", &[1]), ("x.jp", &[3])]);
    }

    #[test]
    fn names_are_read_back() {
        let cases = [
            ("sandbox", Target::Sandbox),
            ("sandbox.", Target::Domain("sandbox".into())),
            ("example.jp", Target::Domain("example.jp".into())),
            ("relay.example:587", Target::Fixed(via("relay.example", 587))),
            ("[::1]:25", Target::Fixed(via("::1", 25))),
            ("[192.0.2.1]", Target::Domain("[192.0.2.1]".into())),
            ("[ipv6:::1]", Target::Domain("[ipv6:::1]".into())),
        ];
        for (name, expected) in cases {
            assert_eq!(Target::of(name), expected, "{name}");
        }
    }
}
