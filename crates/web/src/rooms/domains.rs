//! Sending domains: adding one makes its keys; its page has the DNS records to publish.

use std::sync::Arc;

use app::AppError;
use app::domains::{self, DnsRecord, Domain};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use mail::roster::Algorithm;
use serde::Deserialize;

use super::{Answer, done, encoded, show, show_refused};
use crate::frame::Frame;
use crate::guard::{NoFields, Signed};
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/domains", get(list).post(add))
        .route("/domains/{name}", get(detail))
        .route("/domains/{name}/remove", get(ask_to_remove).post(remove))
}

#[derive(Template)]
#[template(path = "domains.html")]
struct DomainsPage {
    f: Frame,
    domains: Vec<Domain>,
    /// What was typed, and why it was refused.
    typed: String,
    refused: Option<String>,
}

/// A signature algorithm by the name that `a=` gives it.
fn algorithm(algorithm: &Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RsaSha256 => "RSA-2048",
        Algorithm::Ed25519Sha256 => "Ed25519",
    }
}

async fn list(State(console): Shared, f: Frame) -> Answer {
    let domains = domains::list(&console.office).await?;
    show(&DomainsPage { f, domains, typed: String::new(), refused: None })
}

#[derive(Deserialize)]
struct Add {
    name: String,
}

async fn add(State(console): Shared, f: Frame, Signed(Add { name }): Signed<Add>) -> Answer {
    match domains::add(&console.office, name.trim(), f.now).await {
        Ok(domain) => Ok(done(&format!("/domains/{}", encoded(&domain.name)), "domain-added", 1)),
        Err(AppError::Refused(why)) => {
            let domains = domains::list(&console.office).await?;
            let refused = Some(f.refusal(&why));
            show_refused(&DomainsPage { f, domains, typed: name, refused })
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "domain.html")]
struct DomainPage {
    f: Frame,
    name: String,
    records: Vec<DnsRecord>,
    /// The SPF record can name our addresses.
    knows_addresses: bool,
}

impl DomainPage {
    fn address(&self) -> String {
        encoded(&self.name)
    }

    /// All of them, ready for a zone file.
    fn zone(&self) -> String {
        let lines: Vec<_> = self.records.iter().map(|r| r.zone_line.as_str()).collect();
        lines.join("\n")
    }
}

/// What a record is for, in words.
fn purpose(f: &Frame, purpose: &str) -> String {
    match purpose {
        "SPF" => f.t("record-spf"),
        "DKIM" => f.t("record-dkim"),
        "DMARC" => f.t("record-dmarc"),
        _ => String::new(),
    }
}

async fn detail(State(console): Shared, f: Frame, Path(name): Path<String>) -> Answer {
    let addresses = &console.facts.sender_addresses;
    let records = match domains::records(&console.office, &name, addresses).await {
        Ok(records) => records,
        Err(AppError::Refused(_)) => return Err(crate::failure::Failure::Nowhere),
        Err(error) => return Err(error.into()),
    };
    show(&DomainPage { f, name, records, knows_addresses: !addresses.is_empty() })
}

#[derive(Template)]
#[template(path = "remove_domain.html")]
struct RemovePage {
    f: Frame,
    name: String,
}

impl RemovePage {
    fn address(&self) -> String {
        encoded(&self.name)
    }
}

async fn ask_to_remove(f: Frame, Path(name): Path<String>) -> Answer {
    show(&RemovePage { f, name })
}

async fn remove(
    State(console): Shared,
    Path(name): Path<String>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    domains::remove(&console.office, &name).await?;
    Ok(done("/domains", "domain-removed", 1))
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::frame::Done;
    use crate::tests::sample;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/domains".to_owned(), ..f.clone() };
        let list = |domains, typed: &str, refused: Option<&str>| {
            let (typed, refused) = (typed.to_owned(), refused.map(str::to_owned));
            let page = DomainsPage { f: f.clone(), domains, typed, refused };
            page.render().expect("the template renders")
        };
        let detail = DomainPage {
            knows_addresses: false,
            f: Frame {
                done: Some(Done { word: "domain-added".to_owned(), count: 1 }),
                ..f.clone()
            },
            name: "example.jp".to_owned(),
            records: sample::records(),
        };
        let remove = RemovePage { f: f.clone(), name: "example.jp".to_owned() };
        vec![
            ("domains", list(sample::domains(), "", None)),
            ("domains-empty", list(vec![], "", None)),
            ("domains-refused", list(sample::domains(), "-x", Some("\"-x\" is not a domain name"))),
            ("domain", detail.render().expect("the template renders")),
            ("domain-remove", remove.render().expect("the template renders")),
        ]
    }
}
