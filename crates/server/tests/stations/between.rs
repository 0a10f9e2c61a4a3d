//! Somebody between an agent and the office who holds the office's TLS key: hears all, keeps every order,
//! holds orders back, and gives stations what he likes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use link::{Orders, SignedOrder, Token};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConnection, ServerConfig, ServerConnection, StreamOwned};

use crate::place::Place;

/// What he knows and plans, by the name of the station.
#[derive(Default)]
struct Plans {
    /// By what a station is recognised.
    headers: BTreeMap<String, String>,
    /// Every order of the office, each once.
    kept: BTreeMap<String, Vec<SignedOrder>>,
    /// Stations that get no order of the office.
    held: BTreeSet<String>,
    /// What a station gets with its next answer.
    given: BTreeMap<String, Vec<SignedOrder>>,
    /// How often a station asked for orders.
    asked: BTreeMap<String, usize>,
}

/// The one in between. His threads end with the process.
pub struct Between {
    pub port: u16,
    plans: Arc<Mutex<Plans>>,
}

impl Between {
    /// Listens with the key and certificate of the office's own listener.
    pub fn begin(place: &Place, stations: &[(&str, &Token)]) -> Between {
        let file = |end: &str| place.path("data/link").join(format!("link.{end}"));
        let certificate = CertificateDer::from_pem_file(file("pem")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(file("key")).expect("the key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("TLS");
        let headers = stations
            .iter()
            .map(|(name, token)| (token.credential().header(), (*name).to_owned()))
            .collect();
        let plans = Arc::new(Mutex::new(Plans { headers, ..Plans::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (config, office, pin) = (Arc::new(config), place.port, stations[0].1.pin);
        let shared = Arc::clone(&plans);
        std::thread::spawn(move || {
            for tcp in listener.incoming().flatten() {
                let (config, plans) = (Arc::clone(&config), Arc::clone(&shared));
                // A connection that is cut is no matter: both ends come again.
                std::thread::spawn(move || drop(pass_on(tcp, config, office, pin, &plans)));
            }
        });
        Between { port, plans }
    }

    fn plans(&self) -> MutexGuard<'_, Plans> {
        self.plans.lock().expect("whole")
    }

    /// From now on the station gets no order of the office.
    pub fn hold(&self, station: &str) {
        self.plans().held.insert(station.to_owned());
    }

    /// Orders that the office sent to a station.
    pub fn kept(&self, station: &str) -> Vec<SignedOrder> {
        self.plans().kept.get(station).cloned().unwrap_or_default()
    }

    /// Gives an order to a station, and returns when the station has asked again after it. The answer on
    /// its way now is left alone: the station may have asked before its results were taken.
    pub fn give(&self, place: &Place, station: &str, order: &SignedOrder) {
        let asked = || self.plans().asked.get(station).copied().unwrap_or(0);
        let then = asked();
        place.until("the station asks", || asked() > then);
        self.plans().given.entry(station.to_owned()).or_default().push(order.clone());
        place.until("the order is given", || !self.plans().given.contains_key(station));
        let then = asked();
        place.until("the station asks again", || asked() > then);
    }
}

/// Passes requests on to the office, until either end goes away.
fn pass_on(
    tcp: TcpStream,
    config: Arc<ServerConfig>,
    office: u16,
    pin: [u8; 32],
    plans: &Mutex<Plans>,
) -> io::Result<()> {
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut station = StreamOwned::new(connection, tcp);
    loop {
        let (head, body) = message(&mut station)?;
        let plans = || plans.lock().expect("whole");
        let shown = value(&head, "authorization").unwrap_or_default();
        let name = plans().headers.get(shown).cloned().unwrap_or_default();
        // The office waits only for a second, so that there is an answer to change.
        let head = head.replacen("wait=30", "wait=1", 1);
        let (answer, mut told) = asked_of(office, pin, &head, &body)?;
        if head.starts_with("GET /link/v1/orders") && answer.starts_with("HTTP/1.1 200") {
            told = changed(&mut plans(), &name, &told)?;
        }
        let (status, _) = answer.split_once("\r\n").unwrap_or((&answer, ""));
        write!(station, "{status}\r\nContent-Length: {}\r\n\r\n", told.len())?;
        station.write_all(&told)?;
        station.flush()?;
    }
}

/// What a station is told instead of what the office said.
fn changed(plans: &mut Plans, name: &str, told: &[u8]) -> io::Result<Vec<u8>> {
    let mut orders: Orders = serde_json::from_slice(told)?;
    let kept = plans.kept.entry(name.to_owned()).or_default();
    for order in &orders.orders {
        if !kept.contains(order) {
            kept.push(order.clone());
        }
    }
    if plans.held.contains(name) {
        orders.orders.clear();
    }
    *plans.asked.entry(name.to_owned()).or_default() += 1;
    orders.orders.extend(plans.given.remove(name).unwrap_or_default());
    Ok(serde_json::to_vec(&orders)?)
}

/// The office's answer: head and body.
fn asked_of(office: u16, pin: [u8; 32], head: &str, body: &[u8]) -> io::Result<(String, Vec<u8>)> {
    let config = trust::pinned(pin).map_err(io::Error::other)?;
    let name = "office.example.jp".try_into().map_err(io::Error::other)?;
    let connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, TcpStream::connect(("127.0.0.1", office))?);
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.flush()?;
    message(&mut stream)
}

/// A head and as much body as it says.
fn message(stream: &mut impl Read) -> io::Result<(String, Vec<u8>)> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let length = value(&head, "content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((head, body))
}

/// The value of a header.
fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
