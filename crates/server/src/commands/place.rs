//! Which installation a command speaks of, and its office.

use std::path::PathBuf;

use app::{Office, RelayFolder};
use clap::Args;

use super::config::load_or_tell;
use crate::config::Config;
use crate::exit::Misused;
use crate::wiring;

/// Flags of every command that looks at an installation.
#[derive(Args)]
pub struct Place {
    /// Configuration file; without it everything has its default
    #[arg(long, global = true, value_name = "FILE", env = "YAKUSOKU_CONFIG")]
    pub config: Option<PathBuf>,
    /// Data folder [default: the configuration's, else ./yakusoku-data]
    #[arg(long, global = true, value_name = "DIR", env = "YAKUSOKU_DATA")]
    pub data: Option<PathBuf>,
}

impl Place {
    /// The configuration, with the data folder of the command line.
    ///
    /// # Errors
    /// When the file cannot be read or is wrong; its findings are printed.
    pub fn read_config(&self) -> anyhow::Result<Config> {
        let Some(mut config) = load_or_tell(self.config.as_deref())? else {
            anyhow::bail!("the configuration is wrong; see the lines above");
        };
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        Ok(config)
    }

    /// The relay's folder of an installation: what is asked of a running relay needs no records.
    ///
    /// # Errors
    /// When there is no data folder.
    pub fn relay(&self) -> anyhow::Result<(Config, RelayFolder)> {
        let config = self.read_config()?;
        self.check_folder(&config)?;
        let folder = RelayFolder(config.relay_folder());
        Ok((config, folder))
    }

    /// The office of an installation. A configuration file may come before its first start; without
    /// one a folder that is not there is a slip of the keyboard.
    ///
    /// # Errors
    /// When there is no data folder, or its records cannot be opened.
    pub async fn office(&self) -> anyhow::Result<(Config, Office)> {
        let config = self.read_config()?;
        let office = self.office_with(&config).await?;
        Ok((config, office))
    }

    /// As [`Place::office`], with a configuration that was read before.
    ///
    /// # Errors
    /// As there.
    pub async fn office_with(&self, config: &Config) -> anyhow::Result<Office> {
        self.check_folder(config)?;
        wiring::open_office(config).await
    }

    fn check_folder(&self, config: &Config) -> anyhow::Result<()> {
        if self.config.is_none() && !config.data.is_dir() {
            let folder = config.data.display();
            let text = format!("{folder} is not a data folder: name it with --data or --config");
            return Err(Misused(text).into());
        }
        Ok(())
    }
}

/// Runs an async command on a runtime of its own.
///
/// # Errors
/// Those of the command.
pub fn wait_for<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(work)
}
