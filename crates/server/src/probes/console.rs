//! Asks our console for its sign-in page.

use std::io;

use app::probes::Answer;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use crate::door::Talk;

/// Longest first line of an answer, in bytes.
const STATUS_LINE_MAX: u64 = 1024;

/// Good when the page is there (200); any other HTTP answer is a refusal. `heard` is set by the
/// first line.
pub async fn ask(stream: Box<dyn Talk>, host: &str, heard: &mut bool) -> io::Result<Answer> {
    let mut stream = BufReader::new(stream);
    let request = format!(
        "GET /sign-in HTTP/1.1\r\nHost: {host}\r\nUser-Agent: yakusoku-probe\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut line = Vec::new();
    stream.take(STATUS_LINE_MAX).read_until(b'\n', &mut line).await?;
    // HTTP-version SP status-code SP (RFC 9112 section 4).
    let Some(rest) = line.strip_prefix(b"HTTP/1.") else {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    };
    *heard = true;
    let is_there = rest.get(2..5) == Some(b"200");
    Ok(if is_there { Answer::Good } else { Answer::Refused })
}
