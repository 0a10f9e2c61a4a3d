//! `yakusoku send` against a server that follows a script: what it says, and how it exits.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::thread::{self, JoinHandle};

/// Greets, then answers each line of the client by what `answer` says of its first word, and
/// returns everything the client said. In DATA only the final dot is answered.
fn scripted(answer: fn(&str) -> &'static str) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        let mut reader = BufReader::new(stream.try_clone().expect("a copy"));
        let mut stream = stream;
        let mut heard = Vec::new();
        let mut in_data = false;
        stream.write_all(b"220 mail.example ESMTP\r\n").expect("greeted");
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return heard;
            }
            let line = line.trim_end().to_owned();
            heard.push(line.clone());
            if in_data && line != "." {
                continue;
            }
            let reply = answer(&line);
            in_data = reply.starts_with("354");
            stream.write_all(reply.as_bytes()).expect("answered");
        }
    });
    (address, server)
}

fn send(server: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yakusoku"))
        .args(["send", "--server", server])
        .args(arguments)
        .env("YAKUSOKU_PASSWORD", "secret")
        .output()
        .expect("the program runs")
}

fn friendly(line: &str) -> &'static str {
    match line.split([' ', ':']).next().unwrap_or_default() {
        "EHLO" => "250-mail.example\r\n250-SIZE 1000\r\n250 AUTH PLAIN\r\n",
        "AUTH" => "235 2.7.0 welcome\r\n",
        "DATA" => "354 go on\r\n",
        "RCPT" if line.contains("nobody") => "550 5.1.1 no such user\r\n",
        "." => "250 2.0.0 queued as 01abc\r\n",
        "QUIT" => "221 bye\r\n",
        _ => "250 ok\r\n",
    }
}

#[test]
fn a_message_is_handed_over() {
    let (address, server) = scripted(friendly);
    let arguments = [
        "--to",
        "taro@example.jp",
        "--subject",
        "約束",
        "--user",
        "api@example.jp",
        "--text",
        ".a",
    ];
    let output = send(&address, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "250 2.0.0 queued as 01abc\n");
    let heard = server.join().expect("the server ends");
    for line in [
        "AUTH PLAIN AGFwaUBleGFtcGxlLmpwAHNlY3JldA==",
        "MAIL FROM:<api@example.jp>",
        "RCPT TO:<taro@example.jp>",
        "Subject: =?UTF-8?B?57SE5p2f?=",
        "QUIT",
    ] {
        assert!(heard.iter().any(|said| said == line), "{line} is not in {heard:#?}");
    }
}

#[test]
fn the_rest_goes_out_when_one_recipient_is_refused() {
    let (address, server) = scripted(friendly);
    let output = send(&address, &["--to", "nobody@example.jp", "--to", "taro@example.jp"]);
    assert_eq!(output.status.code(), Some(1));
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!(talk, "nobody@example.jp was refused: 550 5.1.1 no such user\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "250 2.0.0 queued as 01abc\n");
    drop(server.join());
}

#[test]
fn failures_tell_what_to_do() {
    let (full, _server) =
        scripted(|line| if line == "." { "452 4.3.1 full\r\n" } else { friendly(line) });
    let (silent, _server) = scripted(|_| "");
    drop(silent);
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("its address").to_string()
    };
    let to = ["--to", "taro@example.jp"];
    let cases: [(&str, &[&str], i32, &str); 4] = [
        (&full, &to, 1, "error: the server refused the message: 452 4.3.1 full\n"),
        (&closed, &to, 3, "error: nobody answers at ADDRESS\n  because: Connection refused"),
        (&closed, &["--to", "taro"], 2, "error: --to: \"taro\": an address needs a local part"),
        (&full, &["--to", "t@x.jp", "--attach", "/nonexistent"], 1, "error: cannot read /nonexis"),
    ];
    for (server, arguments, status, text) in cases {
        let output = send(server, arguments);
        let talk = String::from_utf8_lossy(&output.stderr).replace(server, "ADDRESS");
        assert_eq!(output.status.code(), Some(status), "{talk}");
        assert!(talk.starts_with(text), "{talk}");
    }
}
