//! How long a client may take. Pure: it is told the time.

use std::time::Duration;

use mail::roster::InboundLimits;
use tokio::time::Instant;

/// Silence of a client that neither connects from a listed address nor has signed in.
const STRANGER_TIMEOUT: Duration = Duration::from_secs(30);
/// For how long it may stay without signing in, however much it talks.
const STRANGER_TOTAL_MAX: Duration = Duration::from_secs(300);
/// The content of one message, all chunks together, however steadily it drips.
const CONTENT_TOTAL_MAX: Duration = Duration::from_secs(30 * 60);

/// The deadlines of one session.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    stranger_until: Option<Instant>,
    content_until: Option<Instant>,
}

/// What the client is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Between messages.
    Commands,
    /// Between MAIL and the end of the message, not sending content.
    Transaction,
    /// Sending content.
    Content,
}

impl Patience {
    pub fn with_stranger(now: Instant) -> Patience {
        Patience { stranger_until: Some(now + STRANGER_TOTAL_MAX), content_until: None }
    }

    pub fn with_known() -> Patience {
        Patience::default()
    }

    /// How long to wait for the client's next bytes.
    pub fn next(&mut self, limits: &InboundLimits, doing: Doing, now: Instant) -> Duration {
        match doing {
            Doing::Commands => self.content_until = None,
            Doing::Transaction => {}
            Doing::Content => {
                self.content_until.get_or_insert(now + CONTENT_TOTAL_MAX);
            }
        }
        let silence = match doing {
            Doing::Content => limits.data_timeout,
            _ if self.stranger_until.is_some() => limits.command_timeout.min(STRANGER_TIMEOUT),
            _ => limits.command_timeout,
        };
        [self.stranger_until, self.content_until]
            .into_iter()
            .flatten()
            .map(|until| until.saturating_duration_since(now))
            .fold(silence, Duration::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Doing::{Commands, Content, Transaction};

    /// Second, what the client does, seconds that we wait.
    fn check(mut patience: Patience, start: Instant, expected: &[(u64, Doing, u64)]) {
        let limits = InboundLimits::default();
        for (at, doing, wait) in expected {
            let now = start + Duration::from_secs(*at);
            let got = patience.next(&limits, *doing, now);
            assert_eq!(got, Duration::from_secs(*wait), "second {at}: {doing:?}");
        }
    }

    #[tokio::test]
    async fn what_we_wait_for_and_how_long() {
        let start = Instant::now();
        check(
            Patience::with_known(),
            start,
            &[
                (0, Commands, 300),
                (10, Transaction, 300),
                (20, Content, 180),
                // A chunk has ended and the next one has not begun: the clock goes on.
                (1_700, Transaction, 120),
                (1_720, Content, 100),
                (1_820, Content, 0),
                (1_830, Commands, 300),
                (1_840, Content, 180),
            ],
        );
        check(
            Patience::with_stranger(start),
            start,
            &[(0, Commands, 30), (250, Commands, 30), (290, Commands, 10), (301, Commands, 0)],
        );
    }
}
