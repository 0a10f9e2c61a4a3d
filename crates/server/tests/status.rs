//! Status pages as a visitor and another web server see them: served, written as files, and still there
//! when the program is gone. With `YAKUSOKU_TEST_PEERS` the files are carried by a real nginx.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running program; killed at the latest when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

fn configure(folder: &Path, console: u16) {
    let contracts = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts");
    let config = format!(
        "data = \"data\"\nhostname = \"mail.example.jp\"\n\n[console]\nlisten = \"127.0.0.1:{console}\"\n\n\
         [[composition]]\nname = \"sandbox\"\ndelivery = \"sandbox\"\nlisten = [\"127.0.0.1:0\"]\n\n\
         [[contract]]\nfile = \"{contracts}/customers-mail-cloud.toml\"\nstart = 2020-01-01\n\n\
         [contract.measure]\nconsole = \"console\"\n\n\
         [[status]]\nname = \"mail\"\ntitle = \"メールクラウド\"\ntitle_en = \"Mail cloud\"\n\
         contracts = [\"customers-mail-cloud\"]\npublic = true\nstatic_folder = \"written\"\n\
         address = \"https://status.example.jp\"\n\n[status.functions]\nconsole = \"管理画面\"\n\n\
         [status.functions_en]\nconsole = \"Console\"\n"
    );
    fs::write(folder.join("yakusoku.toml"), config).expect("written");
}

fn yakusoku(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
        .args(arguments)
        .args(["--config", "yakusoku.toml"])
        .current_dir(folder)
        .output()
        .expect("the program runs");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {talk}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn get(port: u16, page: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it answers");
    write!(stream, "GET {page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

const FILES: [&str; 7] =
    ["atom-en.xml", "atom.xml", "en.html", "index.html", "ja.html", "status.css", "status.json"];

#[test]
fn a_page_outlives_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    let console = free_port();
    configure(folder.path(), console);
    let written = folder.path().join("written");
    {
        let child = Command::new(env!("CARGO_BIN_EXE_yakusoku"))
            .args(["up", "--config", "yakusoku.toml"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("stderr")).expect("a file"))
            .spawn();
        let _running = Running(child.expect("the program starts"));
        wait_until("the page is written", || written.join("index.html").exists());
        let page = get(console, "/status/mail?lang=en");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("Console"), "{page}");
        assert!(!page.to_ascii_lowercase().contains("set-cookie"), "{page}");
    }
    let mut names: Vec<String> = fs::read_dir(&written)
        .expect("there")
        .map(|it| it.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, FILES, "nothing half-written is left");
    for name in FILES {
        let mode = fs::metadata(written.join(name)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{name}");
    }
    let page = fs::read_to_string(written.join("en.html")).expect("the page");
    assert!(page.contains("href=\"status.css\"") && page.contains("href=\"ja.html\""), "{page}");
    assert!(page.contains("is no longer current"), "{page}");
    let feed = fs::read_to_string(written.join("atom.xml")).expect("the feed");
    assert!(feed.contains("href=\"https://status.example.jp/atom.xml\""), "{feed}");
    if std::env::var_os("YAKUSOKU_TEST_PEERS").is_some() {
        carried_by_nginx(folder.path(), &written);
    }
}

/// Another web server carries the files; its user is not ours.
fn carried_by_nginx(folder: &Path, written: &Path) {
    let port = free_port();
    let at = folder.display();
    let config = format!(
        "daemon off;\npid {at}/nginx.pid;\nerror_log {at}/nginx.log;\nevents {{}}\n\
         http {{\n  include /etc/nginx/mime.types;\n  access_log off;\n\
         client_body_temp_path {at}/body;\n  proxy_temp_path {at}/proxy;\n  \
         fastcgi_temp_path {at}/fastcgi;\n  uwsgi_temp_path {at}/uwsgi;\n  \
         scgi_temp_path {at}/scgi;\n\
         server {{ listen 127.0.0.1:{port}; root {}; }}\n}}\n",
        written.display()
    );
    let path = folder.join("nginx.conf");
    fs::write(&path, config).expect("written");
    let child = Command::new("nginx").arg("-c").arg(&path).stderr(Stdio::null()).spawn();
    let nginx = Running(child.expect("nginx starts"));
    wait_until("nginx listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    for (page, must_say) in [
        ("/", "メールクラウド"),
        ("/en.html", "Mail cloud"),
        ("/status.css", "--bar-up"),
        ("/status.json", "\"format\":1"),
        ("/atom.xml", "http://www.w3.org/2005/Atom"),
    ] {
        let answer = get(port, page);
        assert!(answer.starts_with("HTTP/1.1 200"), "{page}: {answer}");
        assert!(answer.contains(must_say), "{page}: {answer}");
    }
    // The master ends its workers.
    let asked = Command::new("kill").arg(nginx.0.id().to_string()).status();
    assert!(asked.expect("kill").success());
    wait_until("nginx ends", || TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn the_command_prints_and_writes_pages() {
    let folder = tempfile::tempdir().expect("a folder");
    configure(folder.path(), free_port());
    let table = yakusoku(folder.path(), &["status"]);
    assert!(table.starts_with("Mail cloud (") && table.contains("Console"), "{table}");
    // Nobody has looked yet.
    assert!(table.contains("unknown"), "{table}");
    let page: serde_json::Value =
        serde_json::from_str(&yakusoku(folder.path(), &["status", "mail", "--json"]))
            .expect("JSON");
    assert_eq!((&page["name"], &page["condition"]), (&"mail".into(), &"unknown".into()));
    assert_eq!(page["functions"][0]["title"]["ja"], "管理画面");
    assert_eq!(yakusoku(folder.path(), &["status", "write"]), "written\n");
    assert!(folder.path().join("written/index.html").exists());
}
