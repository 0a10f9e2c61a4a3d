//! Accounts: people who sign in here, and programs that sign in over SMTP.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::AppError;
use app::accounts::{self, Account, AccountKind};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde::Deserialize;

use super::{Answer, done, encoded, show, show_refused};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guard::{NoFields, Signed};
use crate::{Console, Shared};

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/users", get(list).post(add))
        .route("/users/{kind}/{name}", get(account).post(set_password))
        .route("/users/customer/{name}/contracts", post(set_contracts))
        .route("/users/{kind}/{name}/remove", get(ask_to_remove).post(remove))
}

/// The word of a kind in addresses and forms.
fn kind_word(kind: &AccountKind) -> &'static str {
    match kind {
        AccountKind::Administrator => "administrator",
        AccountKind::ApiUser => "api-user",
        AccountKind::Customer => "customer",
    }
}

fn kind_from_word(word: &str) -> Option<AccountKind> {
    let kinds = [AccountKind::Administrator, AccountKind::ApiUser, AccountKind::Customer];
    kinds.into_iter().find(|kind| kind_word(kind) == word)
}

fn kind_text(f: &Frame, kind: &AccountKind) -> String {
    match kind {
        AccountKind::Administrator => f.t("account-administrator"),
        AccountKind::ApiUser => f.t("account-api-user"),
        AccountKind::Customer => f.t("account-customer"),
    }
}

/// Shortest password, in characters; `app` refuses shorter ones.
fn password_min(kind: &AccountKind) -> u64 {
    match kind {
        AccountKind::Administrator | AccountKind::Customer => 12,
        AccountKind::ApiUser => 8,
    }
}

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    f: Frame,
    accounts: Vec<Account>,
    smtp: Vec<String>,
    /// Names of contracts that a customer may be given.
    contracts: Vec<String>,
    /// What was typed and why it was refused, and for which kind.
    refused: Option<(AccountKind, String, String)>,
}

impl UsersPage {
    /// Without contracts there is nothing that a customer could see.
    fn kinds(&self) -> Vec<AccountKind> {
        let customers = (!self.contracts.is_empty()).then_some(AccountKind::Customer);
        [AccountKind::ApiUser, AccountKind::Administrator].into_iter().chain(customers).collect()
    }

    fn is_customer(&self, kind: &AccountKind) -> bool {
        *kind == AccountKind::Customer
    }

    fn of(&self, kind: &AccountKind) -> Vec<&Account> {
        self.accounts.iter().filter(|a| a.kind == *kind).collect()
    }

    fn lead(&self, kind: &AccountKind) -> String {
        match kind {
            AccountKind::Administrator => self.f.t("users-administrators-lead"),
            AccountKind::ApiUser => self.f.t("users-api-users-lead"),
            AccountKind::Customer => self.f.t("users-customers-lead"),
        }
    }

    fn typed(&self, kind: &AccountKind) -> &str {
        self.refused.as_ref().filter(|r| r.0 == *kind).map_or("", |r| &r.1)
    }

    fn trouble(&self, kind: &AccountKind) -> Option<&str> {
        self.refused.as_ref().filter(|r| r.0 == *kind).map(|r| r.2.as_str())
    }
}

async fn users_page(
    console: &Console,
    f: Frame,
    refused: Option<(AccountKind, String, String)>,
) -> Result<UsersPage, Failure> {
    let accounts = accounts::list(&console.office).await?;
    let (smtp, contracts) = (console.facts.smtp.clone(), contracts(console));
    Ok(UsersPage { f, accounts, smtp, contracts, refused })
}

async fn list(State(console): Shared, f: Frame) -> Answer {
    show(&users_page(&console, f, None).await?)
}

fn contracts(console: &Console) -> Vec<String> {
    console.office.contracts().iter().map(|watched| watched.contract.name.to_string()).collect()
}

/// `kind`, `name`, `password`, and `contract:NAME` for each contract that is ticked.
type Fields = BTreeMap<String, String>;

fn ticked(fields: &Fields) -> Vec<String> {
    fields.keys().filter_map(|key| key.strip_prefix("contract:")).map(str::to_owned).collect()
}

