//! The folders of kept contracts: `contracts/NAME/` with `contract.toml`, what that extends,
//! `measured.json` and `audience.json`. A folder appears whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use terms::FILE_BYTES_MAX;

use super::audience::{self, AUDIENCE_FILE};
use super::{Bundle, CONTRACT_FILE, KEPT_MAX, KeepError, usual};
use crate::probes::PROBES;
use crate::telling::Audience;
use crate::{AppError, FileError, Measured, Refusal, Source, WatchedContract};

/// What measures the functions, in the contract's folder.
pub(super) const MEASURED_FILE: &str = "measured.json";
/// What a folder is called before it is whole.
const DRAFT: &str = ".new-";

/// What measures which function, as `measured.json` has it: `{"web": "check:top-page"}`.
type MeasuredBy = BTreeMap<String, String>;

/// When the files were written, and how long they are: enough to see a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark([Option<(SystemTime, u64)>; 3]);

/// What was read in a folder.
pub(super) struct Found {
    /// Its name.
    pub name: String,
    /// The contract, or what is wrong with it.
    pub watched: Result<WatchedContract, Vec<String>>,
    /// Who is told of it, when somebody said so; or what is wrong with that.
    pub audience: Result<Option<Audience>, String>,
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> AppError {
    let path = path.to_owned();
    move |source| AppError::records(FileError { doing, path, source })
}

/// Writes a new folder; whether there was none of that name.
pub(super) fn write_new(
    folder: &Path,
    name: &str,
    bundle: &Bundle,
    measured: &[Measured],
) -> Result<bool, AppError> {
    let place = folder.join(name);
    if place.exists() {
        return Ok(false);
    }
    if folder.exists() && names(folder)?.len() >= KEPT_MAX {
        return AppError::refused(Refusal::Keep(KeepError::Full { most: KEPT_MAX }));
    }
    let draft = folder.join(format!("{DRAFT}{name}-{}", std::process::id()));
    let work = || {
        if draft.exists() {
            fs::remove_dir_all(&draft)?;
        }
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&draft)?;
        let contract = [(CONTRACT_FILE.to_owned(), bundle.text.clone())];
        for (file, text) in bundle.beside.iter().chain(&contract) {
            let path = draft.join(file);
            if let Some(below) = path.parent() {
                builder.create(below)?;
            }
            write(&path, text)?;
        }
        write(&draft.join(MEASURED_FILE), &words(measured))?;
        fs::rename(&draft, &place)?;
        fs::File::open(folder)?.sync_all()
    };
    work().map_err(failed("keep the contract", &place))?;
    Ok(true)
}

/// Writes a file beside a contract, whole and renamed into place.
pub(super) fn write_beside(
    folder: &Path,
    name: &str,
    file: &str,
    text: &str,
) -> Result<(), AppError> {
    let path = folder.join(name).join(file);
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    let work = || {
        write(&draft, text)?;
        fs::rename(&draft, &path)?;
        fs::File::open(folder.join(name))?.sync_all()
    };
    work().map_err(failed("write", &path))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The text of [`MEASURED_FILE`].
pub(super) fn words(measured: &[Measured]) -> String {
    let by: MeasuredBy =
        measured.iter().map(|it| (it.function.to_string(), source_word(&it.source))).collect();
    format!("{:#}\n", serde_json::json!(by))
}

/// The contracts whose files are not as they were seen, and how all of them are now.
pub(super) fn changed(
    folder: &Path,
    seen: &BTreeMap<String, Mark>,
) -> Result<(Vec<Found>, BTreeMap<String, Mark>), AppError> {
    let mut marks = BTreeMap::new();
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok((found, marks));
    }
    for name in names(folder)? {
        let place = folder.join(&name);
        let mark = Mark(SEEN.map(|file| mark(&place.join(file))));
        if seen.get(&name) != Some(&mark) {
            let (watched, audience) = (read(&place, &name), read_audience(&place));
            found.push(Found { name: name.clone(), watched, audience });
        }
        marks.insert(name, mark);
    }
    Ok((found, marks))
}

