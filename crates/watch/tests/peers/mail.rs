//! Postfix and Dovecot: mail in, mail out, TLS, logins.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use watch::{Answer, Kind, Login, Mailbox, Secret, Smtp, SmtpSend, Speech, Tls, Trust, Wrap};

use crate::common::GOOD;
use crate::server::{Server, certify, folder, free_port, run};
use crate::{expect, is_wanted, life, seen};

fn login(password: &str) -> Option<Login> {
    Some(Login { user: "probe".to_owned(), password: Secret(password.to_owned()) })
}

struct Dovecot {
    server: Server,
    imap: u16,
    imaps: u16,
    pop3: u16,
    pop3s: u16,
}

fn dovecot() -> Dovecot {
    let folder = folder();
    let at = folder.path().display().to_string();
    certify(folder.path(), "tls", GOOD);
    fs::create_dir(folder.path().join("mail")).expect("folder");
    run(&["chown", "nobody", &format!("{at}/mail")]);
    let (imap, imaps, pop3, pop3s) = (free_port(), free_port(), free_port(), free_port());
    let listener = |name: &str, port: u16, ssl: &str| {
        format!("inet_listener {name} {{\n address = 127.0.0.1\n port = {port}\n ssl = {ssl}\n}}\n")
    };
    let config = format!(
        "base_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/log\nprotocols = imap pop3\n\
         ssl = yes\nssl_cert = <{at}/tls.pem\nssl_key = <{at}/tls.key\n\
         disable_plaintext_auth = no\nauth_mechanisms = plain\nfirst_valid_uid = 1\n\
         mail_location = maildir:{at}/mail\n\
         passdb {{\n driver = static\n args = password=hush\n}}\n\
         userdb {{\n driver = static\n args = uid=nobody gid=nogroup home={at}/mail\n}}\n\
         service imap-login {{\n{}{}}}\nservice pop3-login {{\n{}{}}}\n",
        listener("imap", imap, "no"),
        listener("imaps", imaps, "yes"),
        listener("pop3", pop3, "no"),
        listener("pop3s", pop3s, "yes"),
    );
    let path = format!("{at}/dovecot.conf");
    fs::write(&path, config).expect("configuration");
    let server = Server::new(folder, imap, &["dovecot", "-F", "-c", &path]);
    Dovecot { server, imap, imaps, pop3, pop3s }
}

#[tokio::test(flavor = "multi_thread")]
async fn mailboxes() {
    if !is_wanted() {
        return;
    }
    let Dovecot { mut server, imap, imaps, pop3, pop3s } = dovecot();
    server.up();
    let mailbox =
        |wrap, password: &str| Mailbox { wrap, trust: Trust::Roots, login: login(password) };
    for (wrap, imap, pop3) in
        [(Wrap::Plain, imap, pop3), (Wrap::Upgrade, imap, pop3), (Wrap::Direct, imaps, pop3s)]
    {
        expect(Kind::Imap(mailbox(wrap, "hush")), imap, "succeeded").await;
        expect(Kind::Pop3(mailbox(wrap, "hush")), pop3, "succeeded").await;
        expect(Kind::Imap(mailbox(wrap, "loud")), imap, "refused login-refused").await;
        expect(Kind::Pop3(mailbox(wrap, "loud")), pop3, "refused login-refused").await;
    }
    for (after, port) in [(Speech::Imap, imap), (Speech::Pop3, pop3)] {
        expect(Kind::Tls(Tls { after: Some(after), ..Tls::default() }), port, "succeeded").await;
    }
    expect(Kind::Imap(mailbox(Wrap::Plain, "hush")), pop3, "refused protocol").await;
    let kind = Kind::Imap(mailbox(Wrap::Plain, "hush"));
    life(&mut server, kind, imap, "silent timed-out").await;
    let kind = Kind::Pop3(mailbox(Wrap::Direct, "hush"));
    life(&mut server, kind, pop3s, "silent timed-out").await;
}

const MAIN: &str = "compatibility_level = 3.6\nmail_owner = postfix\nsetgid_group = postdrop\n\
    command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\nmyhostname = mx.test\n\
    mydestination =\nalias_maps =\nalias_database =\ninet_interfaces = all\ninet_protocols = ipv4\n\
    mynetworks = 127.0.0.0/8\nsmtpd_tls_security_level = may\nsmtpd_peername_lookup = no\nbiff = no\n\
    virtual_mailbox_domains = sink.test\nvirtual_uid_maps = static:65534\n\
    virtual_gid_maps = static:65534\nvirtual_minimum_uid = 100\n";

const SERVICES: &str = "cleanup unix n - n - 0 cleanup\nqmgr unix n - n 1 1 qmgr\n\
    tlsmgr unix - - n 1000? 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite\n\
    bounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\n\
    virtual unix - n n - - virtual\nerror unix - - n - - error\nretry unix - - n - - error\n\
    anvil unix - - n - 1 anvil\nproxymap unix - - n - - proxymap\nscache unix - - n - 1 scache\n\
    verify unix - - n - 1 verify\nflush unix n - n 1000? 0 flush\n\
    postlog unix-dgram n - n - 1 postlogd\n";

