//! Recurring maintenance as it falls.

use calendar::{Reckoned, Span};
use terms::{Kind, Maintenance, Name};

use crate::ground::Ground;

/// A window of a recurring maintenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window<'a> {
    /// The promise that it comes from.
    pub promise: &'a Name,
    /// When it is.
    pub span: Span,
    /// It depends on a holiday that was not officially published yet and may still move.
    pub provisional: bool,
}

/// The windows of all recurring maintenance that overlap a span, whole, in order of their beginning.
pub fn windows<'a>(ground: &Ground<'a>, within: Span) -> Vec<Window<'a>> {
    let promises = ground.terms.promises.iter();
    let mut windows: Vec<_> = promises
        .filter_map(|promise| match &promise.kind {
            Kind::Maintenance(maintenance) => Some((&promise.name, maintenance)),
            _ => None,
        })
        .flat_map(|(promise, maintenance)| {
            let fallen = fall(maintenance, ground, within).into_iter();
            fallen.map(move |Reckoned { value: span, provisional }| Window {
                promise,
                span,
                provisional,
            })
        })
        .collect();
    windows.sort_by_key(|window| (window.span, window.promise));
    windows
}

/// The windows of one maintenance.
fn fall(maintenance: &Maintenance, ground: &Ground, within: Span) -> Vec<Reckoned<Span>> {
    let calendar = maintenance.calendar.as_ref().map(|name| ground.calendar(Some(name)));
    maintenance.window.windows(within, ground.zone, calendar.as_ref())
}
