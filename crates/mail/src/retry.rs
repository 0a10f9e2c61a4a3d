//! What an answer means for a recipient, and when to try again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::Reply;
use crate::roster::RetrySchedule;

/// What a server's answer means for a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server has taken it: what was asked is done.
    Delivered,
    /// It may work later, or with another server of the domain.
    Temporary,
    /// It will never work like this.
    Permanent,
}

/// What the server answered to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The connection, EHLO, HELO or STARTTLS.
    Session,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA or BDAT and the content.
    Content,
}

/// Reads an answer.
///
/// The first digit of the code decides (RFC 5321 section 4.2.1), with these exceptions:
/// - Before MAIL a refusal speaks of the host and not of the recipient, even 554 (RFC 5321
///   section 3.1) and 521 (RFC 7504): another MX may take the mail, so it is temporary.
/// - A 5xx with an enhanced code of class 4 contradicts itself; trying once more does less harm
///   than a false bounce, so it is temporary. In a 4xx the enhanced code changes nothing.
/// - 552 to RCPT means "too many recipients" unless its enhanced code says otherwise (RFC 5321
///   section 4.5.3.1.10), so it is temporary.
/// - 3xx where it ends an exchange makes no sense, so it is temporary.
#[must_use]
pub fn verdict(phase: Phase, reply: &Reply) -> Verdict {
    let class = reply.enhanced.map(|(class, _, _)| class);
    let too_many = matches!(reply.enhanced, None | Some((5, 5, 3)));
    match (phase, reply.code) {
        (_, 200..=299) => Verdict::Delivered,
        (Phase::Session, _) => Verdict::Temporary,
        (Phase::Rcpt, 552) if too_many => Verdict::Temporary,
        (_, 500..=599) if class != Some(4) => Verdict::Permanent,
        _ => Verdict::Temporary,
    }
}

/// When a deferred recipient is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Then.
    At(Timestamp),
    /// Never: its time is over.
    Expired,
}

/// Used where a schedule has no waits at all.
const DEFAULT_WAIT: Duration = Duration::from_secs(60 * 60);
/// Shortest wait, whatever the schedule says.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// Waits are spread by up to this many thousandths to each side.
const SPREAD: u64 = 100;

/// The next attempt after `attempts` failed ones, the last of them at `now`.
///
/// Waits are spread by ±10 %, by a number that follows from the instant of acceptance and the
/// count, so that mail that was deferred together does not come back together, and the same
/// question has the same answer. No attempt is set behind the expiry: the last one falls on it.
#[must_use]
pub fn next_attempt(
    schedule: &RetrySchedule,
    accepted_at: Timestamp,
    attempts: u16,
    now: Timestamp,
) -> Next {
    let expiry = later(accepted_at, schedule.expires_after);
    if now >= expiry {
        return Next::Expired;
    }
    let step = usize::from(attempts.saturating_sub(1));
    let wait = schedule.waits.get(step).or(schedule.waits.last()).unwrap_or(&DEFAULT_WAIT);
    let number = scatter(accepted_at.as_microsecond() as u64 ^ (u64::from(attempts) << 56));
    let thousandths = 1_000 - SPREAD + number % (2 * SPREAD + 1);
    let millis = wait.as_millis().saturating_mul(u128::from(thousandths)) / 1_000;
    let wait = Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)).max(WAIT_MIN);
    Next::At(later(now, wait).min(expiry))
}

fn later(at: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| at.checked_add(wait).ok())
        .unwrap_or(Timestamp::MAX)
}

