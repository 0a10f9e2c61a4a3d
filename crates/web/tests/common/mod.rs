//! A console over an empty office on a free port, and a client that shows every byte it gets.

#![allow(dead_code, reason = "each test file uses its part")]

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use app::accounts::{self, AccountKind};
use app::incidents::{AlarmPlace, AlarmRules, AlertDoor};
use app::logs::{self, Log};
use app::stations::Link;
use app::status::StatusPage;
use app::telling::{Audience, CourierFacts, Telling, Way};
use app::{Office, RelayFolder, WatchedContract};
use desk::{Closing, Runbook, RunbookStep, StepDoing};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use mail::envelope::Notify;
use mail::{Address, Envelope, HeaderSummary, Recipient, Source, SpoolId};
use spool::mailbox::{Mailbox, MailboxEntry};
use store::Store;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use vault::{OrderKey, Vault};
use web::{Console, ServerFacts};

pub const LOGIN: &str = "admin";
pub const PASSWORD: &str = "a promise kept daily";

/// The one instant of the tests.
pub fn now() -> Timestamp {
    "2026-11-22T00:31:07Z".parse().expect("an instant")
}

/// A running console. Its folder goes with it.
pub struct House {
    pub address: SocketAddr,
    pub office: Arc<Office>,
    mailbox: Mailbox,
    _folder: tempfile::TempDir,
}

/// An answer as it came.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header; the first one where there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).first().copied()
    }

    pub fn headers(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    /// `name=value` of a cookie that the answer sets.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.headers("set-cookie")
            .into_iter()
            .map(|line| line.split(';').next().unwrap_or(line))
            .find(|pair| pair.starts_with(&format!("{name}=")))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The token of the first form.
    pub fn token(&self) -> String {
        let text = self.text();
        let rest = text.split("name=\"csrf\" value=\"").nth(1).expect("a form with a token");
        rest.split('"').next().expect("split gives one piece").to_owned()
    }
}

impl House {
    /// Builds and starts one with a single administrator.
    pub async fn start() -> House {
        House::build(false, &[]).await
    }

    /// One whose office keeps a contract, with a log imported.
    pub async fn start_with_contract(log: &str) -> House {
        House::start_with_term(log, "2020-01-01", None).await
    }

    /// The same with another first and last day of the contract.
    pub async fn start_with_term(log: &str, first: &str, last: Option<&str>) -> House {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/cyber-solutions.toml");
        let text = std::fs::read_to_string(path).expect("a contract");
        let nothing = |_: &str| Err("not needed".to_owned());
        let read = terms::read(path, &text, &nothing).expect("a sound contract");
        let day = |day: &str| day.parse().expect("a day");
        let mut contract = read.contract.starting(day(first));
        contract.end = last.map(day);
        let watched = WatchedContract { contract, measured: Vec::new() };
        House::build_under(false, &[], vec![watched], log).await
    }

    /// One that speaks HTTPS, as far as it knows.
    pub async fn start_secure() -> House {
        House::build(true, &[]).await
    }

    /// One behind a proxy on this machine.
    pub async fn start_behind_proxy() -> House {
        House::build(false, &[IpAddr::from([127, 0, 0, 1])]).await
    }

    async fn build(secure_cookie: bool, proxies: &[IpAddr]) -> House {
        House::build_under(secure_cookie, proxies, Vec::new(), "").await
    }

    async fn build_under(
        secure_cookie: bool,
        proxies: &[IpAddr],
        contracts: Vec<WatchedContract>,
        log: &str,
    ) -> House {
        House::build_showing(secure_cookie, proxies, contracts, log, Vec::new()).await
    }

    /// One with several contracts of the project and status pages.
    pub async fn start_showing(names: &[&str], log: &str, pages: Vec<StatusPage>) -> House {
        let contract = |name: &&str| {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts");
            let text = std::fs::read_to_string(format!("{folder}/{name}.toml")).expect("a file");
            let nothing = |_: &str| Err("not needed".to_owned());
            let contract = terms::read(name, &text, &nothing).expect("a sound contract").contract;
            let contract = contract.starting("2020-01-01".parse().expect("a day"));
            WatchedContract { contract, measured: Vec::new() }
        };
        let contracts = names.iter().map(contract).collect();
        House::build_showing(false, &[], contracts, log, pages).await
    }

