//! An office and its nodes as programs: the quorum of what they see, an office that was away, and programs
//! that are killed in between.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use store::{Answer, SeenLook, Store};
use vault::Vault;

/// How long programs are killed in turn.
const KILLING: Duration = Duration::from_secs(60);

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Program {
    fn terminate(mut self) {
        let pid = self.0.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        self.0.wait().expect("it ends");
    }
}

/// Answers `hello`, but not to addresses that it dislikes.
struct Target {
    address: SocketAddr,
    dislikes: Arc<Mutex<BTreeSet<IpAddr>>>,
    over: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

impl Target {
    fn begin() -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let dislikes = Arc::new(Mutex::new(BTreeSet::<IpAddr>::new()));
        let over = Arc::new(AtomicBool::new(false));
        let (known, ends) = (Arc::clone(&dislikes), Arc::clone(&over));
        let serving = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let Ok(from) = stream.peer_addr() else { continue };
                if !known.lock().expect("whole").contains(&from.ip()) {
                    // Whoever left already is none of our business.
                    let _ = stream.write_all(b"hello\r\n");
                }
            }
        });
        Target { address, dislikes, over, serving: Some(serving) }
    }

    fn dislike(&self, addresses: &[&str]) {
        let addresses = addresses.iter().map(|it| it.parse().expect("an address"));
        *self.dislikes.lock().expect("whole") = addresses.collect();
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        drop(std::net::TcpStream::connect(self.address));
        if let Some(serving) = self.serving.take() {
            serving.join().expect("it ends");
        }
    }
}

/// Nodes, with the addresses that they look from.
const NODES: [(&str, &str); 2] = [("osaka", "127.0.0.2"), ("sapporo", "127.0.0.3")];

struct World {
    folder: tempfile::TempDir,
    target: Target,
}

