//! Real servers from packages, each below a folder of its own, in a process group of its own.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use crate::common::{Certificate, pem};

/// How long a server may take to come up on a busy machine.
const UP_WITHIN: Duration = Duration::from_secs(60);

/// A server, up or down.
pub struct Server {
    pub folder: TempDir,
    command: Vec<String>,
    /// Where it listens when it is up.
    ready: u16,
    child: Option<Child>,
}

pub fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("watch-peer-").tempdir_in("/tmp").expect("folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("mode");
    folder
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
    listener.local_addr().expect("address").port()
}

/// Writes `name.pem` and `name.key` there.
pub fn certify(folder: &Path, name: &str, certificate: Certificate) {
    let (chain, key) = pem(certificate);
    fs::write(folder.join(format!("{name}.pem")), chain).expect("certificate");
    fs::write(folder.join(format!("{name}.key")), key).expect("key");
}

/// Runs a command to its end; it must succeed.
pub fn run(command: &[&str]) {
    let done =
        Command::new(command[0]).args(&command[1..]).current_dir("/").output().expect(command[0]);
    let words = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {words}{}", String::from_utf8_lossy(&done.stdout));
}

impl Server {
    pub fn new(folder: TempDir, ready: u16, command: &[&str]) -> Server {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        Server { folder, command, ready, child: None }
    }

    /// Starts it and waits until it listens.
    pub fn up(&mut self) {
        let log = fs::File::create(self.folder.path().join("output")).expect("output");
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).current_dir("/").process_group(0).stdin(Stdio::null());
        command.stdout(log.try_clone().expect("output")).stderr(log);
        self.child = Some(command.spawn().expect(&self.command[0]));
        let end = Instant::now() + UP_WITHIN;
        while TcpStream::connect(("127.0.0.1", self.ready)).is_err() {
            let output =
                || fs::read_to_string(self.folder.path().join("output")).unwrap_or_default();
            assert!(Instant::now() < end, "{} does not come up: {}", self.command[0], output());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Stops it as a crash would.
    pub fn down(&mut self) {
        if self.child.is_some() {
            for signal in [Signal::TERM, Signal::KILL] {
                self.signal(signal);
                std::thread::sleep(Duration::from_millis(300));
            }
        }
        if let Some(mut child) = self.child.take() {
            child.wait().expect("ended");
        }
    }

    /// It keeps its port and says nothing.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    pub fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().expect("up").id();
        // Postfix leaves our group for one of its own, and says which.
        let own = fs::read_to_string(self.folder.path().join("queue/pid/master.pid"));
        let own = own.ok().and_then(|text| text.trim().parse().ok());
        for group in [i32::try_from(child).ok(), own].into_iter().flatten() {
            // One that has ended has nothing to signal.
            Pid::from_raw(group).map(|group| kill_process_group(group, signal).ok());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.go_on();
        }
        self.down();
    }
}
