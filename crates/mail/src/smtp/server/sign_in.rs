//! AUTH PLAIN (RFC 4616) and AUTH LOGIN, up to a name and a password for the caller to check.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Dialogue, Mode, Step, say};

/// Wrong passwords of one session before it is closed.
pub const WRONG_SIGN_INS_MAX: u8 = 3;

/// Why a client is not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInRefusal {
    /// No such user, or not with this password.
    Wrong,
    /// Too many wrong attempts lately; nothing was checked.
    Throttled,
    /// It could not be checked.
    Unavailable,
}

/// How far an AUTH exchange is.
#[derive(PartialEq, Eq)]
pub(super) enum Exchange {
    Plain,
    LoginUser,
    LoginPassword { user: String },
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Exchange::Plain => "Plain",
            Exchange::LoginUser => "LoginUser",
            Exchange::LoginPassword { .. } => "LoginPassword",
        })
    }
}

const ASK_PLAIN: &str = "334 ";
/// `Username:` in base64.
const ASK_USER: &str = "334 VXNlcm5hbWU6";
/// `Password:` in base64.
const ASK_PASSWORD: &str = "334 UGFzc3dvcmQ6";
const NOT_DECODED: &str = "501 5.5.2 The response cannot be decoded";
const WRONG: &str = "535 5.7.8 Wrong name or password";

impl Dialogue {
    /// After [`Step::SignIn`]: the user is who he says.
    pub fn signed_in(&mut self, user: String, out: &mut Vec<u8>) {
        self.user = Some(user);
        self.mode = Mode::Command;
        say(out, "235 2.7.0 Signed in");
    }

    /// After [`Step::SignIn`]: he is not. Returns what to do next; after
    /// [`WRONG_SIGN_INS_MAX`] wrong passwords that is to close.
    pub fn sign_in_refused(&mut self, why: SignInRefusal, out: &mut Vec<u8>) -> Step {
        self.mode = Mode::Command;
        match why {
            SignInRefusal::Wrong => {
                self.wrong_sign_ins += 1;
                if self.wrong_sign_ins < WRONG_SIGN_INS_MAX {
                    return self.error(WRONG, out);
                }
                say(out, WRONG);
                self.close("4.7.0", "Too many wrong passwords", out)
            }
            SignInRefusal::Throttled => {
                say(out, "454 4.7.0 Too many wrong attempts, try again later");
                Step::NeedInput
            }
            SignInRefusal::Unavailable => {
                say(out, "454 4.7.0 Signing in does not work right now, try again later");
                Step::NeedInput
            }
        }
    }

    pub(super) fn auth(
        &mut self,
        mechanism: &str,
        initial: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Step {
        if self.client.as_ref().is_none_or(|client| !client.extended) {
            return self.error("503 5.5.1 Say EHLO first", out);
        }
        if self.user.is_some() {
            return self.error("503 5.5.1 Signed in already", out);
        }
        if self.transaction.is_some() {
            return self.error("503 5.5.1 Not within a message", out);
        }
        if !self.auth_offered() {
            return match self.settings.auth {
                super::AuthOffer::None => self.error("502 5.5.1 AUTH is not offered", out),
                _ => self.error("538 5.7.11 AUTH needs an encrypted session", out),
            };
        }
        let (exchange, question) = if mechanism.eq_ignore_ascii_case("PLAIN") {
            (Exchange::Plain, ASK_PLAIN)
        } else if mechanism.eq_ignore_ascii_case("LOGIN") {
            (Exchange::LoginUser, ASK_USER)
        } else {
            return self.error("504 5.5.4 Mechanism unknown, use PLAIN or LOGIN", out);
        };
        match initial {
            // RFC 4954 section 4: a lone `=` is an empty response.
            Some("=") => self.response(exchange, "", out),
            Some(response) => self.response(exchange, response, out),
            None => self.ask(exchange, question, out),
        }
    }

    fn ask(&mut self, exchange: Exchange, question: &str, out: &mut Vec<u8>) -> Step {
        self.mode = Mode::Response(exchange);
        say(out, question);
        Step::NeedInput
    }

    /// One line of the exchange.
    pub(super) fn response(&mut self, exchange: Exchange, line: &str, out: &mut Vec<u8>) -> Step {
        self.mode = Mode::Command;
        if line == "*" {
            return self.error("501 5.0.0 AUTH cancelled", out);
        }
        let decoded = STANDARD.decode(line).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(text) = decoded else { return self.error(NOT_DECODED, out) };
        match exchange {
            Exchange::Plain => match plain(&text) {
                Some((user, password)) => self.check(user, password),
                None => self.error(NOT_DECODED, out),
            },
            Exchange::LoginUser => {
                self.ask(Exchange::LoginPassword { user: text }, ASK_PASSWORD, out)
            }
            Exchange::LoginPassword { user } => self.check(user, text),
        }
    }

    fn check(&mut self, user: String, password: String) -> Step {
        self.mode = Mode::Waiting;
        Step::SignIn { user, password }
    }
}

/// `authzid NUL authcid NUL password`. Nobody acts for another here, so the first is empty or
/// the same as the second.
fn plain(text: &str) -> Option<(String, String)> {
    let mut parts = text.split('\0');
    let (on_behalf, user, password) = (parts.next()?, parts.next()?, parts.next()?);
    let fits = on_behalf.is_empty() || on_behalf.eq_ignore_ascii_case(user);
    (fits && parts.next().is_none()).then(|| (user.to_owned(), password.to_owned()))
}