impl World {
    fn begin(every: u64) -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let target = Target::begin();
        // Programs that start again must find each other: the port stays.
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let link = free.local_addr().expect("an address");
        drop(free);
        let contract =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/five-tiers.toml");
        let (port, contract) = (target.address.port(), contract.display());
        let config = format!(
            "data = \"data\"\n[console]\nlisten = \"127.0.0.1:0\"\n[link]\nlisten = \"{link}\"\n\
             [[composition]]\nname = \"pro\"\ndelivery = \"sandbox\"\nlisten = [\"127.0.0.1:0\"]\n\
             [[check]]\nname = \"top\"\nkind = \"tcp\"\nhost = \"127.0.0.1\"\nport = {port}\n\
             expect = \"hello\"\nevery = \"{every}s\"\ntimeout = \"1s\"\n\
             sites = [\"office\", \"osaka\", \"sapporo\"]\n\
             [[contract]]\nfile = \"{contract}\"\n[contract.measure]\nhttp = \"top\"\n"
        );
        fs::write(folder.path().join("yakusoku.toml"), config).expect("written");
        let world = World { folder, target };
        for (node, source) in NODES {
            let added = world.yakusoku(&["station", "add", node, "--kind", "node"]);
            assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
            fs::write(world.path(&format!("{node}.token")), &added.stdout).expect("written");
            let file = format!(
                "office = \"https://{link}\"\ntoken = \"file:{node}.token\"\nstate = \"{node}\"\n\
                 [look]\nnetworks = [\"127.0.0.0/8\"]\nsource = \"{source}\"\n"
            );
            fs::write(world.path(&format!("{node}.toml")), file).expect("written");
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn yakusoku(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_yakusoku"))
            .args(arguments)
            .env("YAKUSOKU_CONFIG", "yakusoku.toml")
            .current_dir(self.folder.path())
            .output()
            .expect("the program runs")
    }

    fn said(&self, arguments: &[&str]) -> String {
        let output = self.yakusoku(arguments);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn spawn(&self, arguments: &[&str], log: &str) -> Program {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path(log));
        let child = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
            .args(arguments)
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .stderr(log.expect("a file"))
            .spawn();
        Program(child.expect("the program starts"))
    }

    fn office(&self) -> Program {
        let ready = self.path("ready.json");
        // There is none before the first start.
        let _ = fs::remove_file(&ready);
        let arguments = ["office", "--config", "yakusoku.toml", "--ready-file", "ready.json"];
        let office = self.spawn(&arguments, "office.log");
        until("the office is up", || ready.exists());
        office
    }

    fn node(&self, name: &str) -> Program {
        self.spawn(&["node", "--config", &format!("{name}.toml")], &format!("{name}.log"))
    }

    /// The line of `check list` for a site.
    fn line(&self, site: &str) -> String {
        let list = self.said(&["check", "list"]);
        let of_site = |line: &&str| line.split_whitespace().any(|word| word == site);
        list.lines().find(of_site).unwrap_or_default().to_owned()
    }

    /// What the records have of a site: every look, and how many the runs count.
    fn recorded(&self, series: &str) -> (Vec<SeenLook>, i64) {
        let key = self.path("data/yakusoku.key");
        let url = format!("sqlite:{}", self.path("data/office.db").display());
        let (from, until) =
            (Timestamp::UNIX_EPOCH, Timestamp::now() + SignedDuration::from_hours(1));
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let vault = Arc::new(Vault::open_or_create(&key).expect("the key"));
            let store = Store::open(&url, vault).await.expect("opened");
            // Writes what only batches tell into the runs, as a start does.
            store.record_looks(&[], &[]).await.expect("read");
            let looks = store.looks(series, from, until).await.expect("read");
            let runs = store.runs_of(series, from, until).await.expect("read");
            (looks, runs.iter().map(|run| run.total).sum())
        })
    }
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(90), "not so in time: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Two of three sites must see it down. One that cannot reach it opens no incident, and is named.
#[test]
fn one_site_alone_does_not_make_an_outage() {
    let world = World::begin(1);
    let _office = world.office();
    let _nodes = NODES.map(|(node, _)| world.node(node));
    for site in ["office", "osaka", "sapporo"] {
        until(&format!("{site} looks"), || world.line(site).contains("answers"));
    }
    world.target.dislike(&["127.0.0.3"]);
    until("sapporo cannot reach it", || world.line("sapporo").contains("no answer"));
    // The timer of incidents has looked at least once.
    std::thread::sleep(Duration::from_secs(17));
    assert!(world.line("office").contains("answers") && world.line("osaka").contains("answers"));
    let incidents = world.said(&["incident", "list"]);
    assert!(!incidents.contains("five-tiers"), "one of three is not enough: {incidents}");
    world.target.dislike(&["127.0.0.3", "127.0.0.2"]);
    until("an incident is open", || world.said(&["incident", "list"]).contains("five-tiers"));
    world.target.dislike(&[]);
    until("it is over", || world.line("osaka").contains("answers"));
}

/// While the office is away nodes go on, and a node that starts then knows its checks.
#[test]
fn an_office_that_was_away_misses_nothing() {
    let world = World::begin(2);
    let office = world.office();
    let mut nodes: BTreeMap<&str, Program> = NODES.map(|(node, _)| (node, world.node(node))).into();
    for (site, _) in NODES {
        until(&format!("{site} looks"), || world.line(site).contains("answers"));
    }
    office.terminate();
    let away = Timestamp::now();
    nodes.remove("osaka").expect("a node").terminate();
    nodes.insert("osaka", world.node("osaka"));
    std::thread::sleep(Duration::from_secs(4));
    // Only while nobody is there to hear of it.
    world.target.dislike(&["127.0.0.3"]);
    std::thread::sleep(Duration::from_secs(5));
    world.target.dislike(&[]);
    std::thread::sleep(Duration::from_secs(5));
    let back = Timestamp::now();
    let office = world.office();
    until("all is told", || {
        NODES.iter().all(|(site, _)| {
            let (looks, _) = world.recorded(&format!("top@{site}"));
            looks.last().is_some_and(|look| look.at > back)
        })
    });
    office.terminate();
    for (site, most) in [("osaka", 9), ("sapporo", 5)] {
        let (looks, _) = world.recorded(&format!("top@{site}"));
        let paces = looks.windows(2).map(|two| two[1].at.duration_since(two[0].at).as_secs());
        let longest = paces.max().unwrap_or_default();
        assert!(longest <= most, "{site} has a gap of {longest} s: {looks:?}");
        let unheard = looks.iter().filter(|look| look.at > away && look.at < back);
        let failed = unheard.filter(|look| look.answer == Answer::Silent).count();
        assert_eq!(failed > 0, site == "sapporo", "{site}: {looks:?}");
    }
}

