//! PostgreSQL and MariaDB: logins, queries, sizes.

use std::fs;
use std::path::Path;

use watch::{Database, Kind, Login, Secret, Trust, Wrap};

use crate::common::GOOD;
use crate::server::{Server, certify, folder, free_port, run};
use crate::{expect, is_wanted, life};

fn database(user: &str, password: &str, name: &str) -> Database {
    Database {
        login: Login { user: user.to_owned(), password: Secret(password.to_owned()) },
        database: name.to_owned(),
        wrap: Wrap::Plain,
        trust: Trust::Roots,
        query: String::new(),
        expect: Some("1".to_owned()),
        size: None,
    }
}

/// What is the same for both.
async fn queries(kind: impl Fn(Database) -> Kind, port: u16, own: &Database) {
    let broken = Database { query: "select from where".to_owned(), ..own.clone() };
    let null = Database { query: "select null".to_owned(), expect: None, ..own.clone() };
    let many = "select table_name from information_schema.tables".to_owned();
    let wrong = Login { password: Secret("loud".to_owned()), ..own.login.clone() };
    for (wanted, expected) in [
        (own.clone(), "succeeded"),
        (Database { wrap: Wrap::Upgrade, ..own.clone() }, "succeeded"),
        (Database { size: Some(1 << 40), ..own.clone() }, "succeeded"),
        (Database { size: Some(1), ..own.clone() }, "refused above-limit"),
        (Database { expect: Some("2".to_owned()), ..own.clone() }, "refused content"),
        (broken, "refused command-refused"),
        (null, "succeeded"),
        (Database { query: many, expect: None, ..own.clone() }, "succeeded"),
        (Database { login: wrong, ..own.clone() }, "refused login-refused"),
        (Database { database: "nothing".to_owned(), ..own.clone() }, "refused command-refused"),
    ] {
        expect(kind(wanted), port, expected).await;
    }
}

fn postgres() -> (Server, u16) {
    let (folder, port) = (folder(), free_port());
    let at = folder.path().display().to_string();
    let installed = fs::read_dir("/usr/lib/postgresql").expect("postgresql is not installed");
    let version = installed.flatten().map(|entry| entry.path()).max().expect("a version");
    let bin = version.join("bin").display().to_string();
    certify(folder.path(), "tls", GOOD);
    fs::write(folder.path().join("password"), "hush").expect("password");
    run(&["chown", "-R", "postgres", &at]);
    run(&["chmod", "600", &format!("{at}/tls.key")]);
    run(&[
        "runuser",
        "-u",
        "postgres",
        "--",
        &format!("{bin}/initdb"),
        "-D",
        &format!("{at}/data"),
        "-U",
        "probe",
        "-A",
        "scram-sha-256",
        &format!("--pwfile={at}/password"),
        "--no-sync",
        "--locale=C",
    ]);
    let settings = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = off\n\
         ssl = on\nssl_cert_file = '{at}/tls.pem'\nssl_key_file = '{at}/tls.key'\n"
    );
    append(&folder.path().join("data/postgresql.conf"), &settings);
    let start = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
    let (program, data) = (format!("{bin}/postgres"), format!("{at}/data"));
    let server = [&start[..], &[&program, "-D", &data]].concat();
    (Server::new(folder, port, &server), port)
}

fn append(path: &Path, more: &str) {
    let before = fs::read_to_string(path).expect("configuration");
    fs::write(path, before + more).expect("configuration");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql() {
    if !is_wanted() {
        return;
    }
    let (mut server, port) = postgres();
    server.up();
    let own = database("probe", "hush", "postgres");
    // It listens before it lets anybody in, and says so.
    let ready = std::time::Instant::now();
    while crate::seen(Kind::Postgres(own.clone()), port).await.answer != watch::Answer::Succeeded {
        assert!(ready.elapsed().as_secs() < 30, "PostgreSQL does not let us in");
    }
    queries(Kind::Postgres, port, &own).await;
    // Passwords of old servers.
    let md5 = Database {
        query: "set password_encryption = 'md5'; create role old login password 'hush'".to_owned(),
        expect: None,
        ..own.clone()
    };
    expect(Kind::Postgres(md5), port, "succeeded").await;
    let conf = server.folder.path().join("data/pg_hba.conf");
    let before = fs::read_to_string(&conf).expect("pg_hba.conf");
    let rules = "host all old 127.0.0.1/32 md5\nhostssl all clear 127.0.0.1/32 password\n\
                 hostnossl all clear 127.0.0.1/32 password\n";
    fs::write(&conf, format!("{rules}{before}")).expect("pg_hba.conf");
    let reload = "create role clear login password 'hush'; select pg_reload_conf()".to_owned();
    let reload = Database { query: reload, expect: Some("t".to_owned()), ..own.clone() };
    expect(Kind::Postgres(reload), port, "succeeded").await;
    std::thread::sleep(std::time::Duration::from_millis(500));
    let clear = database("clear", "hush", "postgres");
    for (wanted, expected) in [
        (database("old", "hush", "postgres"), "succeeded"),
        (database("old", "loud", "postgres"), "refused login-refused"),
        // The password itself goes over TLS only.
        (clear.clone(), "refused login-method"),
        (Database { wrap: Wrap::Upgrade, ..clear }, "succeeded"),
    ] {
        expect(Kind::Postgres(wanted), port, expected).await;
    }
    let tls = watch::Tls { after: Some(watch::Speech::Postgres), ..watch::Tls::default() };
    expect(Kind::Tls(tls), port, "succeeded").await;
    life(&mut server, Kind::Postgres(own), port, "silent timed-out").await;
}

fn mariadb() -> (Server, u16) {
    let (folder, port) = (folder(), free_port());
    let at = folder.path().display().to_string();
    certify(folder.path(), "tls", GOOD);
    run(&["chown", "-R", "mysql", &at]);
    let data = format!("--datadir={at}/data");
    run(&["mariadb-install-db", "--no-defaults", "--user=mysql", &data, "--skip-test-db"]);
    let accounts = "create user probe@'127.0.0.1' identified by 'hush';\n\
                    create user empty@'127.0.0.1' identified by '';\n\
                    create database shop;\ngrant all on shop.* to probe@'127.0.0.1';\n\
                    create table shop.goods (id int);\n";
    fs::write(folder.path().join("accounts.sql"), accounts).expect("accounts");
    let command = [
        "mariadbd",
        "--no-defaults",
        "--user=mysql",
        &data,
        &format!("--port={port}"),
        "--bind-address=127.0.0.1",
        &format!("--socket={at}/socket"),
        &format!("--pid-file={at}/data/pid"),
        &format!("--ssl-cert={at}/tls.pem"),
        &format!("--ssl-key={at}/tls.key"),
        "--skip-name-resolve",
    ];
    let mut server = Server::new(folder, port, &command);
    server.up();
    let socket = format!("--socket={at}/socket");
    run(&["sh", "-c", &format!("mariadb --no-defaults {socket} -u root < {at}/accounts.sql")]);
    (server, port)
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql() {
    if !is_wanted() {
        return;
    }
    let (mut server, port) = mariadb();
    let own = database("probe", "hush", "shop");
    queries(Kind::Mysql, port, &own).await;
    expect(Kind::Mysql(database("empty", "", "")), port, "succeeded").await;
    expect(Kind::Mysql(database("empty", "x", "")), port, "refused login-refused").await;
    life(&mut server, Kind::Mysql(own), port, "silent timed-out").await;
}
