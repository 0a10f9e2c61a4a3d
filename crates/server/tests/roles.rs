//! The roles apart, from one file: the relay goes on alone, and the office speaks TLS.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const CONFIG: &str = r#"
data = "data"
hostname = "mail.example.jp"

[console]
listen = "127.0.0.1:0"
tls_certificate = "console.pem"
tls_key = "console.key"

[metrics]
listen = "127.0.0.1:0"

[[composition]]
name = "pro"
delivery = "sandbox"
listen = ["127.0.0.1:0"]
"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("made");
    let write =
        |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    write("console.pem", &made.cert.pem());
    write("console.key", &made.signing_key.serialize_pem());
    write("yakusoku.toml", CONFIG);
    folder
}

fn yakusoku(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yakusoku"))
        .args(arguments)
        .env("YAKUSOKU_CONFIG", "yakusoku.toml")
        .current_dir(folder)
        .output()
        .expect("the program runs")
}

fn start(folder: &Path, role: &str) -> (Program, Value) {
    let ready = folder.join(format!("{role}.json"));
    let child = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
        .args([role, "--config", "yakusoku.toml", "--ready-file"])
        .arg(&ready)
        .current_dir(folder)
        .stderr(fs::File::create(folder.join(role)).expect("a file"))
        .spawn()
        .expect("the program starts");
    let program = Program(child);
    let began = Instant::now();
    while !ready.exists() {
        let talk = fs::read_to_string(folder.join(role)).unwrap_or_default();
        assert!(began.elapsed() < Duration::from_secs(60), "not ready: {talk}");
        std::thread::sleep(Duration::from_millis(20));
    }
    let text = fs::read_to_string(&ready).expect("the ready file");
    (program, serde_json::from_str(&text).expect("JSON"))
}

fn get_over_tls(folder: &Path, url: &str, page: &str) -> String {
    let address = url.strip_prefix("https://").expect("an https URL");
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(folder.join("console.pem")).expect("PEM");
    roots.add(certificate).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a client");
    let tcp = TcpStream::connect(address).expect("the console answers");
    let mut stream = StreamOwned::new(connection, tcp);
    write!(stream, "GET {page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("asked");
    let mut answer = String::new();
    // The console may end the connection without TLS's goodbye.
    drop(stream.read_to_string(&mut answer));
    answer
}

#[test]
fn the_relay_goes_on_while_the_office_is_down() {
    let folder = folder();
    let folder = folder.path();
    let added = yakusoku(folder, &["user", "add", "api@example.jp", "--generate"]);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    fs::write(folder.join("password"), &added.stdout).expect("written");

    let (_relay, ready) = start(folder, "relay");
    assert!(ready["console"].is_null() && ready["administrator"].is_null(), "{ready}");
    let server = ready["smtp"].as_str().expect("an address");
    let to = ["send", "--server", server, "--to", "taro@example.jp"];
    let stranger = yakusoku(folder, &to);
    assert_eq!(stranger.status.code(), Some(1), "the rule is auth");
    let known = ["--user", "api@example.jp", "--password-file", "password"];
    let sent = yakusoku(folder, &[&to[..], &known].concat());
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));

    let (office, ready) = start(folder, "office");
    assert!(ready["smtp"].is_null(), "{ready}");
    let console = ready["console"].as_str().expect("a URL");
    assert!(get_over_tls(folder, console, "/readyz").ends_with("ready\n"));
    assert!(get_over_tls(folder, console, "/").contains("/sign-in"));
    let began = Instant::now();
    let log = ["log", "--to", "taro@example.jp", "--status", "succeeded", "--format", "json"];
    while !yakusoku(folder, &log).status.success() {
        assert!(began.elapsed() < Duration::from_secs(30), "the office did not collect");
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(office);
    let again = yakusoku(folder, &[&to[..], &known].concat());
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
}
