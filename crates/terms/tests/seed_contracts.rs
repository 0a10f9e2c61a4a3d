//! Every contract in `contracts/` is read without a finding, and says what its document says.

use std::fs;
use std::path::{Path, PathBuf};

fn contracts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    let entries = fs::read_dir(folder).expect("the folder of contracts");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    paths.sort();
    paths
}

fn open(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| error.to_string())
}

#[test]
fn every_contract_is_sound() {
    let mut wrong = Vec::new();
    for path in contracts() {
        let path = path.to_str().expect("UTF-8");
        match terms::read(path, &open(path).expect("readable"), &open) {
            Ok(read) => wrong.extend(read.warnings.iter().map(|w| format!("warning: {w}"))),
            Err(findings) => wrong.extend(findings.iter().map(ToString::to_string)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn newest(name: &str) -> terms::Contract {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts").join(name);
    let path = path.to_str().expect("UTF-8");
    let read = terms::read(path, &open(path).expect("readable"), &open);
    read.unwrap_or_else(|findings| panic!("{findings:?}")).contract
}

/// The number of a promise as someone with the document beside would say it.
#[test]
fn numbers_in_words() {
    let cases = [
        (
            "cyber-solutions",
            "availability",
            "99.9 % 以上(暦月の分数に対して、10分以上連続した停止のみ)",
            "at least 99.9 % (of the minutes of the calendar month; only outages of 10 minutes or longer)",
        ),
        (
            "cyber-solutions",
            "free-month",
            "未達の月ごとに1か月無料(請求は翌月末まで)",
            "1 free month for each month missed (claimed by the end of the next month)",
        ),
        (
            "customers-mail-cloud",
            "maintenance-notice",
            "通知:2週間前まで(電子メール)",
            "notice: 2 weeks before (e-mail)",
        ),
        ("customers-mail-cloud", "claim", "翌月15日まで", "by day 15 of the next month"),
        ("customers-mail-cloud", "support-answer", "8営業時間以内", "within 8 business hours"),
        (
            "customers-mail-cloud",
            "relay-receiving",
            "1時間あたり200,000通まで",
            "up to 200,000 messages an hour",
        ),
        (
            "aoulu-cloud",
            "availability",
            "99.99 % 以上(当月の稼働時間に対して)",
            "at least 99.99 % (of the month's operating time)",
        ),
        ("aoulu-cloud", "encryption", "TLS 1.2 以上", "TLS 1.2 or newer"),
        (
            "click-so-ko",
            "first-notice",
            "通知:3営業時間以内(営業時間外に起きたものには期限なし)",
            "notice: within 3 business hours (no deadline outside business hours)",
        ),
        (
            "click-so-ko",
            "monthly",
            "毎月第4木曜日 22:00〜24:00(休業日なら翌営業日)",
            "4th Thursday of the month, 22:00–24:00 (on the next business day when closed)",
        ),
        ("skyarch", "on-site", "120分以内", "within 120 minutes"),
        (
            "skyarch",
            "incident-report",
            "2営業日以内(翌営業日から数え、その日の終わりまで)",
            "within 2 business days (from the next, to the end of the day)",
        ),
        ("skyarch", "inspection", "1週間以内", "within 1 week"),
        (
            "skyarch",
            "disk",
            "90 % に達したら連絡(ディスク使用率、パーティションごと、10分ごと)",
            "told at 90 % (disk use; each partition; every 10 minutes)",
        ),
    ];
    for (contract, name, ja, en) in cases {
        let contract = newest(&format!("{contract}.toml"));
        let terms = contract.newest();
        let promise = terms.promise(&name.parse().expect("a name")).expect(name);
        let said = |lang| terms::wording::promise_number(promise, terms, lang);
        assert_eq!(said(terms::Lang::Ja), ja);
        assert_eq!(said(terms::Lang::En), en);
    }
}

#[test]
fn an_option_takes_the_place_of_what_it_names() {
    let inodes = |file: &str| {
        let contract = newest(file);
        let promise = contract.newest().promise(&"inodes".parse().expect("a name")).cloned();
        promise.map(|promise| match promise.kind {
            terms::Kind::Check(check) => check.threshold.expect("a threshold").at_least.to_string(),
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(inodes("skyarch.toml"), None);
    assert_eq!(inodes("skyarch-gold.toml").as_deref(), Some("90%"));
    assert_eq!(inodes("skyarch-platinum.toml").as_deref(), Some("50%"));
}
