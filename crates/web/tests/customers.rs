//! Customers: they see their contracts, and nothing tells them that there are others.

mod common;

use app::accounts;
use app::checks::{self, Settings, Way};
use app::incidents::{self, Deed, OpenByHand};
use app::notices::{self, Written};
use app::windows::{self, Plan};
use calendar::Span;
use common::{House, PASSWORD, now};
use jiff::SignedDuration;
use terms::About;

const OWN: &str = "cyber-solutions";
const OTHER: &str = "aoulu-cloud";
/// Stands in everything that is not for the customer.
const HIDDEN: &str = "himitsu";

/// An office with two contracts, and of each an incident, a window, notices and a check.
async fn house() -> House {
    let house = House::start_showing(&[OWN, OTHER], "", Vec::new()).await;
    let office = &house.office;
    for (contract, function) in [(OWN, "web"), (OTHER, "web")] {
        let functions = office.contract(contract).expect("kept").contract.newest();
        let functions = functions.services.iter().flat_map(|service| &service.functions);
        let names: Vec<String> = functions.map(|it| it.name.to_string()).collect();
        let function = names.iter().find(|name| *name == function).unwrap_or(&names[0]).clone();
        let what = OpenByHand {
            contract: contract.to_owned(),
            service: None,
            functions: vec![function],
            title: format!("{HIDDEN} title"),
        };
        let id = incidents::open(office, &what, "admin", None, now()).await.expect("opened");
        for deed in [
            Deed::Note(format!("{HIDDEN} note")),
            Deed::Publish(format!("published for {contract}")),
        ] {
            incidents::add(office, id, &deed, "admin", None, now()).await.expect("written");
        }
        plan(&house, contract, 48).await;
        write(&house, contract).await;
        let settings = Settings { kind: Way::Tcp, host: "192.0.2.7".into(), ..Settings::default() };
        let settings = Settings { port: Some(22), ..settings };
        let name = format!("{HIDDEN}-{contract}");
        checks::add(office, &name, &settings, now()).await.expect("a check");
    }
    house
}

/// Plans a window so many hours ahead and announces it.
async fn plan(house: &House, contract: &str, hours: i64) {
    let from = now() + SignedDuration::from_hours(hours);
    let span = Span::new(from, from + SignedDuration::from_hours(2)).expect("forwards");
    let (title, contracts) = (format!("work for {contract}"), vec![contract.to_owned()]);
    let plan = Plan { span, title, contracts };
    let number = windows::plan(&house.office, &plan, "admin", now()).await.expect("planned");
    let drafts = notices::announce(&house.office, number, "admin", now()).await.expect("drafted");
    notices::confirm(&house.office, &drafts, "admin", now()).await.expect("confirmed");
}

/// One notice that is sent and one that stays a draft.
async fn write(house: &House, contract: &str) {
    for (subject, sends) in [(format!("told {contract}"), true), (format!("{HIDDEN} draft"), false)]
    {
        let written = Written {
            contract: contract.to_owned(),
            about: About::Incident,
            event: now(),
            subject: Some(subject),
            text: format!("text for {contract}"),
        };
        let drafts = notices::write(&house.office, &written, "admin", now()).await.expect("kept");
        if sends {
            notices::confirm(&house.office, &drafts, "admin", now()).await.expect("confirmed");
        }
    }
}

#[tokio::test]
async fn a_customer_sees_what_is_his_and_nothing_tells_of_others() {
    let house = house().await;
    let session = house.customer("hanako", &[OWN]).await;
    for (path, must_say) in [
        ("/", OWN),
        ("/promises", OWN),
        ("/contracts/cyber-solutions/2026-11", "2026"),
        ("/contracts/cyber-solutions/2026-11/statement.json", OWN),
        ("/incidents", "/incidents/1"),
        ("/incidents/1", "published for cyber-solutions"),
        ("/windows", "work for cyber-solutions"),
        ("/notices", "told cyber-solutions"),
        ("/notices/2", "text for cyber-solutions"),
        ("/checks", "/checks-new"),
        ("/checks-new", "heartbeat"),
        ("/checks-new?kind=http", OWN),
    ] {
        let answer = house.get(path, &session).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let text = answer.text();
        assert!(text.contains(must_say), "{path} does not say {must_say}: {text}");
        for other in [OTHER, HIDDEN, "/queue", "/log", "/users", "/domains", "/sandbox"] {
            assert!(!text.contains(other), "{path} says {other}");
        }
    }
}

