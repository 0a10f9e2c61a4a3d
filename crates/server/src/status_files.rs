//! Status pages as files that another web server carries, so that they outlive us: written at each
//! change and at least once a minute, each file renamed into place, so that no reader sees half of one.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::Office;
use app::status::Status;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock;
use crate::config::Config;
use crate::timers::{self, Trouble};

/// Between two looks at whether something changed.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// A page that says the same is written again after this: the instant on it is a promise that we look.
const WRITE_EVERY: SignedDuration = SignedDuration::from_secs(45);
/// Everybody may read what everybody may see.
const FILE_MODE: u32 = 0o644;
const FOLDER_MODE: u32 = 0o755;

/// Where a page is written, and what was written last.
struct Place {
    page: String,
    folder: PathBuf,
    written: Option<Arc<Status>>,
}

/// Starts it, when there are pages; it ends when it is told to stop.
pub fn start(
    tasks: &mut JoinSet<anyhow::Result<()>>,
    config: &Config,
    office: &Arc<Office>,
    stopped: &watch::Receiver<bool>,
) {
    if !config.status.is_empty() {
        let keeping = keep(Arc::clone(office), config.clone());
        tasks.spawn(timers::until(stopped.clone(), keeping));
    }
}

/// Makes every page anew at its pace and writes those that are written, for as long as it is let.
async fn keep(office: Arc<Office>, config: Config) {
    let mut places: Vec<Place> = folders(&config)
        .map(|(page, folder)| Place { page, folder: folder.to_owned(), written: None })
        .collect();
    for (page, name) in app::status::missing(&office) {
        tracing::warn!(%page, %name, "a status page names what is not there yet");
    }
    let mut making = Trouble::new("status pages could not be made");
    let mut writing = Trouble::new("status pages could not be written");
    loop {
        match app::status::refresh(&office, clock::now()).await {
            Ok(made) => {
                making.note(Ok::<(), io::Error>(()));
                writing.note(write_changed(&mut places, &made, &config.hostname).await);
            }
            Err(error) => making.note(Err(error)),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The folders of the configuration, by page.
pub fn folders(config: &Config) -> impl Iterator<Item = (String, &Path)> {
    config.status.iter().filter_map(|it| {
        let folder = it.static_folder.as_deref()?;
        Some((it.page.name.clone(), folder))
    })
}

/// Writes what changed or is old. Every page is tried; the first failure is told.
async fn write_changed(
    places: &mut [Place],
    made: &[Arc<Status>],
    authority: &str,
) -> io::Result<()> {
    let mut told = Ok(());
    for place in places {
        let Some(status) = made.iter().find(|status| status.page.name == place.page) else {
            continue;
        };
        if !place.written.as_ref().is_none_or(|last| is_due(last, status)) {
            continue;
        }
        let (folder, authority, ours) =
            (place.folder.clone(), authority.to_owned(), Arc::clone(status));
        let writing = move || write(&folder, &ours, &authority);
        match tokio::task::spawn_blocking(writing).await.map_err(io::Error::other)? {
            Ok(()) => place.written = Some(Arc::clone(status)),
            Err(error) if told.is_ok() => told = Err(error),
            Err(_) => {}
        }
    }
    told
}

fn is_due(written: &Status, now: &Status) -> bool {
    let age = |at: Timestamp| now.at.duration_since(at).abs();
    age(written.at) >= WRITE_EVERY || !written.says_as(now)
}

/// Writes a page into its folder, which is made when it is not there.
///
/// # Errors
/// When a file cannot be written; those before it are there.
pub fn write(folder: &Path, status: &Status, authority: &str) -> io::Result<()> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot write {path}: {error}"))
        }
    };
    if !folder.is_dir() {
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let mode = fs::Permissions::from_mode(FOLDER_MODE);
        fs::set_permissions(folder, mode).map_err(failed(folder))?;
    }
    let files = web::status_files(status, authority).map_err(io::Error::other)?;
    for (name, text) in files {
        let (path, beside) = (folder.join(name), folder.join(format!(".{name}.new")));
        fs::write(&beside, text).map_err(failed(&path))?;
        let mode = fs::Permissions::from_mode(FILE_MODE);
        fs::set_permissions(&beside, mode).map_err(failed(&path))?;
        fs::rename(&beside, &path).map_err(failed(&path))?;
    }
    Ok(())
}
