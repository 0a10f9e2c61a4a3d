//! Accounts, sessions, tries to sign in, and sending domains.

mod common;

use common::{at, on_each_engine, vault};
use jiff::SignedDuration;
use mail::roster::Algorithm;
use store::{AccountRecord, Kind, NewKey, SessionRecord, TryGate};

fn account(kind: Kind, name: &str) -> AccountRecord {
    AccountRecord {
        kind,
        name: name.into(),
        password_hash: "$argon2id$…".into(),
        created: at("2026-11-22T00:00:00Z"),
        contracts: Vec::new(),
    }
}

#[tokio::test]
async fn an_account_is_found_by_its_name_in_any_case_and_only_once() {
    on_each_engine(|store| async move {
        let hanako = account(Kind::Administrator, "hanako");
        assert!(store.add_account(&hanako).await.expect("added"));
        assert!(!store.add_account(&account(Kind::Administrator, "HANAKO")).await.expect("asked"));
        let program = account(Kind::ApiUser, "api@example.jp");
        assert!(store.add_account(&program).await.expect("added"));
        assert_eq!(
            store.account(Kind::Administrator, "Hanako").await.expect("found"),
            Some(hanako.clone())
        );
        assert_eq!(store.account(Kind::ApiUser, "hanako").await.expect("asked"), None);
        assert_eq!(store.accounts().await.expect("listed"), [hanako, program]);
    })
    .await;
}

