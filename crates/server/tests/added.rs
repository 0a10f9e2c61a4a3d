//! A contract that is added while an office runs: who is told of it, and that a status page has it, without
//! a restart.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for what a running office looks at every two seconds, and a page that is made every 15.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program; killed at the latest when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn configure(folder: &Path, console: u16) {
    let config = format!(
        "data = \"data\"\nhostname = \"mail.example.jp\"\n\n[console]\nlisten = \"127.0.0.1:{console}\"\n\n\
         [[composition]]\nname = \"sandbox\"\ndelivery = \"sandbox\"\nlisten = [\"127.0.0.1:0\"]\n\n\
         [[courier]]\nname = \"pager\"\nkind = \"command\"\nchannel = \"telephone\"\nprogram = \"/bin/true\"\n\n\
         [[status]]\nname = \"every\"\ntitle = \"Every\"\nall_contracts = true\npublic = true\n\n\
         [[status]]\nname = \"named\"\ntitle = \"Named\"\ncontracts = [\"added:acme\"]\npublic = true\n"
    );
    fs::write(folder.join("yakusoku.toml"), config).expect("written");
}

fn ended(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yakusoku"))
        .args(arguments)
        .args(["--config", "yakusoku.toml"])
        .current_dir(folder)
        .output()
        .expect("the program runs")
}

/// What a command that ends well prints.
fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = ended(folder, arguments);
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {talk}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What a command says that is refused.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = ended(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

fn get(port: u16, page: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let request = format!("GET {page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Asks until the page says so.
fn wait_until(port: u16, page: &str, says: &str) {
    let until = Instant::now() + PATIENCE;
    loop {
        let answer = get(port, page).unwrap_or_default();
        if answer.contains(says) {
            return;
        }
        assert!(Instant::now() < until, "{page} does not say {says}: {answer}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_contract_is_added_told_of_and_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    drop(listener);
    configure(folder, port);
    let office = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
        .args(["up", "--config", "yakusoku.toml"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let _office = Running(office);
    wait_until(port, "/status/named.json", "\"partial\":true");
    let told = ended(folder, &["status", "named"]);
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("names the contract acme"), "{told}");

    let add = ["contract", "add", "--template", "customers-mail-cloud", "--name", "acme"];
    printed(folder, &add);
    wait_until(port, "/status/named.json", "\"partial\":false");
    wait_until(port, "/status/every.json", "\"days\":[");

    let notify = ["contract", "notify", "acme"];
    assert_eq!(printed(folder, &notify), "", "nobody yet");
    let said = printed(folder, &[&notify[..], &["--over", "pager", "--incident", "send"]].concat());
    assert_eq!(said, "notify_over pager\nnotify_incident send\n");
    assert_eq!(printed(folder, &notify), said);
    let said = printed(folder, &[&notify[..], &["--incident", "nothing"]].concat());
    assert_eq!(said, "notify_over pager\nnotify_incident nothing\n", "the rest stays");
    for (more, expected) in [
        (["ops@acme.example", "--over", "pager"].as_slice(), "whose server is another one"),
        (&["nobody at all"], "is no mail address"),
        (&["--over", "chat"], "there is no courier chat"),
    ] {
        let why = refused(folder, &[&notify[..], more].concat());
        assert!(why.contains(expected), "{why}");
    }
    assert!(refused(folder, &["contract", "notify", "none"]).contains("none"));
    assert_eq!(printed(folder, &[&notify[..], &["--nobody"]].concat()), "");
}
