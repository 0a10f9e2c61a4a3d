//! Names, clauses and texts of a contract.

use std::fmt;
use std::str::FromStr;

/// A language that contracts and their screens are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    /// 日本語
    Ja,
    /// English
    En,
}

/// What something is called in files, logs and commands: 1 to 60 of `a-z`, `0-9`, `-` and `.`,
/// beginning and ending with a letter or digit. `all` means every function in a log and is no name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Longest name, in bytes.
pub const NAME_MAX: usize = 60;

impl Name {
    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = ();

    fn from_str(text: &str) -> Result<Name, ()> {
        let edge =
            |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        let sound = text.len() <= NAME_MAX
            && edge(text.chars().next())
            && edge(text.chars().next_back())
            && text.chars().all(inner)
            && text != "all";
        if sound { Ok(Name(text.to_owned())) } else { Err(()) }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Where in the signed document something is said, such as `第19条(2)`; never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clause(pub String);

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A text for people, in one language or two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text {
    /// Japanese; the English when there is none.
    pub ja: String,
    /// English; the Japanese when there is none.
    pub en: String,
}

impl Text {
    /// The same text in both languages.
    pub fn both(text: impl Into<String>) -> Text {
        let ja = text.into();
        Text { en: ja.clone(), ja }
    }

    /// The text in that language.
    pub fn in_lang(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }
}