#[tokio::test]
async fn the_last_administrator_stays() {
    on_each_engine(|store| async move {
        for name in ["hanako", "taro"] {
            store.add_account(&account(Kind::Administrator, name)).await.expect("added");
        }
        assert!(store.remove_account(Kind::Administrator, "taro", 1).await.expect("removed"));
        assert!(!store.remove_account(Kind::Administrator, "hanako", 1).await.expect("asked"));
        assert!(!store.remove_account(Kind::Administrator, "nobody", 0).await.expect("asked"));
        assert_eq!(store.accounts().await.expect("listed").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_with_its_time_its_account_or_its_password() {
    let now = at("2026-11-22T00:00:00Z");
    let later = now + SignedDuration::from_hours(12);
    on_each_engine(|store| async move {
        for name in ["hanako", "taro"] {
            store.add_account(&account(Kind::Administrator, name)).await.expect("added");
        }
        store
            .open_session("token-1", (Kind::Administrator, "hanako"), now, later)
            .await
            .expect("opened");
        store
            .open_session("token-2", (Kind::Administrator, "taro"), now, later)
            .await
            .expect("opened");
        let found = store.session("token-1", now).await.expect("found");
        let expected = SessionRecord {
            kind: Kind::Administrator,
            login: "hanako".to_owned(),
            contracts: Vec::new(),
            expires: later,
        };
        assert_eq!(found, Some(expected));
        assert_eq!(store.session("token-3", now).await.expect("asked"), None);
        assert_eq!(store.session("token-1", later).await.expect("asked"), None);
        assert!(store.set_password_hash(Kind::Administrator, "hanako", "$new").await.expect("set"));
        assert_eq!(store.session("token-1", now).await.expect("asked"), None);
        store.close_session("token-2").await.expect("closed");
        assert_eq!(store.session("token-2", now).await.expect("asked"), None);
        store
            .open_session("token-4", (Kind::Administrator, "taro"), now, later)
            .await
            .expect("opened");
        store.remove_account(Kind::Administrator, "taro", 1).await.expect("removed");
        assert_eq!(store.session("token-4", now).await.expect("asked"), None);
    })
    .await;
}

#[tokio::test]
async fn the_oldest_session_makes_room() {
    let now = at("2026-11-22T00:00:00Z");
    on_each_engine(|store| async move {
        store.add_account(&account(Kind::Administrator, "hanako")).await.expect("added");
        for n in 0..=store::SESSIONS_MAX {
            let expires = now + SignedDuration::from_hours(12) + SignedDuration::from_secs(n);
            let token = format!("token-{n}");
            store
                .open_session(&token, (Kind::Administrator, "hanako"), now, expires)
                .await
                .expect("opened");
        }
        assert_eq!(store.session("token-0", now).await.expect("asked"), None);
        assert!(store.session("token-1", now).await.expect("asked").is_some());
    })
    .await;
}

#[tokio::test]
async fn the_sixth_try_waits_for_the_first_to_be_a_window_old() {
    let gate = TryGate { tries: 5, window: SignedDuration::from_mins(15) };
    on_each_engine(|store| async move {
        let begin = at("2026-11-22T00:00:00Z");
        let minute = |n: i64| begin + SignedDuration::from_mins(n);
        let subjects = ["login hanako", "address 192.0.2.1"];
        for n in 0..5 {
            assert_eq!(store.count_try(&subjects, gate, minute(n)).await.expect("counted"), None);
        }
        let opens = store.count_try(&subjects, gate, minute(5)).await.expect("asked");
        assert_eq!(opens, Some(minute(15)));
        // The login is shut from another address too, and the address for another login.
        for other in [["login hanako", "address 192.0.2.2"], ["login taro", "address 192.0.2.1"]] {
            assert!(store.count_try(&other, gate, minute(6)).await.expect("asked").is_some());
        }
        assert_eq!(store.count_try(&subjects, gate, minute(15)).await.expect("counted"), None);
        assert!(store.count_try(&subjects, gate, minute(15)).await.expect("asked").is_some());
        store.forgive_tries(subjects[0], &subjects[1..], minute(15)).await.expect("forgiven");
        assert_eq!(store.count_try(&subjects, gate, minute(15)).await.expect("counted"), None);
    })
    .await;
}

#[tokio::test]
async fn a_domain_has_sealed_keys_and_is_added_once() {
    let now = at("2026-11-22T00:00:00Z");
    on_each_engine(|store| async move {
        let keys = || {
            [("y202611r", Algorithm::RsaSha256), ("y202611e", Algorithm::Ed25519Sha256)].map(
                |(selector, algorithm)| NewKey {
                    selector: selector.into(),
                    algorithm,
                    private: b"private".to_vec(),
                },
            )
        };
        assert!(store.add_domain("example.jp", &keys(), now).await.expect("added"));
        assert!(!store.add_domain("example.jp", &keys(), now).await.expect("asked"));
        assert!(store.add_domain("another.example", &[], now).await.expect("added"));
        let domains = store.domains().await.expect("listed");
        let names: Vec<_> = domains.iter().map(|d| (d.name.as_str(), d.keys.len())).collect();
        assert_eq!(names, [("another.example", 0), ("example.jp", 2)]);
        let key = &domains[1].keys[0];
        assert_eq!((key.selector.as_str(), key.algorithm), ("y202611e", Algorithm::Ed25519Sha256));
        assert_eq!(vault().open("dkim-key", &key.sealed).expect("opened"), b"private");
        assert!(store.remove_domain("example.jp").await.expect("removed"));
        assert!(!store.remove_domain("example.jp").await.expect("asked"));
        assert!(store.add_domain("example.jp", &keys(), now).await.expect("added again"));
    })
    .await;
}

#[tokio::test]
async fn a_customer_has_contracts_and_a_session_knows_them() {
    let now = at("2026-11-22T00:00:00Z");
    let later = now + SignedDuration::from_hours(12);
    on_each_engine(|store| async move {
        let contracts = vec!["a-mail".to_owned(), "b-web".to_owned()];
        let hanako =
            AccountRecord { contracts: contracts.clone(), ..account(Kind::Customer, "hanako") };
        assert!(store.add_account(&hanako).await.expect("added"));
        assert!(!store.add_account(&hanako).await.expect("asked"));
        assert_eq!(store.accounts().await.expect("listed"), [hanako]);
        store.open_session("token", (Kind::Customer, "hanako"), now, later).await.expect("opened");
        let sees = async || {
            let session = store.session("token", now).await.expect("asked");
            session.map(|session| (session.kind, session.contracts))
        };
        assert_eq!(sees().await, Some((Kind::Customer, contracts)));
        let other = ["c-dns".to_owned()];
        assert!(store.set_contracts("Hanako", &other).await.expect("set"));
        assert!(!store.set_contracts("taro", &other).await.expect("asked"));
        assert_eq!(sees().await, Some((Kind::Customer, other.to_vec())));
        assert!(store.remove_account(Kind::Customer, "hanako", 0).await.expect("removed"));
        assert_eq!(sees().await, None);
        // Somebody else of that name begins with nothing.
        assert!(store.add_account(&account(Kind::Customer, "hanako")).await.expect("added"));
        let again = store.account(Kind::Customer, "hanako").await.expect("found");
        assert_eq!(again.map(|it| it.contracts), Some(Vec::new()));
    })
    .await;
}
