//! Who is told of a contract: shown for each, and said here for those that were added.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::kept;
use app::telling::{Audience, ON_INCIDENT, OnIncident, Way};
use app::{AppError, Refusal};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::{Answer, done, encoded, show, show_refused};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::Signed;
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/contracts/{name}/audience", get(audience).post(tell))
}

/// `mail` with an address a line, `on_incident`, and `courier:NAME` for each courier that is ticked.
type Fields = BTreeMap<String, String>;

/// What the field of a courier begins with.
const TICK: &str = "courier:";

#[derive(Template)]
#[template(path = "contract_audience.html")]
struct AudiencePage {
    f: Frame,
    name: String,
    title: String,
    /// Addresses, a line each, as they stand or were typed.
    mail: String,
    /// Couriers that know their recipient: name, channel, and whether it is ticked.
    couriers: Vec<(String, String, bool)>,
    /// Word, text, and whether it is chosen.
    on_incident: Vec<(&'static str, String, bool)>,
    /// Whether a courier carries mail.
    has_mail: bool,
    /// False: the configuration says who is told.
    is_kept: bool,
    refused: Option<String>,
}

impl AudiencePage {
    fn address(&self) -> String {
        encoded(&self.name)
    }

    fn is_nobody(&self) -> bool {
        self.mail.is_empty() && !self.couriers.iter().any(|(_, _, is_ticked)| *is_ticked)
    }
}

async fn audience(State(console): Shared, f: Frame, Path(name): Path<String>) -> Answer {
    let known = console.office.audience(&name).unwrap_or_default();
    show(&page(&console, f, &name, &known, None)?)
}

fn page(
    console: &Console,
    f: Frame,
    name: &str,
    audience: &Audience,
    refused: Option<String>,
) -> Result<AudiencePage, Failure> {
    let office = &console.office;
    let watched = office.contract(name).map_err(|_| Failure::Nowhere)?;
    let couriers = &office.telling.couriers;
    let elsewhere = couriers.iter().filter(|courier| courier.way == Way::Elsewhere);
    let courier = |it: &app::telling::CourierFacts| {
        (it.name.clone(), it.channel.to_string(), audience.couriers.contains(&it.name))
    };
    let modes = ON_INCIDENT.map(|(word, mode)| {
        let text = match mode {
            OnIncident::Nothing => f.t("audience-incident-nothing"),
            OnIncident::Draft => f.t("audience-incident-draft"),
            OnIncident::Send => f.t("audience-incident-send"),
        };
        (word, text, audience.on_incident == mode)
    });
    Ok(AudiencePage {
        name: name.to_owned(),
        title: watched.contract.title.in_lang(f.lang.into()).to_owned(),
        mail: audience.mail.join("\n"),
        couriers: elsewhere.map(courier).collect(),
        on_incident: modes.into(),
        has_mail: couriers.iter().any(|courier| courier.way != Way::Elsewhere),
        is_kept: kept::is_kept(office, name),
        refused,
        f,
    })
}

/// What a form says.
fn said(typed: &Fields) -> Result<Audience, Failure> {
    let text = |key: &str| typed.get(key).map_or("", String::as_str);
    let mode = ON_INCIDENT.iter().find(|(word, _)| *word == text("on_incident"));
    let (_, on_incident) = mode.ok_or(Failure::Unreadable)?;
    let addresses = text("mail").split(|c: char| c.is_whitespace() || c == ',');
    let couriers = typed.keys().filter_map(|key| key.strip_prefix(TICK));
    Ok(Audience {
        mail: addresses.filter(|it| !it.is_empty()).map(str::to_owned).collect(),
        couriers: couriers.map(str::to_owned).collect(),
        about_relay: false,
        on_incident: *on_incident,
    })
}

async fn tell(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(typed): Signed<Fields>,
) -> Answer {
    let audience = said(&typed)?;
    match kept::tell(&console.office, &name, audience.clone()).await {
        Ok(()) => Ok(done(&format!("/contracts/{}/audience", encoded(&name)), "audience-told", 1)),
        Err(AppError::Refused(Refusal::NoContract { .. })) => Err(Failure::Nowhere),
        Err(AppError::Refused(why)) => {
            let refused = Some(f.refusal(&why));
            show_refused(&page(&console, f, &name, &audience, refused)?)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
pub mod samples {
    use super::*;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/contracts/acme/audience".to_owned(), ..f.clone() };
        let page = |is_kept: bool, mail: &str, refused: Option<&str>| {
            let couriers = [("chat", "webhook", true), ("pager", "pagerduty", false)];
            let courier = |(name, channel, is_ticked): (&str, &str, bool)| {
                (name.to_owned(), channel.to_owned(), is_ticked && !mail.is_empty())
            };
            let modes = ON_INCIDENT.map(|(word, mode)| {
                (word, f.t("audience-incident-draft"), mode == OnIncident::Draft)
            });
            let page = AudiencePage {
                f: f.clone(),
                name: "acme".to_owned(),
                title: "t".to_owned(),
                mail: mail.to_owned(),
                couriers: couriers.map(courier).into(),
                on_incident: modes.into(),
                has_mail: !mail.is_empty(),
                is_kept,
                refused: refused.map(str::to_owned),
            };
            page.render().expect("the template renders")
        };
        vec![
            ("contract-audience", page(true, "ops@example.jp\nx<b>@example.jp", Some("no <b>"))),
            ("contract-audience-nobody", page(true, "", None)),
            ("contract-audience-configured", page(false, "ops@example.jp", None)),
        ]
    }
}
