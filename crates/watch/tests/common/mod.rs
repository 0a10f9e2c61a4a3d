//! Peers that play a written dialogue, and a reach that trusts a root of our own.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use watch::{Answer, Check, Kind, Reach, Roots, Seen, Target};

/// A root that signs our peers' certificates.
struct Root {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

static ROOT: LazyLock<Root> = LazyLock::new(|| {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, "a root of our own");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("key");
    let pem = params.self_signed(&key).expect("root").pem();
    Root { issuer: Issuer::new(params, key), pem }
});

/// What is particular about a peer's certificate.
#[derive(Clone, Copy, Debug)]
pub struct Certificate {
    pub name: &'static str,
    /// The years of its first and last day.
    pub years: (i32, i32),
    pub is_signed_by_root: bool,
}

pub const GOOD: Certificate =
    Certificate { name: "127.0.0.1", years: (2020, 2099), is_signed_by_root: true };

fn signed(certificate: Certificate) -> (rcgen::Certificate, KeyPair) {
    let mut params = CertificateParams::new(vec![certificate.name.to_owned()]).expect("params");
    params.not_before = rcgen::date_time_ymd(certificate.years.0, 1, 1);
    params.not_after = rcgen::date_time_ymd(certificate.years.1, 1, 1);
    let key = KeyPair::generate().expect("key");
    let signed = if certificate.is_signed_by_root {
        params.signed_by(&key, &ROOT.issuer)
    } else {
        params.self_signed(&key)
    };
    (signed.expect("certificate"), key)
}

/// The certificate and its key in PEM.
pub fn pem(certificate: Certificate) -> (String, String) {
    let (signed, key) = signed(certificate);
    (signed.pem(), key.serialize_pem())
}

pub fn server_config(certificate: Certificate) -> Arc<ServerConfig> {
    let (signed, key) = signed(certificate);
    let chain: Vec<CertificateDer<'static>> = vec![signed.der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).expect("server"))
}

pub fn reach() -> Reach {
    let roots = Roots::Pem(ROOT.pem.clone().into_bytes());
    Reach::new(Some(&[SocketAddr::from(([127, 0, 0, 1], 9))]), &roots, Timestamp::now)
        .expect("reach")
}

pub fn check(kind: Kind, port: u16) -> Check {
    Check {
        name: "a check".to_owned(),
        function: "a function".to_owned(),
        every: Duration::from_secs(1),
        timeout: Duration::from_millis(2_000),
        slow_after: None,
        target: Target::port("127.0.0.1", port),
        kind,
    }
}

/// A peer that plays `script` with each who comes. Its lines:
/// `S: words` says a line, `C: words` wants exactly that line (`*` at its end stands for anything),
/// `S! tls`, `S! wait` (forever), `S! reset`, `S! slow N` (ms). The end of the script closes.
pub struct Peer {
    pub port: u16,
    pub surprises: Arc<Mutex<Vec<String>>>,
}

pub async fn peer(script: &str, certificate: Certificate) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
    let port = listener.local_addr().expect("address").port();
    let surprises = Arc::new(Mutex::new(Vec::new()));
    let (script, found) = (script.to_owned(), surprises.clone());
    let tls = TlsAcceptor::from(server_config(certificate));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (script, found, tls) = (script.clone(), found.clone(), tls.clone());
            tokio::spawn(async move { play(stream, &script, &found, &tls).await });
        }
    });
    Peer { port, surprises }
}

trait Both: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Both for S {}

async fn play(stream: TcpStream, script: &str, surprises: &Mutex<Vec<String>>, tls: &TlsAcceptor) {
    let mut wire: BufStream<Box<dyn Both>> = BufStream::new(Box::new(stream));
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (who, words) = line.split_at(2);
        let words = words.strip_prefix(' ').unwrap_or(words);
        // Lines that follow each other leave together.
        if who != "S:" && wire.flush().await.is_err() {
            return;
        }
        match (who, words) {
            ("S:", words) => {
                let sent = wire.write_all(format!("{words}\r\n").as_bytes()).await;
                if sent.is_err() {
                    return;
                }
            }
            ("C:", words) => {
                let mut heard = String::new();
                let read = wire.read_line(&mut heard).await.unwrap_or(0);
                let heard = heard.trim_end();
                let right = match words.strip_suffix('*') {
                    Some(start) => heard.starts_with(start),
                    None => heard == words,
                };
                if read == 0 || !right {
                    let surprise = format!("expected {words:?}, heard {heard:?}");
                    surprises.lock().expect("lock").push(surprise);
                    return;
                }
            }
            ("S!", "tls") => match tls.accept(wire.into_inner()).await {
                Ok(secure) => wire = BufStream::new(Box::new(secure)),
                Err(_) => return,
            },
            ("S!", "wait") => std::future::pending().await,
            ("S!", slow) => {
                let ms = slow.trim_start_matches("slow ").parse().expect("ms");
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
            _ => panic!("no such line in a script: {line}"),
        }
    }
    wire.flush().await.ok();
}

/// Looks once at a peer that plays `script`.
pub async fn look_at(kind: Kind, script: &str, certificate: Certificate) -> Seen {
    let peer = peer(script, certificate).await;
    let seen = watch::look(&check(kind, peer.port), &reach()).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let surprises = peer.surprises.lock().expect("lock").clone();
    assert_eq!(surprises, Vec::<String>::new(), "{script}");
    seen
}

/// `succeeded`, `refused status`, `silent timed-out` …
pub fn shown(answer: Answer) -> String {
    let word = match answer {
        Answer::Succeeded => "succeeded",
        Answer::Refused(_) => "refused",
        Answer::Silent(_) => "silent",
        Answer::Unseen(_) => "unseen",
    };
    answer.reason().map_or(word.to_owned(), |reason| format!("{word} {}", reason.code()))
}

/// Plays each script and compares what the look came to.
pub async fn table(kind: impl Fn() -> Kind, rows: &[(&str, &str)]) {
    for (script, expected) in rows {
        let seen = look_at(kind(), script, GOOD).await;
        assert_eq!(shown(seen.answer), *expected, "{script}\n{seen:?}");
    }
}
