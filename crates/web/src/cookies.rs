//! The console's cookies: the session, the language, and the sign-in form's token.

use axum::http::{HeaderMap, HeaderValue, header};

/// Holds the secret of a session.
pub const SESSION: &str = "yakusoku_session";
/// Holds the tag of the chosen language.
pub const LANGUAGE: &str = "yakusoku_language";
/// Ties the sign-in form to the browser it was shown in, before there is a session.
pub const SIGN_IN_FORM: &str = "yakusoku_form";

/// The value of a cookie (RFC 6265 section 4.2.1).
#[must_use]
pub fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

/// How long the language is remembered, in seconds: a year.
pub const LANGUAGE_SECONDS: i64 = 365 * 86_400;
/// How long a sign-in form stays good, in seconds: a day.
pub const SIGN_IN_FORM_SECONDS: i64 = 86_400;

/// A `Set-Cookie` value that scripts cannot read and that other sites' forms do not carry.
/// Zero seconds removes the cookie.
#[must_use]
pub fn set(name: &str, value: &str, seconds: i64, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let line = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    // Names and values are ours: language tags and base64url. Anything else sets nothing.
    HeaderValue::from_str(&line).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_read_by_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; yakusoku_session=tok; b="));
        assert_eq!(read(&headers, SESSION), Some("tok"));
        assert_eq!(read(&headers, "a"), Some("1"));
        assert_eq!(read(&headers, "b"), None);
        assert_eq!(read(&headers, "session"), None);
    }

    #[test]
    fn cookies_are_closed_to_scripts_and_other_sites() {
        let plain = set(SESSION, "tok", 43_200, false);
        assert_eq!(plain, "yakusoku_session=tok; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax");
        let secure = set(SESSION, "tok", 43_200, true);
        assert!(secure.to_str().expect("ASCII").ends_with("; Secure"));
        assert_eq!(set(SESSION, "a\r\nb", 1, false), "", "a header cannot be split");
    }
}
