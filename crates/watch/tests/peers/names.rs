//! Knot: names, types, authority, over UDP and TCP.

use std::fs;

use watch::{Dns, Kind};

use crate::server::{Server, folder, free_port};
use crate::{expect, is_wanted, life};

fn knot() -> (Server, u16) {
    let (folder, port) = (folder(), free_port());
    let at = folder.path().display().to_string();
    let zone = "$ORIGIN test.\n$TTL 5\n@ SOA ns hostmaster 1 60 60 600 5\n@ NS ns\nns A 127.0.0.1\n\
                www A 192.0.2.1\nwww A 192.0.2.2\n@ MX 10 mx.test.\ntext TXT \"v=spf1\" \" -all\"\n\
                alias CNAME www\n";
    let config = format!(
        "server:\n    rundir: \"{at}\"\n    listen: 127.0.0.1@{port}\n    udp-workers: 1\n    \
         tcp-workers: 1\n    background-workers: 1\ndatabase:\n    storage: \"{at}/db\"\n\
         zone:\n  - domain: test\n    file: \"{at}/test.zone\"\n    zonefile-sync: -1\n    \
         journal-content: none\n  - domain: broken\n    file: \"{at}/none\"\n"
    );
    fs::write(folder.path().join("test.zone"), zone).expect("zone");
    fs::write(folder.path().join("knot.conf"), config).expect("configuration");
    let path = format!("{at}/knot.conf");
    (Server::new(folder, port, &["knotd", "-c", &path]), port)
}

fn dns(name: &str, record: &str, values: &[&str], tcp: bool) -> Kind {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    let (name, record) = (name.to_owned(), record.to_owned());
    Kind::Dns(Dns { name, record, values, authoritative: true, tcp })
}

#[tokio::test(flavor = "multi_thread")]
async fn names() {
    if !is_wanted() {
        return;
    }
    let (mut knot, port) = knot();
    knot.up();
    // It listens before its zones are there.
    std::thread::sleep(std::time::Duration::from_millis(500));
    for (name, record, values, expected) in [
        ("www.test", "A", &["192.0.2.2", "192.0.2.1"][..], "succeeded"),
        ("www.test", "A", &["192.0.2.1"], "refused values"),
        ("www.test", "AAAA", &[], "refused values"),
        ("test", "MX", &["10 mx.test."], "succeeded"),
        ("text.test", "TXT", &["\"v=spf1 -all\""], "succeeded"),
        ("alias.test", "A", &["192.0.2.1", "192.0.2.2"], "succeeded"),
        ("nobody.test", "A", &[], "refused dns-error"),
        ("www.broken", "A", &[], "refused dns-error"),
        ("www.elsewhere", "A", &[], "refused dns-error"),
    ] {
        for tcp in [false, true] {
            expect(dns(name, record, values, tcp), port, expected).await;
        }
    }
    // Back up, it answers SERVFAIL until the zone is loaded: ask for the server's own name.
    let own = dns("www.test", "A", &[], true);
    expect(own, port, "succeeded").await;
    let chaos = Kind::Tcp(watch::Tcp::default());
    life(&mut knot, chaos, port, "succeeded").await;
    std::thread::sleep(std::time::Duration::from_millis(500));
    knot.pause();
    expect(dns("www.test", "A", &[], false), port, "silent timed-out").await;
    knot.go_on();
    expect(dns("www.test", "A", &[], false), port, "succeeded").await;
    knot.down();
    expect(dns("www.test", "A", &[], false), port, "silent connection-refused").await;
}