#[tokio::test]
async fn every_other_door_is_not_there() {
    let house = house().await;
    let session = house.customer("hanako", &[OWN]).await;
    let token = house.get("/checks-new?kind=http", &session).await.token();
    for path in [
        "/contracts/aoulu-cloud",
        "/contracts/aoulu-cloud/2026-11",
        "/contracts/aoulu-cloud/2026-11/statement.json",
        "/incidents/2",
        "/incidents/99",
        "/incidents/1/report",
        "/incidents/2/reports/1",
        "/windows/plan-1",
        "/windows/plan-2",
        "/notices/3",
        "/notices/4",
        "/notices/5",
        "/notices/99",
        "/checks/himitsu-cyber-solutions",
        "/checks/himitsu-aoulu-cloud",
        "/checks/himitsu-aoulu-cloud/edit",
        "/checks/himitsu-cyber-solutions/edit",
        "/checks/himitsu-cyber-solutions/remove",
        "/contracts/aoulu-cloud/2026-11/statement.pdf",
        "/contracts/cyber-solutions/measure",
        "/contracts/cyber-solutions/audience",
        "/contracts-new",
        "/incidents/2/reports/1/report.pdf",
        "/live",
        "/live?topics=checks",
        "/machines",
        "/machines-new",
        "/machines/web-1/revoke",
        "/mail",
        "/log",
        "/log/1/0",
        "/queue",
        "/sandbox",
        "/domains",
        "/users",
        "/users/administrator/admin",
        "/users/customer/hanako",
        "/-/customer/promises",
        "/-/customer",
        "/no-such-page",
    ] {
        let answer = house.get(path, &session).await;
        assert_eq!(answer.status, 404, "GET {path}: {}", answer.text());
        // The address itself stands in the links to the other language.
        assert!(!answer.text().contains(&format!("{HIDDEN} ")), "{path}");
    }
    let form = format!("csrf={token}&kind=administrator&name=mallory&password=a+long+password");
    for path in [
        "/users",
        "/users/customer/hanako",
        "/users/customer/hanako/contracts",
        "/incidents",
        "/incidents/1/deeds",
        "/incidents/2/deeds",
        "/incidents/1/merge",
        "/windows",
        "/windows/plan-1/cancel",
        "/windows/plan-1/send",
        "/notices",
        "/notices/1/retry",
        "/notices/1/send",
        "/checks/himitsu-cyber-solutions/pause",
        "/checks/himitsu-aoulu-cloud/remove",
        "/machines-new",
        "/machines/web-1/revoke",
        "/contracts/cyber-solutions/audience",
        "/queue/try",
        "/sandbox/empty",
        "/domains",
    ] {
        let answer = house.post(path, &session, &form).await;
        assert!([404, 405].contains(&answer.status), "POST {path}: {}", answer.status);
    }
    let accounts = accounts::list(&house.office).await.expect("listed");
    assert_eq!(accounts.len(), 2, "nobody was added");
    assert!(house.get("/-/customer/promises", &house.signed_in().await).await.status == 404);
}

#[tokio::test]
async fn a_customer_without_the_contract_loses_it_at_once() {
    let house = house().await;
    let session = house.customer("hanako", &[OWN]).await;
    let other = [OTHER.to_owned()];
    accounts::set_contracts(&house.office, "hanako", &other).await.expect("changed");
    assert_eq!(house.get("/incidents/1", &session).await.status, 404);
    assert_eq!(house.get("/incidents/2", &session).await.status, 200);
    accounts::remove(&house.office, accounts::AccountKind::Customer, "hanako").await.expect("gone");
    assert_eq!(house.get("/incidents/2", &session).await.status, 303, "the session has ended");
    let refused = accounts::add_customer(&house.office, "admin", PASSWORD, &other, now()).await;
    assert!(refused.is_err(), "one login is one person");
}

/// Addresses that are no business of a customer's check, as hosts of a check and of a page.
const FORBIDDEN: [&str; 14] = [
    "127.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[64:ff9b::a9fe:a9fe]",
    "localhost",
];

