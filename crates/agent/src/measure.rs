//! Goes and looks: fetches what the pure files of [`crate::machine`] read, and puts names to it.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use link::limits::{SERIES_MAX, SHORT_MAX, VALUES_MAX};
use link::{Reading, StateWord, StationState};

use crate::machine::counters::{self, Cpu, Traffic};
use crate::machine::disks::{self, Space};
use crate::machine::memory;
use crate::machine::raid;
use crate::machine::units;
use crate::program;
use crate::settings::{Program, Watched};

/// Longest that systemd may take to answer.
const SYSTEMD_MAX: Duration = Duration::from_secs(10);
/// Most bytes of what systemd answers.
const SYSTEMD_BYTES_MAX: usize = 256 * 1024;
/// A state that did not change is told again after that.
const STATE_AGAIN: SignedDuration = SignedDuration::from_mins(10);
/// Letters of a process's name that the kernel keeps.
const COMM_MAX: usize = 15;

/// Bytes of what is measured in a name, so that the words around it have room.
const MEASURED_NAME_MAX: usize = SERIES_MAX - 40;

/// Looks at the machine again and again; some values are of the time between two looks.
pub struct Gauge {
    watched: Watched,
    proc: PathBuf,
    before: Option<Counters>,
    /// What was told of each state, and when.
    told: HashMap<String, (StateWord, String, Timestamp)>,
}

struct Counters {
    at: Timestamp,
    cpu: Option<Cpu>,
    traffic: BTreeMap<String, Traffic>,
}

impl Gauge {
    /// A gauge that has not looked yet.
    pub fn new(watched: Watched) -> Gauge {
        let proc = PathBuf::from("/proc");
        Gauge { watched, proc, before: None, told: HashMap::new() }
    }

    /// What is to be seen now, and the states that changed or were not told for a while.
    pub async fn look(&mut self, now: Timestamp) -> (Reading, Vec<StationState>) {
        let (values, mut states) = self.see(now);
        states.extend(self.units(now).await);
        states.retain(|state| self.is_news(state));
        (Reading { at: now, values }, states)
    }

    /// Everything that is read from files.
    fn see(&mut self, now: Timestamp) -> (Vec<(String, i64)>, Vec<StationState>) {
        let mut values: Vec<(String, i64)> = Vec::new();
        let mut states = Vec::new();
        let mut put = |name: String, value: Option<i64>| values.extend(value.map(|v| (name, v)));
        let load = self.text("loadavg").and_then(|text| counters::load(&text));
        for (index, name) in ["1m", "5m", "15m"].iter().enumerate() {
            put(format!("load.{name}_milli"), load.map(|load| load[index]));
        }
        put("uptime_s".to_owned(), self.text("uptime").and_then(|text| counters::uptime(&text)));
        if let Some(memory) = self.text("meminfo").and_then(|text| memory::read(&text)) {
            put("memory.total_bytes".to_owned(), Some(memory.total));
            put("memory.available_bytes".to_owned(), Some(memory.available));
            put("memory.used_permille".to_owned(), memory.used_permille());
            put("swap.total_bytes".to_owned(), Some(memory.swap_total));
            put("swap.used_permille".to_owned(), memory.swap_used_permille());
        }
        self.rates(now, &mut put);
        states.extend(self.disks(now, &mut put));
        states.extend(self.processes(now, &mut put));
        states.extend(self.arrays(now, &mut put));
        // One name that does not travel would cost all readings of its batch.
        values.retain(|(name, _)| link::is_series(name));
        states.retain(|state: &StationState| link::is_series(&state.name));
        values.truncate(VALUES_MAX);
        (values, states)
    }

    /// Shares and rates since the last look.
    fn rates(&mut self, now: Timestamp, put: &mut impl FnMut(String, Option<i64>)) {
        let cpu = self.text("stat").and_then(|text| counters::cpu(&text));
        let traffic = self.text("net/dev").map(|text| counters::traffic(&text)).unwrap_or_default();
        let counters = Counters { at: now, cpu, traffic };
        if let Some(before) = &self.before {
            let share = counters.cpu.zip(before.cpu).and_then(|(now, then)| now.since(&then));
            put("cpu.busy_permille".to_owned(), share.map(|share| share.busy));
            put("cpu.waiting_permille".to_owned(), share.map(|share| share.waiting));
            put("cpu.stolen_permille".to_owned(), share.map(|share| share.stolen));
            let millis = i64::try_from(now.duration_since(before.at).as_millis()).unwrap_or(0);
            for (name, seen) in &counters.traffic {
                let then = before.traffic.get(name);
                let name = as_it_travels(name);
                let rate = then.and_then(|then| seen.since(then, millis));
                put(format!("net.{name}.in_bytes_per_s"), rate.map(|rate| rate.received));
                put(format!("net.{name}.out_bytes_per_s"), rate.map(|rate| rate.sent));
            }
        }
        self.before = Some(counters);
    }

