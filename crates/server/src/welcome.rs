//! The first start: who may sign in, what to paste, and where to look.

use std::sync::Arc;

use app::Office;
use app::accounts::AccountKind;
use app::first_run::FirstRun;
use axum::Router;
use mail::roster::Algorithm;
use web::ServerFacts;

use crate::clock;
use crate::config::Config;
use crate::ready::{Administrator, ApiUser, Ready};
use crate::sockets::Addresses;
use crate::up::Start;

/// Who may sign in. Passwords only when this start made them.
#[derive(Default)]
pub struct Welcome {
    administrator: Option<(String, Option<String>)>,
    api_user: Option<(String, Option<String>)>,
}

/// Makes the domain of `--sign` and, without a configuration, what a first look needs; then
/// publishes the roster, so that the relay starts with the one of these records.
///
/// # Errors
/// When the records fail.
pub async fn prepare(office: &Office, start: &Start) -> anyhow::Result<Welcome> {
    let now = clock::now();
    if let Some(name) = &start.sign {
        let domains = app::domains::list(office).await?;
        if !domains.iter().any(|domain| domain.name.eq_ignore_ascii_case(name)) {
            app::domains::add_with(office, name, &[Algorithm::RsaSha256], now).await?;
        }
    }
    let made = match start.newcomer {
        true => app::first_run::ensure(office, now).await?,
        false => FirstRun::default(),
    };
    app::domains::publish_roster(office).await?;
    let accounts = app::accounts::list(office).await?;
    let first = |kind| accounts.iter().find(|account| account.kind == kind);
    if first(AccountKind::Administrator).is_none() {
        tracing::warn!("nobody can sign in to the console: run `yakusoku user add NAME --admin`");
    }
    let who = |kind, made: Option<(String, String)>| match made {
        Some((name, password)) => Some((name, Some(password))),
        None => first(kind).map(|account| (account.name.clone(), None)),
    };
    Ok(Welcome {
        administrator: who(AccountKind::Administrator, made.administrator),
        api_user: who(AccountKind::ApiUser, made.api_user),
    })
}

/// The console's pages.
pub fn console(config: &Config, addresses: &Addresses, office: Arc<Office>) -> Router {
    web::router(web::Console {
        office,
        clock: clock::now,
        zone: config.time_zone.clone(),
        fonts: config.font_place(),
        facts: ServerFacts {
            hostname: config.hostname.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            smtp: addresses.smtp.iter().chain(&addresses.smtps).map(ToString::to_string).collect(),
            sender_addresses: config.relay.source_addresses.clone(),
            secure_cookie: config.office.console_tls.is_some(),
            first_mail: first_mail(addresses),
        },
    })
}

/// The line that sends a first mail, with the program as it was called.
pub fn first_mail(addresses: &Addresses) -> Option<String> {
    let smtp = addresses.smtp.first()?;
    let program = std::env::args().next().unwrap_or_else(|| "yakusoku".to_owned());
    Some(format!("{program} send --server {smtp} --to taro@example.jp --subject 'はじめての約束'"))
}

impl Welcome {
    /// For `--ready-file`.
    pub fn ready(&self, config: &Config, addresses: &Addresses) -> Ready {
        let administrator = self.administrator.clone();
        let api_user = self.api_user.clone();
        let data = std::path::absolute(&config.data).unwrap_or_else(|_| config.data.clone());
        Ready {
            smtp: addresses.smtp.first().copied(),
            smtps: addresses.smtps.first().copied(),
            console: addresses.console.clone(),
            link: addresses.link,
            administrator: administrator.map(|(login, password)| Administrator { login, password }),
            api_user: api_user.map(|(name, password)| ApiUser { name, password }),
            data: data.display().to_string(),
            pid: std::process::id(),
        }
    }

    /// For the person who typed `yakusoku up --config FILE`: where it listens.
    pub fn places(config: &Config, addresses: &Addresses) -> String {
        let mut lines = vec!["Yakusoku is up.".to_owned(), String::new()];
        lines.extend(where_it_listens(config, addresses));
        lines.push(String::new());
        lines.join("\n") + "\n"
    }

    /// For the person who typed `yakusoku up`.
    pub fn text(&self, config: &Config, addresses: &Addresses) -> String {
        let mut lines = vec!["Yakusoku is up.".to_owned(), String::new()];
        lines.extend(where_it_listens(config, addresses));
        let mut say = |name: &str, value: String| lines.push(fact(name, &value));
        let known = |password: &Option<String>, how: &str| match password {
            Some(password) => format!("password {password}  (shown only now)"),
            None => format!("password as before; set a new one with {how}"),
        };
        if let Some((login, password)) = &self.administrator {
            let how = format!("`yakusoku user password {login} --admin`");
            say("administrator", format!("{login}  {}", known(password, &how)));
        }
        if let Some((name, password)) = &self.api_user {
            let how = format!("`yakusoku user password {name}`");
            say("API user", format!("{name}  {}", known(password, &how)));
        }
        if let Some(line) = first_mail(addresses) {
            lines.push(String::new());
            lines.push("Send a first mail from another terminal:".to_owned());
            lines.push(format!("  {line}"));
            if let Some(console) = &addresses.console {
                lines.push(format!("and find it, signed, under {console}/sandbox"));
            }
        }
        lines.push(String::new());
        lines.join("\n") + "\n"
    }
}

fn fact(name: &str, value: &str) -> String {
    format!("  {name:<14} {value}")
}

fn where_it_listens(config: &Config, addresses: &Addresses) -> Vec<String> {
    let join = |list: &[std::net::SocketAddr]| {
        list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let mut lines = Vec::new();
    if let Some(console) = &addresses.console {
        lines.push(fact("console", console));
    }
    if !addresses.smtp.is_empty() {
        lines.push(fact("SMTP", &format!("{} (STARTTLS)", join(&addresses.smtp))));
    }
    if !addresses.smtps.is_empty() {
        lines.push(fact("SMTP over TLS", &join(&addresses.smtps)));
    }
    if let Some(link) = &addresses.link {
        lines.push(fact("stations", &link.to_string()));
    }
    lines.push(fact("data", &config.data.display().to_string()));
    lines
}
