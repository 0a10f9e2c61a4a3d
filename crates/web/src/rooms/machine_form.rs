//! Adding a station, whose token is shown once with what to do next; and revoking one.
//!
//! The token stands in the answer to the form and nowhere else: in no address, no log, and (`no-store`)
//! in no cache of the browser.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::stations::{self, STATION_KINDS, StationKind, StationRecord, StationRefusal, Wanted};
use app::{AppError, Refusal};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde::Deserialize;

use super::machines::kind_text;
use super::{Answer, done, encoded, show, show_refused};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::{Asked, NoFields, Signed};
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/machines-new", get(form).post(add))
        .route("/machines/{name}/revoke", get(ask_to_revoke).post(revoke))
}

/// `name`, `kind`, `site`, and `contract:NAME` for each contract that is ticked.
type Fields = BTreeMap<String, String>;

/// What the field of a contract begins with.
const TICK: &str = "contract:";

#[derive(Template)]
#[template(path = "machine_form.html")]
struct FormPage {
    f: Frame,
    /// What stands in the fields.
    typed: Fields,
    /// Every contract, and whether it is ticked.
    contracts: Vec<(String, bool)>,
    /// Whether the office has a listener for stations.
    may_dial: bool,
    refused: Option<String>,
}

impl FormPage {
    fn value(&self, key: &str) -> &str {
        self.typed.get(key).map_or("", String::as_str)
    }

    /// Word, text, and whether it is chosen.
    fn kinds(&self) -> Vec<(&'static str, String, bool)> {
        let text = |kind: &StationKind| match kind {
            StationKind::Agent => self.f.t("machine-kind-agent"),
            StationKind::Node => self.f.t("machine-kind-node"),
        };
        let kind =
            |kind: &StationKind| (kind.word(), text(kind), self.value("kind") == kind.word());
        STATION_KINDS.iter().map(|(_, it)| kind(it)).collect()
    }
}

/// Which revoked station is to be added again.
#[derive(Deserialize)]
struct Before {
    #[serde(default)]
    again: String,
}

async fn form(State(console): Shared, f: Frame, Asked(before): Asked<Before>) -> Answer {
    let typed = match before.again.as_str() {
        "" => Fields::new(),
        name => typed_of(&known(&console, name).await?),
    };
    show(&form_page(&console, f, typed, None))
}

/// The fields as a station has them.
fn typed_of(station: &StationRecord) -> Fields {
    let site = station.site.clone().unwrap_or_default();
    let own =
        [("name", station.name.clone()), ("kind", station.kind.word().into()), ("site", site)];
    let ticks = station.contracts.iter().map(|name| (format!("{TICK}{name}"), "on".to_owned()));
    own.into_iter().map(|(key, text)| (key.to_owned(), text)).chain(ticks).collect()
}

fn form_page(console: &Console, f: Frame, typed: Fields, refused: Option<String>) -> FormPage {
    let names = console.office.contracts().into_iter().map(|it| it.contract.name.to_string());
    let contract = |name: String| {
        let is_ticked = typed.contains_key(&format!("{TICK}{name}"));
        (name, is_ticked)
    };
    let contracts = names.map(contract).collect();
    FormPage { f, contracts, typed, may_dial: console.office.stations.may_dial(), refused }
}

#[derive(Template)]
#[template(path = "machine_token.html")]
struct TokenPage {
    f: Frame,
    name: String,
    kind: StationKind,
    token: String,
}

impl TokenPage {
    fn address(&self) -> String {
        encoded(&self.name)
    }

    /// What tells more.
    fn guide(&self) -> &'static str {
        match self.kind {
            StationKind::Agent => "docs/AGENT.md",
            StationKind::Node => "docs/NODES.md",
        }
    }

    /// What to do next, each with lines to copy.
    fn steps(&self) -> Vec<(String, String)> {
        let (f, word) = (&self.f, self.kind.word());
        let station = match self.kind {
            StationKind::Agent => format!("station = \"{}\"\n", self.name),
            StationKind::Node => String::new(),
        };
        // An agent reads the logs of others.
        let groups = match self.kind {
            StationKind::Agent => "--groups adm,systemd-journal",
            StationKind::Node => "--user-group",
        };
        let user = format!(
            "useradd --system {groups} --home-dir /var/lib/yakusoku-{word} --shell /usr/sbin/nologin \
             yakusoku-{word}\ninstall -d /etc/yakusoku"
        );
        let token =
            format!("install -m 600 -o yakusoku-{word} /dev/stdin /etc/yakusoku/{word}.token");
        let file = format!(
            "{station}office = \"https://office.example.jp:8443\"\n\
             token = \"file:/etc/yakusoku/{word}.token\"\nstate = \"/var/lib/yakusoku-{word}\""
        );
        let start = format!(
            "install -m 644 yakusoku-{word}.service /etc/systemd/system/\n\
             systemctl enable --now yakusoku-{word}"
        );
        let mut steps = vec![
            (f.t("machine-step-user"), user),
            (f.t("machine-step-token"), token),
            (f.with("machine-step-file", &format!("/etc/yakusoku/{word}.toml")), file),
            (f.t("machine-step-start"), start),
        ];
        if self.kind == StationKind::Node {
            steps.push((f.with("machine-step-look", &self.name), String::new()));
        }
        steps
    }
}

