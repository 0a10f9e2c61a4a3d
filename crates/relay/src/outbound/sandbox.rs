//! The sandbox: mail ends in the built-in mailbox, signed as it would have gone out.

use std::sync::Arc;

use mail::retry::Phase;
use mail::smtp::client::Answered;
use spool::mailbox::MailboxEntry;

use super::delivery::{Parcel, next_parcel};
use super::resolve::reply;
use super::settle::settle_all;
use super::{Outbound, Site};
use crate::facts::Remote;

/// Delivers until nothing is ready.
pub(crate) async fn work(outbound: &Arc<Outbound>, site: &Site) {
    while let Some(parcel) = next_parcel(&outbound.core, site).await {
        let delivered = tokio::task::block_in_place(|| deliver(outbound, &parcel));
        let answer = match delivered {
            Ok(()) => reply(250, (2, 0, 0), "delivered to the sandbox mailbox".to_owned()),
            Err(error) => {
                tracing::error!(error = %error, "the sandbox mailbox cannot be written");
                reply(451, (4, 3, 0), format!("the sandbox mailbox cannot be written: {error}"))
            }
        };
        let remote = Remote { host: Some("sandbox".to_owned()), ..Remote::default() };
        let answered = Answered { phase: Phase::Content, reply: answer };
        settle_all(outbound, parcel, &remote, &answered).await;
    }
}

fn deliver(outbound: &Outbound, parcel: &Parcel) -> std::io::Result<()> {
    let mut envelope = parcel.envelope.clone();
    let mut place = 0;
    envelope.recipients.retain(|_| {
        place += 1;
        parcel.lease.recipients.contains(&(place - 1))
    });
    let entry = MailboxEntry {
        id: parcel.lease.id,
        delivered_at: outbound.core.now(),
        envelope,
        size: parcel.content.len() as u32,
    };
    outbound.core.mailbox.deliver(&entry, &parcel.content)
}