    fn disks(
        &self,
        now: Timestamp,
        put: &mut impl FnMut(String, Option<i64>),
    ) -> Vec<StationState> {
        let mounts = self.text("self/mountinfo").map(|text| disks::disks(&text));
        let mut states = Vec::new();
        for mount in mounts.unwrap_or_default() {
            if self.watched.skip_disks.contains(&mount.point) {
                continue;
            }
            let shown = as_it_travels(&mount.point);
            let mut tell = |word, detail: &str| {
                states.push(state(now, format!("disk.{shown}"), word, detail));
            };
            match space(Path::new(&mount.point)) {
                Ok(space) => {
                    for (name, value) in space.values() {
                        put(format!("disk.{shown}.{name}"), Some(value));
                    }
                    if shown != mount.point {
                        tell(StateWord::Good, "is measured; its own name is too odd to travel");
                    }
                }
                Err(error) => tell(StateWord::Unknown, &format!("cannot be measured: {error}")),
            }
        }
        states
    }

    fn processes(
        &self,
        now: Timestamp,
        put: &mut impl FnMut(String, Option<i64>),
    ) -> Vec<StationState> {
        if self.watched.processes.is_empty() {
            return Vec::new();
        }
        let Ok(entries) = fs::read_dir(&self.proc) else { return Vec::new() };
        let mut counts: HashMap<String, i64> = HashMap::new();
        for entry in entries.flatten() {
            let process = entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit);
            // A process that has ended meanwhile does not count.
            let comm = process.then(|| fs::read_to_string(entry.path().join("comm")).ok());
            if let Some(Some(comm)) = comm {
                *counts.entry(comm.trim_end().to_owned()).or_default() += 1;
            }
        }
        let one = |name: &String| {
            let count = counts.get(link::clipped(name, COMM_MAX)).copied().unwrap_or(0);
            put(format!("process.{name}.count"), Some(count));
            let word = if count > 0 { StateWord::Good } else { StateWord::Bad };
            let detail = if count > 0 { "runs" } else { "does not run" };
            state(now, format!("process.{name}"), word, detail)
        };
        self.watched.processes.iter().map(one).collect()
    }

    fn arrays(
        &self,
        now: Timestamp,
        put: &mut impl FnMut(String, Option<i64>),
    ) -> Vec<StationState> {
        let arrays = self.text("mdstat").map(|text| raid::arrays(&text)).unwrap_or_default();
        let one = |array: raid::Array| {
            put(format!("raid.{}.missing_count", array.name), Some(array.missing));
            state(now, format!("raid.{}", array.name), array.state, &array.detail)
        };
        arrays.into_iter().map(one).collect()
    }

    /// The watched units, asked for all at once.
    async fn units(&self, now: Timestamp) -> Vec<StationState> {
        if self.watched.units.is_empty() {
            return Vec::new();
        }
        let words = ["systemctl", "show", "--property", units::PROPERTIES, "--"];
        let words = words.iter().map(|word| (*word).to_owned());
        let run = words.chain(self.watched.units.iter().cloned()).collect();
        let asked = Program { run, user: None, timeout: SYSTEMD_MAX };
        let ended = program::run(&asked, SYSTEMD_BYTES_MAX).await;
        let one = |name: &String| {
            let unit = match ended.how {
                program::How::Exit(0) => units::unit(&ended.output, name),
                _ => {
                    let said = ended.output.lines().next().unwrap_or_default();
                    let detail = format!("systemctl: {}, {said}", ended.how);
                    units::Unit { state: StateWord::Unknown, detail }
                }
            };
            state(now, format!("unit.{name}"), unit.state, &unit.detail)
        };
        self.watched.units.iter().map(one).collect()
    }

    /// Whether a state is other than it was, or was not told for a while; then it is noted.
    pub fn is_news(&mut self, state: &StationState) -> bool {
        let known = self.told.get(&state.name);
        let old = known.is_some_and(|(word, detail, at)| {
            let fresh = state.at.duration_since(*at).abs() < STATE_AGAIN;
            (*word, detail) == (state.state, &state.detail) && fresh
        });
        if !old {
            let told = (state.state, state.detail.clone(), state.at);
            self.told.insert(state.name.clone(), told);
        }
        !old
    }

    fn text(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.proc.join(name)).ok()
    }
}

/// What is measured, as it stands in names: control characters are escaped, and what is too long is cut
/// and told from others by a checksum.
fn as_it_travels(name: &str) -> String {
    let shown: String = name
        .chars()
        .flat_map(|letter| match letter.is_control() {
            true => letter.escape_default().collect::<Vec<char>>(),
            false => vec![letter],
        })
        .collect();
    match shown.len() <= MEASURED_NAME_MAX {
        true => shown,
        false => {
            let beginning = link::clipped(&shown, MEASURED_NAME_MAX - 9);
            format!("{beginning}~{:08x}", crc32fast::hash(name.as_bytes()))
        }
    }
}

/// A state with a detail of a length that travels.
pub fn state(at: Timestamp, name: String, state: StateWord, detail: &str) -> StationState {
    let detail = link::clipped(detail, SHORT_MAX).to_owned();
    StationState { at, name, state, detail }
}

