//! A window in the console: checked, planned, drafted, sent by a person's button, and proven; and what
//! a form without the token may not do.

mod common;

use app::outbox::{self, Outcome};
use common::{House, now};

const WINDOW: &str = "from=2026-12-10T02%3A00&until=2026-12-10T04%3A00&title=disk%20%3Cb%3E";
const CONTRACT: &str = "contract%3Acyber-solutions=on";

#[tokio::test]
async fn a_window_is_planned_drafted_and_sent_by_buttons() {
    let house = House::start_with_contract("").await;
    let session = house.signed_in().await;
    let empty = house.get("/windows", &session).await;
    assert!(empty.text().contains("計画停止の予定はありません"));

    let checked = house.get(&format!("/windows?{WINDOW}&{CONTRACT}"), &session).await;
    assert_eq!(checked.status, 200);
    assert!(checked.text().contains("期限内"), "the lead is known before anything is recorded");
    assert!(checked.text().contains("disk &#60;b&#62;"), "what was typed is text");
    let nobody = house.get(&format!("/windows?{WINDOW}"), &session).await;
    assert_eq!(nobody.status, 422, "no contract is ticked");

    let token = checked.token();
    let form = format!("csrf={token}&{WINDOW}&{CONTRACT}");
    let planned = house.post("/windows", &session, &form).await;
    assert_eq!(planned.header("location"), Some("/windows/plan-1?done=window-planned&count=1"));
    let drafted = house.post("/windows/plan-1/announce", &session, &format!("csrf={token}")).await;
    assert_eq!(drafted.header("location"), Some("/windows/plan-1?done=notices-drafted&count=1"));
    let page = house.get("/windows/plan-1", &session).await.text();
    assert!(page.contains("ops@customer.example"), "{page}");
    assert!(page.contains("【計画停止のお知らせ】"), "the text is seen before it is sent");
    assert_eq!(outbox::take(&house.office, now()).await.expect("asked"), None);

    let sent = house.post("/windows/plan-1/send", &session, &format!("csrf={token}")).await;
    assert_eq!(sent.header("location"), Some("/windows/plan-1?done=notices-confirmed&count=1"));
    let errand = outbox::take(&house.office, now()).await.expect("asked").expect("it is due");
    let outcome = Outcome::Sent("250 2.0.0 <queued>".to_owned());
    outbox::settle(&house.office, &errand, outcome, now()).await.expect("recorded");
    let proof = house.get("/notices/1", &session).await.text();
    assert!(proof.contains("250 2.0.0 &#60;queued&#62;"), "{proof}");
    let page = house.get("/windows", &session).await.text();
    assert!(page.contains("期限内") && page.contains("送信済み"), "{page}");

    let again = house.post("/notices/1/retry", &session, &format!("csrf={token}&place=1")).await;
    assert!(again.text().contains("失敗していません"), "it was sent: {}", again.text());
    let gone = house.post("/windows/plan-1/cancel", &session, &format!("csrf={token}")).await;
    assert_eq!(gone.header("location"), Some("/notices?done=window-cancelled-tell&count=1"));
    let page = house.get("/notices/2", &session).await.text();
    assert!(page.contains("計画停止中止のお知らせ"), "{page}");
}

#[tokio::test]
async fn nothing_is_done_without_the_token() {
    let house = House::start_with_contract("").await;
    let session = house.signed_in().await;
    for (path, form) in [
        ("/windows", format!("{WINDOW}&{CONTRACT}")),
        ("/windows/plan-1/announce", "csrf=".to_owned()),
        ("/windows/plan-1/send", "csrf=wrong".to_owned()),
        ("/windows/plan-1/cancel", String::new()),
        ("/notices", "contract=cyber-solutions&about=incident&at=2026-11-22T09%3A00&text=x".into()),
        ("/notices/1/send", "csrf=wrong".to_owned()),
        ("/notices/1/drop", "csrf=wrong".to_owned()),
        ("/notices/1/retry", "place=1".to_owned()),
    ] {
        let answer = house.post(path, &session, &format!("x=y&{form}")).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    let page = house.get("/windows", &session).await.text();
    assert!(page.contains("計画停止の予定はありません"), "{page}");
}

#[tokio::test]
async fn a_notice_is_written_by_hand() {
    let house = House::start_with_contract("").await;
    let session = house.signed_in().await;
    let token = house.get("/notices", &session).await.token();
    let form = |at: &str, text: &str| {
        format!("csrf={token}&contract=cyber-solutions&about=incident&at={at}&subject=&text={text}")
    };
    for (at, text) in [("yesterday", "down"), ("2026-11-22T09%3A00", "%20")] {
        let refused = house.post("/notices", &session, &form(at, text)).await;
        assert_eq!(refused.status, 422, "{at} {text}");
    }
    let written =
        house.post("/notices", &session, &form("2026-11-22T09%3A00", "down%3Cb%3E")).await;
    assert_eq!(written.header("location"), Some("/notices/1?done=notices-drafted&count=1"));
    let page = house.get("/notices/1", &session).await.text();
    assert!(page.contains("down&#60;b&#62;") && page.contains("下書き"), "{page}");
    let dropped = house.post("/notices/1/drop", &session, &format!("csrf={token}")).await;
    assert_eq!(dropped.header("location"), Some("/notices?done=notice-dropped&count=1"));
    for gone in ["/notices/1", "/windows/plan-7", "/windows/nonsense"] {
        let answer = house.get(gone, &session).await;
        assert!((400..500).contains(&answer.status), "{gone}: {}", answer.status);
    }
}
