//! Whether a check can be run, and what is wrong with it.

use crate::check::{Check, EVERY_MAX, EVERY_MIN, Kind, Login, NAME_MAX, TIMEOUT_MAX, TIMEOUT_MIN};

/// A check that cannot be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// No name or function, or a too long one.
    #[error("a check needs a name and a function of 1 to {NAME_MAX} bytes")]
    Name,
    /// A pace outside its range.
    #[error("`every` must be from 1 second to 1 day")]
    Every,
    /// A timeout outside its range.
    #[error("`timeout` must be from 100 ms to 5 minutes")]
    Timeout,
    /// No host.
    #[error("a check needs a host to look at")]
    Host,
    /// No command, or none with its path.
    #[error("a plugin needs a command that begins with its full path")]
    Command,
    /// A heartbeat that would be too early or never.
    #[error("`within` must be from 1 second to 31 days")]
    Within,
    /// Too many or too few echo requests.
    #[error("a ping sends 1 to 20 requests and may lose fewer than it sends")]
    Ping,
    /// A request that is none.
    #[error("the path of an HTTP check begins with `/`, and it follows 10 redirects at most")]
    Http,
    /// What would end a line of the conversation.
    #[error("names, passwords and addresses have no line ends in them")]
    LineEnd,
}

impl Check {
    /// Whether it can be run.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn validate(&self) -> Result<(), CheckError> {
        let named = |name: &str| !name.is_empty() && name.len() <= NAME_MAX;
        ensure(named(&self.name) && named(&self.function), CheckError::Name)?;
        ensure((EVERY_MIN..=EVERY_MAX).contains(&self.every), CheckError::Every)?;
        ensure((TIMEOUT_MIN..=TIMEOUT_MAX).contains(&self.timeout), CheckError::Timeout)?;
        ensure(named(&self.target.host), CheckError::Host)?;
        ensure(!self.kind.has_line_end(), CheckError::LineEnd)?;
        match &self.kind {
            Kind::Ping(ping) => ensure(
                (1..=20).contains(&ping.count) && ping.lost_max < ping.count,
                CheckError::Ping,
            ),
            Kind::Http(http) => {
                ensure(http.path.starts_with('/') && http.redirects_max <= 10, CheckError::Http)
            }
            Kind::Heartbeat(beat) => {
                let range = EVERY_MIN..=EVERY_MAX * 31;
                ensure(range.contains(&beat.within), CheckError::Within)
            }
            Kind::Plugin(plugin) => {
                let path = plugin.command.first();
                ensure(path.is_some_and(|path| path.starts_with('/')), CheckError::Command)
            }
            _ => Ok(()),
        }
    }
}

impl Kind {
    /// Whether a setting that becomes a part of a line would end that line.
    fn has_line_end(&self) -> bool {
        let broken = |text: &str| text.contains(['\r', '\n', '\0']);
        let login = |login: &Option<Login>| {
            login.as_ref().is_some_and(|login| broken(&login.user) || broken(&login.password.0))
        };
        match self {
            Kind::Smtp(smtp) => broken(&smtp.helo) || login(&smtp.login),
            Kind::SmtpSend(send) => {
                let words = [&send.smtp.helo, &send.from, &send.to, &send.subject];
                words.into_iter().any(|word| broken(word)) || login(&send.smtp.login)
            }
            Kind::Pop3(mailbox) | Kind::Imap(mailbox) | Kind::Ftp(mailbox) => login(&mailbox.login),
            _ => false,
        }
    }
}

fn ensure(right: bool, error: CheckError) -> Result<(), CheckError> {
    if right { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Mailbox, Ping, Plugin, Secret, Target, Tcp};
    use std::time::Duration;

    fn check(kind: Kind) -> Check {
        Check {
            name: "top page".to_owned(),
            function: "web".to_owned(),
            every: Duration::from_secs(60),
            timeout: Duration::from_secs(10),
            slow_after: None,
            target: Target::host("www.example.jp"),
            kind,
        }
    }

    #[test]
    fn what_is_wrong_with_a_check() {
        let plugin = |path: &str| {
            let command = vec![path.to_owned()];
            Kind::Plugin(Plugin { command, environment: Vec::new(), warning_is_up: false })
        };
        let tcp = || Kind::Tcp(Tcp::default());
        let secs = Duration::from_secs;
        let login = Login { user: "a".to_owned(), password: Secret("b\r\nDELE 1".to_owned()) };
        for (check, wrong) in [
            (check(tcp()), None),
            (Check { name: String::new(), ..check(tcp()) }, Some(CheckError::Name)),
            (Check { every: secs(0), ..check(tcp()) }, Some(CheckError::Every)),
            (Check { every: secs(86_401), ..check(tcp()) }, Some(CheckError::Every)),
            (
                Check { timeout: Duration::from_millis(99), ..check(tcp()) },
                Some(CheckError::Timeout),
            ),
            (Check { timeout: secs(300), every: secs(1), ..check(tcp()) }, None),
            (check(Kind::Ping(Ping { count: 3, lost_max: 3 })), Some(CheckError::Ping)),
            (check(plugin("check_disk")), Some(CheckError::Command)),
            (check(plugin("/usr/lib/nagios/plugins/check_disk")), None),
            (
                check(Kind::Pop3(Mailbox { login: Some(login), ..Mailbox::default() })),
                Some(CheckError::LineEnd),
            ),
        ] {
            assert_eq!(check.validate().err(), wrong, "{check:?}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Secret("hush".to_owned())), "Secret(..)");
    }
}
