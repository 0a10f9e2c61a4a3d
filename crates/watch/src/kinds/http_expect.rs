//! What an HTTP answer must show: status, header, content, a value in JSON.

use serde_json::Value;

use crate::answer::{Fault, Reason};
use crate::check::{Http, HttpExpect};
use crate::kinds::http::Page;

/// Whether everything is as the check expects; the status first.
pub(crate) fn judge(http: &Http, page: &Page) -> Result<(), Fault> {
    let status = page.response.status().as_u16();
    let right = if http.statuses.is_empty() { &[(200, 299)][..] } else { &http.statuses[..] };
    if !right.iter().any(|(from, to)| (*from..=*to).contains(&status)) {
        return Err(Fault::refused(Reason::Status).said(format!("status {status}")));
    }
    http.expect.iter().try_for_each(|expect| one(expect, page))
}

fn one(expect: &HttpExpect, page: &Page) -> Result<(), Fault> {
    match expect {
        HttpExpect::HeaderIs(name, value) => header(page, name, |found| found == value),
        HttpExpect::HeaderHas(name, part) => header(page, name, |found| found.contains(part)),
        HttpExpect::BodyHas(part) => {
            let has = contains(&page.body, part.as_bytes());
            // What was cut off could have had it.
            let reason = if page.is_cut { Reason::TooLong } else { Reason::Content };
            if has { Ok(()) } else { Err(Fault::refused(reason).said("the words are not there")) }
        }
        HttpExpect::BodyHasNot(part) => match contains(&page.body, part.as_bytes()) {
            true => Err(Fault::refused(Reason::Content).said("the words are there")),
            false if page.is_cut => Err(Fault::refused(Reason::TooLong)),
            false => Ok(()),
        },
        HttpExpect::JsonIs(_, _) if page.is_cut => Err(Fault::refused(Reason::TooLong)),
        HttpExpect::JsonIs(path, value) => {
            let json: Value = serde_json::from_slice(&page.body)
                .map_err(|_| Fault::refused(Reason::Content).said("the content is no JSON"))?;
            let found = at(&json, path).map(text);
            if found.as_deref() == Some(value) {
                return Ok(());
            }
            let found = found.map_or("nothing is there".to_owned(), |it| format!("got {it:?}"));
            let said = format!("{path}: expected {value:?}, {found}");
            Err(Fault::refused(Reason::Content).said(said))
        }
    }
}

fn header(page: &Page, name: &str, right: impl Fn(&str) -> bool) -> Result<(), Fault> {
    let found = page.response.headers().get_all(name).iter();
    let mut found = found.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    if found.any(|value| right(&value)) {
        Ok(())
    } else {
        Err(Fault::refused(Reason::Header).said(name))
    }
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    part.is_empty() || body.windows(part.len()).any(|window| window == part)
}

/// The value at a path such as `a.b[0].c`; an empty path is the whole.
fn at<'a>(json: &'a Value, path: &str) -> Option<&'a Value> {
    let mut here = json;
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let (key, places) = step.split_at(step.find('[').unwrap_or(step.len()));
        if !key.is_empty() {
            here = here.get(key)?;
        }
        for place in places.split('[').skip(1) {
            here = here.get(place.strip_suffix(']')?.parse::<usize>().ok()?)?;
        }
    }
    Some(here)
}

/// As text: a string without its quotes, the rest as JSON writes it.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Response;

    fn page(status: u16, body: &str) -> Page {
        let response = Response::builder().status(status).header("Server", "nginx/1.22");
        let response = response.body(()).expect("response");
        Page { response, body: body.as_bytes().to_vec(), is_cut: false }
    }

    #[test]
    fn values_in_json() {
        let json: Value =
            serde_json::from_str(r#"{"a":{"b":[{"c":"up"},[1,2.50]],"n":null,"t":true},"d.e":1}"#)
                .expect("JSON");
        for (path, found) in [
            ("a.b[0].c", Some("up")),
            ("a.b[1][0]", Some("1")),
            ("a.b[1][1]", Some("2.5")),
            ("a.n", Some("null")),
            ("a.t", Some("true")),
            ("a.b[2]", None),
            ("a.b[x]", None),
            ("a.x", None),
            ("a.b[0", None),
        ] {
            assert_eq!(at(&json, path).map(text).as_deref(), found, "{path}");
        }
    }

    #[test]
    fn what_is_expected_and_what_comes() {
        let is = |name: &str, value: &str| HttpExpect::HeaderIs(name.to_owned(), value.to_owned());
        let has =
            |name: &str, value: &str| HttpExpect::HeaderHas(name.to_owned(), value.to_owned());
        let body = |part: &str| HttpExpect::BodyHas(part.to_owned());
        let body_not = |part: &str| HttpExpect::BodyHasNot(part.to_owned());
        let json = |path: &str, value: &str| HttpExpect::JsonIs(path.to_owned(), value.to_owned());
        for (status, content, expect, reason) in [
            (200, "", vec![], None),
            (204, "", vec![], None),
            (301, "", vec![], Some(Reason::Status)),
            (503, "", vec![], Some(Reason::Status)),
            (200, "", vec![is("server", "nginx/1.22")], None),
            (200, "", vec![is("server", "nginx")], Some(Reason::Header)),
            (200, "", vec![has("SERVER", "nginx")], None),
            (200, "", vec![has("x-none", "")], Some(Reason::Header)),
            (200, "all is well", vec![body("well")], None),
            (200, "all is lost", vec![body("well")], Some(Reason::Content)),
            (200, "all is lost", vec![body_not("lost")], Some(Reason::Content)),
            (200, r#"{"state":"up"}"#, vec![json("state", "up")], None),
            (200, r#"{"state":"down"}"#, vec![json("state", "up")], Some(Reason::Content)),
            (200, "<html>", vec![json("state", "up")], Some(Reason::Content)),
        ] {
            let http = Http { expect, ..Http::default() };
            let judged = judge(&http, &page(status, content)).err();
            assert_eq!(
                judged.and_then(|fault| fault.answer.reason()),
                reason,
                "{status} {content}"
            );
        }
    }

    #[test]
    fn a_value_that_differs_is_told_with_what_was_expected() {
        let http = Http {
            expect: vec![HttpExpect::JsonIs("db.state".to_owned(), "up".to_owned())],
            ..Http::default()
        };
        for (content, said) in [
            (r#"{"db":{"state":"down"}}"#, r#"db.state: expected "up", got "down""#),
            (r#"{"db":{}}"#, r#"db.state: expected "up", nothing is there"#),
        ] {
            let fault = judge(&http, &page(200, content)).expect_err("another value");
            assert_eq!(fault.said.as_deref(), Some(said));
        }
    }

    #[test]
    fn content_that_was_cut_is_not_judged_by_what_is_missing() {
        let cut = Page { is_cut: true, ..page(200, "beginning") };
        let look = |expect| judge(&Http { expect: vec![expect], ..Http::default() }, &cut);
        assert_eq!(look(HttpExpect::BodyHas("begin".to_owned())), Ok(()));
        let too_long = Some(Reason::TooLong);
        for expect in [
            HttpExpect::BodyHas("end".to_owned()),
            HttpExpect::BodyHasNot("end".to_owned()),
            HttpExpect::JsonIs("a".to_owned(), "1".to_owned()),
        ] {
            assert_eq!(look(expect).err().and_then(|fault| fault.answer.reason()), too_long);
        }
    }
}
