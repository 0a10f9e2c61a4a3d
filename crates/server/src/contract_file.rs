//! Contract files on disk: one file, read with every file that it extends.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::Context;
use terms::{FILE_BYTES_MAX, Finding, Read};

/// Reads a contract file and all that it extends.
///
/// # Errors
/// When the file itself cannot be opened. What is wrong in it, or in a file that it extends, is
/// the inner list.
pub fn load(path: &Path) -> anyhow::Result<Result<Read, Vec<Finding>>> {
    let name = path.display().to_string();
    let text = text_of(path).with_context(|| format!("cannot read the contract {name}"))?;
    Ok(terms::read(&name, &text, &open_extended))
}

/// The text of a file that another one extends. A contract may come from somebody else, so that it
/// cannot make us read what is no contract, such as a device or a key.
fn open_extended(name: &str) -> Result<String, String> {
    let path = Path::new(name);
    if path.extension().is_none_or(|extension| extension != "toml") {
        return Err("contract files end in .toml".to_owned());
    }
    text_of(path).map_err(|error| error.to_string())
}

/// The text of a plain file, cut where no reader would take more of it.
fn text_of(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a plain file"));
    }
    let mut text = String::new();
    let most = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
    file.take(most.saturating_add(1)).read_to_string(&mut text)?;
    Ok(text)
}
