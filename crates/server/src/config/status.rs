//! `[[status]]`: status pages, who may see them, and where they are written as files.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use app::status::{Access, FUNCTIONS_MAX, PageContracts, Shown, StatusPage};
use jiff::SignedDuration;
use sections::{Section, Truth};
use terms::{Name, Text};

use super::checks::ADDED;
use super::contracts::ContractConfig;
use super::value::{LENGTH, PATH, SHORT_NAME, TEXT};

/// Most pages of one configuration.
pub const PAGES_MAX: usize = 50;
/// Shortest word that opens a page, in characters: it is all that keeps strangers out.
const WORD_MIN: usize = 16;
/// Largest file with such a word, in bytes.
const WORD_FILE_MAX: u64 = 4_096;
/// After which time a written page says no more how things are, when nothing else is said.
const STALE_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// The shortest such time: a page is written once a minute.
const STALE_AFTER_MIN: SignedDuration = SignedDuration::from_mins(2);

/// A status page of the configuration.
#[derive(Clone, Debug)]
pub struct StatusConfig {
    /// The page. The word of one that needs it is read by [`load_words`].
    pub page: StatusPage,
    /// What `contracts` says, as it stands there; empty when the page is about every contract.
    pub named: Vec<String>,
    /// Where the word is.
    pub word_file: Option<PathBuf>,
    /// Where the page is written as files.
    pub static_folder: Option<PathBuf>,
}

/// Every `[[status]]`. One that makes no sense is a finding and is left out.
pub fn read_status(
    top: &Section<'_>,
    folder: &Path,
    contracts: &[ContractConfig],
) -> Vec<StatusConfig> {
    let (mut names, mut folders) = (BTreeSet::new(), BTreeSet::new());
    let mut pages = Vec::new();
    for section in top.sections_up_to("status", PAGES_MAX) {
        if let Some(config) = read_page(&section, folder, contracts) {
            let name = &config.page.name;
            if !names.insert(name.clone()) {
                section.object("name", &format!("{name:?} is the name of a status page above"));
            }
            if let Some(folder) = &config.static_folder
                && !folders.insert(folder.clone())
            {
                section.object("static_folder", "another status page is written there");
            }
            pages.push(config);
        }
        section.finish();
    }
    pages
}

fn read_page(
    section: &Section<'_>,
    folder: &Path,
    contracts: &[ContractConfig],
) -> Option<StatusConfig> {
    let name = section.need("name", &SHORT_NAME);
    let title = section.need("title", &TEXT);
    let title_en = section.value("title_en", &TEXT);
    let about = read_about(section, contracts);
    let shown = read_shown(section, &about);
    let is_public = section.value("public", &Truth).unwrap_or_default();
    let word_file = section.value("word_file", &PATH).map(|path| folder.join(path));
    if is_public && word_file.is_some() {
        section.object("word_file", "everybody may see it: take `public` or `word_file` out");
    }
    let stale_after = section.value("stale_after", &LENGTH);
    let stale_after =
        stale_after.and_then(|it| SignedDuration::try_from(it).ok()).unwrap_or(STALE_AFTER);
    if stale_after < STALE_AFTER_MIN {
        section.object("stale_after", "`stale_after` may be from 2m: it is written once a minute");
    }
    let static_folder = section.value("static_folder", &PATH).map(|path| folder.join(path));
    let address = section.value("address", &TEXT);
    if address.as_ref().is_some_and(|it| !it.starts_with("https://") && !it.starts_with("http://"))
    {
        section.object("address", "an address begins with https:// or http://");
    }
    let address = address.map(|it| if it.ends_with('/') { it } else { it + "/" });
    let ja = title?;
    let title = Text { en: title_en.unwrap_or_else(|| ja.clone()), ja };
    let access = match (is_public, &word_file) {
        (true, _) => Access::Public,
        (false, Some(_)) => Access::Word(String::new()),
        (false, None) => Access::SignedIn,
    };
    let About { contracts, named, .. } = about;
    let page = StatusPage { name: name?, title, contracts, shown, access, stale_after, address };
    Some(StatusConfig { page, named, word_file, static_folder })
}

/// What a page is about.
struct About<'c> {
    contracts: PageContracts,
    /// As it is written.
    named: Vec<String>,
    /// Those of the configuration.
    known: Vec<&'c ContractConfig>,
    /// Names of those that are added elsewhere; whether the office has them is not known before it runs.
    added: Vec<String>,
}

