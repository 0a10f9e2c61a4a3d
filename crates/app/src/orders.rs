//! Orders to stations, as runbooks give them.

use desk::{Carried, Story};
use jiff::Timestamp;
use store::OrderRecord;
use terms::Lang;

use crate::stations::{self, OrderState, StationRefusal};
use crate::{AppError, Office, Refusal};

/// Gives an order; its number.
pub(crate) async fn give(
    office: &Office,
    (station, action): (&str, &str),
    incident: i64,
    by: &str,
    now: Timestamp,
) -> Result<i64, AppError> {
    stations::order(office, station, action, Some(incident), by, now).await
}

/// How an order stands, in the language of the contract: it stands in the timeline.
pub(crate) async fn carried(
    office: &Office,
    order: i64,
    lang: Lang,
    now: Timestamp,
) -> Result<Carried, AppError> {
    let Some(order) = office.store.order(order).await? else { return Ok(Carried::Unknown) };
    let said = |order: &OrderRecord| {
        order.result.as_ref().map_or(String::new(), |result| result.detail.trim().to_owned())
    };
    Ok(match stations::state_of(&order, now) {
        OrderState::Waiting | OrderState::Fetched => Carried::Pending,
        OrderState::Done => Carried::Done,
        OrderState::Failed | OrderState::Refused => Carried::Failed(said(&order)),
        OrderState::Unknown => Carried::Unknown,
        OrderState::Expired => Carried::Failed(match lang {
            Lang::Ja => "機器が期限までに指図を取りに来ませんでした".to_owned(),
            Lang::En => "the station did not fetch the order in time".to_owned(),
        }),
    })
}

/// The order that was given for the step that is under way and is not in the timeline, as after a
/// crash between the two.
pub(crate) async fn given(
    office: &Office,
    incident: i64,
    (station, action): (&str, &str),
    story: &Story,
) -> Result<Option<i64>, AppError> {
    let orders = office.store.orders_for(incident).await?;
    if orders.is_empty() {
        return Ok(None);
    }
    let to = stations::known(office, station).await?;
    let began = story.followed.iter().filter(|run| run.ended.is_none()).map(|run| run.began).max();
    let is_new = |order: &&OrderRecord| {
        order.station == to.number
            && order.action == action
            && Some(order.issued) >= began
            && !story.followed.iter().any(|run| run.order == Some(order.id))
    };
    Ok(orders.iter().find(is_new).map(|order| order.id))
}

/// Why an order could not be given, in the language of the contract: it stands in the timeline.
pub(crate) fn why_not(lang: Lang, why: &Refusal) -> String {
    let Refusal::Station(station) = why else { return why.to_string() };
    match (lang, station) {
        (Lang::Ja, StationRefusal::LinkOff) => {
            "[link] に listen がないため、機器に指図できません".to_owned()
        }
        (Lang::Ja, StationRefusal::Nobody { name }) => format!("{name} という機器はありません"),
        (Lang::Ja, StationRefusal::Revoked { name }) => format!("{name} は失効しています"),
        (Lang::Ja, StationRefusal::NotAnAgent { name }) => {
            format!("{name} は監視ノードのため、指図を受けません")
        }
        (Lang::Ja, StationRefusal::OrdersWaiting { name, .. }) => {
            format!("{name} が指図を取りに来ていないため、これ以上指図できません")
        }
        _ => why.to_string(),
    }
}
