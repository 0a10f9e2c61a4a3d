//! Contracts that are added in the console, and who is told of them.

mod common;

use common::{Answer, House};

async fn send(house: &House, session: &str, to: &str, fields: &str) -> Answer {
    let token = house.get("/users", session).await.token();
    house.post(to, session, &format!("csrf={token}&{fields}")).await
}

const NEW: &str =
    "template=customers-mail-cloud&name=acme&provider=&customer=Acme&start=2026-01-01";
const AUDIENCE: &str = "/contracts/acme/audience";

#[tokio::test]
async fn who_is_told_of_an_added_contract_is_said_here() {
    // Its own relay is the one courier there, so news of the relay itself has no second route.
    let house = House::start_with_contract("").await;
    let session = house.signed_in().await;
    let added = send(&house, &session, "/contracts-new", NEW).await;
    assert_eq!(added.status, 303, "{}", added.text());
    let measure = house.get("/contracts/acme/measure", &session).await.text();
    assert!(measure.contains(AUDIENCE), "one page leads to the other");
    let page = house.get(AUDIENCE, &session).await.text();
    assert!(page.contains("まだありません"), "nobody is told yet: {page}");

    let fields = "mail=ops%40x.jp%0D%0Aboss%40x.jp&on_incident=send";
    let refused = send(&house, &session, AUDIENCE, fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("ops@x.jp\nboss@x.jp"), "what was typed stays");
    let unmeasured = "function%3Asmtp=&function%3Aapi=&function%3Aconsole=";
    let measured = send(&house, &session, "/contracts/acme/measure", unmeasured).await;
    assert_eq!(measured.status, 303, "{}", measured.text());
    let told = send(&house, &session, AUDIENCE, fields).await;
    let place = "/contracts/acme/audience?done=audience-told&count=1";
    assert_eq!((told.status, told.header("location")), (303, Some(place)), "{}", told.text());
    let page = house.get(AUDIENCE, &session).await.text();
    assert!(page.contains("ops@x.jp\nboss@x.jp") && page.contains("value=\"send\" selected"));
    let audience = house.office.audience("acme").expect("said");
    assert_eq!(audience.mail, ["ops@x.jp", "boss@x.jp"]);

    for (fields, status) in [
        ("mail=nobody+here&on_incident=draft", 422),
        ("mail=&courier%3Anone=on&on_incident=draft", 422),
        ("mail=a%40x.jp&on_incident=never", 400),
        ("mail=%3Cscript%3E&on_incident=draft", 422),
    ] {
        let answer = send(&house, &session, AUDIENCE, fields).await;
        assert_eq!(answer.status, status, "{fields}");
        assert!(!answer.text().contains("<script>"), "{fields}");
    }
    assert_eq!(house.office.audience("acme"), Some(audience), "what is refused changes nothing");
    let forged = house.post(AUDIENCE, &session, fields).await;
    assert_eq!(forged.status, 403);
    assert_eq!(send(&house, &session, "/contracts/none/audience", fields).await.status, 404);
    let nobody = send(&house, &session, AUDIENCE, "mail=&on_incident=draft").await;
    assert_eq!(nobody.status, 303);
    assert!(house.office.channels("acme").is_err());
}

#[tokio::test]
async fn a_contract_of_the_configuration_is_told_of_there() {
    let house = House::start_with_contract("").await;
    let session = house.signed_in().await;
    let own = "/contracts/cyber-solutions/audience";
    let page = house.get(own, &session).await.text();
    assert!(page.contains("notify_over") && page.contains("ops@customer.example"), "{page}");
    assert!(!page.contains("<button class=\"main\">"), "nothing can be stored");
    let refused = send(&house, &session, own, "mail=x%40x.jp&on_incident=draft").await;
    assert_eq!(refused.status, 422);
}
