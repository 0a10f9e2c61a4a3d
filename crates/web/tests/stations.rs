//! The door for stations: who is let in, what is taken, and that each acts for itself alone.

use std::net::SocketAddr;
use std::sync::Arc;

use app::checks::{self, ConfiguredCheck, Hidden, Settings, Watching, Way};
use app::stations::{self, Link, OrderState, StationKind, Wanted};
use app::{Office, RelayFolder, WatchedContract};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use jiff::Timestamp;
use link::{Order, SignedOrder, Token, signed_bytes};
use store::Store;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use vault::{OrderKey, Vault};
use web::StationDoor;

/// The one instant of the tests.
fn now() -> Timestamp {
    "2026-11-22T06:00:30Z".parse().expect("an instant")
}

struct Outpost {
    address: SocketAddr,
    office: Arc<Office>,
    _folder: tempfile::TempDir,
}

fn contract() -> WatchedContract {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/");
    let read = |name: &str| {
        std::fs::read_to_string(format!("{folder}{name}")).map_err(|error| error.to_string())
    };
    let text = read("skyarch-platinum.toml").expect("a contract");
    let read = terms::read("skyarch-platinum.toml", &text, &read).expect("a sound contract");
    let day = "2020-01-01".parse().expect("a day");
    WatchedContract { contract: read.contract.starting(day), measured: Vec::new() }
}

/// A mailbox that osaka looks into, and a page that is sapporo's.
fn looked_at() -> Vec<ConfiguredCheck> {
    let imap = Settings {
        kind: Way::Imap,
        host: "imap.example.jp".into(),
        user: "probe".into(),
        password: Hidden("geheim".into()),
        sites: vec!["osaka".into()],
        ..Settings::default()
    };
    let page = Settings {
        url: "https://shop.example.jp/".into(),
        sites: vec!["sapporo".into()],
        ..Settings::default()
    };
    let check = |name: &str, settings| ConfiguredCheck { name: name.into(), settings };
    vec![check("mailbox", imap), check("shop", page)]
}

impl Outpost {
    async fn start() -> Outpost {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = Arc::new(Vault::from_master(&[7; 32]).expect("a vault"));
        let url = format!("sqlite:{}", folder.path().join("office.db").display());
        let store = Store::open(&url, Arc::clone(&vault)).await.expect("records");
        let relay = RelayFolder(folder.path().join("relay"));
        let key = OrderKey::open_or_create(&folder.path().join("orders.key")).expect("a key");
        let office = Office::new(store, vault, relay, vec![])
            .under(vec![contract()])
            .known_by(Link { key, pin: [3; 32] })
            .watching(Watching::of(looked_at()));
        checks::refresh(&office, now()).await.expect("noted");
        let office = Arc::new(office);
        let door = StationDoor::new(Arc::clone(&office), now);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let router = web::station_router(door);
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Outpost { address, office, _folder: folder }
    }

    async fn add(&self, name: &str, kind: StationKind) -> Token {
        let contracts = vec!["skyarch-platinum".to_owned()];
        let wanted = Wanted { name: name.to_owned(), kind, site: None, contracts };
        let text = stations::add(&self.office, &wanted, now()).await.expect("added");
        Token::parse(&text).expect("a token")
    }

