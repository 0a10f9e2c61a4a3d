//! What the agent would send, once, for whoever sets it up.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use dial::{Address, Line};
use link::{Reading, StateWord, StationState, Token};

use crate::NAME;
use crate::database;
use crate::measure::{self, Gauge};
use crate::run;
use crate::settings::{LogSource, Settings};
use crate::{AgentError, Clock};

/// How long the second look waits, so that there are rates.
const APART: Duration = Duration::from_secs(1);

/// What the agent would send, once.
#[derive(Debug)]
pub struct Preview {
    /// All values.
    pub reading: Reading,
    /// All states.
    pub states: Vec<StationState>,
    /// The name by which the office knows this station, or why it does not answer; without a token that
    /// was not asked.
    pub office: Option<Result<String, String>>,
}

/// Looks once at everything. Nothing is sent but the question whether the office knows the token, and
/// nothing is written.
///
/// # Errors
/// When TLS cannot be set up.
pub async fn preview(
    settings: &Settings,
    token: Option<&Token>,
    clock: Clock,
) -> Result<Preview, AgentError> {
    let mut gauge = Gauge::new(settings.watch.clone());
    let (_, mut states) = gauge.look(clock()).await;
    tokio::time::sleep(APART).await;
    let now = clock();
    let (mut reading, _) = gauge.look(now).await;
    for database in &settings.databases {
        let name = format!("database.{}", database.name);
        match database::size(database).await {
            Ok(bytes) => {
                reading.values.extend(database.values(bytes));
                states.push(measure::state(now, name, StateWord::Good, "is read"));
            }
            Err(why) => states.push(measure::state(now, name, StateWord::Bad, &why)),
        }
    }
    for log in &settings.logs {
        let trouble = match &log.source {
            LogSource::File(path) => File::open(path).err().map(|error| error.to_string()),
            LogSource::Journald(_) => None,
        };
        let word = if trouble.is_some() { StateWord::Bad } else { StateWord::Good };
        let detail = trouble.unwrap_or_else(|| "can be read".to_owned());
        states.push(measure::state(now, format!("log.{}", log.name), word, &detail));
    }
    let office = match token {
        None => None,
        Some(token) => {
            let address =
                Address::new(settings.office.clone(), token, NAME).map_err(AgentError::Tls)?;
            // Orders in the answer are left alone: the office hands them out until they have a result.
            let asked = run::ask(&mut Line::new(Arc::new(address)), 0).await;
            Some(asked.map(|orders| orders.station).map_err(|error| error.to_string()))
        }
    };
    Ok(Preview { reading, states, office })
}
