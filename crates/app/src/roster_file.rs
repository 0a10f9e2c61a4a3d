//! Writing `roster.json`: whole or not at all, readable by its owner only.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use mail::roster::Roster;

use crate::{AppError, FileError};

/// Writes beside the file, syncs, and renames over it, so that a relay reads either the old
/// roster or the new one, also after a crash.
pub(crate) fn write(path: &Path, roster: &Roster) -> Result<(), AppError> {
    let failed = |source| {
        AppError::records(FileError { doing: "publish the roster", path: path.to_owned(), source })
    };
    let text = serde_json::to_vec_pretty(roster).map_err(|e| failed(e.into()))?;
    replace(path, &text).map_err(failed)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    fs::create_dir_all(&folder)?;
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    // One left by a crash may have another mode.
    match fs::remove_file(&draft) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    fs::File::open(&folder)?.sync_all()
}
