//! A file over the file that it extends, and versions one over the other.

use jiff::civil::Date;
use sections::{Findings, Section, nearest};

use crate::Text;
use crate::problems::Problems;
use crate::read::draft::{Draft, Source};
use crate::read::file::{File, Head, Part, read_top};

/// Largest contract file, in bytes.
pub const FILE_BYTES_MAX: usize = 1_000_000;
/// Most files that extend one another.
pub const EXTENDS_MAX: usize = 8;
/// Most versions of one contract.
pub const VERSIONS_MAX: usize = 100;

/// The terms from one day on, while they are read.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its first day.
    pub in_force: Option<Date>,
    /// What was revised.
    pub note: Option<Text>,
    /// Complete.
    pub draft: Draft,
    /// For findings about the version.
    pub source: Source,
}

/// A contract with everything that it extends.
#[derive(Clone, Debug)]
pub struct Chain {
    /// About the contract as a whole.
    pub head: Head,
    /// Versions, oldest first; at least one.
    pub stages: Vec<Stage>,
}

/// Opens and reads files.
pub struct Reader<'a> {
    /// The text of a file.
    pub open: &'a dyn Fn(&str) -> Result<String, String>,
    /// What is found on the way.
    pub problems: &'a mut Problems,
}

impl Reader<'_> {
    /// Reads the file of that name with all that it extends. `None` when it cannot be judged how
    /// its items go together: it is no TOML, or a file is missing.
    pub fn read(mut self, path: &str, text: &str) -> Option<Chain> {
        let mut trail: Vec<(String, File)> = Vec::new();
        let (mut path, mut text) = (path.to_owned(), text.to_owned());
        loop {
            let number = self.problems.files.len();
            self.problems.files.push(path.clone());
            let file = self.parse(number, &text)?;
            let extends = file.extends.clone();
            let line = file.body.source.place.line_of("extends");
            trail.push((path.clone(), file));
            let Some(extends) = extends else { break };
            let base = beside(&path, &extends);
            if let Some(why) = refusal(&trail, &extends, &base) {
                self.problems.error(number, line, why);
                return None;
            }
            match (self.open)(&base) {
                Ok(opened) => (path, text) = (base, opened),
                Err(error) => {
                    let why = format!("`extends` is {extends:?}: cannot open {base}: {error}");
                    self.problems.error(number, line, why);
                    return None;
                }
            }
        }
        let (_, base) = trail.pop()?;
        let mut chain = self.base(base);
        while let Some((_, file)) = trail.pop() {
            chain = self.extend(chain, file);
        }
        Some(chain)
    }

    fn parse(&mut self, number: usize, text: &str) -> Option<File> {
        if text.len() > FILE_BYTES_MAX {
            let why = format!("the file has {} bytes: it may have {FILE_BYTES_MAX}", text.len());
            self.problems.error(number, 1, why);
            return None;
        }
        let findings = Findings::new(text);
        let table = sections::parse(text, &findings);
        let file =
            table.as_ref().map(|table| read_top(Section::top(table.get_ref(), &findings), number));
        for finding in findings.into_sorted() {
            self.problems.error(number, finding.line, finding.text);
        }
        file
    }

    /// A file that extends none: its body is the first version.
    fn base(&mut self, file: File) -> Chain {
        let Part { in_force, note, draft, source } = file.body;
        let first = Stage { in_force, note, draft, source };
        let mut chain = Chain { head: file.head, stages: vec![first] };
        self.add_versions(&mut chain, file.versions);
        chain
    }

    /// A file over another: its body in every version, its own versions among them by date.
    fn extend(&mut self, base: Chain, file: File) -> Chain {
        let mut chain = Chain { head: file.head.over(base.head), stages: base.stages };
        let all: Vec<usize> = (0..chain.stages.len()).collect();
        self.overlay(&mut chain, &all, &file.body);
        if let (Some(note), Some(first)) = (file.body.note, chain.stages.first_mut()) {
            first.note = Some(note);
        }
        self.add_versions(&mut chain, file.versions);
        chain
    }

    fn add_versions(&mut self, chain: &mut Chain, versions: Vec<Part>) {
        let first = chain.stages.first().and_then(|stage| stage.in_force);
        let mut before = None;
        for version in versions {
            // One without a date has its finding, and cannot be put among the others.
            let Some(day) = version.in_force else { continue };
            let Source { file, place } = &version.source;
            let line = place.line_of("in_force");
            if chain.stages.len() == VERSIONS_MAX {
                let why = format!("a contract may have {VERSIONS_MAX} versions");
                return self.problems.error(*file, line, why);
            }
            if let Some(other) = before.filter(|before| *before >= day) {
                let why = format!(
                    "[[version]] {day} is not after {other}: oldest first, one for each day"
                );
                self.problems.error(*file, line, why);
                continue;
            }
            if let Some(first) = first.filter(|first| *first >= day) {
                let why = format!(
                    "[[version]] {day} is not after the first version, in force from {first}"
                );
                self.problems.error(*file, line, why);
                continue;
            }
            before = Some(day);
            self.add_version(chain, day, version);
        }
    }

    fn add_version(&mut self, chain: &mut Chain, day: Date, version: Part) {
        let place = chain.stages.partition_point(|stage| stage.in_force.is_none_or(|d| d < day));
        let known = chain.stages.get(place).is_some_and(|stage| stage.in_force == Some(day));
        if known {
            let stage = &mut chain.stages[place];
            stage.note = version.note.clone().or(stage.note.take());
        } else {
            let draft = chain.stages[place - 1].draft.clone();
            let stage = Stage {
                in_force: Some(day),
                note: version.note.clone(),
                draft,
                source: version.source.clone(),
            };
            chain.stages.insert(place, stage);
        }
        let later: Vec<usize> = (place..chain.stages.len()).collect();
        self.overlay(chain, &later, &version);
    }

    /// Puts a part over these stages. A name that it removes must be in one of them.
    fn overlay(&mut self, chain: &mut Chain, stages: &[usize], part: &Part) {
        let known: Vec<String> = match part.draft.remove.is_empty() {
            true => Vec::new(),
            false => stages
                .iter()
                .flat_map(|i| chain.stages[*i].draft.removable())
                .map(|name| name.as_str().to_owned())
                .collect(),
        };
        let mut removed = vec![false; part.draft.remove.len()];
        for i in stages {
            chain.stages[*i].draft.overlay(&part.draft, &mut removed);
        }
        for ((name, line), removed) in part.draft.remove.iter().zip(removed) {
            if !removed && !self.problems.is_full() {
                let mut why = format!(
                    "`remove` has {:?}, but there is no such promise or exclusion",
                    name.as_str()
                );
                let slips = 1 + name.as_str().len() / 4;
                if let Some(meant) = nearest(name.as_str(), known.iter().map(String::as_str), slips)
                {
                    why.push_str(&format!("; did you mean {meant:?}?"));
                }
                self.problems.error(part.source.file, *line, why);
            }
        }
    }
}

