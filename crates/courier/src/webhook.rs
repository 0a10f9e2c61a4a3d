//! A notice as an HTTP request: plain JSON, or what Slack and those like it take.

use serde_json::{Value, json};

use crate::http::{Endpoint, post};
use crate::{Outcome, Parcel};

/// Where and how.
#[derive(Debug)]
pub struct Webhook {
    /// Where to.
    pub endpoint: Endpoint,
    /// In which form.
    pub style: Style,
}

/// The form of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Every field by its name.
    Json,
    /// `{"text": …}`, as Slack's incoming webhooks take it.
    Slack,
}

pub(crate) async fn carry(webhook: &Webhook, parcel: &Parcel) -> Outcome {
    let body = match webhook.style {
        Style::Json => fields(parcel),
        Style::Slack => slack(parcel),
    };
    post(&webhook.endpoint, &parcel.id, &body).await
}

/// Every field by its name.
pub(crate) fn fields(parcel: &Parcel) -> Value {
    json!({
        "id": parcel.id,
        "contract": parcel.contract,
        "about": parcel.about,
        "event": parcel.event.to_string(),
        "subject": parcel.subject,
        "text": parcel.text,
    })
}

/// Slack reads `&`, `<` and `>` as markup unless they are escaped.
fn slack(parcel: &Parcel) -> Value {
    let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({ "text": format!("*{}*\n{}", plain(&parcel.subject), plain(&parcel.text)) })
}