/// Neighbouring numbers in, unrelated ones out (the finalizer of SplitMix64).
fn scatter(number: u64) -> u64 {
    let x = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::at;

    fn reply(text: &str) -> Reply {
        let mut parser = crate::smtp::reply::ReplyParser::new();
        let (_, reply) = parser.feed(format!("{text}\r\n").as_bytes());
        reply.expect("a whole reply").expect("a reply")
    }

    #[test]
    fn verdicts() {
        use Phase::{Content, Mail, Rcpt, Session};
        use Verdict::{Delivered, Permanent, Temporary};
        let cases = [
            (Rcpt, "250 2.1.5 Ok", Delivered),
            (Rcpt, "251 User not local; will forward", Delivered),
            (Content, "250 2.0.0 Queued", Delivered),
            (Rcpt, "450 4.2.0 Greylisted", Temporary),
            (Rcpt, "451 4.7.1 Try again later", Temporary),
            (Rcpt, "452 4.2.2 Mailbox full", Temporary),
            (Content, "421 4.3.2 Shutting down", Temporary),
            (Rcpt, "450 5.1.1 Contradiction", Temporary),
            (Rcpt, "550 4.2.1 Contradiction", Temporary),
            (Rcpt, "550 2.0.0 Contradiction", Permanent),
            (Rcpt, "550 5.1.1 User unknown", Permanent),
            (Rcpt, "550 User unknown", Permanent),
            (Rcpt, "552 5.2.2 Mailbox full", Permanent),
            (Rcpt, "552 Too many recipients", Temporary),
            (Rcpt, "552 5.5.3 Too many recipients", Temporary),
            (Content, "552 Message too large", Permanent),
            (Mail, "552 5.3.4 Message too large", Permanent),
            (Mail, "530 5.7.0 Authentication required", Permanent),
            (Content, "554 5.7.1 Spam", Permanent),
            (Session, "220 Ready", Delivered),
            (Session, "554 No SMTP service here", Temporary),
            (Session, "521 Host does not accept mail", Temporary),
            (Session, "421 Too busy", Temporary),
            (Rcpt, "354 Out of step", Temporary),
        ];
        for (phase, text, expected) in cases {
            assert_eq!(verdict(phase, &reply(text)), expected, "{phase:?}: {text}");
        }
    }

    /// Minutes from `now` to the next attempt, unspread.
    fn minutes(next: Next, now: Timestamp) -> f64 {
        match next {
            Next::At(then) => then.duration_since(now).as_secs_f64() / 60.0,
            Next::Expired => f64::NAN,
        }
    }

    #[test]
    fn waits_grow_and_are_spread() {
        let schedule = RetrySchedule::default();
        for (attempts, wait) in [(0, 0.5), (1, 0.5), (2, 2.0), (4, 15.0), (5, 30.0), (99, 60.0)] {
            let got = minutes(next_attempt(&schedule, at(), attempts, at()), at());
            assert!((wait * 0.9..=wait * 1.1).contains(&got), "{attempts}: {got}");
        }
        let spread: Vec<f64> = (0..1_000)
            .map(|i| later(at(), Duration::from_micros(i)))
            .map(|accepted| minutes(next_attempt(&schedule, accepted, 6, at()), at()))
            .collect();
        let (low, high) =
            (spread.iter().filter(|m| **m < 57.0), spread.iter().filter(|m| **m > 63.0));
        assert!(low.count() > 150 && high.count() > 150, "mail comes back together");
    }

    #[test]
    fn the_last_attempt_falls_on_the_expiry() {
        let schedule = RetrySchedule::default();
        let expiry = later(at(), schedule.expires_after);
        let before =
            |minutes| expiry.checked_sub(SignedDuration::from_mins(minutes)).expect("in range");
        assert_eq!(next_attempt(&schedule, at(), 50, before(30)), Next::At(expiry));
        assert_eq!(next_attempt(&schedule, at(), 50, expiry), Next::Expired);
        assert!(matches!(next_attempt(&schedule, at(), 50, before(90)), Next::At(t) if t < expiry));
    }

    #[test]
    fn odd_schedules_are_survived() {
        let never = RetrySchedule { waits: vec![], expires_after: Duration::ZERO };
        assert_eq!(next_attempt(&never, at(), 1, at()), Next::Expired);
        let forever = RetrySchedule { waits: vec![Duration::MAX], expires_after: Duration::MAX };
        assert_eq!(next_attempt(&forever, at(), 1, at()), Next::At(Timestamp::MAX));
        let eager = RetrySchedule { waits: vec![Duration::ZERO], expires_after: Duration::MAX };
        assert_eq!(next_attempt(&eager, at(), 1, at()), Next::At(later(at(), WAIT_MIN)));
    }
}