/// Why that file cannot be extended by the last of the trail.
///
/// A contract may come from somebody else, and what is wrong in a file is told in words of that file:
/// so it may only name files in the folder of the contract that is read, or below.
fn refusal(trail: &[(String, File)], named: &str, base: &str) -> Option<String> {
    // Any name beside the first file, to have its folder without `.` and `..` as well.
    let beside_first = trail.first().map(|(path, _)| beside(path, "x")).unwrap_or_default();
    let inside = match beside_first.strip_suffix('x') {
        Some("") | None => !base.starts_with('/') && !base.starts_with("../"),
        Some(folder) => base.strip_prefix(folder).is_some_and(|rest| !rest.starts_with("../")),
    };
    if named.starts_with('/') || !inside {
        return Some(format!(
            "`extends` is {named:?}: name a file in the folder of this contract, or below it"
        ));
    }
    if trail.iter().any(|(path, _)| path == base) {
        let mut way: Vec<&str> = trail.iter().map(|(path, _)| path.as_str()).collect();
        way.push(base);
        return Some(format!("`extends` goes round in a circle: {}", way.join(" -> ")));
    }
    let deep = trail.len() >= EXTENDS_MAX;
    deep.then(|| format!("`extends` is {EXTENDS_MAX} files deep: put them into fewer"))
}

/// The path of a file that is named in another, without `.` and with `..` taken where it can be.
fn beside(path: &str, name: &str) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let whole = match (name.starts_with('/'), path.starts_with('/') && folder.is_empty()) {
        (true, _) => name.to_owned(),
        (false, true) => format!("/{name}"),
        (false, false) if folder.is_empty() => name.to_owned(),
        (false, false) => format!("{folder}/{name}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/').skip(usize::from(whole.starts_with('/'))) {
        match (part, parts.last()) {
            ("." | "", _) => {}
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    let start = if whole.starts_with('/') { "/" } else { "" };
    format!("{start}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_extended_files() {
        let cases = [
            ("skyarch-gold.toml", "skyarch.toml", "skyarch.toml"),
            ("contracts/gold.toml", "base.toml", "contracts/base.toml"),
            ("contracts/a/gold.toml", "../base.toml", "contracts/base.toml"),
            ("gold.toml", "../base.toml", "../base.toml"),
            ("/x/gold.toml", "./base.toml", "/x/base.toml"),
            ("/gold.toml", "base.toml", "/base.toml"),
            ("a/gold.toml", "/x/base.toml", "/x/base.toml"),
        ];
        for (path, name, expected) in cases {
            assert_eq!(beside(path, name), expected, "{path} extends {name}");
        }
    }
}