#[tokio::test]
async fn checks_of_customers_never_look_inside() {
    let house = house().await;
    let mut somebody = (String::new(), String::new());
    for (n, host) in FORBIDDEN.into_iter().enumerate() {
        // Nobody may try more than ten a minute.
        if n % 10 == 0 {
            let session = house.customer(&format!("hanako{n}"), &[OWN]).await;
            let token = house.get("/checks-new?kind=http", &session).await.token();
            somebody = (session, token);
        }
        let (session, token) = &somebody;
        let url = format!("http%3A%2F%2F{host}%2F");
        let form = format!(
            "csrf={token}&kind=http&name=x&contract={OWN}&url={url}&every=60&timeout=2000&deed=look"
        );
        let answer = house.post("/checks-new", session, &form).await;
        assert_eq!(answer.status, 200, "{host}: {}", answer.text());
        let text = answer.text();
        assert!(text.contains("見られないアドレスです"), "{host}: {text}");
        assert!(!text.contains("allow_private"), "{host}: that is not for customers");
    }
}

#[tokio::test]
async fn a_customer_does_not_let_us_look_as_often_as_he_likes() {
    let house = house().await;
    let session = house.customer("hanako", &[OWN]).await;
    let token = house.get("/checks-new?kind=tcp", &session).await.token();
    let form = format!(
        "csrf={token}&kind=tcp&name=x&contract={OWN}&host=127.0.0.1&port=1&every=60&timeout=1000&deed=look"
    );
    for n in 1..=10 {
        assert_eq!(house.post("/checks-new", &session, &form).await.status, 200, "{n}");
    }
    let refused = house.post("/checks-new", &session, &form).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("1 分間に 10 回まで"), "{}", refused.text());
}

#[tokio::test]
async fn a_customer_makes_checks_of_his_own_within_limits() {
    let house = house().await;
    let session = house.customer("hanako", &[OWN]).await;
    let token = house.get("/checks-new?kind=tcp", &session).await.token();
    let add = async |name: &str, more: &str| {
        let form = format!(
            "csrf={token}&kind=heartbeat&name={name}&within=3600&every=60&timeout=1000&deed=store&{more}"
        );
        house.post("/checks-new", &session, &form).await
    };
    let own = "contract=cyber-solutions";
    let added = add("cron", own).await;
    assert_eq!(
        added.header("location"),
        Some("/checks/cyber-solutions.cron?done=check-added&count=1")
    );
    assert_eq!(add("cron", "contract=aoulu-cloud").await.status, 422, "not his contract");
    assert_eq!(add("cron", "contract=").await.status, 422);
    assert_eq!(add("cron", own).await.status, 422, "the name is taken");
    assert_eq!(house.get("/checks/cyber-solutions.cron", &session).await.status, 200);
    let other = house.customer("jiro", &[OTHER]).await;
    assert_eq!(house.get("/checks/cyber-solutions.cron", &other).await.status, 404);
    for kind in ["smtp-send", "plugin"] {
        let form = format!(
            "csrf={token}&kind={kind}&name=x&{own}&host=mx.example&to=a%40b.example&from=a%40b.example&every=60&timeout=1000&deed=store"
        );
        let answer = house.post("/checks-new", &session, &form).await;
        assert!([400, 422].contains(&answer.status), "{kind}: {}", answer.status);
    }
    let quick = format!(
        "csrf={token}&kind=http&name=x&{own}&url=http%3A%2F%2F192.0.2.1%2F&every=5&timeout=1000&deed=store"
    );
    assert_eq!(house.post("/checks-new", &session, &quick).await.status, 422, "too often");
    for n in 1..20 {
        assert_eq!(add(&format!("n{n}"), own).await.status, 303, "{n}");
    }
    let full = add("n20", own).await;
    assert_eq!(full.status, 422);
    assert!(full.text().contains("20"), "{}", full.text());
    let gone =
        house.post("/checks/cyber-solutions.n1/remove", &session, &format!("csrf={token}")).await;
    assert_eq!(gone.status, 303);
    let admin = house.signed_in().await;
    let page = house.get("/checks", &admin).await.text();
    assert!(page.contains("cyber-solutions.cron"), "an administrator sees whose check it is");
}