async fn add(State(console): Shared, f: Frame, Signed(form): Signed<Fields>) -> Answer {
    let field = |name: &str| form.get(name).map(String::as_str).ok_or(Failure::Unreadable);
    let kind = kind_from_word(field("kind")?).ok_or(Failure::Unreadable)?;
    let (name, password) = (field("name")?.trim(), field("password")?);
    let office = &console.office;
    let added = match kind {
        AccountKind::Customer => {
            accounts::add_customer(office, name, password, &ticked(&form), f.now).await
        }
        AccountKind::Administrator | AccountKind::ApiUser => {
            accounts::add(office, kind, name, password, f.now).await
        }
    };
    match added {
        Ok(()) => Ok(done("/users", "account-added", 1)),
        Err(AppError::Refused(why)) => {
            let refused = (kind, name.to_owned(), f.refusal(&why));
            show_refused(&users_page(&console, f, Some(refused)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    f: Frame,
    kind: AccountKind,
    name: String,
    /// Every contract, and whether the customer sees it; empty for others.
    contracts: Vec<(String, bool)>,
    refused: Option<String>,
}

impl AccountPage {
    fn address(&self) -> String {
        encoded(&self.name)
    }
}

async fn known(console: &Console, kind: &str, name: &str) -> Result<AccountKind, Failure> {
    let kind = kind_from_word(kind).ok_or(Failure::Nowhere)?;
    let accounts = accounts::list(&console.office).await?;
    let found = accounts.iter().any(|a| a.kind == kind && a.name == name);
    if found { Ok(kind) } else { Err(Failure::Nowhere) }
}

type KindAndName = Path<(String, String)>;

async fn account(State(console): Shared, f: Frame, Path((kind, name)): KindAndName) -> Answer {
    let kind = known(&console, &kind, &name).await?;
    show(&account_page(&console, f, kind, name, None).await?)
}

async fn account_page(
    console: &Console,
    f: Frame,
    kind: AccountKind,
    name: String,
    refused: Option<String>,
) -> Result<AccountPage, Failure> {
    let accounts = accounts::list(&console.office).await?;
    let found = accounts.into_iter().find(|it| it.kind == kind && it.name == name);
    let own = found.map(|account| account.contracts).unwrap_or_default();
    let contracts = match kind {
        AccountKind::Customer => contracts(console),
        AccountKind::Administrator | AccountKind::ApiUser => Vec::new(),
    };
    let contracts = contracts.into_iter().map(|name| {
        let is_own = own.contains(&name);
        (name, is_own)
    });
    Ok(AccountPage { contracts: contracts.collect(), f, kind, name, refused })
}

async fn set_contracts(
    State(console): Shared,
    f: Frame,
    Path(name): Path<String>,
    Signed(form): Signed<Fields>,
) -> Answer {
    let kind = known(&console, "customer", &name).await?;
    match accounts::set_contracts(&console.office, &name, &ticked(&form)).await {
        Ok(()) => Ok(done("/users", "contracts-changed", 1)),
        Err(AppError::Refused(why)) => {
            let refused = Some(f.refusal(&why));
            show_refused(&account_page(&console, f, kind, name, refused).await?)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
struct NewPassword {
    password: String,
}

async fn set_password(
    State(console): Shared,
    f: Frame,
    Path((kind, name)): KindAndName,
    Signed(NewPassword { password }): Signed<NewPassword>,
) -> Answer {
    let kind = known(&console, &kind, &name).await?;
    match accounts::set_password(&console.office, kind, &name, &password, f.now).await {
        Ok(()) => Ok(done("/users", "password-changed", 1)),
        Err(AppError::Refused(why)) => {
            let refused = Some(f.refusal(&why));
            show_refused(&account_page(&console, f, kind, name, refused).await?)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "remove_account.html")]
struct RemovePage {
    f: Frame,
    kind: AccountKind,
    name: String,
    refused: Option<String>,
}

impl RemovePage {
    fn address(&self) -> String {
        encoded(&self.name)
    }
}

async fn ask_to_remove(
    State(console): Shared,
    f: Frame,
    Path((kind, name)): KindAndName,
) -> Answer {
    let kind = known(&console, &kind, &name).await?;
    show(&RemovePage { f, kind, name, refused: None })
}

async fn remove(
    State(console): Shared,
    f: Frame,
    Path((kind, name)): KindAndName,
    Signed(NoFields {}): Signed<NoFields>,
) -> Answer {
    let kind = kind_from_word(&kind).ok_or(Failure::Nowhere)?;
    match accounts::remove(&console.office, kind, &name).await {
        Ok(()) => Ok(done("/users", "account-removed", 1)),
        Err(AppError::Refused(why)) => {
            let refused = Some(f.refusal(&why));
            show_refused(&RemovePage { f, kind, name, refused })
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::tests::sample;

    pub fn pages(f: &Frame) -> Vec<(&'static str, String)> {
        let f = Frame { here: "/users".to_owned(), ..f.clone() };
        let smtp = vec!["127.0.0.1:2525".to_owned(), "127.0.0.1:2465".to_owned()];
        let list = |refused| {
            let page = UsersPage {
                f: f.clone(),
                accounts: sample::accounts(),
                smtp: smtp.clone(),
                contracts: vec!["aoulu-cloud".to_owned()],
                refused,
            };
            page.render().expect("the template renders")
        };
        let short = "the password needs 8 characters or more".to_owned();
        let (kind, name) = (AccountKind::ApiUser, "api@example.jp".to_owned());
        let account = AccountPage {
            f: f.clone(),
            kind,
            name: name.clone(),
            contracts: Vec::new(),
            refused: Some(short.clone()),
        };
        let customer = AccountPage {
            f: f.clone(),
            kind: AccountKind::Customer,
            name: "hanako".to_owned(),
            contracts: vec![("aoulu-cloud".to_owned(), true), ("skyarch".to_owned(), false)],
            refused: None,
        };
        let remove = RemovePage { f: f.clone(), kind, name, refused: None };
        vec![
            ("users", list(None)),
            ("users-refused", list(Some((kind, "api2@example.jp".to_owned(), short)))),
            ("account", account.render().expect("the template renders")),
            ("account-customer-page", customer.render().expect("the template renders")),
            ("account-remove", remove.render().expect("the template renders")),
        ]
    }
}
