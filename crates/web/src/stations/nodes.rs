//! What nodes ask and bring: the checks they look at, and what they saw.

use std::sync::Arc;

use app::checks;
use app::stations::{StationKind, StationRecord};
use axum::Json;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use link::{Looks, Taken};
use serde::Deserialize;

use super::{Body, Door, Refused, StationDoor, admission};

/// A node, admitted.
pub(crate) struct Node(pub StationRecord);

impl FromRequestParts<Arc<StationDoor>> for Node {
    type Rejection = Refused;

    async fn from_request_parts(
        parts: &mut Parts,
        door: &Arc<StationDoor>,
    ) -> Result<Node, Refused> {
        admission::admitted(parts, door, StationKind::Node).await.map(Node)
    }
}

#[derive(Deserialize)]
pub(super) struct Known {
    /// The version of the list that the node has.
    #[serde(default)]
    version: String,
}

/// The checks of the node that asks, with the secrets that looking needs; 304 when it has them.
pub(super) async fn given(
    State(door): Door,
    Node(station): Node,
    Query(known): Query<Known>,
) -> Result<Response, Refused> {
    let given = checks::given(&door.office, &station).await?;
    Ok(match given.version == known.version {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Json(given).into_response(),
    })
}

/// What the node saw of its own checks.
pub(super) async fn looks(
    State(door): Door,
    Node(station): Node,
    body: Body<Looks>,
) -> Result<Json<Taken>, Refused> {
    let now = (door.clock)();
    let Json(looks) = body?;
    looks.check()?;
    let accepted = checks::take(&door.office, &station, &looks, now).await?;
    Ok(Json(Taken { taken: accepted.taken }))
}
