//! From the text of the agent's file to [`Settings`], or to every finding at once.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use regex::bytes::{RegexSet, RegexSetBuilder};
use sections::{Choice, Section, Truth, Word};

use crate::settings::{
    Action, Database, Log, LogSource, Office, Patterns, Program, Settings, SizeBy, Watched,
};

/// Most logs of one agent.
const LOGS_MAX: usize = 50;
/// Most databases of one agent.
const DATABASES_MAX: usize = 50;
/// Most actions of one agent.
const ACTIONS_MAX: usize = 100;
/// Most patterns of a log.
const PATTERNS_MAX: usize = 50;
/// Most bytes that the patterns of a log may take when compiled, and again while they run.
const PATTERNS_BYTES_MAX: usize = 1024 * 1024;
/// Most watched processes, and units.
const WATCHED_MAX: usize = 100;
/// Shortest and longest time between readings.
const INTERVALS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(3600)];
/// Longest that a program may run.
const TIMEOUT_MAX: Duration = Duration::from_secs(3600);
/// Smallest and largest journal.
const JOURNALS: [u64; 2] = [4 << 20, 4 << 30];

const STATION: Word<String> = Word {
    expected: "a name of 1 to 64 letters a-z, A-Z, 0-9, `.`, `_`, `-`",
    parse: |text| link::is_name(text).then(|| text.to_owned()),
};
const TEXT: Word<String> = Word {
    expected: "a line of text",
    parse: |text| (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned()),
};
const ABSOLUTE: Word<PathBuf> = Word {
    expected: "a path that begins with `/`",
    parse: |text| text.starts_with('/').then(|| text.into()),
};
const OFFICE: Word<Office> = Word {
    expected: "the office's listener for stations, such as \"https://office.example.jp:8443\"",
    parse: office,
};
const TOKEN: Word<PathBuf> = Word {
    expected: "where the token is, such as \"file:/etc/yakusoku/agent.token\"",
    parse: |text| text.strip_prefix("file:").filter(|path| path.starts_with('/')).map(Into::into),
};
const LENGTH: Word<Duration> =
    Word { expected: "a length of time such as \"60s\" (s, m, h)", parse: length };
const SIZE: Word<u64> = Word { expected: "a size such as \"64 MB\" (KB, MB, GB)", parse: size };
const UNIT: Word<String> = Word {
    expected: "a unit of systemd such as \"nginx.service\"",
    parse: |text| {
        let letter = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
        let sound = text.chars().all(letter) && text.contains('.') && !text.starts_with('-');
        (sound && text.len() <= 150).then(|| text.to_owned())
    },
};
const SLOTS: [(&str, SignedDuration); 2] =
    [("1h", SignedDuration::from_hours(1)), ("1m", SignedDuration::from_mins(1))];
const VERBS: [(&str, &str); 5] = [
    ("restart", "restart"),
    ("start", "start"),
    ("stop", "stop"),
    ("reload", "reload"),
    ("reset-failed", "reset-failed"),
];

/// The whole file. What is missing or wrong is a finding, and then the value does not count.
pub fn whole(top: Section<'_>) -> Settings {
    let station = top.need("station", &STATION);
    let office = top.need("office", &OFFICE);
    let token_file = top.need("token", &TOKEN);
    let state = top.value("state", &ABSOLUTE);
    let interval = top.value("interval", &LENGTH).unwrap_or(Duration::from_secs(60));
    if !(INTERVALS[0]..=INTERVALS[1]).contains(&interval) {
        top.object("interval", "`interval` may be from 10s to 1h");
    }
    let journal_limit = top.value("journal_limit", &SIZE).unwrap_or(64 << 20);
    if !(JOURNALS[0]..=JOURNALS[1]).contains(&journal_limit) {
        top.object("journal_limit", "`journal_limit` may be from 4 MB to 4 GB");
    }
    let settings = Settings {
        watch: read_watched(&top),
        databases: read_named(&top, "database", DATABASES_MAX, read_database),
        logs: read_named(&top, "log", LOGS_MAX, read_log),
        actions: read_named(&top, "action", ACTIONS_MAX, read_action),
        station: station.unwrap_or_default(),
        office: office.unwrap_or(Office { host: String::new(), port: 0 }),
        token_file: token_file.unwrap_or_default(),
        state: state.unwrap_or_else(|| PathBuf::from("/var/lib/yakusoku-agent")),
        interval,
        journal_limit,
    };
    top.finish();
    settings
}

fn read_watched(top: &Section<'_>) -> Watched {
    let section = top.section("watch");
    let watched = Watched {
        processes: section.list("processes", &TEXT).unwrap_or_default(),
        units: section.list("units", &UNIT).unwrap_or_default(),
        skip_disks: section.list("skip_disks", &TEXT).unwrap_or_default(),
    };
    for (key, list) in [("processes", &watched.processes), ("units", &watched.units)] {
        if list.len() > WATCHED_MAX {
            section.object(key, &format!("`{key}` may name {WATCHED_MAX} at most"));
        }
    }
    section.finish();
    watched
}

