//! How the program ends: four exit statuses, and one place that prints an error with its causes.

use std::fmt;
use std::process::ExitCode;

/// What the caller's shell sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done, nothing to complain about.
    Done = 0,
    /// It ran and found problems, or could not be done.
    Failed = 1,
    /// The command line makes no sense; clap uses the same number.
    Usage = 2,
    /// Somebody we need does not answer: the relay, a mail server, the records.
    Unreachable = 3,
}

/// Stands at the end of every command's help.
pub const HELP: &str = "Exit status: 0 done, 1 failed or found problems, 2 wrong usage, \
                        3 somebody needed does not answer";

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(status as u8)
    }
}

/// Marks an error whose cause is that somebody does not answer.
#[derive(Debug)]
pub struct Unreachable(pub String);

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreachable {}

/// Marks an error that the person can mend on the command line.
#[derive(Debug)]
pub struct Misused(pub String);

impl fmt::Display for Misused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misused {}

/// Prints the error with its causes, once, and picks the status.
pub fn tell(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
    status_of(error).into()
}

fn status_of(error: &anyhow::Error) -> Status {
    // A mark may be an error itself or the context of one; `is` sees both.
    if error.is::<Misused>() {
        return Status::Usage;
    }
    let silent =
        matches!(error.downcast_ref(), Some(app::AppError::Relay(_) | app::AppError::Records(_)));
    if silent || error.is::<Unreachable>() { Status::Unreachable } else { Status::Failed }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn statuses() {
        let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let silent = || Unreachable("nobody answers".to_owned());
        let cases = [
            (anyhow!("no"), Status::Failed),
            (Misused("--to".to_owned()).into(), Status::Usage),
            (silent().into(), Status::Unreachable),
            (anyhow::Error::new(refused()).context(silent()), Status::Unreachable),
            (anyhow::Error::new(silent()).context("cannot send"), Status::Unreachable),
            (app::AppError::Relay(refused()).into(), Status::Unreachable),
            (app::AppError::Refused(app::Refusal::Busy).into(), Status::Failed),
        ];
        for (error, expected) in cases {
            assert_eq!(status_of(&error), expected, "{error:?}");
        }
    }
}
