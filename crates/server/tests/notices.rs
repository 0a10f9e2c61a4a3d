//! A window from the command line to the proof: planned, announced, carried through our own relay's
//! listener, and through a kill -9 in the middle.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// A running program; killed at the latest when the test ends.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct House {
    folder: tempfile::TempDir,
}

fn contract(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts").join(name).with_extension("toml")
}

/// A port that is free now.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}

impl House {
    fn new(smtp: u16, couriers: &str) -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let config = format!(
            r#"
data = "data"
hostname = "office.provider.example"
[console]
listen = "127.0.0.1:0"
[notices]
contact = "support@provider.example"
{couriers}
[[composition]]
name = "sandbox"
delivery = "sandbox"
listen = ["127.0.0.1:{smtp}"]
[composition.admission]
rule = "address"
addresses = ["127.0.0.1"]
[[contract]]
file = {:?}
notify = ["ops@customer.example"]
notify_over = ["page"]
"#,
            contract("click-so-ko")
        );
        fs::write(folder.path().join("yakusoku.toml"), config).expect("written");
        House { folder }
    }

    fn up(&self) -> Program {
        let ready = self.folder.path().join("ready.json");
        let _ = fs::remove_file(&ready);
        let child = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
            .args(["up", "--config", "yakusoku.toml", "--ready-file", "ready.json"])
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.folder.path().join("stderr")).expect("a file"))
            .spawn()
            .expect("the program starts");
        let program = Program(child);
        self.wait("it is not up", || ready.exists());
        program
    }

    fn wait(&self, what: &str, done: impl Fn() -> bool) {
        let began = Instant::now();
        while !done() {
            let talk = fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default();
            assert!(began.elapsed() < Duration::from_secs(60), "{what}: {talk}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Exit status and what it says on stdout and stderr.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
            .args(arguments)
            .args(["--config", "yakusoku.toml"])
            .env("USER", "sato")
            .current_dir(self.folder.path())
            .output()
            .expect("the program runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    fn shows(&self, arguments: &[&str], part: &str) -> bool {
        self.run(arguments).1.contains(part)
    }
}

/// A day that many days ahead, at 02:00 in Tokyo.
fn days_ahead(days: i64) -> String {
    let at = Timestamp::now() + SignedDuration::from_hours(24 * days);
    let zone = jiff::tz::TimeZone::get("Asia/Tokyo").expect("a zone");
    at.to_zoned(zone).strftime("%Y-%m-%dT02:00").to_string()
}

fn couriers(smtp: u16, program: &str) -> String {
    format!(
        r#"
[[courier]]
name = "relay"
kind = "mail"
server = "127.0.0.1:{smtp}"
from = "notice@provider.example"
[[courier]]
name = "page"
kind = "command"
program = "/bin/sh"
arguments = ["-c", {program:?}]
channel = "top-page"
"#
    )
}

#[test]
fn a_window_is_planned_announced_and_proven() {
    let smtp = free_port();
    let house = House::new(smtp, &couriers(smtp, "echo posted"));
    let _program = house.up();
    let (from, until) = (days_ahead(20), days_ahead(20).replace("T02", "T04"));
    let plan = ["window", "plan", "click-so-ko", "--from", &from, "--until", &until];
    let (status, table, talk) = house.run(&plan);
    assert_eq!(status, Some(0), "{table}{talk}");
    assert!(table.contains("in time, until"), "{table}");
    assert!(talk.contains("plan-1 is planned; nobody is told before"), "{talk}");
    let (status, drafts, talk) = house.run(&["window", "announce", "plan-1"]);
    assert_eq!(status, Some(0), "{talk}");
    assert!(drafts.contains("【計画停止のお知らせ】"), "{drafts}");
    assert!(drafts.contains("お問い合わせ先: support@provider.example"), "{drafts}");
    assert!(talk.contains("nothing is sent before `yakusoku notice confirm 1 2`"), "{talk}");
    assert!(house.shows(&["notice", "list"], "draft"));
    assert!(house.shows(&["window", "list"], "not yet: until"));

    assert_eq!(house.run(&["notice", "confirm", "1", "2"]).0, Some(0));
    house.wait("nothing is proven", || {
        house.shows(&["notice", "show", "1"], "sent")
            && house.shows(&["notice", "show", "2"], "sent")
    });
    let (_, shown, _) = house.run(&["notice", "show", "1"]);
    assert!(shown.contains("over relay: sent"), "{shown}");
    assert!(shown.contains(": 127.0.0.1: 250 "), "the server's own words: {shown}");
    assert!(shown.contains("promise: in time: email"), "{shown}");
    assert!(house.shows(&["notice", "show", "2"], ": posted"));
    assert!(house.shows(&["window", "list"], "in time: email"));

    let (status, _, talk) = house.run(&["notice", "confirm", "1"]);
    assert_eq!(status, Some(1), "{talk}");
    assert!(talk.contains("notice 1 is not a draft"), "{talk}");
    let (_, _, talk) = house.run(&["window", "announce", "plan-1", "--send"]);
    assert!(talk.contains("has its notice"), "never twice: {talk}");
    let (status, news, talk) = house.run(&["window", "cancel", "plan-1"]);
    assert_eq!(status, Some(0), "{talk}");
    assert!(news.contains("【計画停止中止のお知らせ】"), "{news}");
}

#[test]
fn drafts_that_were_read_first_are_sent_by_the_same_command() {
    let smtp = free_port();
    let house = House::new(smtp, &couriers(smtp, "/bin/true"));
    let (from, until) = (days_ahead(20), days_ahead(21));
    house.run(&["window", "plan", "click-so-ko", "--from", &from, "--until", &until]);
    let (code, drafted, _) = house.run(&["window", "announce", "plan-1"]);
    assert_eq!((code, drafted.contains("this is a draft")), (Some(0), true), "{drafted}");
    let (code, again, _) = house.run(&["window", "announce", "plan-1"]);
    assert_eq!((code, again.contains("this is a draft")), (Some(0), true), "{again}");
    let (code, _, said) = house.run(&["window", "announce", "plan-1", "--send"]);
    assert_eq!((code, said.contains("the running office sends")), (Some(0), true), "{said}");
    let (code, _, said) = house.run(&["window", "announce", "plan-1", "--send"]);
    assert_eq!((code, said.contains("has its notice")), (Some(0), true), "{said}");
    let (_, shown, _) = house.run(&["notice", "show", "1"]);
    assert!(!shown.contains("this is a draft"), "{shown}");
}

#[test]
fn a_window_that_is_too_near_says_so_before_anybody_is_told() {
    let house = House::new(free_port(), &couriers(25, "echo posted"));
    fs::create_dir(house.folder.path().join("data")).expect("a folder");
    let (from, until) = (days_ahead(3), days_ahead(3).replace("T02", "T04"));
    let plan = ["window", "plan", "click-so-ko", "--from", &from, "--until", &until, "--dry-run"];
    let (status, table, talk) = house.run(&plan);
    assert_eq!(status, Some(1), "{table}{talk}");
    assert!(table.contains("too late since"), "{table}");
    assert!(table.contains("it counts as a stop"), "{table}");
    assert!(!house.shows(&["window", "list"], "plan-1"), "nothing is recorded");
    let (status, _, talk) =
        house.run(&["window", "plan", "nobody", "--from", &from, "--until", &until]);
    assert_eq!(status, Some(1));
    assert!(talk.contains("there is no contract nobody"), "{talk}");
}

/// News of the relay goes through the relay and through another server.
#[test]
fn news_of_the_relay_does_not_travel_through_the_relay_alone() {
    let (smtp, other) = (free_port(), free_port());
    let second = format!(
        r#"
[[courier]]
name = "other"
kind = "mail"
server = "127.0.0.1:{other}"
from = "notice@provider.example"
[[composition]]
name = "other"
delivery = "sandbox"
listen = ["127.0.0.1:{other}"]
[composition.admission]
rule = "address"
addresses = ["127.0.0.1"]
"#
    );
    let house = House::new(smtp, &(couriers(smtp, "echo posted") + &second));
    let path = house.folder.path().join("yakusoku.toml");
    let config = fs::read_to_string(&path).expect("a configuration") + "about_relay = true\n";
    // Both servers are ours here: which is the relay is told.
    let elsewhere = "name = \"other\"\nkind = \"mail\"\n";
    let config = config.replace(elsewhere, &format!("{elsewhere}own_relay = false\n"));
    fs::write(&path, config).expect("written");
    fs::write(house.folder.path().join("text"), "リレーに障害があります。\n").expect("written");
    let _program = house.up();
    let (status, _, talk) = house.run(&[
        "notice",
        "send",
        "click-so-ko",
        "--about",
        "incident",
        "--at",
        "2026-11-20T11:00",
        "--text",
        "text",
        "--send",
    ]);
    assert_eq!(status, Some(0), "{talk}");
    house.wait("both routes", || {
        let (_, shown, _) = house.run(&["notice", "show", "1"]);
        shown.contains("ops@customer.example over relay: sent")
            && shown.contains("ops@customer.example over other: sent")
    });
}

/// A courier that was on its way when we died is sent again, and the record says that.
#[test]
fn what_a_kill_interrupts_says_that_it_may_have_been_sent_twice() {
    let smtp = free_port();
    let house = House::new(smtp, "");
    let file = house.folder.path().join("calls");
    let slow = format!("echo call >> {}; sleep 2; echo posted", file.display());
    let house = House::new(smtp, &couriers(smtp, &slow));
    let text = house.folder.path().join("text");
    fs::write(&text, "障害が発生しています。\n").expect("written");
    let mut program = house.up();
    let (status, _, talk) = house.run(&[
        "notice",
        "send",
        "click-so-ko",
        "--about",
        "incident",
        "--at",
        "2026-11-20T11:00",
        "--text",
        "text",
        "--send",
    ]);
    assert_eq!(status, Some(0), "{talk}");
    let calls = || fs::read_to_string(&file).unwrap_or_default().lines().count();
    house.wait("the courier does not start", || calls() == 1);
    program.0.kill().expect("kill -9");
    program.0.wait().expect("it is gone");
    let _program = house.up();
    house.wait("it is not sent again", || {
        house.shows(&["notice", "show", "2"], ": posted; it may have been sent twice")
    });
    assert_eq!(calls(), 2);
    let (_, shown, _) = house.run(&["notice", "show", "1"]);
    assert!(shown.contains(": 127.0.0.1: 250 "), "{shown}");
    assert!(shown.contains("promise: late: email"), "{shown}");
}