/// Every section of a list, each with a name of its own.
fn read_named<T>(
    top: &Section<'_>,
    key: &'static str,
    max: usize,
    read: fn(&Section<'_>, String) -> Option<T>,
) -> Vec<T> {
    let sections = top.sections(key);
    if sections.len() > max {
        top.object(key, &format!("there are more than {max} [[{key}]]"));
        return Vec::new();
    }
    let mut names = BTreeSet::new();
    let mut all = Vec::new();
    for section in sections {
        let name = section.need("name", &STATION);
        all.extend(read(&section, name.clone().unwrap_or_default()));
        if name.is_some_and(|name| !names.insert(name)) {
            section.object("name", &format!("this is the name of a [[{key}]] above"));
        }
        section.finish();
    }
    all
}

fn read_database(section: &Section<'_>, name: String) -> Option<Database> {
    let folder = section.value("folder", &ABSOLUTE).map(SizeBy::Folder);
    let program = read_program(section, Duration::from_secs(60)).map(SizeBy::Program);
    if folder.is_some() == program.is_some() {
        section.object("folder", "add one of `folder` and `run`: how the size is found");
    }
    let every = section.value("every", &LENGTH).unwrap_or(Duration::from_secs(3600));
    let every = SignedDuration::try_from(every).ok()?;
    let limit = section.value("limit", &SIZE);
    Some(Database { name, size: folder.or(program)?, every, limit })
}

/// `run`, `user` and `timeout`; `None` without `run`.
fn read_program(section: &Section<'_>, usual: Duration) -> Option<Program> {
    let run = section.list("run", &TEXT);
    if run.as_ref().is_some_and(Vec::is_empty) {
        section.object("run", "`run` is the program and its arguments");
    }
    let user = section.value("user", &STATION);
    let timeout = section.value("timeout", &LENGTH).unwrap_or(usual);
    if timeout > TIMEOUT_MAX {
        section.object("timeout", "`timeout` may be 1h at most");
    }
    Some(Program { run: run.filter(|run| !run.is_empty())?, user, timeout })
}

fn read_log(section: &Section<'_>, name: String) -> Option<Log> {
    let file = section.value("file", &ABSOLUTE).map(LogSource::File);
    let units = section.list("units", &UNIT);
    let journald = match section.value("journald", &Truth) {
        Some(true) => Some(LogSource::Journald(units.unwrap_or_default())),
        _ => None,
    };
    if file.is_some() == journald.is_some() {
        section.object("file", "add one of `file = \"/…\"` and `journald = true`");
    }
    let slot = section.value("slot", &Choice(&SLOTS)).unwrap_or(SLOTS[0].1);
    let trouble = read_patterns(section, "trouble");
    let ignore = read_patterns(section, "ignore");
    Some(Log { name, source: file.or(journald)?, slot, trouble: trouble?, ignore: ignore? })
}

fn read_patterns(section: &Section<'_>, key: &'static str) -> Option<Patterns> {
    let texts = section.list(key, &TEXT).unwrap_or_default();
    if texts.len() > PATTERNS_MAX || texts.iter().any(|text| text.len() > link::limits::SHORT_MAX) {
        let most = link::limits::SHORT_MAX;
        let text = format!("`{key}` may hold {PATTERNS_MAX} patterns of {most} bytes at most");
        section.object(key, &text);
        return None;
    }
    let built = RegexSetBuilder::new(&texts)
        .size_limit(PATTERNS_BYTES_MAX)
        .dfa_size_limit(PATTERNS_BYTES_MAX)
        .build();
    match built {
        Ok(set) => Some(Patterns { texts, set }),
        Err(error) => {
            let last = error.to_string().lines().last().unwrap_or_default().to_owned();
            section.object(key, &format!("`{key}` has a pattern that is not one: {last}"));
            Some(Patterns { texts: Vec::new(), set: RegexSet::empty() })
        }
    }
}

fn read_action(section: &Section<'_>, name: String) -> Option<Action> {
    let unit = section.value("unit", &UNIT);
    let verb = section.value("do", &Choice(&VERBS));
    let reboot = section.value("reboot", &Truth).unwrap_or(false);
    let program = read_program(section, Duration::from_secs(60));
    let user = section.has("user") && program.is_none();
    if user {
        section.object("user", "`user` goes with `run`: systemd's own rules say who may restart");
    }
    let ways = [section.has("run"), unit.is_some(), reboot];
    if ways.iter().filter(|way| **way).count() != 1 {
        section.object("name", "add one of `run`, `unit` with `do`, and `reboot = true`");
        return None;
    }
    if unit.is_some() != verb.is_some() {
        section.object("do", "`unit` and `do` go together");
    }
    let timeout = section.value("timeout", &LENGTH).unwrap_or(Duration::from_secs(60));
    let systemctl = |words: &[&str]| {
        let words = ["systemctl", "--no-ask-password"].iter().chain(words);
        Program { run: words.map(|word| (*word).to_owned()).collect(), user: None, timeout }
    };
    let program = match (program, unit, verb) {
        (Some(program), ..) => program,
        (None, Some(unit), Some(verb)) => systemctl(&[verb, "--", &unit]),
        (None, None, None) if reboot => systemctl(&["reboot"]),
        _ => return None,
    };
    Some(Action { name, program, reboots: reboot })
}

fn office(text: &str) -> Option<Office> {
    let authority = text.strip_prefix("https://")?.trim_end_matches('/');
    let uri: hyper::Uri = format!("https://{authority}").parse().ok()?;
    let plain = uri.path() == "/" && uri.query().is_none() && !authority.contains('@');
    let host = uri.host().filter(|host| plain && !host.is_empty())?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    Some(Office { host, port: uri.port_u16().unwrap_or(443) })
}

fn length(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let scale = match unit.trim_start() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        _ => return None,
    };
    let seconds = number.parse::<u64>().ok()?.checked_mul(scale)?;
    (1..=366 * 86_400).contains(&seconds).then(|| Duration::from_secs(seconds))
}

