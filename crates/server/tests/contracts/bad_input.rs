//! Wrong command lines, contracts, logs and usage files: what is told, and how the program ends.

use std::fs;

use crate::program::{with_input, yakusoku};

const SETTLE: &str = "settle contracts/aoulu-cloud.toml --log - --month 2026-11";

#[test]
fn wrong_command_lines_end_with_two_and_say_what_is_right() {
    let cases = [
        (
            "due contracts/click-so-ko.toml respons.p1 --from 2026-11-20T16:00",
            "error: the contract has no promise `respons.p1`: did you mean `response.p1`? With a \
             clock are first-notice, response.p1, response.p2, response.p3, close-after-silence\n",
        ),
        (
            "due contracts/click-so-ko.toml monthly --from 2026-11-20T16:00",
            "error: `monthly` has no clock. With a clock are first-notice, response.p1, \
             response.p2, response.p3, close-after-silence\n",
        ),
        (
            "due contracts/click-so-ko.toml maintenance-notice --from 2026-11-20T16:00",
            "error: `maintenance-notice` is a notice ahead of an event and has no clock. With a \
             clock are first-notice, response.p1, response.p2, response.p3, close-after-silence\n",
        ),
        (
            "due contracts/donau-hosting.toml incident-notice --from 2026-10-25T02:30",
            "error: 2026-10-25T02:30:00 is skipped or shown twice by clocks in Europe/Berlin, which \
             change then: write it with its offset, 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00\n",
        ),
        (
            "settle contracts/aoulu-cloud.toml --log - --month 2026-11 --service aoulu-clud",
            "error: the contract has no service `aoulu-clud`: did you mean `aoulu-cloud`? It has \
             aoulu-cloud\n",
        ),
    ];
    for (line, expected) in cases {
        let ran = yakusoku(line);
        assert_eq!((ran.status, ran.out.as_str()), (2, ""), "{line}");
        assert_eq!(ran.err, expected, "{line}");
    }
    for line in [
        "due contracts/click-so-ko.toml response.p1",
        "due contracts/click-so-ko.toml response.p1 --from yesterday",
        "settle contracts/aoulu-cloud.toml --month 2026-11",
        "settle contracts/aoulu-cloud.toml --log - --month 11",
        "windows contracts/click-so-ko.toml",
        "windows contracts/click-so-ko.toml --year 2027 --month 2027-01",
        "windows contracts/click-so-ko.toml --year 27",
        "contract check",
    ] {
        let ran = yakusoku(line);
        assert_eq!((ran.status, ran.out.as_str()), (2, ""), "{line}: {}", ran.err);
    }
}

#[test]
fn every_wrong_line_of_a_log_is_told_and_nothing_settled() {
    let log = "x\n\n\
               {\"kind\":\"outages\"}\n\
               {\"kind\":\"window\",\"id\":\"m1\",\"from\":\"2026-11-01T00:00:00Z\"}\n";
    let ran = with_input(SETTLE, log);
    assert_eq!((ran.status, ran.out.as_str()), (1, ""));
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.err);
    for (line, begins) in lines.iter().zip(["-:1: not JSON", "-:3: there is no kind", "-:4: "]) {
        assert!(line.starts_with(begins), "{line}");
    }
    assert!(lines[3].starts_with("nothing is settled"), "{}", lines[3]);
}

#[test]
fn a_log_of_nothing_but_mistakes_does_not_fill_the_screen() {
    let ran = with_input(SETTLE, &"x\n".repeat(1_000));
    assert_eq!(ran.status, 1);
    assert_eq!(ran.err.lines().count(), 22);
    assert!(ran.err.contains("and 980 more lines are wrong\n"), "{}", ran.err);
}

#[test]
fn a_line_without_end_is_one_mistake() {
    let mut log = "0".repeat(1_000_000);
    log.push_str("\n{}\n");
    let ran = with_input(SETTLE, &log);
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.err);
    assert!(lines[0].starts_with("-:1: the line has "), "{}", lines[0]);
    assert!(lines[1].starts_with("-:2: "), "{}", lines[1]);
}

#[test]
fn a_wrong_contract_is_told_line_by_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wrong.toml");
    fs::write(&path, "nmae = \"x\"\nstart = 1\n").expect("written");
    let path = path.display();
    let ran = yakusoku(&format!("contract check contracts/aoulu-cloud.toml {path}"));
    assert_eq!(ran.status, 1);
    assert!(ran.out.lines().all(|line| line.starts_with(&format!("{path}:"))), "{}", ran.out);
    assert!(ran.out.contains(&format!("{path}:1: ")), "{}", ran.out);
    assert!(ran.err.starts_with("contracts/aoulu-cloud.toml: nothing wrong\n"), "{}", ran.err);
    let ran = yakusoku(&format!("due {path} claim --from 2026-11-20T16:00"));
    assert_eq!((ran.status, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains(&format!("{path}:1: ")), "{}", ran.err);
    assert!(ran.err.ends_with("is wrong; see the lines above\n"), "{}", ran.err);
}

#[test]
fn files_that_are_not_there() {
    for line in [
        "settle contracts/none.toml --log - --month 2026-11",
        "settle contracts/aoulu-cloud.toml --log none.jsonl --month 2026-11",
        "settle contracts --log - --month 2026-11",
        "contract show contracts/none.toml",
        "contract check contracts/none.toml",
        "windows contracts/none.toml --year 2027",
        "invoice contracts/aoulu-cloud.toml --usage none.json --month 2026-11",
    ] {
        let ran = yakusoku(line);
        assert_eq!((ran.status, ran.out.as_str()), (1, ""), "{line}");
        assert!(ran.err.starts_with("error: cannot read "), "{line}: {}", ran.err);
    }
    assert_eq!(yakusoku("contract diff contracts/none.toml contracts/skyarch.toml").status, 2);
}

/// A contract from somebody else must not make us open what is none.
#[test]
fn what_a_contract_extends_is_a_contract_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("extending.toml");
    for base in ["/dev/zero", "/etc/passwd", "none.toml", "."] {
        fs::write(&path, format!("name = \"x\"\nextends = \"{base}\"\n")).expect("written");
        let ran = yakusoku(&format!("contract check {}", path.display()));
        assert_eq!(ran.status, 1, "{base}");
        assert!(ran.out.contains(":2: `extends` is"), "{base}: {}", ran.out);
    }
}

#[test]
fn a_wrong_usage_file_is_told_with_the_way_to_the_mistake() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("usage.json");
    fs::write(&path, r#"{"fees":{"montly":{"price":1}},"free_month":"no"}"#).expect("written");
    let path = path.display();
    let ran =
        yakusoku(&format!("invoice contracts/five-tiers.toml --usage {path} --month 2026-11"));
    assert_eq!((ran.status, ran.out.as_str()), (1, ""));
    let expected = format!(
        "{path}: fees.montly is not known: did you mean `monthly`? Known are monthly, option\n\
         {path}: free_month is \"no\": write true or false\n"
    );
    assert_eq!(ran.err, expected);
}
