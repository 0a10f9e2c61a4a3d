//! Stations by the console: added with a token that is shown once, revoked, and added again.

mod common;

use app::stations;
use common::{Answer, House, now};
use link::Token;

async fn send(house: &House, session: &str, to: &str, fields: &str) -> Answer {
    let token = house.get("/users", session).await.token();
    house.post(to, session, &format!("csrf={token}&{fields}")).await
}

/// The token that a page shows.
fn shown(page: &Answer) -> String {
    let text = page.text();
    let rest = text.split("<pre id=\"token\" class=\"fold\">").nth(1).expect("a token");
    rest.split('<').next().expect("split gives one piece").to_owned()
}

const NEW: &str = "/machines-new";

#[tokio::test]
async fn a_machine_from_the_form_to_its_end() {
    let house = House::start_with_contract("").await;
    let session = house.signed_in().await;
    let list = house.get("/machines", &session).await.text();
    assert!(list.contains("href=\"/machines-new\""), "an empty list leads on");

    let fields = "name=web-1&kind=agent&site=%E6%9D%B1%E4%BA%AC&contract%3Acyber-solutions=on";
    let added = send(&house, &session, NEW, fields).await;
    assert_eq!(added.status, 200, "{}", added.text());
    assert_eq!(added.header("cache-control"), Some("no-store"));
    assert_eq!(added.header("location"), None, "the token is in no address");
    let token = shown(&added);
    let credential = Token::parse(&token).expect("a whole token").credential();
    let station = stations::admit(&house.office, &credential, now()).await.expect("the records");
    let station = station.expect("the token is good");
    assert_eq!(station.site.as_deref(), Some("東京"));
    assert_eq!(station.contracts, ["cyber-solutions"]);
    for line in ["/etc/yakusoku/agent.token", "systemctl enable --now yakusoku-agent"] {
        assert!(added.text().contains(line), "{line}");
    }
    let own = house.get("/machines/web-1", &session).await.text();
    for page in [&own, &house.get("/machines", &session).await.text()] {
        assert!(!page.contains(&token), "it is shown once");
    }

    assert!(own.contains("/machines/web-1/revoke"), "{own}");
    let asked = house.get("/machines/web-1/revoke", &session).await;
    assert_eq!(asked.status, 200);
    let revoke = "/machines/web-1/revoke";
    let revoked = send(&house, &session, revoke, "").await;
    let place = "/machines/web-1?done=machine-revoked&count=1";
    assert_eq!((revoked.status, revoked.header("location")), (303, Some(place)));
    let station = stations::admit(&house.office, &credential, now()).await.expect("the records");
    assert!(station.is_none(), "its next request is refused");
    assert_eq!(send(&house, &session, revoke, "").await.status, 422, "once");

    let own = house.get("/machines/web-1", &session).await.text();
    assert!(own.contains("/machines-new?again=web-1"), "{own}");
    let form = house.get("/machines-new?again=web-1", &session).await.text();
    for part in ["value=\"web-1\"", "value=\"東京\"", "value=\"agent\" selected", "checked"] {
        assert!(form.contains(part), "{part} is not in {form}");
    }
    let again = send(&house, &session, NEW, fields).await;
    assert_eq!(again.status, 200);
    assert_ne!(shown(&again), token, "a new one");
}

/// The refusals of `yakusoku station add`, with what was typed still there.
#[tokio::test]
async fn what_cannot_be_a_machine_is_refused() {
    let house = House::start_with_contract("").await;
    let session = house.signed_in().await;
    let taken = send(&house, &session, NEW, "name=osaka&kind=node&site=").await;
    assert_eq!(taken.status, 200);
    assert!(taken.text().contains("/etc/yakusoku/node.toml"));
    let long = "x".repeat(65);
    for (fields, status) in [
        ("name=osaka&kind=node&site=", 422),
        ("name=&kind=node&site=", 422),
        ("name=a+b&kind=agent&site=%3Cb%3E", 422),
        (&format!("name=a&kind=agent&site={long}"), 422),
        ("name=a&kind=agent&site=&contract%3Anone=on", 422),
        ("name=a&kind=relay&site=", 400),
    ] {
        let answer = send(&house, &session, NEW, fields).await;
        assert_eq!(answer.status, status, "{fields}");
        assert!(!answer.text().contains("<b>") && !answer.text().contains("ykst1."), "{fields}");
    }
    assert_eq!(send(&house, &session, "/machines/none/revoke", "").await.status, 404);
    let forged = house.post(NEW, &session, "name=a&kind=agent&site=").await;
    assert_eq!(forged.status, 403);
    let forged = house.post("/machines/osaka/revoke", &session, "csrf=x").await;
    assert_eq!(forged.status, 403);
    let all = stations::list(&house.office, now()).await.expect("listed");
    assert_eq!(all.len(), 1, "nothing else was added");
    assert!(all[0].station.revoked.is_none());
}

#[tokio::test]
async fn an_office_without_a_listener_says_so_first() {
    let house = House::start().await;
    let session = house.signed_in().await;
    let page = house.get(NEW, &session).await.text();
    assert!(page.contains("[link]") && !page.contains("name=\"kind\""), "{page}");
    assert_eq!(send(&house, &session, NEW, "name=a&kind=agent&site=").await.status, 422);
}
