//! The console over HTTP: who is let in, what forms are taken, what headers go out.

mod common;

use common::{House, PASSWORD};

const ROOMS: &[&str] = &[
    "/",
    "/mail",
    "/promises",
    "/contracts/cyber-solutions",
    "/contracts/cyber-solutions/audience",
    "/incidents",
    "/incidents/1",
    "/incidents/1/report",
    "/on-call",
    "/windows",
    "/windows/plan-1",
    "/notices",
    "/notices/1",
    "/checks",
    "/machines",
    "/machines-new",
    "/machines/web-1/revoke",
    "/checks-new",
    "/log",
    "/queue",
    "/sandbox",
    "/domains",
    "/users",
    "/no-such-page",
];

#[tokio::test]
async fn strangers_are_sent_to_the_door() {
    let house = House::start().await;
    for room in ROOMS.iter().copied() {
        let answer = house.get(room, "").await;
        assert_eq!(answer.status, 303, "{room}");
        let to = answer.header("location").expect("a place to go");
        assert!(to.starts_with("/sign-in"), "{room} leads to {to}");
    }
    let answer = house.get("/log?to=a%40b.jp", "yakusoku_session=made-up").await;
    assert_eq!(answer.header("location"), Some("/sign-in?next=%2Flog%3Fto%3Da%2540b.jp"));
    let answer = house.post("/sandbox/empty", "", "csrf=").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/sign-in")));
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let house = House::start().await;
    let session = house.signed_in().await;
    for (path, cookie) in [
        ("/sign-in", ""),
        ("/log", ""),
        ("/users", session.as_str()),
        ("/no-such-page", session.as_str()),
        ("/assets/no-such-asset.css", ""),
    ] {
        let answer = house.get(path, cookie).await;
        let policy = answer.header("content-security-policy").expect("a policy");
        for part in [
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        let expected = [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
        ];
        for (name, value) in expected {
            assert_eq!(answer.header(name), Some(value), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn https_is_kept_to_and_told_by_a_trusted_proxy() {
    let answer = House::start_secure().await.get("/sign-in", "").await;
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=15552000"));
    assert!(answer.headers("set-cookie").iter().all(|cookie| cookie.contains("; Secure")));
    let proxied = "GET /sign-in HTTP/1.1\nX-Forwarded-For: 192.0.2.7\nX-Forwarded-Proto: https";
    for (house, is_secure) in
        [(House::start().await, false), (House::start_behind_proxy().await, true)]
    {
        let answer = house.ask(proxied, "").await;
        assert_eq!(answer.header("strict-transport-security"), None);
        let cookies = answer.headers("set-cookie");
        assert_eq!(cookies.iter().all(|cookie| cookie.contains("; Secure")), is_secure);
    }
}

#[tokio::test]
async fn signing_in_and_out() {
    let house = House::start().await;
    let wrong = house.sign_in("not this one").await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.cookie("yakusoku_session").is_none());

    let right = house.sign_in(PASSWORD).await;
    assert_eq!((right.status, right.header("location")), (303, Some("/log")));
    let line = right
        .headers("set-cookie")
        .into_iter()
        .find(|l| l.starts_with("yakusoku_session="))
        .expect("it");
    assert!(line.contains("; HttpOnly; SameSite=Lax"), "{line}");

    let session = right.cookie("yakusoku_session").expect("a session").to_owned();
    let users = house.get("/users", &session).await;
    assert_eq!(users.status, 200);

    let forged = house.post("/sign-out", &session, "csrf=guess").await;
    assert_eq!(forged.status, 403);
    let out = house.post("/sign-out", &session, &format!("csrf={}", users.token())).await;
    assert_eq!((out.status, out.header("location")), (303, Some("/sign-in")));
    assert_eq!(house.get("/users", &session).await.status, 303, "the session has ended");
}

#[tokio::test]
async fn the_sixth_wrong_try_is_told_when_to_come_back() {
    let house = House::start().await;
    for _ in 0..5 {
        assert_eq!(house.sign_in("not this one").await.status, 401);
    }
    let answer = house.sign_in(PASSWORD).await;
    assert_eq!(answer.status, 429);
    let wait: u64 = answer.header("retry-after").and_then(|v| v.parse().ok()).expect("seconds");
    assert!((1..=900).contains(&wait), "{wait}");
    assert!(answer.text().contains("<time datetime="), "the page tells it too");
}

#[tokio::test]
async fn only_our_own_forms_are_taken() {
    let house = House::start().await;
    let session = house.signed_in().await;
    let token = house.get("/domains", &session).await.token();
    let good = format!("csrf={token}&name=example.jp");

    let refused = [
        ("no token", house.post("/domains", &session, "name=example.jp").await),
        ("a wrong token", house.post("/domains", &session, "csrf=x&name=example.jp").await),
        (
            "another site",
            house
                .ask(
                    &format!(
                        "POST /domains HTTP/1.1\nCookie: {session}\nOrigin: https://evil.example"
                    ),
                    &good,
                )
                .await,
        ),
        (
            "another site, as the browser tells it",
            house
                .ask(
                    &format!(
                        "POST /domains HTTP/1.1\nCookie: {session}\nSec-Fetch-Site: cross-site"
                    ),
                    &good,
                )
                .await,
        ),
    ];
    for (case, answer) in refused {
        assert_eq!(answer.status, 403, "{case}");
    }
    assert!(!house.get("/domains", &session).await.text().contains(">example.jp<"));

    let taken = house.post("/domains", &session, &good).await;
    assert_eq!(taken.status, 303);
    assert_eq!(taken.header("location"), Some("/domains/example.jp?done=domain-added&count=1"));
    let page = house.get("/domains/example.jp", &session).await.text();
    assert!(page.contains("v=spf1 ip4:192.0.2.10"), "its records are shown");
}

#[tokio::test]
async fn what_others_typed_is_escaped() {
    let house = House::start().await;
    let session = house.signed_in().await;
    let token = house.get("/domains", &session).await.token();
    let hostile = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27";
    let answer = house.post("/domains", &session, &format!("csrf={token}&name={hostile}")).await;
    assert_eq!(answer.status, 422);
    for page in [
        answer.text(),
        house.get(&format!("/log?to={hostile}"), &session).await.text(),
        house.get(&format!("/sign-in?next={hostile}"), "").await.text(),
    ] {
        assert!(page.contains("alert(1)"), "it is shown");
        assert!(!page.contains("<script>alert"), "but not as markup");
        assert!(!page.contains("alert(1)</script>\"'"), "nor out of its attribute");
    }
}

const HOSTILE_MAIL: &str = "From: a@example.jp\r\nSubject: <b>bold</b>\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=x\r\n\r\n\
    --x\r\nContent-Type: text/html\r\n\r\n<p>seen</p><script>alert(1)</script>\r\n\
    --x\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename=\"a.html\"\r\n\r\n\
    <script>alert(2)</script>\r\n--x--\r\n";

#[tokio::test]
async fn a_hostile_mail_is_looked_at_safely() {
    let house = House::start().await;
    let session = house.signed_in().await;
    let id = house.deliver(HOSTILE_MAIL);

    let page = house.get(&format!("/sandbox/{id}"), &session).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<iframe class=\"mail\" sandbox=\"\""));
    assert!(!page.text().contains("<b>bold</b>") && !page.text().contains("<script>alert"));

    let frame = house.get(&format!("/sandbox/{id}/html"), &session).await;
    assert!(frame.text().contains("<p>seen</p>"));
    let policy = frame.header("content-security-policy").expect("a policy of its own");
    assert!(policy.starts_with("sandbox; default-src 'none'; "), "{policy}");
    assert!(!policy.contains("script"), "{policy}");

    for path in [format!("/sandbox/{id}/attachments/0"), format!("/sandbox/{id}/source")] {
        let download = house.get(&path, &session).await;
        let how = download.header("content-disposition").expect("a disposition");
        assert!(how.starts_with("attachment; "), "{path}: {how}");
        assert_eq!(download.header("x-content-type-options"), Some("nosniff"));
        assert_ne!(download.header("content-type"), Some("text/html"), "{path}");
        assert_eq!(house.get(&path, "").await.status, 303, "{path} is not for strangers");
    }

    let form = house.get("/sandbox/empty", &session).await.token();
    let emptied = house.post("/sandbox/empty", &session, &format!("csrf={form}")).await;
    assert_eq!(emptied.header("location"), Some("/sandbox?done=emptied&count=1"));
    assert_eq!(house.get(&format!("/sandbox/{id}"), &session).await.status, 404);
}

#[tokio::test]
async fn what_cannot_be_shown_is_a_page() {
    let house = House::start().await;
    let session = house.signed_in().await;
    for (path, status) in [
        ("/no-such-page", 404),
        ("/log/not-an-id/0", 404),
        ("/log/01kagw5c0z0/0", 404),
        ("/sandbox/01kagw5c0z0", 404),
        ("/users/nobody/x", 404),
        ("/contracts/none/audience", 404),
        ("/machines/nobody/revoke", 404),
        ("/machines-new?again=nobody", 404),
        ("/domains/none.example", 404),
        ("/log?to=a&to=b", 400),
        ("/log?from=2026-11-22T10%3A00&until=2026-11-22T09%3A00", 422),
    ] {
        let answer = house.get(path, &session).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text().contains("<h1"), "{path}");
    }
}

#[tokio::test]
async fn large_forms_are_refused() {
    let house = House::start().await;
    let session = house.signed_in().await;
    let form = "x".repeat(web::BODY_BYTES_MAX + 1);
    assert_eq!(house.post("/domains", &session, &form).await.status, 413);
}

#[tokio::test]
async fn the_language_is_the_visitors_choice() {
    let house = House::start().await;
    let asked = async |head: &str| {
        let answer = house.ask(&format!("GET /sign-in HTTP/1.1\n{head}"), "").await;
        answer.text().contains("<html lang=\"en\">")
    };
    assert!(asked("Accept-Language: en-US,en;q=0.9").await);
    assert!(!asked("Accept-Language: ja,en;q=0.5").await);
    assert!(asked("Accept-Language: ja\nCookie: yakusoku_language=en").await);

    let switched = house.get("/language/en?back=%2Flog%3Fto%3Dx", "").await;
    assert_eq!(switched.header("location"), Some("/log?to=x"));
    assert_eq!(switched.cookie("yakusoku_language"), Some("yakusoku_language=en"));
    let elsewhere = house.get("/language/en?back=%2F%2Fevil.example", "").await;
    assert_eq!(elsewhere.header("location"), Some("/"), "never to another site");
}

#[tokio::test]
async fn assets_are_kept_for_good_and_compressed() {
    let house = House::start().await;
    let page = house.get("/sign-in", "").await.text();
    let path = page.split("<link rel=\"stylesheet\" href=\"").nth(1).expect("a stylesheet");
    let path = path.split('"').next().expect("split gives one piece");
    let answer = house.ask(&format!("GET {path} HTTP/1.1\nAccept-Encoding: gzip"), "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(answer.header("content-type"), Some("text/css; charset=utf-8"));
    assert_eq!(house.get("/assets/console-0000000000000000.css", "").await.status, 404);
}

#[tokio::test]
async fn a_relay_that_is_down_takes_no_page_with_it() {
    let house = House::start().await;
    let session = house.signed_in().await;
    for room in ["/", "/queue"] {
        let answer = house.get(room, &session).await;
        assert_eq!(answer.status, 200, "{room}");
        assert!(answer.text().contains("リレーサーバーが応答しません"), "{room}");
    }
    assert_eq!(house.get("/queue/to/example.jp", &session).await.status, 503);
}

const LOG: &str = r#"{"kind":"outage","function":"web","from":"2026-10-03T10:00:00+09:00","until":"2026-10-03T10:52:00+09:00"}
{"kind":"outage","function":"<script>alert(1)</script>","from":"2026-10-04T10:00:00+09:00","until":"2026-10-04T11:00:00+09:00"}
{"kind":"exclusion","reason":"attack","from":"2026-10-03T10:00:00+09:00","until":"2026-10-03T10:04:00+09:00","by":"<b>sato</b>","decided":"2026-10-03T12:00:00+09:00"}"#;

#[tokio::test]
async fn an_office_with_a_contract_begins_with_its_promises() {
    let house = House::start_with_contract(LOG).await;
    let session = house.signed_in().await;
    let board = house.get("/", &session).await.text();
    assert!(board.contains("月間稼働率") && board.contains("99.9 % 以上"), "{board}");
    assert_eq!(house.get("/promises", &session).await.text().matches("<h1").count(), 1);
    assert!(house.get("/mail", &session).await.text().contains("配信の推移"), "the mail overview");

    let newest = house.get("/contracts/cyber-solutions", &session).await;
    assert_eq!(newest.header("location"), Some("/contracts/cyber-solutions/2026-11"));
    let october = house.get("/contracts/cyber-solutions/2026-10", &session).await.text();
    for part in ["未達成", "1か月の無料提供", "52分", "&#60;b&#62;sato"] {
        assert!(october.contains(part), "{part} is not in {october}");
    }
    assert!(!october.contains("<b>sato") && !october.contains("<script>alert"), "{october}");

    let json = house.get("/contracts/cyber-solutions/2026-10/statement.json", &session).await;
    assert_eq!(json.header("content-type"), Some("application/json"));
    let file = "attachment; filename=\"cyber-solutions-messaging-2026-10.json\"";
    assert_eq!(json.header("content-disposition"), Some(file));
    assert!(json.text().contains("\"verdict\": \"broken\""), "{}", json.text());
}

/// A contract that begins later has no statement to link to; that of an ended one is its last.
#[tokio::test]
async fn a_contract_out_of_its_term_links_to_what_there_is() {
    let link = "href=\"/contracts/cyber-solutions\"";
    let cases = [
        ("2020-01-01", None, Some("今月の計算書")),
        ("2026-12-01", None, None),
        ("2020-01-01", Some("2026-10-31"), Some("最終月の計算書")),
    ];
    for (first, last, word) in cases {
        let house = House::start_with_term(LOG, first, last).await;
        let session = house.signed_in().await;
        let board = house.get("/", &session).await.text();
        assert_eq!(board.contains(link), word.is_some(), "{first} {last:?}");
        assert!(word.is_none_or(|word| board.contains(word)), "{first} {last:?}");
        let claim = board.contains("無料サービスの申請期限");
        assert_eq!(claim, first == "2020-01-01", "until the end of November: {first} {last:?}");
    }
}

#[tokio::test]
async fn what_there_is_no_statement_of_is_not_found() {
    let house = House::start_with_contract("").await;
    let session = house.signed_in().await;
    for path in [
        "/contracts/other",
        "/contracts/other/2026-10",
        "/contracts/cyber-solutions/2026-12",
        "/contracts/cyber-solutions/2019-12",
        "/contracts/cyber-solutions/2026-13",
        "/contracts/cyber-solutions/2026-10?service=other",
        "/contracts/cyber-solutions/2026-10/statement.xml",
    ] {
        assert_eq!(house.get(path, &session).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_office_without_contracts_says_how_to_add_one() {
    let house = House::start().await;
    let session = house.signed_in().await;
    let page = house.get("/promises", &session).await.text();
    assert!(page.contains("/contracts-new"), "{page}");
    let first = house.get("/", &session).await.text();
    assert!(first.contains("配信の推移") && first.contains("/contracts-new"), "{first}");
    let new = house.get("/contracts-new", &session).await.text();
    assert!(new.contains("five-tiers") && new.contains("contract add"), "{new}");
}

/// From an outage by hand to a report that is issued, through the forms alone.
#[tokio::test]
async fn an_incident_from_the_outage_to_the_report() {
    let house = House::start_with_contract("").await;
    let session = house.signed_in().await;
    let list = house.get("/incidents", &session).await;
    assert_eq!(list.status, 200);
    let token = list.token();
    let post = async |path: &str, fields: &str| {
        house.post(path, &session, &format!("csrf={token}&{fields}")).await
    };
    let forged = house.post("/incidents", &session, "place=cyber-solutions%2F&title=x").await;
    assert_eq!(forged.status, 403);
    let refused = post("/incidents", "place=cyber-solutions%2F&title=+").await;
    assert_eq!(refused.status, 422);
    let opened = post("/incidents", "place=cyber-solutions%2Fweb&title=The+site+is+down").await;
    assert_eq!(opened.header("location"), Some("/incidents/1?done=incident-opened&count=1"));
    let deed = async |fields: &str| post("/incidents/1/deeds", fields).await.status;
    assert_eq!(deed("deed=close").await, 422, "not recovered yet");
    assert_eq!(deed("deed=dance").await, 400);
    assert_eq!(deed("deed=note&text=%3Cscript%3E").await, 303);
    assert_eq!(deed("deed=told&channel=email&reference=250+ok").await, 303);
    assert_eq!(deed("deed=take-back&entry=4").await, 303);
    assert_eq!(deed("deed=take-back&entry=1").await, 422);
    assert_eq!(post("/incidents/1/merge", "into=1").await.status, 422);
    assert_eq!(deed("deed=recover").await, 303);
    assert_eq!(house.get("/incidents/2", &session).await.status, 404);

    let save = "version=0&title=T&summary=S&effect=E&cause=C&treatment=R&prevention=";
    assert_eq!(post("/incidents/1/report", save).await.status, 303);
    assert_eq!(post("/incidents/1/report", save).await.status, 422, "somebody was faster");
    let issue = "/incidents/1/report/issue";
    assert_eq!(post(issue, "version=1").await.status, 422, "a part is empty");
    let save = "version=1&title=T&summary=S&effect=E&cause=C&treatment=R&prevention=P";
    assert_eq!(post("/incidents/1/report", save).await.status, 303);
    let issued = post(issue, "version=2").await;
    let report = "/incidents/1/reports/1";
    assert_eq!(issued.header("location"), Some(&*format!("{report}?done=report-issued&count=1")));
    assert!(house.get(report, &session).await.text().contains("SHA-256"));
    assert_eq!(deed("deed=close").await, 303);
    let page = house.get("/incidents/1", &session).await.text();
    assert!(page.contains("&#60;script&#62;") && !page.contains("<script>"), "{page}");
    assert_eq!(house.get("/incidents", &session).await.status, 200);
}
