//! A folder with an office and the machines of agents, as the tests of stations use it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use link::Token;
use rustls::{ClientConnection, StreamOwned};
use serde_json::Value;

/// A process of ours that does not outlive the test.
pub struct Program(Child);

impl Program {
    pub fn kill(mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ended");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder with an office and the machine of an agent.
pub struct Place {
    pub folder: tempfile::TempDir,
    /// Where stations dial in; the same after every start.
    pub port: u16,
}

impl Place {
    pub fn new() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let place = Place { folder, port };
        let config = format!(
            r#"
data = "data"
hostname = "office.example.jp"

[console]
listen = "127.0.0.1:0"

[link]
listen = "127.0.0.1:{port}"

[[composition]]
name = "pro"
delivery = "sandbox"
listen = ["127.0.0.1:0"]
"#
        );
        place.write("yakusoku.toml", &config);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_yakusoku"))
            .args(arguments)
            .env("YAKUSOKU_CONFIG", "yakusoku.toml")
            .current_dir(self.folder.path())
            .output()
            .expect("the program runs")
    }

    /// What a command prints; it must succeed.
    pub fn told(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {talk}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    pub fn office(&self) -> Program {
        let ready = self.path("ready.json");
        // There is none at the first start.
        let _ = fs::remove_file(&ready);
        let log = fs::File::options().create(true).append(true).open(self.path("office.log"));
        let child = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
            .args(["office", "--config", "yakusoku.toml", "--ready-file", "ready.json"])
            .current_dir(self.folder.path())
            .stderr(log.expect("a file"))
            .spawn()
            .expect("the program starts");
        let program = Program(child);
        self.until("the office is ready", || ready.exists());
        program
    }

    /// Adds the station and writes the agent's files.
    pub fn enrol(&self, name: &str) -> Token {
        let text = self.told(&["station", "add", name, "--kind", "agent", "--site", "tokyo"]);
        let token = self.path(&format!("{name}.token"));
        fs::write(&token, &text).expect("written");
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).expect("chmod");
        let (port, token, folder) = (self.port, token.display(), self.folder.path().display());
        let config = format!(
            r#"
station = "{name}"
office = "https://127.0.0.1:{port}"
token = "file:{token}"
state = "{folder}/{name}-state"
interval = "10s"

[[log]]
name = "app"
file = "{folder}/app.log"
slot = "1m"
trouble = ["ERROR"]

[[action]]
name = "mark"
run = ["/bin/sh", "-c", "echo once >> {folder}/marks"]

[[action]]
name = "slow"
run = ["/bin/sh", "-c", "echo slow >> {folder}/marks; sleep 30"]

[[action]]
name = "broken"
run = ["/bin/false"]
"#
        );
        self.write(&format!("{name}.toml"), &config);
        Token::parse(&text).expect("a token")
    }

    /// Has the agent dial another port of this machine.
    pub fn dial(&self, name: &str, port: u16) {
        let file = format!("{name}.toml");
        let text = fs::read_to_string(self.path(&file)).expect("it is enrolled");
        let office = |port: u16| format!("office = \"https://127.0.0.1:{port}\"");
        self.write(&file, &text.replace(&office(self.port), &office(port)));
    }

    pub fn agent(&self, name: &str) -> Program {
        let log = fs::File::options().create(true).append(true).open(self.path("agent.log"));
        let child = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
            .args(["agent", "--config", &format!("{name}.toml")])
            .current_dir(self.folder.path())
            .stderr(log.expect("a file"))
            .spawn()
            .expect("the program starts");
        Program(child)
    }

    pub fn show(&self, name: &str) -> Value {
        let text = self.told(&["station", "show", name, "--format", "json"]);
        serde_json::from_str(&text).expect("JSON")
    }

    pub fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let began = Instant::now();
        while !holds() {
            if began.elapsed() > Duration::from_secs(60) {
                let log = |name| fs::read_to_string(self.path(name)).unwrap_or_default();
                panic!("{what}: never\n{}\n{}", log("office.log"), log("agent.log"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn marks(&self) -> String {
        fs::read_to_string(self.path("marks")).unwrap_or_default()
    }

    /// One request over the pinned TLS; status and body.
    pub fn ask(&self, token: &Token, head: &str, body: &str) -> (u16, String) {
        let config = trust::pinned(token.pin).expect("TLS");
        let name = "office.example.jp".try_into().expect("a name");
        let connection = ClientConnection::new(config, name).expect("a client");
        let tcp = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let mut stream = StreamOwned::new(connection, tcp);
        write!(
            stream,
            "{head} HTTP/1.1\r\nHost: office\r\nConnection: close\r\nAuthorization: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            token.credential().header(),
            body.len()
        )
        .expect("asked");
        let mut answer = String::new();
        // The office may end the connection without TLS's goodbye.
        drop(stream.read_to_string(&mut answer));
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        (status, answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned())
    }
}