    async fn build_showing(
        secure_cookie: bool,
        proxies: &[IpAddr],
        contracts: Vec<WatchedContract>,
        log: &str,
        pages: Vec<StatusPage>,
    ) -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = Arc::new(Vault::from_master(&[7; 32]).expect("a vault"));
        let url = format!("sqlite:{}", folder.path().join("office.db").display());
        let store = Store::open(&url, Arc::clone(&vault)).await.expect("records");
        let relay = RelayFolder(folder.path().join("relay"));
        std::fs::create_dir_all(&relay.0).expect("a folder for the relay");
        let mailbox = Mailbox::new(&relay.sandbox(), Arc::clone(&vault));
        let telling = telling(&contracts);
        let (runbooks, alarms) = answering(&contracts);
        let mut office = Office::new(store, vault, relay, vec![]).under(contracts).telling(telling);
        (office.runbooks, office.alarms) = (runbooks, alarms);
        let mut office = office.showing(pages).keeping(folder.path().join("contracts"));
        // An office with contracts takes stations; another has no listener for them.
        if office.keeps_contracts() {
            let key = OrderKey::open_or_create(&folder.path().join("orders.key")).expect("a key");
            office = office.known_by(Link { key, pin: [3; 32] });
        }
        let roots = watch::Roots::Mozilla;
        let mut reach = watch::Reach::new(None, &roots, now).expect("a reach");
        // What a console may look at where nothing private is allowed.
        reach.policy = watch::Policy::Public(Vec::new());
        let reach = Arc::new(reach);
        office.watching.reach = Some(Arc::clone(&reach));
        office.watching.customers_reach = Some(reach);
        let office = Arc::new(office);
        for watched in office.contracts().iter().filter(|_| !log.is_empty()) {
            let mut lines = Log::default();
            for line in log.lines() {
                lines.line(line.as_bytes()).expect("a sound line");
            }
            let name = watched.contract.name.as_str();
            logs::import(&office, name, lines, now()).await.expect("imported");
        }
        accounts::add(&office, AccountKind::Administrator, LOGIN, PASSWORD, now())
            .await
            .expect("an administrator");
        let kept = Arc::clone(&office);
        let console = Console {
            office,
            clock: now,
            zone: TimeZone::get("Asia/Tokyo").expect("the zone database is built in"),
            fonts: pdf::FontPlace::default(),
            facts: ServerFacts {
                hostname: "mail.example.jp".to_owned(),
                version: "0.1.0".to_owned(),
                smtp: vec!["127.0.0.1:2525".to_owned()],
                sender_addresses: vec!["192.0.2.10".parse().expect("an address")],
                secure_cookie,
                first_mail: Some("yakusoku send --to taro@example.jp".to_owned()),
            },
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let pages = web::behind_proxies(web::router(console), proxies);
        let pages = pages.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, pages).await });
        House { address, office: kept, mailbox, _folder: folder }
    }

    /// Puts a mail into the sandbox mailbox, as the relay does.
    pub fn deliver(&self, content: &str) -> SpoolId {
        let id = SpoolId::from_micros(now().as_microsecond() as u64);
        let taro = Address::parse("taro@example.jp").expect("an address");
        let envelope = Envelope {
            composition: "sandbox".to_owned(),
            sender: None,
            recipients: vec![Recipient { address: taro, notify: Notify::default(), orcpt: None }],
            source: Source {
                ip: "127.0.0.1".parse().expect("an address"),
                helo: "test".to_owned(),
                user: None,
                tls: None,
            },
            eight_bit: false,
            smtputf8: false,
            ret_full: false,
            envid: None,
            headers: HeaderSummary::default(),
        };
        let size = content.len() as u32;
        let entry = MailboxEntry { id, delivered_at: now(), envelope, size };
        self.mailbox.deliver(&entry, content.as_bytes()).expect("room in the mailbox");
        id
    }

    /// Sends a request head (without Host and Connection) and a body.
    pub async fn ask(&self, head: &str, body: &str) -> Answer {
        let address = self.address;
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        let head = head.replace('\n', "\r\n");
        let kind = match head.contains("Content-Type: ") {
            true => "",
            false => "Content-Type: application/x-www-form-urlencoded\r\n",
        };
        let length = match body.is_empty() {
            true => String::new(),
            false => format!("{kind}Content-Length: {}\r\n", body.len()),
        };
        let request =
            format!("{head}\r\nHost: {address}\r\nConnection: close\r\n{length}\r\n{body}");
        // A body that is too large is answered before all of it is read.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        parse(&answer)
    }

    pub async fn get(&self, path: &str, cookies: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\nCookie: {cookies}"), "").await
    }

    pub async fn post(&self, path: &str, cookies: &str, form: &str) -> Answer {
        let origin = format!("http://{}", self.address);
        self.ask(&format!("POST {path} HTTP/1.1\nCookie: {cookies}\nOrigin: {origin}"), form).await
    }

    /// Tries to sign in as a browser does.
    pub async fn sign_in(&self, password: &str) -> Answer {
        self.sign_in_as(LOGIN, password).await
    }

    pub async fn sign_in_as(&self, login: &str, password: &str) -> Answer {
        let form = self.get("/sign-in", "").await;
        let cookie = form.cookie("yakusoku_form").expect("the form's cookie").to_owned();
        let password = password.replace(' ', "+");
        let fields = format!("csrf={}&login={login}&password={password}&next=/log", form.token());
        self.post("/sign-in", &cookie, &fields).await
    }

    /// A customer of these contracts, and the cookie of his session.
    pub async fn customer(&self, login: &str, contracts: &[&str]) -> String {
        let contracts: Vec<String> = contracts.iter().map(|name| (*name).to_owned()).collect();
        let added = accounts::add_customer(&self.office, login, PASSWORD, &contracts, now());
        added.await.expect("a customer");
        let answer = self.sign_in_as(login, PASSWORD).await;
        answer.cookie("yakusoku_session").expect("a session").to_owned()
    }

    /// The cookie of a new session.
    pub async fn signed_in(&self) -> String {
        let answer = self.sign_in(PASSWORD).await;
        answer.cookie("yakusoku_session").expect("a session").to_owned()
    }
}

