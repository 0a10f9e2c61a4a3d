//! How the clocks of incidents stand on the board: the one that runs out first, and how many of this
//! month were met and late.

use desk::{Ground, Standing, running};
use jiff::Timestamp;
use terms::Name;

use super::{Left, State, View};

impl View<'_, '_> {
    /// The clocks of a promise that incidents started; `None` when none did this month.
    pub(super) fn incident_clock(&self, promise: &Name) -> Option<(State, Left)> {
        let month = self.month.span(&self.contract.zone);
        let (mut nearest, mut met, mut late) = (None, 0, 0);
        for (id, story) in self.incidents {
            let terms = self.contract.terms_at(story.opened);
            let zone = &self.contract.zone;
            let ground = Ground { terms, zone, holidays: &self.holidays };
            let clocks = running(story, &ground, self.now);
            let Some(clock) = clocks.iter().find(|clock| clock.promise.name == *promise) else {
                continue;
            };
            let Some(due) = clock.deadline.due() else { continue };
            // It is decided when it was met, or when it can be met in time no more.
            let decided: Timestamp = clock.met.unwrap_or(due.shown());
            match clock.standing {
                Standing::Met if month.contains(decided) => met += 1,
                Standing::Late if month.contains(decided) => late += 1,
                _ => {}
            }
            let runs = clock.met.is_none() && clock.standing != Standing::Ended;
            let sooner = nearest.is_none_or(|(_, known, _): (i64, desk::Due, Standing)| {
                due.shown() < known.shown()
            });
            if runs && sooner {
                nearest = Some((*id, due, clock.standing));
            }
        }
        let standing = nearest.map(|(_, _, standing)| standing);
        let state = match (standing, late, met) {
            (Some(Standing::Late), ..) | (_, 1.., _) => State::Broken,
            (Some(Standing::Soon), ..) => State::AtRisk,
            (Some(_), ..) => State::Running,
            (None, 0, 1..) => State::Kept,
            (None, 0, 0) => return None,
        };
        Some((state, Left::Incidents { nearest, met, late }))
    }
}