fn size(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim_start() {
        // In steps of 1,024, as in `yakusoku.toml`.
        "KB" => 10,
        "MB" => 20,
        "GB" => 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "station = \"web-1\"\noffice = \"https://office.example.jp:8443\"\n\
                         token = \"file:/etc/yakusoku/agent.token\"\n";

    #[test]
    fn the_least_and_its_defaults() {
        let settings = Settings::read(LEAST).expect("settings");
        assert_eq!(settings.office, Office { host: "office.example.jp".to_owned(), port: 8443 });
        assert_eq!((settings.interval.as_secs(), settings.journal_limit), (60, 67_108_864));
        assert!(settings.action_names().is_empty());
    }

    #[test]
    fn actions_in_their_three_forms() {
        let text = format!(
            "{LEAST}
[[action]]
name = \"restart-nginx\"
unit = \"nginx.service\"
do = \"restart\"
[[action]]
name = \"reboot\"
reboot = true
[[action]]
name = \"clear\"
run = [\"/usr/local/sbin/clear-cache\", \"--all\"]
user = \"www-data\"
timeout = \"5m\"
"
        );
        let settings = Settings::read(&text).expect("settings");
        let shown: Vec<String> = settings
            .actions
            .iter()
            .map(|a| format!("{}: {} {}", a.name, a.program.run.join(" "), a.reboots))
            .collect();
        let expected = [
            "restart-nginx: systemctl --no-ask-password restart -- nginx.service false",
            "reboot: systemctl --no-ask-password reboot true",
            "clear: /usr/local/sbin/clear-cache --all false",
        ];
        assert_eq!(shown, expected);
        assert_eq!(settings.actions[2].program.timeout.as_secs(), 300);
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let cases = [
            ("interval = \"5s\"", "`interval` may be from 10s to 1h"),
            ("colour = 1", "colour"),
            ("[[action]]\nname = \"a\"", "add one of `run`, `unit` with `do`, and `reboot"),
            ("[[action]]\nname = \"a\"\nrun = []", "`run` is the program"),
            ("[[action]]\nname = \"a\"\nunit = \"x.service\"", "go together"),
            ("[[action]]\nname = \"a\"\nunit = \"--now.x\"\ndo = \"stop\"", "a unit of systemd"),
            ("[[action]]\nname = \"a b\"\nreboot = true", "a name of 1 to 64 letters"),
            ("[[log]]\nname = \"l\"\nfile = \"/l\"\ntrouble = [\"(\"]", "is not one"),
            ("[[log]]\nname = \"l\"", "add one of `file"),
            ("[[log]]\nname = \"l\"\nfile = \"/l\"\nslot = \"2h\"", "one of \"1h\", \"1m\""),
            ("[[database]]\nname = \"d\"", "add one of `folder` and `run`"),
            (
                "[[log]]\nname=\"l\"\nfile=\"/l\"\n[[log]]\nname=\"l\"\nfile=\"/m\"",
                "the name of a [[log]] above",
            ),
            ("[[log]]\nname = \"l\"\nfile = \"/l\"\ntrouble = [\"\\\\w{1000}\"]", "is not one"),
        ];
        for (more, expected) in cases {
            let findings = Settings::read(&format!("{LEAST}{more}\n")).expect_err(more);
            let told: Vec<&str> = findings.iter().map(|finding| finding.text.as_str()).collect();
            assert!(told.iter().any(|text| text.contains(expected)), "{more}: {told:?}");
        }
        for office in ["http://o:1", "https://", "https://a@o", "https://o/x", "o:8443"] {
            let text = LEAST.replace("https://office.example.jp:8443", office);
            assert!(Settings::read(&text).is_err(), "{office}");
        }
    }
}