/// Every contract has a runbook of words, and a door for alerts of its own name.
fn answering(contracts: &[WatchedContract]) -> (Vec<Runbook>, AlarmRules) {
    let runbook = |watched: &WatchedContract| Runbook {
        name: "by-hand".parse().expect("a name"),
        contract: watched.contract.name.clone(),
        functions: Vec::new(),
        alarms: Vec::new(),
        conditions: Vec::new(),
        done: Vec::new(),
        steps: ["look at the lamp", "switch over"]
            .map(|words| RunbookStep {
                level: None,
                doing: StepDoing::Hand(words.into()),
                wait: SignedDuration::from_mins(30),
            })
            .into(),
    };
    let door = |watched: &WatchedContract| {
        let contract = watched.contract.name.to_string();
        let place = AlarmPlace { contract: contract.clone(), service: None };
        AlertDoor { name: contract, place, closing: Closing::ByPerson }
    };
    let doors = contracts.iter().map(door).collect();
    (contracts.iter().map(runbook).collect(), AlarmRules { checks: Vec::new(), doors })
}

/// Every contract is told by mail.
fn telling(contracts: &[WatchedContract]) -> Telling {
    let channel = "email".parse().expect("a name");
    let audience = Audience { mail: vec!["ops@customer.example".into()], ..Audience::default() };
    let name = |watched: &WatchedContract| watched.contract.name.to_string();
    Telling {
        couriers: vec![CourierFacts { name: "relay".into(), channel, way: Way::OwnRelay }],
        audiences: contracts.iter().map(|it| (name(it), audience.clone())).collect(),
        contact: None,
        console: None,
    }
}

fn parse(answer: &[u8]) -> Answer {
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
    Answer { status, head, body: answer[end + 4..].to_vec() }
}
