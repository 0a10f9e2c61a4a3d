//! `yakusoku up` as a script sees it: the ready file, the pages for machines, and how it ends.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A running program; killed at the latest when the test ends.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Program {
    /// Starts `up` on free ports and waits for its ready file.
    fn up(folder: &Path, more: &[&str]) -> (Program, Value) {
        let ready = folder.join("ready.json");
        drop(fs::remove_file(&ready));
        let child = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
            .args(["up", "--smtp", "127.0.0.1:0", "--smtps", "127.0.0.1:0"])
            .args(["--console", "127.0.0.1:0", "--ready-file", "ready.json", "--data", "data"])
            .args(more)
            .current_dir(folder)
            .stdout(fs::File::create(folder.join("stdout")).expect("a file"))
            .stderr(fs::File::create(folder.join("stderr")).expect("a file"))
            .spawn()
            .expect("the program starts");
        let program = Program(child);
        let began = Instant::now();
        while !ready.exists() {
            let talk = fs::read_to_string(folder.join("stderr")).unwrap_or_default();
            assert!(began.elapsed() < Duration::from_secs(60), "not ready: {talk}");
            std::thread::sleep(Duration::from_millis(20));
        }
        let text = fs::read_to_string(&ready).expect("the ready file");
        (program, serde_json::from_str(&text).expect("JSON"))
    }

    /// Asks it to stop and waits; its exit status.
    fn stop(&mut self) -> Option<i32> {
        let asked = Command::new("kill").arg(self.0.id().to_string()).status();
        assert!(asked.expect("kill").success());
        self.0.wait().expect("it ends").code()
    }
}

fn get(console: &str, page: &str) -> String {
    let address = console.strip_prefix("http://").expect("a plain URL");
    let mut stream = TcpStream::connect(address).expect("the console answers");
    write!(stream, "GET {page} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

#[test]
fn a_first_start_tells_scripts_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut program, ready) = Program::up(folder.path(), &[]);
    let console = ready["console"].as_str().expect("a URL");
    assert!(ready["smtp"].is_string() && ready["smtps"].is_string(), "{ready}");
    assert_eq!(ready["pid"], program.0.id());
    assert!(get(console, "/healthz").starts_with("HTTP/1.1 200"));
    assert!(get(console, "/readyz").ends_with("ready\n"), "{}", get(console, "/readyz"));
    let metrics = get(console, "/metrics");
    assert!(metrics.contains("yakusoku_recipients_unaccounted 0"), "{metrics}");
    assert_eq!(program.stop(), Some(0));
    let told = fs::read_to_string(folder.path().join("stdout")).expect("what it told");
    assert!(told.contains(console), "{told}");
}

#[test]
fn a_taken_port_names_the_flag() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let folder = tempfile::tempdir().expect("a folder");
    for (flag, free) in [("--smtp", "--console"), ("--console", "--smtp")] {
        let output = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
            .args(["up", flag, &address, free, "127.0.0.1:0", "--data"])
            .arg(folder.path().join("data"))
            .stdout(Stdio::null())
            .output()
            .expect("the program runs");
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{talk}");
        let expected =
            format!("cannot listen on {address}: the port is taken; choose another with {flag}");
        assert!(talk.contains(&expected), "{talk}");
    }
    assert!(!folder.path().join("data").exists(), "nothing is made before the ports are ours");
}

#[test]
fn flags_that_need_one_composition_say_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("two.toml");
    let one = "[[composition]]\nname = \"a\"\ndelivery = \"mx\"\nlisten = [\"127.0.0.1:1\"]\n";
    let two = one.replace("\"a\"", "\"b\"").replace(":1\"", ":2\"");
    fs::write(&file, format!("{one}{two}")).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
        .args(["up", "--route", "127.0.0.1:25", "--config"])
        .arg(&file)
        .output()
        .expect("the program runs");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{talk}");
    assert!(talk.contains("need a configuration with one composition"), "{talk}");
}
