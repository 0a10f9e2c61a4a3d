//! Promises to tell of changes and faults, judged by the notices that were drafted and sent. Whether
//! something happened of which nobody drafted a notice is not known here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use store::NoticeRecord;
use terms::{About, Contract, Kind, Timing};

use super::row::NOTICE_SOON;
use super::{Left, Row, State};
use crate::notices::about;
use crate::promised::{Standing, notice_promise, standing};
use crate::windows::sent;

/// Sets state and rest of every row about changes or faults: the worst of what `notices` speak of.
pub(super) fn judge(
    rows: &mut [Row],
    contract: &Contract,
    notices: &[NoticeRecord],
    now: Timestamp,
) {
    for row in rows {
        let Kind::Notice(promised) = &row.promise.kind else { continue };
        if promised.about == About::Maintenance {
            continue;
        }
        let is_ahead = matches!(promised.timing, Timing::Ahead(_));
        let mut by_event: BTreeMap<Timestamp, Vec<NoticeRecord>> = BTreeMap::new();
        // What is told of an incident stands in its timeline, and its clock is judged by that.
        let by_hand = notices.iter().filter(|notice| notice.draft.incident.is_none());
        for notice in by_hand.filter(|notice| about(notice) == promised.about) {
            let event = notice.draft.event;
            // Terms of several versions may promise it under several names.
            let promise = notice_promise(contract, promised.about, event);
            if promise.is_some_and(|(promise, _)| promise.name == row.promise.name) {
                by_event.entry(event).or_default().push(notice.clone());
            }
        }
        let judged = by_event.iter().filter_map(|(event, notices)| {
            one(standing(contract, promised.about, *event, &sent(notices), now), *event)
        });
        let worst = judged.min_by_key(|(state, _)| *state);
        if let Some((state, left)) = worst {
            row.state = soon(state, &left, is_ahead, now);
            row.left = left;
        }
    }
}

fn one(standing: Standing, event: Timestamp) -> Option<(State, Left)> {
    Some(match standing {
        Standing::NoPromise | Standing::NoDeadline(_) => return None,
        Standing::InTime { sent, .. } => (State::Kept, Left::Told { event, sent }),
        Standing::NotYet { latest } => (State::Running, Left::TellBy { event, latest }),
        Standing::Missed { latest } => (State::Broken, Left::NotTold { event, latest, sent: None }),
        Standing::Late { channel, sent, latest }
        | Standing::WrongChannel { channel, sent, latest } => {
            (State::Broken, Left::NotTold { event, latest, sent: Some((channel, sent)) })
        }
    })
}

/// What must be told ahead within [`NOTICE_SOON`] is at risk.
fn soon(state: State, left: &Left, is_ahead: bool, now: Timestamp) -> State {
    match left {
        Left::TellBy { latest, .. } if is_ahead && latest.duration_since(now) < NOTICE_SOON => {
            State::AtRisk
        }
        _ => state,
    }
}
