//! An office of the tests' own: TLS, the paths of the link, and the faults that a real one can have.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use link::{Order, Secret, SignedOrder, StationId, Token};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use vault::OrderKey;

/// How the office behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Fine,
    /// It closes every connection at once.
    Away,
    /// It knows no token.
    Strict,
    /// It takes what is brought and closes the connection instead of answering.
    Mute,
    /// It refuses every batch for what it holds.
    Picky,
}

/// What the office has and was told.
pub struct Records {
    pub mood: Mood,
    /// The last batch of each path.
    pub taken: HashMap<String, u64>,
    /// Every batch that was new, with its path.
    pub batches: Vec<(String, Value)>,
    /// Every request, repeated ones too: method and path.
    pub requests: Vec<String>,
    /// What is handed out to whoever asks, until there is a result for it.
    pub orders: Vec<SignedOrder>,
}

pub struct Office {
    pub address: SocketAddr,
    pub token: Token,
    pub key: OrderKey,
    records: Arc<Mutex<Records>>,
    _folder: tempfile::TempDir,
}

impl Office {
    pub async fn open(mood: Mood) -> Office {
        let folder = tempfile::tempdir().expect("a folder");
        let key = OrderKey::open_or_create(&folder.path().join("orders.key")).expect("a key");
        let made = rcgen::generate_simple_self_signed(vec!["office.example.jp".to_owned()])
            .expect("a certificate");
        let pin = trust::pin_of(made.cert.der()).expect("a pin");
        let token = Token {
            station: StationId([9; 16]),
            secret: Secret([5; 32]),
            pin,
            orders_key: key.public(),
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let private = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], private.into())
            .expect("TLS");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let records = Records {
            mood,
            taken: HashMap::new(),
            batches: Vec::new(),
            requests: Vec::new(),
            orders: Vec::new(),
        };
        let records = Arc::new(Mutex::new(records));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(listen(listener, acceptor, Arc::clone(&records), token.clone()));
        Office { address, token, key, records, _folder: folder }
    }

    pub fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().expect("a lock")
    }

    pub fn set(&self, mood: Mood) {
        self.records().mood = mood;
    }

    /// An order that can be changed before it is signed.
    pub fn order(&self, number: u64, action: &str, change: impl Fn(&mut Order)) -> SignedOrder {
        let now = Timestamp::from_second(Timestamp::now().as_second()).expect("now");
        let mut order = Order {
            id: format!("o-{number}"),
            station: "web-1".to_owned(),
            number,
            action: action.to_owned(),
            issued: now,
            expires: now + SignedDuration::from_secs(300),
            incident: Some("42".to_owned()),
        };
        change(&mut order);
        let text = order.text().expect("an order");
        let signature = self.key.sign(&link::signed_bytes(&text));
        SignedOrder::new(text, &signature)
    }

    /// All items of a list in the batches of a path.
    pub fn items(&self, path: &str, list: &str) -> Vec<Value> {
        let records = self.records();
        let batches = records.batches.iter().filter(|(known, _)| known == path);
        batches.flat_map(|(_, body)| body[list].as_array().cloned().unwrap_or_default()).collect()
    }

    /// Order, outcome and the beginning of the detail of each result.
    pub fn results(&self) -> Vec<String> {
        let one = |result: &Value| {
            let detail = result["detail"].as_str().unwrap_or_default();
            let detail: String = detail.replace('\n', " ").chars().take(60).collect();
            let word = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
            format!("{} {}: {detail}", word("order"), word("outcome"))
        };
        self.items("/link/v1/done", "results").iter().map(one).collect()
    }
}

async fn listen(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    records: Arc<Mutex<Records>>,
    token: Token,
) {
    while let Ok((tcp, _)) = listener.accept().await {
        if records.lock().expect("a lock").mood == Mood::Away {
            continue;
        }
        let (acceptor, records, token) = (acceptor.clone(), Arc::clone(&records), token.clone());
        tokio::spawn(async move {
            // A station that goes away in the middle is none of the test's business.
            let _ = serve(tcp, acceptor, records, token).await;
        });
    }
}

async fn serve(
    tcp: TcpStream,
    acceptor: TlsAcceptor,
    records: Arc<Mutex<Records>>,
    token: Token,
) -> std::io::Result<()> {
    let mut stream = acceptor.accept(tcp).await?;
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let shown = token.credential().header().to_lowercase();
        let known = head.lines().any(|line| line == format!("authorization: {shown}"));
        let mut answer = respond(&records, &path, &body, known);
        let waits = path.contains("wait=30") && answer.as_ref().is_some_and(|(_, a)| no_order(a));
        for _ in 0..20 {
            if !waits || answer.as_ref().is_some_and(|(_, a)| !no_order(a)) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            answer = respond(&records, &path, &body, known);
        }
        let Some((status, answer)) = answer else { return Ok(()) };
        let text = answer.to_string();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", text.len());
        stream.write_all(format!("{head}{text}").as_bytes()).await?;
    }
}

fn no_order(answer: &Value) -> bool {
    answer["orders"].as_array().is_some_and(Vec::is_empty)
}

/// Status and body, or `None` for a connection that is cut.
fn respond(records: &Mutex<Records>, path: &str, body: &[u8], known: bool) -> Option<(u16, Value)> {
    let mut records = records.lock().expect("a lock");
    records.requests.push(path.to_owned());
    let mood = records.mood;
    if mood == Mood::Away {
        return None;
    }
    if mood == Mood::Strict || !known {
        return Some((401, json!({})));
    }
    if path.starts_with("/link/v1/orders") {
        return Some((200, json!({ "orders": records.orders })));
    }
    if mood == Mood::Picky {
        return Some((422, json!({ "error": "no" })));
    }
    let body: Value = serde_json::from_slice(body).expect("JSON");
    let batch = body["batch"].as_u64().expect("a batch");
    let last = records.taken.entry(path.to_owned()).or_default();
    if batch > *last {
        *last = batch;
        for result in body["results"].as_array().into_iter().flatten() {
            let name = format!("order {}\n", result["order"].as_str().unwrap_or_default());
            records.orders.retain(|order| !order.text.contains(&name));
        }
        records.batches.push((path.to_owned(), body));
    }
    let taken = records.taken[path];
    (mood != Mood::Mute).then(|| (200, json!({ "taken": taken })))
}
