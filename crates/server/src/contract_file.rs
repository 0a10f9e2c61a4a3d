//! Contract files on disk: one file, read with every file that it extends.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use terms::{FILE_BYTES_MAX, Finding, Read};

/// Reads a contract file and all that it extends.
///
/// # Errors
/// Why the file itself cannot be opened. What is wrong in it, or in a file that it extends, is the
/// inner list.
pub fn load(path: &Path) -> Result<Result<Read, Vec<Finding>>, String> {
    let name = path.display().to_string();
    let text = text_of(path).map_err(|why| format!("cannot read {name}: {why}"))?;
    Ok(terms::read(&name, &text, &open_extended))
}

/// The text of a file that another one extends. A contract may come from somebody else, so that it
/// cannot make us read what is no contract, such as a device or a key; that it lies in the folder of
/// the contract or below it, the reader has seen to.
pub fn open_extended(name: &str) -> Result<String, String> {
    let path = Path::new(name);
    if path.extension().is_none_or(|extension| extension != "toml") {
        return Err("contract files end in .toml".to_owned());
    }
    text_of(path)
}

/// The text of a plain file, cut where no reader would take more of it.
pub fn text_of(path: &Path) -> Result<String, String> {
    let reason = |error: io::Error| match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "we may not read it".to_owned(),
        ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    };
    // Looked at before it is opened: opening a pipe would wait for somebody to write into it.
    if !std::fs::metadata(path).map_err(reason)?.is_file() {
        return Err("it is not a plain file".to_owned());
    }
    let file = File::open(path).map_err(reason)?;
    let mut bytes = Vec::new();
    let most = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(reason)?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(format!("it is larger than {FILE_BYTES_MAX} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}
