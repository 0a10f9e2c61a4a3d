//! `yakusoku station order`: one order, and what becomes of it.

use std::time::Duration;

use anyhow::Context;
use app::Office;
use app::stations::{self, OrderState, state_of};
use clap::Args;

use crate::clock;
use crate::commands::window::Who;
use crate::exit::Status;

/// Stands at the end of the help.
pub const HELP: &str = "Exit status: 0 it was done, 1 it failed, was refused, expired, or its \
                        outcome is unknown, 2 wrong usage, 3 nothing was heard of it in time";
/// Between two looks at the order.
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(Args)]
pub struct OrderArgs {
    /// Name of the agent
    station: String,
    /// Name of the action, as the agent's own file calls it
    action: String,
    /// Number of the incident for which it is done
    #[arg(long, value_name = "NUMBER")]
    incident: Option<i64>,
    /// How many seconds to wait for what becomes of it
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=3_600))]
    wait: u64,
    #[command(flatten)]
    who: Who,
}

/// How an order stands, in a word.
pub fn word(state: OrderState) -> &'static str {
    match state {
        OrderState::Waiting => "waiting",
        OrderState::Fetched => "fetched",
        OrderState::Done => "done",
        OrderState::Failed => "failed",
        OrderState::Refused => "refused",
        OrderState::Unknown => "unknown",
        OrderState::Expired => "expired",
    }
}

/// Gives the order and waits.
pub async fn run(office: &Office, args: &OrderArgs) -> anyhow::Result<Status> {
    let OrderArgs { station, action, incident, wait, who } = args;
    let id = stations::order(office, station, action, *incident, &who.by, clock::now()).await?;
    eprintln!("order {id} is given to {station}");
    let looks = Duration::from_secs(*wait).as_millis() / LOOK_EVERY.as_millis();
    for _ in 0..looks {
        let state = stations::outcome(office, id, clock::now()).await?;
        if !matches!(state, OrderState::Waiting | OrderState::Fetched) {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let order = office.store.order(id).await?.context("the order is gone from the records")?;
    let state = state_of(&order, clock::now());
    outln!("{}", word(state));
    if let Some(result) = &order.result {
        // What a program on another machine printed must not move the cursor here.
        let harmful = |c: char| c.is_control() && c != '\n';
        eprintln!("{}", result.detail.replace(harmful, " ").trim_end());
    }
    Ok(match state {
        OrderState::Done => Status::Done,
        OrderState::Waiting | OrderState::Fetched => Status::Unreachable,
        OrderState::Failed | OrderState::Refused | OrderState::Unknown | OrderState::Expired => {
            Status::Failed
        }
    })
}