    /// Status and body of the answer.
    async fn ask(&self, line: &str, token: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        let authorization = match token {
            "" => String::new(),
            token => format!("Authorization: {token}\r\n"),
        };
        let head = format!(
            "{line} HTTP/1.1\r\nHost: office\r\nConnection: close\r\n{authorization}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.expect("sent");
        // It may answer before it has read all.
        let _ = stream.write_all(body.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let text = String::from_utf8_lossy(&answer).into_owned();
        let status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, body.to_owned())
    }

    async fn post(&self, path: &str, token: &Token, body: &str) -> (u16, String) {
        self.ask(&format!("POST {path}"), &token.credential().header(), body).await
    }
}

fn readings(batch: u64, clock: &str, disk: i64, inodes: i64) -> String {
    format!(
        r#"{{"batch":{batch},"readings":[{{"at":"2026-11-22T{clock}Z","values":[["disk./.used_permille",{disk}],["disk./.inodes_used_permille",{inodes}]]}}],"states":[]}}"#
    )
}

const READINGS: &str = "POST /link/v1/readings";

#[tokio::test]
async fn a_revoked_token_is_refused_at_the_next_request() {
    let outpost = Outpost::start().await;
    let token = outpost.add("web-1", StationKind::Agent).await;
    let body = readings(1, "06:00:00", 100, 100);
    let path = "/link/v1/readings";
    assert_eq!(outpost.post(path, &token, &body).await, (200, r#"{"taken":1}"#.to_owned()));
    stations::revoke(&outpost.office, "web-1", now()).await.expect("revoked");
    assert_eq!(outpost.post(path, &token, &body).await.0, 401);
    let again = outpost.add("web-1", StationKind::Agent).await;
    assert_eq!(outpost.post(path, &token, &body).await.0, 401, "the old token");
    assert_eq!(outpost.post(path, &again, &body).await, (200, r#"{"taken":1}"#.to_owned()));

    // One that waits for orders is not given them any more.
    let waiting = outpost.post("/none", &again, "").await.0;
    assert_eq!(waiting, 404);
    let header = again.credential().header();
    let asked = outpost.ask("GET /link/v1/orders?wait=20", &header, "");
    let revoked = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        stations::revoke(&outpost.office, "web-1", now()).await.expect("revoked");
    };
    let ((status, _), ()) = tokio::join!(asked, revoked);
    assert_eq!(status, 401);
}

#[tokio::test]
async fn strangers_are_refused_and_made_to_wait() {
    let outpost = Outpost::start().await;
    let token = outpost.add("web-1", StationKind::Agent).await;
    let body = readings(1, "06:00:00", 100, 100);
    let other = Token { secret: link::Secret([9; 32]), ..token.clone() };
    let nobody = Token { station: link::StationId([9; 16]), ..token.clone() };
    for wrong in
        ["", "Bearer x", "Basic YTpi", &other.credential().header(), &nobody.credential().header()]
    {
        assert_eq!(outpost.ask(READINGS, wrong, &body).await.0, 401, "{wrong}");
    }
    for _ in 0..25 {
        outpost.ask(READINGS, "", &body).await;
    }
    assert_eq!(outpost.ask(READINGS, "", &body).await.0, 429);
    assert_eq!(
        outpost.office.store.station("web-1").await.expect("read").expect("there").seen,
        None
    );
}

#[tokio::test]
async fn each_kind_has_its_own_requests_and_nobody_has_pages() {
    let outpost = Outpost::start().await;
    let node = outpost.add("osaka", StationKind::Node).await;
    let agent = outpost.add("web-1", StationKind::Agent).await;
    for path in ["/link/v1/readings", "/link/v1/logs", "/link/v1/done"] {
        assert_eq!(
            outpost.post(path, &node, &readings(1, "06:00:00", 1, 1)).await.0,
            403,
            "{path}"
        );
    }
    let header = node.credential().header();
    assert_eq!(outpost.ask("GET /link/v1/orders?wait=0", &header, "").await.0, 403);
    for token in [&node, &agent] {
        for page in ["/", "/machines", "/sign-in", "/incidents", "/metrics", "/assets/console.css"]
        {
            let header = token.credential().header();
            assert_eq!(outpost.ask(&format!("GET {page}"), &header, "").await.0, 404, "{page}");
        }
    }
}

#[tokio::test]
async fn a_station_acts_for_itself_alone() {
    let outpost = Outpost::start().await;
    let (one, two) = (
        outpost.add("web-1", StationKind::Agent).await,
        outpost.add("web-2", StationKind::Agent).await,
    );
    let office = &outpost.office;
    let id =
        stations::order(office, "web-1", "reboot", None, "hanako", now()).await.expect("given");
    let result = format!(
        r#"{{"batch":1,"results":[{{"order":"{id}","outcome":"done","detail":"","started_at":"2026-11-22T06:00:31Z","ended_at":"2026-11-22T06:00:32Z"}}]}}"#
    );
    let header = two.credential().header();
    let (_, none) = outpost.ask("GET /link/v1/orders?wait=0", &header, "").await;
    assert_eq!(none, r#"{"station":"web-2","orders":[]}"#, "orders of another are not to be had");
    assert_eq!(outpost.post("/link/v1/done", &two, &result).await.0, 200);
    let state = stations::outcome(office, id, now()).await.expect("known");
    assert_eq!(state, OrderState::Waiting, "nor can their results be told");
    // Batches are counted for each station.
    assert_eq!(outpost.post("/link/v1/done", &one, &result).await.0, 200);
    assert_eq!(stations::outcome(office, id, now()).await.expect("known"), OrderState::Done);
    let late = now() + jiff::SignedDuration::from_secs(100);
    let id =
        stations::order(office, "web-1", "reboot", None, "hanako", now()).await.expect("given");
    assert_eq!(stations::outcome(office, id, late).await.expect("known"), OrderState::Expired);
    outpost.add("osaka", StationKind::Node).await;
    assert!(stations::order(office, "osaka", "reboot", None, "hanako", now()).await.is_err());
}

#[tokio::test]
async fn a_batch_that_comes_again_is_acknowledged_and_kept_once() {
    let outpost = Outpost::start().await;
    let token = outpost.add("web-1", StationKind::Agent).await;
    let path = "/link/v1/readings";
    let taken = |n: u64| (200, format!(r#"{{"taken":{n}}}"#));
    for _ in 0..3 {
        let body = readings(7, "06:00:00", 100, 100);
        assert_eq!(outpost.post(path, &token, &body).await, taken(7));
    }
    // A station whose count was lost hears how far we are.
    let body = readings(1, "06:00:10", 100, 100);
    assert_eq!(outpost.post(path, &token, &body).await, taken(7));
    let station = outpost.office.store.station("web-1").await.expect("read").expect("there");
    let (from, until) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
    let kept = outpost.office.store.readings(station.number, from, until).await.expect("read");
    assert_eq!(kept.len(), 1);
}

#[tokio::test]
async fn what_is_out_of_bounds_is_not_taken() {
    let outpost = Outpost::start().await;
    let token = outpost.add("web-1", StationKind::Agent).await;
    let long = "x".repeat(1_200_000);
    for (body, status) in [
        (format!(r#"{{"batch":1,"readings":[],"states":[],"x":"{long}"}}"#), 413),
        ("{".to_owned(), 400),
        (r#"{"batch":"1"}"#.to_owned(), 422),
        (r#"{"batch":0,"readings":[]}"#.to_owned(), 422),
    ] {
        let answer = outpost.post("/link/v1/readings", &token, &body).await;
        assert_eq!(answer.0, status, "{:.80}", answer.1);
    }
}

#[tokio::test]
async fn an_order_comes_at_once_with_a_signature() {
    let outpost = Outpost::start().await;
    let token = outpost.add("web-1", StationKind::Agent).await;
    let header = token.credential().header();
    let asked = outpost.ask("GET /link/v1/orders?wait=20", &header, "");
    let given = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let order =
            stations::order(&outpost.office, "web-1", "restart-nginx", Some(4), "hanako", now());
        order.await.expect("given")
    };
    let ((_, body), id) = tokio::join!(asked, given);
    let text = body.split(r#""text":""#).nth(1).and_then(|rest| rest.split('"').next());
    let text = text.expect("an order").replace("\\n", "\n");
    let signature = body.split(r#""signature":""#).nth(1).and_then(|rest| rest.split('"').next());
    let signature = signature.expect("a signature").to_owned();
    let signed = SignedOrder { text, signature };
    let order = Order::parse(&signed.text).expect("canonical");
    assert_eq!((order.id, order.station.as_str()), (id.to_string(), "web-1"));
    assert_eq!((order.action.as_str(), order.incident.as_deref()), ("restart-nginx", Some("4")));
    let key = UnparsedPublicKey::new(&ED25519, token.orders_key);
    let signature = signed.signature_bytes().expect("64 bytes");
    assert!(key.verify(&signed_bytes(&signed.text), &signature).is_ok());
}

#[tokio::test]
async fn readings_are_judged_by_the_contract_of_the_machine() {
    let outpost = Outpost::start().await;
    let token = outpost.add("web-1", StationKind::Agent).await;
    let mut changed = outpost.office.stations.changed();
    for (batch, clock, disk, inodes) in
        [(1, "05:40:00", 899, 499), (2, "05:50:00", 900, 500), (3, "06:00:00", 100, 700)]
    {
        let body = readings(batch, clock, disk, inodes);
        assert_eq!(outpost.post("/link/v1/readings", &token, &body).await.0, 200);
    }
    assert!(changed.has_changed().expect("the office lives"));
    changed.mark_unchanged();
    let since = "2026-11-22T05:00:00Z".parse().expect("an instant");
    let all = stations::crossings(&outpost.office, since).await.expect("read");
    let shown: Vec<String> = all
        .iter()
        .map(|it| {
            let until = it.what.until.map_or("…".to_owned(), |at| at.to_string());
            let what = &it.what;
            format!(
                "{} {} {} {} {}–{until}",
                it.station, what.contract, what.promise, what.used_of, what.from
            )
        })
        .collect();
    let expected = [
        "web-1 skyarch-platinum disk disk / 2026-11-22T05:50:00Z–2026-11-22T06:00:00Z",
        "web-1 skyarch-platinum inodes inode / 2026-11-22T05:50:00Z–…",
    ];
    assert_eq!(shown, expected);
}

fn looks(batch: u64, check: &str) -> String {
    format!(
        r#"{{"sent":"2026-11-22T06:00:30Z","batches":[{{"batch":{batch},"looks":[{{"check":"{check}","every":60,"at":"2026-11-22T06:00:00Z","answer":"silent","reason":"timed-out","took_ms":9}}]}}]}}"#
    )
}

/// A stolen token of a node shows what that node looks at, and nothing of anybody else.
#[tokio::test]
async fn a_node_is_given_and_brings_its_own_alone() {
    let outpost = Outpost::start().await;
    let osaka = outpost.add("osaka", StationKind::Node).await;
    let sapporo = outpost.add("sapporo", StationKind::Node).await;
    let agent = outpost.add("web-1", StationKind::Agent).await;
    let asked = async |token: &Token, version: &str| {
        let line = format!("GET /link/v1/checks?version={version}");
        outpost.ask(&line, &token.credential().header(), "").await
    };
    let (status, given) = asked(&osaka, "").await;
    assert_eq!(status, 200);
    assert!(given.contains("geheim") && !given.contains("shop"), "{given}");
    let (_, other) = asked(&sapporo, "").await;
    assert!(!other.contains("geheim") && other.contains("shop"), "{other}");
    let version = given.split('"').nth(3).expect("a version");
    assert_eq!(asked(&osaka, version).await.0, 304, "{version}");
    assert_eq!(asked(&agent, "").await.0, 403, "no node");
    let path = "/link/v1/looks";
    assert_eq!(outpost.post(path, &agent, &looks(1, "shop")).await.0, 403, "no node");
    for path in ["GET /link/v1/orders", READINGS] {
        let (status, _) = outpost.ask(path, &osaka.credential().header(), "").await;
        assert_eq!(status, 403, "a node is no agent");
    }
    let brought =
        async |token: &Token, check: &str| outpost.post(path, token, &looks(1, check)).await;
    assert_eq!(brought(&osaka, "shop").await, (200, r#"{"taken":1}"#.to_owned()));
    assert_eq!(brought(&sapporo, "shop").await.0, 200);
    let seen = async |series: &str| {
        let (from, until) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        outpost.office.store.looks(series, from, until).await.expect("read").len()
    };
    assert_eq!((seen("shop@sapporo").await, seen("shop@osaka").await), (1, 0));
    assert_eq!(outpost.post(path, &osaka, &looks(2, "a@b")).await.0, 422);
    stations::revoke(&outpost.office, "osaka", now()).await.expect("revoked");
    assert_eq!(asked(&osaka, "").await.0, 401);
    assert_eq!(brought(&osaka, "mailbox").await.0, 401);
}
