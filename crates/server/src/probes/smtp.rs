//! Opens an SMTP session, says hello and goodbye. No mail is sent.

use std::io;

use app::probes::Answer;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use crate::door::Talk;

/// Longest reply we listen to, in bytes.
const REPLY_MAX: u64 = 64 * 1024;

/// Good when greeting, EHLO and QUIT are answered by 2xx. `heard` is set by the first reply.
pub async fn ask(stream: Box<dyn Talk>, helo: &str, heard: &mut bool) -> io::Result<Answer> {
    let mut stream = BufReader::new(stream);
    for command in [None, Some(format!("EHLO {helo}\r\n")), Some("QUIT\r\n".to_owned())] {
        if let Some(command) = command {
            stream.write_all(command.as_bytes()).await?;
            stream.flush().await?;
        }
        let is_success = reply(&mut stream).await?;
        *heard = true;
        if !is_success {
            return Ok(Answer::Refused);
        }
    }
    Ok(Answer::Good)
}

/// Reads one reply; whether it begins with 2. Every line but the last has a hyphen behind the
/// code (RFC 5321 section 4.2.1).
async fn reply(stream: &mut BufReader<Box<dyn Talk>>) -> io::Result<bool> {
    let mut left = stream.take(REPLY_MAX);
    loop {
        let mut line = Vec::new();
        left.read_until(b'\n', &mut line).await?;
        let code = line.get(..3).filter(|code| code.iter().all(u8::is_ascii_digit));
        let Some(code) = code.filter(|_| line.ends_with(b"\n")) else {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        };
        if line.get(3) != Some(&b'-') {
            return Ok(code[0] == b'2');
        }
    }
}
