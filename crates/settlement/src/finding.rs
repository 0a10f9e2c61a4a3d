//! Findings: what a settlement could not judge, and what its reader must know.

use calendar::Span;
use desk::Noticed;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use terms::{Clause, Name};

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The contract was not in force for this service in this month.
    NotUnderContract,
    /// The contract has no service of that name.
    UnknownService {
        /// The name.
        service: Name,
    },
    /// The evidence speaks of a function that the service does not have; it does not count.
    UnknownFunction {
        /// As in the log.
        function: String,
    },
    /// So much of the time nobody measured.
    BlindTime {
        /// In all.
        time: SignedDuration,
    },
    /// A function is measured too slowly to prove an outage that counts.
    TooSlow {
        /// The function.
        function: Name,
        /// The slowest pace in the month.
        every: SignedDuration,
        /// The shortest outage that counts.
        minimum: SignedDuration,
    },
    /// Short outages that do not count: the service was degraded.
    Degraded {
        /// How many.
        outages: usize,
        /// In all.
        time: SignedDuration,
    },
    /// A maintenance window was not noticed as the contract demands, so it counts as any other time.
    WindowCounts {
        /// The window.
        id: String,
        /// When.
        span: Span,
        /// What was wrong.
        why: Noticed,
        /// The exclusion that it does not meet.
        clause: Clause,
    },
    /// One name stands for windows at different times, so a notice says nothing about any of them:
    /// they count as any other time.
    WindowMoved {
        /// The name.
        id: String,
    },
    /// Other functions of the service are measured and this one is not: only told outages count.
    NotMeasured {
        /// The function.
        function: Name,
    },
    /// The evidence says nothing of this month: neither outages nor measurements.
    NoEvidence,
    /// A decision with a reason that the contract does not know: nothing was taken out.
    UnknownReason {
        /// As in the log.
        reason: String,
        /// What it was to take out.
        span: Span,
    },
    /// A decision named an exclusion that is no matter of decision: nothing was taken out.
    NotByDecision {
        /// As in the log.
        reason: String,
        /// What it was to take out.
        span: Span,
    },
    /// An outage had not ended: it was counted to the cut, or to the end of the month.
    StillOpen {
        /// When it began.
        from: Timestamp,
    },
    /// The month was not over at the cut.
    Provisional {
        /// The cut.
        as_of: Timestamp,
    },
    /// The terms were revised within the month; each minute is judged by the version in force.
    Revised {
        /// First day of the new version.
        on: Date,
    },
    /// The target was missed, and the contract names no remedy for it.
    NoRemedy,
    /// Planned windows leave no time to be up in.
    NoOperatingTime,
    /// A deadline was reckoned past the last officially published holiday.
    ProvisionalHolidays {
        /// The last day that is official.
        official_until: Date,
    },
}

impl Finding {
    /// The word for it in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Finding::NotUnderContract => "not_under_contract",
            Finding::UnknownService { .. } => "unknown_service",
            Finding::UnknownFunction { .. } => "unknown_function",
            Finding::BlindTime { .. } => "blind_time",
            Finding::TooSlow { .. } => "measured_too_slowly",
            Finding::Degraded { .. } => "degraded",
            Finding::WindowCounts { .. } => "window_counts",
            Finding::WindowMoved { .. } => "window_moved",
            Finding::NotMeasured { .. } => "not_measured",
            Finding::NoEvidence => "no_evidence",
            Finding::UnknownReason { .. } => "unknown_reason",
            Finding::NotByDecision { .. } => "not_by_decision",
            Finding::StillOpen { .. } => "still_open",
            Finding::Provisional { .. } => "provisional",
            Finding::Revised { .. } => "revised",
            Finding::NoRemedy => "no_remedy",
            Finding::NoOperatingTime => "no_operating_time",
            Finding::ProvisionalHolidays { .. } => "provisional_holidays",
        }
    }
}
