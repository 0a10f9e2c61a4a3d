//! vsftpd: logins in plain text and under TLS.

use std::fs;

use watch::{Kind, Login, Mailbox, Secret, Trust, Wrap};

use crate::common::GOOD;
use crate::server::{Server, certify, folder, free_port};
use crate::{expect, is_wanted, life};

fn vsftpd() -> (Server, u16) {
    let (folder, port) = (folder(), free_port());
    let at = folder.path().display().to_string();
    certify(folder.path(), "tls", GOOD);
    fs::create_dir(folder.path().join("empty")).expect("folder");
    fs::create_dir(folder.path().join("root")).expect("folder");
    let config = format!(
        "listen=YES\nlisten_ipv6=NO\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\n\
         anonymous_enable=YES\nlocal_enable=NO\nanon_root={at}/root\nsecure_chroot_dir={at}/empty\n\
         ssl_enable=YES\nallow_anon_ssl=YES\nforce_anon_logins_ssl=NO\nforce_anon_data_ssl=NO\n\
         rsa_cert_file={at}/tls.pem\nrsa_private_key_file={at}/tls.key\nseccomp_sandbox=NO\n"
    );
    let path = format!("{at}/vsftpd.conf");
    fs::write(&path, config).expect("configuration");
    (Server::new(folder, port, &["vsftpd", &path]), port)
}

#[tokio::test(flavor = "multi_thread")]
async fn ftp() {
    if !is_wanted() {
        return;
    }
    let (mut vsftpd, port) = vsftpd();
    vsftpd.up();
    let login =
        |user: &str| Some(Login { user: user.to_owned(), password: Secret("a@b.test".to_owned()) });
    let ftp = |wrap, login| Kind::Ftp(Mailbox { wrap, trust: Trust::Roots, login });
    expect(ftp(Wrap::Plain, login("anonymous")), port, "succeeded").await;
    expect(ftp(Wrap::Plain, login("somebody")), port, "refused login-refused").await;
    expect(ftp(Wrap::Upgrade, login("anonymous")), port, "succeeded").await;
    life(&mut vsftpd, ftp(Wrap::Plain, login("anonymous")), port, "silent timed-out").await;
}