fn space(point: &Path) -> rustix::io::Result<Space> {
    let seen = rustix::fs::statvfs(point)?;
    Ok(Space {
        block: seen.f_frsize,
        blocks: seen.f_blocks,
        free: seen.f_bfree,
        available: seen.f_bavail,
        inodes: seen.f_files,
        inodes_free: seen.f_ffree,
        inodes_available: seen.f_favail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("an instant")
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_machine_of_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        };
        write("loadavg", "0.25 1.00 12.34 1/123 4567\n");
        write("meminfo", "MemTotal: 1000 kB\nMemAvailable: 400 kB\n");
        write("stat", "cpu  0 0 0 100 0 0 0 0\n");
        write("net/dev", "eth0: 0 0 0 0 0 0 0 0 0 0\n");
        write("self/mountinfo", "1 0 254:0 / /nowhere/at/all rw - ext4 /dev/vda rw\n");
        write("10/comm", "nginx\n");
        write("11/comm", "nginx\n");
        write("12/comm", "a-very-long-nam\n");
        write("mdstat", "md0 : active raid1 a[0]\n      1 blocks [2/1] [U_]\n");
        let processes = ["nginx", "a-very-long-name", "mysqld"].map(str::to_owned).to_vec();
        let mut gauge = Gauge::new(Watched { processes, ..Watched::default() });
        gauge.proc = folder.path().to_owned();
        let (_, states) = gauge.look(at(0)).await;
        let shown: Vec<String> =
            states.iter().map(|s| format!("{} {:?}", s.name, s.state)).collect();
        let expected = [
            "disk./nowhere/at/all Unknown",
            "process.nginx Good",
            "process.a-very-long-name Good",
            "process.mysqld Bad",
            "raid.md0 Bad",
        ];
        assert_eq!(shown, expected);
        write("stat", "cpu  30 0 0 170 0 0 0 0\n");
        write("net/dev", "eth0: 60000 0 0 0 0 0 0 0 600 0\n");
        let (reading, states) = gauge.look(at(60)).await;
        assert!(states.is_empty(), "nothing changed: {states:?}");
        let shown: Vec<String> =
            reading.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let expected = "load.1m_milli=250 load.5m_milli=1000 load.15m_milli=12340 \
             memory.total_bytes=1024000 memory.available_bytes=409600 memory.used_permille=600 \
             swap.total_bytes=0 cpu.busy_permille=300 cpu.waiting_permille=0 \
             cpu.stolen_permille=0 net.eth0.in_bytes_per_s=1000 net.eth0.out_bytes_per_s=10 \
             process.nginx.count=2 process.a-very-long-name.count=1 process.mysqld.count=0 \
             raid.md0.missing_count=1";
        assert_eq!(shown.join(" "), expected);
        assert_eq!(gauge.look(at(600)).await.1.len(), 5, "told again after ten minutes");
    }

    #[tokio::test(flavor = "current_thread")]
    async fn an_odd_mount_point_does_not_cost_the_rest() {
        let folder = tempfile::tempdir().expect("a folder");
        let odd = folder.path().join("a\nb");
        let long = folder.path().join("x".repeat(200));
        fs::create_dir_all(folder.path().join("self")).expect("made");
        fs::create_dir(&odd).expect("made");
        fs::create_dir(&long).expect("made");
        let line = |device: u32, point: &Path| {
            let point = point.display().to_string().replace('\n', "\\012");
            format!("{device} 0 254:{device} / {point} rw - ext4 /dev/vda rw\n")
        };
        let nowhere = PathBuf::from(format!("/nowhere/{}", "y".repeat(300)));
        let mounts = line(1, &odd) + &line(2, &long) + &line(3, &nowhere);
        fs::write(folder.path().join("self/mountinfo"), mounts).expect("written");
        let mut gauge = Gauge::new(Watched::default());
        gauge.proc = folder.path().to_owned();
        let (reading, states) = gauge.look(at(0)).await;
        let names: Vec<&String> = reading.values.iter().map(|(name, _)| name).collect();
        assert!(names.iter().any(|it| it.ends_with("a\\nb.used_permille")), "{names:?}");
        assert!(names.iter().any(|it| it.contains("xxx~")), "{names:?}");
        let words: Vec<StateWord> = states.iter().map(|it| it.state).collect();
        let mut sorted = words.clone();
        sorted.sort_by_key(|word| *word == StateWord::Good);
        assert_eq!(sorted, [StateWord::Unknown, StateWord::Good, StateWord::Good]);
        let body = link::Readings { batch: 1, readings: vec![reading], states, gaps: vec![] };
        assert_eq!(body.check(), Ok(()));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn this_machine() {
        let (reading, _) = Gauge::new(Watched::default()).look(at(0)).await;
        let names: Vec<&str> = reading.values.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["load.1m_milli", "memory.used_permille", "uptime_s"] {
            assert!(names.contains(&name), "{name} in {names:?}");
        }
        assert!(names.iter().any(|name| name.ends_with(".used_permille")), "{names:?}");
    }
}
