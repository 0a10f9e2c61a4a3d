//! The roster as the office last published it, with signers made ready.
//!
//! A file that cannot be read leaves the roster as it was: a relay goes on with the last good one.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dkim::Signer;
use mail::roster::{Roster, SigningDomain};
use tracing::{info, warn};
use vault::Vault;

use crate::Core;

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The label under which signing keys are sealed.
const KEY_LABEL: &str = "dkim-key";

/// A roster with what was made of it.
#[derive(Default)]
pub(crate) struct Current {
    pub roster: Roster,
    signers: HashMap<String, Arc<Signer>>,
}

impl Current {
    /// Who signs mail from this domain.
    pub fn signer(&self, from_domain: &str) -> Option<Arc<Signer>> {
        let own = self.roster.signing_domain(from_domain).map(|d| d.domain.as_str());
        let name = own.or(self.roster.default_domain.as_deref())?;
        self.signers.get(name).cloned()
    }
}

pub(crate) struct RosterFile {
    path: PathBuf,
    current: RwLock<Arc<Current>>,
    seen: RwLock<Option<(SystemTime, u64)>>,
}

impl RosterFile {
    /// Reads the file if it is there.
    pub fn open(path: &Path, vault: &Vault) -> RosterFile {
        let file = RosterFile {
            path: path.to_owned(),
            current: RwLock::default(),
            seen: RwLock::new(None),
        };
        file.reload(vault);
        file
    }

    pub fn current(&self) -> Arc<Current> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the file again if it has changed.
    pub fn reload(&self, vault: &Vault) {
        let Ok(about) = fs::metadata(&self.path) else { return };
        let stamp = about.modified().ok().map(|at| (at, about.len()));
        if stamp == *self.seen.read().unwrap_or_else(PoisonError::into_inner) {
            return;
        }
        match read(&self.path, vault) {
            Ok(current) => {
                info!(
                    users = current.roster.users.len(),
                    domains = current.roster.domains.len(),
                    "the roster is in force"
                );
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(current);
            }
            Err(why) => {
                warn!(why, "the roster file cannot be used: going on with the last good one")
            }
        }
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = stamp;
    }
}

fn read(path: &Path, vault: &Vault) -> Result<Current, String> {
    let bytes = fs::read(path).map_err(|e| e.to_string())?;
    let roster: Roster = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
    let mut signers = HashMap::new();
    for domain in &roster.domains {
        match signer(domain, vault) {
            Ok(signer) => {
                signers.insert(domain.domain.clone(), Arc::new(signer));
            }
            // The others go on signing.
            Err(why) => warn!(domain = domain.domain, why, "a domain's mail goes out unsigned"),
        }
    }
    Ok(Current { roster, signers })
}

fn signer(domain: &SigningDomain, vault: &Vault) -> Result<Signer, String> {
    let mut keys = Vec::new();
    for key in &domain.keys {
        let sealed = STANDARD.decode(&key.sealed_key).map_err(|e| e.to_string())?;
        let private = vault.open(KEY_LABEL, &sealed).map_err(|e| e.to_string())?;
        keys.push((key.selector.clone(), key.algorithm, private));
    }
    Signer::new(&domain.domain, &keys).map_err(|e| e.to_string())
}

/// Looks at the file from time to time.
pub(crate) async fn watch(core: Arc<Core>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        core.roster.reload(&core.vault);
    }
}