/// Keeps every segment of a node's journal, also those that the node removes.
struct Keeper {
    kept: PathBuf,
    over: Arc<AtomicBool>,
    keeping: JoinHandle<()>,
}

impl Keeper {
    fn begin(journal: PathBuf, kept: PathBuf) -> Keeper {
        fs::create_dir(&kept).expect("a folder");
        let over = Arc::new(AtomicBool::new(false));
        let (ends, into) = (Arc::clone(&over), kept.clone());
        let keeping = std::thread::spawn(move || {
            while !ends.load(Ordering::SeqCst) {
                for entry in fs::read_dir(&journal).into_iter().flatten().flatten() {
                    // A second name for the same file; it may be there already.
                    let _ = fs::hard_link(entry.path(), into.join(entry.file_name()));
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Keeper { kept, over, keeping }
    }

    /// The instants of every look that was journaled, in milliseconds.
    fn journaled(self) -> Vec<i64> {
        self.over.store(true, Ordering::SeqCst);
        self.keeping.join().expect("it ends");
        let mut looks = Vec::new();
        for entry in fs::read_dir(&self.kept).expect("read").flatten() {
            let text = fs::read_to_string(entry.path()).expect("read");
            let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
            for line in whole.lines() {
                let batch: link::LookBatch = serde_json::from_str(line).expect("a batch");
                looks.extend(batch.looks.iter().map(|look| look.at.as_millisecond()));
            }
        }
        looks.sort_unstable();
        looks
    }
}

/// Whatever is killed, what stands in a journal comes into the records, once.
#[test]
fn what_was_journaled_arrives_once_whatever_is_killed() {
    let world = World::begin(2);
    let keepers = NODES.map(|(node, _)| {
        let journal = world.path(node).join("journal");
        (node, Keeper::begin(journal, world.path(&format!("{node}-kept"))))
    });
    let mut office = Some(world.office());
    let mut nodes: BTreeMap<&str, Program> = NODES.map(|(node, _)| (node, world.node(node))).into();
    let began = Instant::now();
    for round in 0_usize.. {
        if began.elapsed() >= KILLING {
            break;
        }
        // Not in step with looks, syncs or batches.
        std::thread::sleep(Duration::from_millis(1_300 + 370 * (round as u64 % 7)));
        let (node, _) = NODES[round % NODES.len()];
        if round % 3 == 2 {
            drop(office.take());
            std::thread::sleep(Duration::from_millis(700));
            office = Some(world.office());
        } else {
            nodes.remove(node);
            nodes.insert(node, world.node(node));
        }
    }
    let killed = Timestamp::now();
    until("all is told", || {
        NODES.iter().all(|(site, _)| {
            let (looks, _) = world.recorded(&format!("top@{site}"));
            looks.last().is_some_and(|look| look.at > killed)
        })
    });
    for node in nodes.into_values() {
        node.terminate();
    }
    std::thread::sleep(Duration::from_secs(1));
    drop(office);
    for (node, keeper) in keepers {
        let journaled = keeper.journaled();
        let (looks, total) = world.recorded(&format!("top@{node}"));
        let recorded: Vec<i64> = looks.iter().map(|look| look.at.as_millisecond()).collect();
        assert!(journaled.len() > 10, "{node}: {}", journaled.len());
        assert_eq!(recorded, journaled, "{node}: records and journal differ");
        assert_eq!(total, journaled.len() as i64, "{node}: each look counts once in the runs");
    }
}