fn read_about<'c>(section: &Section<'_>, contracts: &'c [ContractConfig]) -> About<'c> {
    let is_every = section.value("all_contracts", &Truth).unwrap_or_default();
    let named = section.list("contracts", &SHORT_TEXT);
    if is_every {
        if section.has("contracts") {
            section.object("contracts", "every contract is shown: take it or `all_contracts` out");
        }
        let (named, known, added) = (Vec::new(), Vec::new(), Vec::new());
        return About { contracts: PageContracts::Every, named, known, added };
    }
    if named.as_ref().is_none_or(Vec::is_empty) {
        let text = "say what it is about: `contracts = [\"NAME\"]`, or `all_contracts = true`";
        section.object("contracts", text);
    }
    let named = named.unwrap_or_default();
    let (mut names, mut known, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for word in &named {
        let name = word.strip_prefix(ADDED).filter(|name| name.parse::<Name>().is_ok());
        let found = contracts.iter().find(|it| it.watched.contract.name.as_str() == word);
        match (found, name) {
            (Some(config), _) => known.push(config),
            (None, Some(name)) => added.push(name.to_owned()),
            (None, None) => {
                let text = format!(
                    "there is no contract {word:?}; one that was added in the console or by \
                     `yakusoku contract add` is named \"{ADDED}NAME\""
                );
                section.object("contracts", &text);
            }
        }
        let name = name.unwrap_or(word).to_owned();
        if names.contains(&name) {
            section.object("contracts", &format!("{name:?} is named twice: once is enough"));
        } else {
            names.push(name);
        }
    }
    About { contracts: PageContracts::Named(names), named, known, added }
}

/// The functions that are shown, each under its public name.
fn read_shown(section: &Section<'_>, about: &About<'_>) -> Vec<Shown> {
    let ja = section.section("functions");
    let en = section.section("functions_en");
    if about.contracts == PageContracts::Every && ja.is_there() {
        let text = "the functions of contracts to come are not known: take `functions` or \
                    `all_contracts` out";
        section.object("functions", text);
        let _ignored = (ja.texts(), en.texts());
        return Vec::new();
    }
    let english: Vec<(String, String)> =
        en.texts().into_iter().map(|it| (it.key.to_owned(), it.text.to_owned())).collect();
    let mut shown = Vec::new();
    for entry in ja.texts() {
        match find(entry.key, about) {
            Some((contract, function)) => {
                let ja = entry.text.to_owned();
                let other = english.iter().find(|(key, _)| key == entry.key);
                let en = other.map_or_else(|| ja.clone(), |(_, text)| text.clone());
                shown.push(Shown { contract, function, title: Text { ja, en } });
            }
            None => {
                let text = format!(
                    "no contract of this page has a function `{}`; where several have it, write \
                     \"CONTRACT/FUNCTION\"",
                    entry.key
                );
                ja.object_at(entry.key_at, &text);
            }
        }
    }
    if shown.len() > FUNCTIONS_MAX {
        section.object("functions", &format!("there are more than {FUNCTIONS_MAX} functions"));
    }
    for entry in en.texts() {
        if !ja.texts().iter().any(|known| known.key == entry.key) {
            en.object_at(entry.key_at, "`functions` does not show it");
        }
    }
    shown
}

/// The function that `FUNCTION` or `CONTRACT/FUNCTION` names. Those of an added contract are looked at
/// when the page is made.
fn find(key: &str, about: &About<'_>) -> Option<(String, Name)> {
    let (wanted, function) = match key.split_once('/') {
        Some((contract, function)) => (Some(contract), function),
        None => (None, key),
    };
    if let Some(added) = wanted.and_then(|wanted| about.added.iter().find(|it| *it == wanted)) {
        return Some((added.clone(), function.parse().ok()?));
    }
    let mut found = about.known.iter().filter_map(|config| {
        let contract = &config.watched.contract;
        if wanted.is_some_and(|wanted| contract.name.as_str() != wanted) {
            return None;
        }
        let services = contract.versions.iter().flat_map(|version| &version.terms.services);
        let mut functions = services.flat_map(|service| &service.functions);
        let function = functions.find(|known| known.name.as_str() == function)?;
        Some((contract.name.to_string(), function.name.clone()))
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

const SHORT_TEXT: sections::Word<String> = sections::Word {
    expected: "the name of a contract",
    parse: |text| (!text.is_empty() && text.len() <= 200).then(|| text.to_owned()),
};

/// Reads the words that open pages.
///
/// # Errors
/// A file that cannot be read, or a word that is too short to keep anybody out.
pub fn load_words(pages: &mut [StatusConfig]) -> anyhow::Result<()> {
    for config in pages {
        let Some(path) = &config.word_file else { continue };
        let mut text = String::new();
        let file = File::open(path).and_then(|it| it.take(WORD_FILE_MAX).read_to_string(&mut text));
        let doing = || format!("cannot read the word of a status page from {}", path.display());
        file.with_context(doing)?;
        let word = text.lines().next().unwrap_or_default().trim().to_owned();
        let name = &config.page.name;
        anyhow::ensure!(
            word.chars().count() >= WORD_MIN,
            "the word of the status page {name} has fewer than {WORD_MIN} characters: it is all \
             that keeps strangers out",
        );
        config.page.access = Access::Word(word);
    }
    Ok(())
}
