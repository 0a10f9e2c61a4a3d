//! Status pages over HTTP: who sees which, what they say, and that nothing else gets out.

mod common;

use app::incidents::{self, Deed, OpenByHand};
use app::kept::{self, FromTemplate};
use app::status::{Access, PageContracts, Shown, StatusPage};
use common::{House, now};
use jiff::SignedDuration;
use terms::Text;

const WORD: &str = "a-long-word-for-partners";

/// Down for 20 minutes a week ago, and a window from 10 minutes before until 50 minutes after now.
const LOG: &str = "\
{\"kind\":\"outage\",\"function\":\"all\",\"from\":\"2026-11-15T10:00:00+09:00\",\"until\":\"2026-11-15T10:20:00+09:00\"}\n";

fn page(name: &str, contract: &str, access: Access) -> StatusPage {
    StatusPage {
        name: name.to_owned(),
        title: Text { ja: format!("{name}の状態"), en: format!("State of {name}") },
        contracts: PageContracts::Named(vec![contract.to_owned()]),
        shown: Vec::new(),
        access,
        stale_after: SignedDuration::from_mins(5),
        address: None,
    }
}

async fn house() -> House {
    let pages = vec![
        page("cyber", "cyber-solutions", Access::Public),
        page("partners", "cyber-solutions", Access::Word(WORD.to_owned())),
        page("inside", "aoulu-cloud", Access::SignedIn),
    ];
    House::start_showing(&["cyber-solutions", "aoulu-cloud"], LOG, pages).await
}

/// Opens an incident with a remark and a public update; the public update says this.
async fn incident(house: &House, contract: &str, update: &str) -> i64 {
    let office = &house.office;
    let contract_of = &office.contract(contract).expect("kept").contract;
    let services = &contract_of.newest().services;
    let function = services.iter().find_map(|it| it.functions.first()).expect("a function");
    let what = OpenByHand {
        contract: contract.to_owned(),
        service: None,
        functions: vec![function.name.to_string()],
        title: "himitsu title".to_owned(),
    };
    let id = incidents::open(office, &what, "himitsu-san", None, now()).await.expect("opened");
    let telephone = "telephone".parse().expect("a name");
    for deed in [
        Deed::Note("himitsu note".to_owned()),
        Deed::Publish(update.to_owned()),
        Deed::Publish("himitsu, published by mistake".to_owned()),
        Deed::Tell { channel: telephone, reference: "himitsu 250".to_owned() },
    ] {
        incidents::add(office, id, &deed, "himitsu-san", None, now()).await.expect("written");
    }
    let entries = incidents::incident(office, id, now()).await.expect("there").entries;
    let wrong = entries.iter().rev().nth(1).expect("the mistake").number;
    let taken_back = Deed::TakeBack(wrong);
    incidents::add(office, id, &taken_back, "himitsu-san", None, now()).await.expect("gone");
    id
}