fn postfix() -> (Server, u16) {
    let (folder, port) = (folder(), free_port());
    let at = folder.path().display().to_string();
    certify(folder.path(), "tls", GOOD);
    let both =
        ["key", "pem"].map(|end| fs::read_to_string(format!("{at}/tls.{end}")).expect("PEM"));
    fs::write(format!("{at}/chain.pem"), both.concat()).expect("chain");
    for part in ["queue", "data", "mail"] {
        fs::create_dir(folder.path().join(part)).expect("folder");
    }
    fs::write(format!("{at}/boxes"), "/^inbox@/ mail/\n").expect("mailboxes");
    let more = format!(
        "queue_directory = {at}/queue\ndata_directory = {at}/data\nmaillog_file = {at}/log\n\
         maillog_file_prefixes = {at}\nsmtpd_tls_chain_files = {at}/chain.pem\n\
         virtual_mailbox_base = {at}\nvirtual_mailbox_maps = regexp:{at}/boxes\n"
    );
    fs::write(format!("{at}/main.cf"), format!("{MAIN}{more}")).expect("main.cf");
    let services = format!("127.0.0.1:{port} inet n - n - - smtpd\n{SERVICES}");
    fs::write(format!("{at}/master.cf"), services).expect("master.cf");
    run(&["chown", "nobody", &format!("{at}/mail")]);
    run(&["chown", "postfix", &format!("{at}/data")]);
    run(&["postfix", "-c", &at, "check"]);
    (Server::new(folder, port, &["postfix", "-c", &at, "start-fg"]), port)
}

/// Whether a mail with this token has come.
fn has_come(server: &Server, token: &str) -> bool {
    let arrived = fs::read_dir(server.folder.path().join("mail/new"));
    arrived
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| fs::read_to_string(entry.path()).is_ok_and(|mail| mail.contains(token)))
}

/// What OpenSSL's client says of TLS 1.0.
fn speaks_old_tls(port: u16) -> bool {
    let target = format!("127.0.0.1:{port}");
    let options = ["s_client", "-starttls", "smtp", "-tls1", "-cipher", "ALL:@SECLEVEL=0"];
    let mut client = Command::new("openssl");
    client.args(options).args(["-connect", &target]).stdin(Stdio::null());
    let said = client.output().expect("openssl").stdout;
    let said = String::from_utf8_lossy(&said).into_owned();
    said.contains("Cipher is ") && !said.contains("Cipher is (NONE)")
}

/// Another line of main.cf, with a server that has read it.
fn append(server: &Server, line: &str) {
    let at = server.folder.path().display().to_string();
    let main = format!("{at}/main.cf");
    let before = fs::read_to_string(&main).expect("main.cf");
    fs::write(&main, format!("{before}{line}\n")).expect("main.cf");
    run(&["postfix", "-c", &at, "reload"]);
    std::thread::sleep(Duration::from_secs(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn smtp() {
    if !is_wanted() {
        return;
    }
    let (mut server, port) = postfix();
    server.up();
    let smtp = |wrap| Smtp { helo: "probe.test".to_owned(), wrap, ..Smtp::default() };
    let send = |wrap, to: &str| {
        Kind::SmtpSend(SmtpSend {
            smtp: smtp(wrap),
            from: "probe@probe.test".to_owned(),
            to: to.to_owned(),
            subject: "probe".to_owned(),
        })
    };
    expect(Kind::Smtp(smtp(Wrap::Plain)), port, "succeeded").await;
    expect(Kind::Smtp(smtp(Wrap::Upgrade)), port, "succeeded").await;
    expect(Kind::Smtp(smtp(Wrap::Direct)), port, "silent tls-broken").await;
    let signed_in = Smtp { login: login("hush"), ..smtp(Wrap::Plain) };
    expect(Kind::Smtp(signed_in), port, "refused login-method").await;
    // Left to itself, Postfix speaks TLS 1.0 still; another client says so too.
    let tls = || Kind::Tls(Tls { after: Some(Speech::Smtp), ..Tls::default() });
    expect(tls(), port, "refused old-tls").await;
    assert!(speaks_old_tls(port));
    append(&server, "smtpd_tls_protocols = >=TLSv1.2");
    expect(tls(), port, "succeeded").await;
    assert!(!speaks_old_tls(port));
    expect(send(Wrap::Plain, "nobody@sink.test"), port, "refused command-refused").await;
    for wrap in [Wrap::Plain, Wrap::Upgrade] {
        let seen = seen(send(wrap, "inbox@sink.test"), port).await;
        assert_eq!(seen.answer, Answer::Succeeded, "{seen:?}");
        let token = seen.detail.token.expect("token");
        let found = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            has_come(&server, &token)
        });
        assert!(found, "the mail of {token} has not come");
    }
    life(&mut server, Kind::Smtp(smtp(Wrap::Plain)), port, "silent timed-out").await;
}
