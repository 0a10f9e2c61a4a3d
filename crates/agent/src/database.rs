//! How large a database is: by the files of its folder, or by a program that asks it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::program::{self, How};
use crate::settings::{Database, SizeBy};

/// Most files that are counted.
const FILES_MAX: usize = 2_000_000;
/// Files that are counted at a stretch.
const STRETCH: usize = 500;
/// Most bytes of what a program answers.
const ANSWER_MAX: usize = 1024;

/// Its size in bytes, or in words why nobody knows.
pub async fn size(database: &Database) -> Result<i64, String> {
    match &database.size {
        SizeBy::Folder(folder) => {
            let sized = folder_size(folder).await;
            sized.map_err(|error| format!("cannot count {}: {error}", folder.display()))
        }
        SizeBy::Program(asked) => {
            let ended = program::run(asked, ANSWER_MAX).await;
            match ended.how {
                How::Exit(0) => number(&ended.output),
                how => Err(format!("{how} {}", ended.output)),
            }
        }
    }
}

/// The first word that a program printed, as a number of bytes.
fn number(printed: &str) -> Result<i64, String> {
    let word = printed.split_whitespace().next().unwrap_or_default();
    match word.parse() {
        Ok(bytes) if bytes >= 0 => Ok(bytes),
        _ => Err(format!("expected a number of bytes, found {word:?}")),
    }
}

/// What the files below a folder take on disk, hard links counted each time. Other file systems below
/// it do not count.
async fn folder_size(folder: &Path) -> io::Result<i64> {
    let device = fs::metadata(folder)?.dev();
    let mut folders = vec![folder.to_owned()];
    let (mut blocks, mut files) = (0_u64, 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            files += 1;
            if files > FILES_MAX {
                return Err(io::Error::other(format!("more than {FILES_MAX} files")));
            }
            if files.is_multiple_of(STRETCH) {
                tokio::task::yield_now().await;
            }
            let path: PathBuf = entry?.path();
            // A file that is gone meanwhile takes nothing.
            let Ok(seen) = fs::symlink_metadata(&path) else { continue };
            blocks = blocks.saturating_add(seen.blocks());
            if seen.is_dir() && seen.dev() == device {
                folders.push(path);
            }
        }
    }
    Ok(i64::try_from(blocks.saturating_mul(512)).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::SignedDuration;

    use super::*;
    use crate::settings::Program;

    fn database(size: SizeBy) -> Database {
        Database {
            name: "orders".to_owned(),
            size,
            every: SignedDuration::from_hours(1),
            limit: None,
        }
    }

    fn printing(words: &[&str]) -> Database {
        let run = words.iter().map(|word| (*word).to_owned()).collect();
        database(SizeBy::Program(Program { run, user: None, timeout: Duration::from_secs(5) }))
    }

    #[tokio::test(flavor = "current_thread")]
    async fn sizes() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("base")).expect("made");
        fs::write(folder.path().join("base/1"), vec![1; 100_000]).expect("written");
        let counted = size(&database(SizeBy::Folder(folder.path().to_owned()))).await;
        assert!(counted.is_ok_and(|bytes| (100_000..200_000).contains(&bytes)));
        let missing = size(&database(SizeBy::Folder("/nowhere".into()))).await;
        assert!(missing.is_err_and(|why| why.starts_with("cannot count /nowhere")));
        assert_eq!(size(&printing(&["echo", "  8192 "])).await, Ok(8192));
        for words in [&["echo", "NULL"][..], &["echo", "-1"], &["false"], &["/nowhere"]] {
            assert!(size(&printing(words)).await.is_err(), "{words:?}");
        }
    }
}
