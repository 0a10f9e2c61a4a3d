//! A question to a name server (RFC 1035), over UDP with repeats or over TCP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use hickory_resolver::proto::op::{Message, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::answer::{Fault, Figure, Reason, Stage, Unit, quote};
use crate::check::{Dns, Target};
use crate::reach::{Look, Reach, connect_fault};
use crate::wire::Wire;

/// UDP loses packets; a question is asked so often within the timeout.
const ASKED: u32 = 3;
/// Bytes of an answer over UDP.
const UDP_MAX: usize = 4_096;

pub(crate) async fn look(
    dns: &Dns,
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<(), Fault> {
    let question = question(dns).ok_or(Fault::unseen(Reason::Settings).said(&dns.name))?;
    let bytes = question.to_vec().map_err(|_| Fault::unseen(Reason::Settings))?;
    let answer = if dns.tcp {
        over_tcp(&bytes, target, reach, look).await?
    } else {
        let answer = over_udp(&question, &bytes, target, reach, look).await?;
        // Cut short: the rest is to be had over TCP (RFC 7766).
        if answer.metadata.truncation {
            over_tcp(&bytes, target, reach, look).await?
        } else {
            answer
        }
    };
    look.reached(Stage::Answered);
    judge(dns, &question, &answer, look)
}

fn question(dns: &Dns) -> Option<Message> {
    let name = Name::from_str(&format!("{}.", dns.name.trim_end_matches('.'))).ok()?;
    let record = RecordType::from_str(&dns.record.to_ascii_uppercase()).ok()?;
    let mut message = Message::query();
    let mut id = [0; 2];
    aws_lc_rs::rand::fill(&mut id).ok()?;
    message.metadata.id = u16::from_be_bytes(id);
    message.metadata.recursion_desired = !dns.authoritative;
    message.add_query(Query::query(name, record));
    Some(message)
}

async fn over_udp(
    question: &Message,
    bytes: &[u8],
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<Message, Fault> {
    let address = reach.address(&target.host, look).await?;
    let own: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let own = reach.source.filter(|source| source.is_ipv4() == address.is_ipv4()).unwrap_or(own);
    let trouble = |error: std::io::Error| Fault::unseen(Reason::OwnTrouble).said(error.to_string());
    let socket = UdpSocket::bind(SocketAddr::new(own, 0)).await.map_err(trouble)?;
    let port = target.port.unwrap_or(53);
    socket.connect(SocketAddr::new(address, port)).await.map_err(|error| connect_fault(&error))?;
    let patience = look.ends.saturating_duration_since(look.began) / ASKED;
    let mut answer = vec![0; UDP_MAX];
    for _ in 0..ASKED {
        socket.send(bytes).await.map_err(|error| connect_fault(&error))?;
        if let Ok(heard) = timeout(patience, hear(&socket, question, &mut answer)).await {
            return heard;
        }
    }
    Err(Fault::silent(Reason::TimedOut))
}

/// The answer to our question; what answers another is somebody's attempt to mislead us.
async fn hear(socket: &UdpSocket, question: &Message, buffer: &mut [u8]) -> Result<Message, Fault> {
    loop {
        let length = socket.recv(buffer).await.map_err(|error| connect_fault(&error))?;
        let Ok(answer) = Message::from_vec(&buffer[..length]) else { continue };
        if is_answer(&answer, question) {
            return Ok(answer);
        }
    }
}

fn is_answer(answer: &Message, question: &Message) -> bool {
    answer.metadata.id == question.metadata.id && answer.queries == question.queries
}

async fn over_tcp(
    bytes: &[u8],
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<Message, Fault> {
    let port = target.port.unwrap_or(53);
    let mut wire = Wire::open(reach, &target.host, port, look).await?;
    let length = u16::try_from(bytes.len()).map_err(|_| Fault::unseen(Reason::Settings))?;
    wire.write(&[&length.to_be_bytes(), bytes].concat()).await?;
    let length = wire.exactly(2).await?;
    let answer = wire.exactly(usize::from(u16::from_be_bytes([length[0], length[1]]))).await?;
    Message::from_vec(&answer).map_err(|_| Fault::refused(Reason::Protocol))
}

fn judge(dns: &Dns, question: &Message, answer: &Message, look: &mut Look) -> Result<(), Fault> {
    let code = answer.metadata.response_code;
    look.detail.code = Some(u32::from(u16::from(code)));
    if !is_answer(answer, question) {
        return Err(Fault::refused(Reason::Protocol));
    }
    if code != ResponseCode::NoError {
        return Err(Fault::refused(Reason::DnsError).said(code.to_string()));
    }
    if dns.authoritative && !answer.metadata.authoritative {
        return Err(Fault::refused(Reason::NotAuthoritative));
    }
    let wanted = question.queries.first().map(Query::query_type);
    let records = answer.answers.iter().filter(|record| Some(record.record_type()) == wanted);
    let mut values: Vec<String> = records.map(|record| value(&record.data)).collect();
    values.sort_unstable();
    let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
    look.detail.figure(Figure::whole("values", count, Unit::Count));
    look.detail.said = Some(quote(&values.join(", ")));
    let mut expected: Vec<String> = dns.values.iter().map(|value| plain(value)).collect();
    expected.sort_unstable();
    if values.is_empty() || (!expected.is_empty() && values != expected) {
        return Err(Fault::refused(Reason::Values));
    }
    Ok(())
}

/// As in a zone file, without the quotes of texts and the last dots of names.
fn value(data: &RData) -> String {
    match data {
        RData::TXT(text) => {
            text.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect()
        }
        other => plain(&other.to_string()),
    }
}

fn plain(value: &str) -> String {
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(text) => text.to_owned(),
        None if value.contains(char::is_whitespace) => {
            value.split_whitespace().map(plain_word).collect::<Vec<_>>().join(" ")
        }
        None => plain_word(value),
    }
}

fn plain_word(word: &str) -> String {
    word.strip_suffix('.').unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_without_quotes_and_last_dots() {
        for (written, compared) in [
            ("192.0.2.1", "192.0.2.1"),
            ("10 mx.example.jp.", "10 mx.example.jp"),
            ("\"v=spf1 -all\"", "v=spf1 -all"),
            ("v=spf1 -all", "v=spf1 -all"),
        ] {
            assert_eq!(plain(written), compared);
        }
    }
}
