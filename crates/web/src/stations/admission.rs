//! Who may ask what: the credential of each request, and the kind of station that it belongs to.

use std::sync::Arc;

use app::stations::{self, StationKind, StationRecord};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use link::Credential;

use super::{Refused, StationDoor};
use crate::guard::Client;

/// An agent, admitted.
pub(crate) struct Agent(pub StationRecord);

impl FromRequestParts<Arc<StationDoor>> for Agent {
    type Rejection = Refused;

    async fn from_request_parts(
        parts: &mut Parts,
        door: &Arc<StationDoor>,
    ) -> Result<Agent, Refused> {
        admitted(parts, door, StationKind::Agent).await.map(Agent)
    }
}

/// The answer to a credential that is none, or not any more.
pub(super) fn stranger() -> Refused {
    let text = "this token is not known here, or was revoked: enrol the station again";
    Refused(StatusCode::UNAUTHORIZED, text.to_owned())
}

/// The station that asks, when it is of that kind.
pub(super) async fn admitted(
    parts: &mut Parts,
    door: &StationDoor,
    kind: StationKind,
) -> Result<StationRecord, Refused> {
    let Ok(Client(address)) = Client::from_request_parts(parts, &()).await;
    let now = (door.clock)();
    if door.wrong.is_too_much(address, now) {
        let text = "too many wrong tokens from this address: wait a minute";
        return Err(Refused(StatusCode::TOO_MANY_REQUESTS, text.to_owned()));
    }
    let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let station = match shown.map(Credential::parse) {
        Some(Ok(credential)) => stations::admit(&door.office, &credential, now).await?,
        Some(Err(_)) | None => None,
    };
    let Some(station) = station else {
        if door.wrong.note(address, now) {
            tracing::warn!(%address, "somebody shows many wrong tokens to the door for stations");
        }
        return Err(stranger());
    };
    if station.kind != kind {
        tracing::warn!(
            station = station.name,
            path = parts.uri.path(),
            "not for this kind of station"
        );
        let text = "this request is not for this kind of station";
        return Err(Refused(StatusCode::FORBIDDEN, text.to_owned()));
    }
    Ok(station)
}