/// The text of a page, made anew.
async fn made(house: &House, path: &str) -> String {
    app::status::refresh(&house.office, now()).await.expect("made");
    let answer = house.get(path, "").await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

/// Keeps a contract as the console does.
async fn keep(house: &House, name: &str) {
    let asked = FromTemplate {
        template: "customers-mail-cloud".to_owned(),
        name: name.to_owned(),
        provider: String::new(),
        customer: "アクメ".to_owned(),
        start: "2020-01-01".to_owned(),
    };
    kept::add(&house.office, asked.bundle()).await.expect("kept");
}

/// How many functions a contract has.
fn functions(house: &House, contract: &str) -> usize {
    house.office.contract(contract).expect("kept").functions().len()
}

/// How many functions each page shows, and whether something is missing on it.
async fn states<'p>(
    house: &House,
    pages: [(&'p str, usize, bool); 3],
) -> [(&'p str, usize, bool); 3] {
    let mut states = pages;
    for state in &mut states {
        let json = made(house, &format!("/status/{}.json", state.0)).await;
        state.1 = json.matches("\"days\":[").count();
        state.2 = json.contains("\"partial\":true");
    }
    states
}

/// A page may name a contract that is added later, and one page is about every contract.
#[tokio::test]
async fn a_contract_that_is_added_comes_onto_its_pages_by_itself() {
    let every = StatusPage { contracts: PageContracts::Every, ..page("every", "", Access::Public) };
    let inside =
        StatusPage { contracts: PageContracts::Every, ..page("all-inside", "", Access::SignedIn) };
    let named = page("named", "acme", Access::Public);
    let title = Text { ja: "受付".to_owned(), en: "intake".to_owned() };
    let function = |name: &str| Shown {
        contract: "acme".to_owned(),
        function: name.parse().expect("a name"),
        title: title.clone(),
    };
    let shown = StatusPage {
        shown: vec![function("smtp"), function("none")],
        ..page("shown", "acme", Access::Public)
    };
    let pages = vec![every, inside, named, shown];
    let house = House::start_showing(&["cyber-solutions"], LOG, pages).await;
    let customer = house.customer("hanako", &["cyber-solutions"]).await;
    // Path, functions, and whether something is missing; before and after a contract is added.
    let of_configured = functions(&house, "cyber-solutions");
    let before = [("every", of_configured, false), ("named", 0, true), ("shown", 0, true)];
    assert_eq!(states(&house, before).await, before);
    let missing = app::status::missing(&house.office);
    let both = ["named", "shown"].map(|page| (page.to_owned(), "acme".to_owned()));
    assert_eq!(missing, both);
    assert_eq!(house.get("/status/all-inside", &customer).await.status, 200, "all are his");

    keep(&house, "acme").await;
    let of_added = functions(&house, "acme");
    let after = [
        ("every", of_configured + of_added, false),
        ("named", of_added, false),
        ("shown", 1, true),
    ];
    assert_eq!(states(&house, after).await, after, "it has no function `none`");
    let missing = app::status::missing(&house.office);
    assert_eq!(missing, [("shown".to_owned(), "acme/none".to_owned())]);
    assert_eq!(house.get("/status/all-inside", &customer).await.status, 404, "not all are his now");

    keep(&house, "other").await;
    let page = made(&house, "/status/every?lang=en").await;
    let titled = house.office.contract("acme").expect("kept").contract.title.en.clone();
    assert!(page.contains(&format!("{titled}: ")), "functions of one name are told apart: {page}");
}

#[tokio::test]
async fn who_sees_which_page() {
    let house = house().await;
    let admin = house.signed_in().await;
    let own = house.customer("hanako", &["aoulu-cloud"]).await;
    let other = house.customer("jiro", &["cyber-solutions"]).await;
    let word = format!("?word={WORD}");
    // path, cookie, status
    let cases = [
        ("/status/cyber".to_owned(), "", 200),
        ("/status/cyber.json".to_owned(), "", 200),
        ("/status/cyber/atom.xml".to_owned(), "", 200),
        ("/status/partners".to_owned(), "", 404),
        ("/status/partners?word=a-long-word-for-partnerz".to_owned(), "", 404),
        (format!("/status/partners{word}"), "", 200),
        (format!("/status/partners.json{word}"), "", 200),
        (format!("/status/partners/atom.xml{word}"), "", 200),
        ("/status/partners/atom.xml".to_owned(), "", 404),
        ("/status/partners".to_owned(), other.as_str(), 200),
        ("/status/inside".to_owned(), "", 404),
        (format!("/status/inside{word}"), "", 404),
        ("/status/inside.json".to_owned(), "", 404),
        ("/status/inside/atom.xml".to_owned(), "", 404),
        ("/status/inside".to_owned(), admin.as_str(), 200),
        ("/status/inside".to_owned(), own.as_str(), 200),
        ("/status/inside".to_owned(), other.as_str(), 404),
        ("/status/inside".to_owned(), "yakusoku_session=made-up", 404),
        ("/status/none".to_owned(), admin.as_str(), 404),
    ];
    for (path, cookie, status) in cases {
        assert_eq!(house.get(&path, cookie).await.status, status, "{path} {cookie}");
    }
    let list = house.get("/status", "").await;
    assert_eq!(list.header("location"), Some("/status/cyber"), "the one that everybody may see");
    let list = house.get("/status", &admin).await.text();
    assert!(list.contains("/status/inside") && list.contains("/status/partners"), "{list}");
}

#[tokio::test]
async fn a_page_says_what_is_public_and_nothing_else() {
    let house = house().await;
    incident(&house, "cyber-solutions", "原因を調べています <b>").await;
    incident(&house, "aoulu-cloud", "elsewhere").await;
    let ja = house.get("/status/cyber?lang=ja", "").await.text();
    let en = house.get("/status/cyber?lang=en", "").await.text();
    let json = house.get("/status/cyber.json", "").await.text();
    let atom = house.get("/status/cyber/atom.xml", "").await.text();
    for (text, update) in [
        (&ja, "原因を調べています &#60;b&#62;"),
        (&en, "原因を調べています &#60;b&#62;"),
        (&json, "原因を調べています <b>"),
        (&atom, "原因を調べています &lt;b&gt;"),
    ] {
        assert!(text.contains(update), "{text}");
        for hidden in ["himitsu", "elsewhere", "aoulu", "250"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
    }
    assert!(ja.contains("契約者に通知を送りました"), "{ja}");
    assert!(ja.contains("5分以上前の時刻なら、最新の状態ではありません"), "{ja}");
    assert!(ja.contains("停止した日 1日、合計20分"), "{ja}");
    assert!(en.contains("Down on one day, 20 minutes"), "{en}");
    for text in [&ja, &en] {
        assert!(!text.contains("<script") && !text.contains("style="), "{text}");
    }
}

#[tokio::test]
async fn headers_of_a_page() {
    let house = house().await;
    let answer = house.get("/status/cyber", "").await;
    assert!(answer.headers("set-cookie").is_empty());
    assert_eq!(answer.header("cache-control"), Some("public, max-age=15"));
    let policy = answer.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
    assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{policy}");
    let tag = answer.header("etag").expect("a tag");
    let again = format!("GET /status/cyber HTTP/1.1\nIf-None-Match: {tag}");
    let unchanged = house.ask(&again, "").await;
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    let styles =
        answer.text().split("href=\"").nth(1).map(|it| it.split('"').next().map(str::to_owned));
    let styles = styles.flatten().expect("a stylesheet");
    assert_eq!(house.get(&styles, "").await.status, 200, "{styles}");
    let secret = house.get(&format!("/status/partners?word={WORD}"), "").await;
    assert_eq!(secret.header("cache-control"), Some("no-store"));
    assert!(secret.text().contains(&format!("word={WORD}")), "its feed needs the word too");
}

/// All visitors are served by one computation; measured, not guessed.
#[tokio::test]
async fn one_page_serves_all_visitors() {
    let house = house().await;
    let first = house.get("/status/cyber", "").await;
    // Without the records there is nothing that a page could be made of.
    house.office.store.close().await;
    for _ in 0..200 {
        let page = house.get("/status/cyber", "").await;
        assert_eq!((page.status, page.body), (200, first.body.clone()));
    }
}

#[tokio::test]
async fn functions_have_public_names() {
    let mut named = page("named", "cyber-solutions", Access::Public);
    let house = House::start_showing(&["cyber-solutions"], "", Vec::new()).await;
    let contract = &house.office.contract("cyber-solutions").expect("kept").contract;
    let functions = contract.newest().services.iter().flat_map(|it| &it.functions);
    let function = functions.last().expect("a function").name.clone();
    let title = Text { ja: "公開名".to_owned(), en: "Public name".to_owned() };
    named.shown = vec![Shown { contract: "cyber-solutions".to_owned(), function, title }];
    let house = House::start_showing(&["cyber-solutions"], LOG, vec![named]).await;
    let text = house.get("/status/named?lang=en", "").await.text();
    assert!(text.contains("Public name"), "{text}");
    assert_eq!(text.matches("<article class=\"function\">").count(), 1, "{text}");
}

/// The feed and the JSON are read by others' parsers; the feed is held against RFC 4287.
#[tokio::test]
async fn the_feed_and_the_json_are_read_by_other_programs() {
    let house = house().await;
    let id = incident(&house, "cyber-solutions", "調査中 & \u{1}<b>").await;
    let folder = tempfile::tempdir().expect("a folder");
    let atom = house.get("/status/cyber/atom.xml", "").await;
    assert_eq!(atom.header("content-type"), Some("application/atom+xml; charset=utf-8"));
    let again = house.get("/status/cyber/atom.xml", "").await;
    assert_eq!(atom.body, again.body, "ids and instants stay");
    let (feed, json) = (folder.path().join("atom.xml"), folder.path().join("status.json"));
    std::fs::write(&feed, &atom.body).expect("written");
    std::fs::write(&json, house.get("/status/cyber.json", "").await.body).expect("written");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/read_status.py");
    let run = std::process::Command::new("python3").arg(script).args([&feed, &json]).output();
    let run = run.expect("python3 is there");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    assert!(
        said.contains(&format!("tag:mail.example.jp,2026:status/cyber/incident/{id}")),
        "{said}"
    );
}