/// The files of which a change is seen.
const SEEN: [&str; 3] = [CONTRACT_FILE, MEASURED_FILE, AUDIENCE_FILE];

fn mark(path: &Path) -> Option<(SystemTime, u64)> {
    let meta = fs::metadata(path).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

/// The names of the folders, in their order.
fn names(folder: &Path) -> Result<Vec<String>, AppError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed("read", folder))? {
        let entry = entry.map_err(failed("read", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && entry.path().join(CONTRACT_FILE).is_file() {
            names.push(name);
        }
    }
    names.sort();
    names.truncate(KEPT_MAX);
    Ok(names)
}

fn read(place: &Path, name: &str) -> Result<WatchedContract, Vec<String>> {
    let file = place.join(CONTRACT_FILE);
    let text = text_of(&file).map_err(|why| vec![format!("{}: {why}", file.display())])?;
    let read = terms::read(&file.display().to_string(), &text, &|base| {
        let base = PathBuf::from(base);
        if base.extension().is_none_or(|extension| extension != "toml") {
            return Err("contract files end in .toml".to_owned());
        }
        text_of(&base)
    });
    let contract = match read {
        Ok(read) => read.contract,
        Err(findings) => return Err(findings.iter().map(ToString::to_string).collect()),
    };
    if contract.name.as_str() != name {
        let said = &contract.name;
        return Err(vec![format!("{}: it is named {said}, its folder {name}", file.display())]);
    }
    let measured = match fs::read_to_string(place.join(MEASURED_FILE)) {
        Ok(text) => read_measured(&text, &contract)?,
        Err(_) => usual(&contract),
    };
    Ok(WatchedContract { contract, measured })
}

fn read_audience(place: &Path) -> Result<Option<Audience>, String> {
    let path = place.join(AUDIENCE_FILE);
    if !path.exists() {
        return Ok(None);
    }
    audience::read(&text_of(&path)?).map(Some)
}

fn read_measured(text: &str, contract: &terms::Contract) -> Result<Vec<Measured>, Vec<String>> {
    let wrong = |why: String| vec![format!("{MEASURED_FILE}: {why}")];
    let by: MeasuredBy = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let known = crate::contracts::functions(contract);
    let mut measured = Vec::new();
    for (function, word) in by {
        let Some(function) = known.iter().find(|name| name.as_str() == function).cloned() else {
            return Err(wrong(format!("the contract has no function {function}")));
        };
        let Some(source) = source(&word) else {
            return Err(wrong(format!("{word:?} is neither probe:NAME nor check:NAME")));
        };
        measured.push(Measured { function, source });
    }
    Ok(measured)
}

/// The word of what looks: `probe:smtp`, `check:top-page`.
#[must_use]
pub fn source_word(source: &Source) -> String {
    match source {
        Source::Probe(probe) => format!("probe:{}", probe.word()),
        Source::Check(name) => format!("check:{name}"),
    }
}

/// What looks, by its word; `None` when it is none.
#[must_use]
pub fn source(word: &str) -> Option<Source> {
    if let Some(check) = word.strip_prefix("check:") {
        return crate::checks::is_name(check).then(|| Source::Check(check.to_owned()));
    }
    let word = word.strip_prefix("probe:")?;
    let found = PROBES.iter().find(|(known, _)| *known == word);
    found.map(|(_, probe)| Source::Probe(*probe))
}

/// The text of a plain file, if no reader would take less of it.
fn text_of(path: &Path) -> Result<String, String> {
    if !fs::metadata(path).map_err(|error| error.to_string())?.is_file() {
        return Err("it is not a plain file".to_owned());
    }
    let mut text = String::new();
    let most = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(most).read_to_string(&mut text).map_err(|error| error.to_string())?;
    Ok(text)
}