async fn add(State(console): Shared, f: Frame, Signed(typed): Signed<Fields>) -> Answer {
    let text = |key: &str| typed.get(key).map(|text| text.trim().to_owned()).unwrap_or_default();
    let word = text("kind");
    let kind = STATION_KINDS.iter().map(|(_, kind)| *kind).find(|kind| kind.word() == word);
    let kind = kind.ok_or(Failure::Unreadable)?;
    let ticked = typed.keys().filter_map(|key| key.strip_prefix(TICK)).map(str::to_owned);
    let wanted = Wanted {
        name: text("name"),
        kind,
        site: Some(text("site")).filter(|site| !site.is_empty()),
        contracts: ticked.collect(),
    };
    match stations::add(&console.office, &wanted, f.now).await {
        Ok(token) => show(&TokenPage { f, name: wanted.name, kind, token }),
        Err(AppError::Refused(why)) => {
            let refused = Some(f.refusal(&why));
            show_refused(&form_page(&console, f, typed, refused))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "machine_revoke.html")]
struct RevokePage {
    f: Frame,
    name: String,
    kind: StationKind,
    refused: Option<String>,
}

impl RevokePage {
    fn address(&self) -> String {
        encoded(&self.name)
    }

    fn is_node(&self) -> bool {
        self.kind == StationKind::Node
    }
}

/// A page about no machine is nowhere.
pub(super) fn missing(error: AppError) -> Failure {
    match error {
        AppError::Refused(Refusal::Station(StationRefusal::Nobody { .. })) => Failure::Nowhere,
        other => other.into(),
    }
}

async fn known(console: &Console, name: &str) -> Result<StationRecord, Failure> {
    stations::known(&console.office, name).await.map_err(missing)
}

async fn ask_to_revoke(State(console): Shared, f: Frame, Path(name): Path<String>) -> Answer {
    let kind = known(&console, &name).await?.kind;
    show(&RevokePage { f, name, kind, refused: None })
}

async fn revoke(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    let kind = known(&console, &name).await?.kind;
    match stations::revoke(&console.office, &name, f.now).await {
        Ok(()) => Ok(done(&format!("/machines/{}", encoded(&name)), "machine-revoked", 1)),
        Err(AppError::Refused(why)) => {
            let refused = Some(f.refusal(&why));
            show_refused(&RevokePage { f, name, kind, refused })
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
pub mod samples {
    use super::*;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/machines-new".to_owned(), ..f.clone() };
        let form = |may_dial: bool, refused: Option<&str>| {
            let (name, kind) = ("name".to_owned(), "kind".to_owned());
            let page = FormPage {
                f: f.clone(),
                typed: [(name, "web-1 <b>".to_owned()), (kind, "node".to_owned())].into(),
                contracts: vec![("aoulu-cloud".to_owned(), false), ("acme".to_owned(), true)],
                may_dial,
                refused: refused.map(str::to_owned),
            };
            page.render().expect("the template renders")
        };
        let token = |kind: StationKind| {
            // As long as a token is, and good for nothing.
            let token = format!("ykst1.{}", "Ab3_-9".repeat(25));
            let page = TokenPage { f: f.clone(), name: "web-1".to_owned(), kind, token };
            page.render().expect("the template renders")
        };
        let revoke = RevokePage {
            f: f.clone(),
            name: "osaka".to_owned(),
            kind: StationKind::Node,
            refused: Some("no <b>".to_owned()),
        };
        vec![
            ("machine-form", form(true, None)),
            ("machine-form-refused", form(true, Some("no <b>"))),
            ("machine-form-closed", form(false, None)),
            ("machine-token", token(StationKind::Agent)),
            ("machine-token-node", token(StationKind::Node)),
            ("machine-revoke", revoke.render().expect("the template renders")),
        ]
    }
}
