//! ICMP echo (RFC 792, RFC 4443): unprivileged where the system allows it, raw where we may.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use crate::answer::{Fault, Figure, Reason, Stage, Unit};
use crate::check::{Ping, Target};
use crate::reach::{Look, Reach};

/// How long a reply is waited for before the next request.
const PATIENCE: Duration = Duration::from_secs(1);
/// Kept at the end, so that a look with lost requests still tells how many.
const RESERVE: Duration = Duration::from_millis(20);
/// Random bytes by which a reply is known to be to our request.
const MARK: usize = 16;
const HEAD: usize = 8;

pub(crate) async fn look(
    ping: &Ping,
    target: &Target,
    reach: &Reach,
    look: &mut Look,
) -> Result<(), Fault> {
    let address = reach.address(&target.host, look).await?;
    let socket = open(address, reach.source)
        .map_err(|error| Fault::unseen(Reason::OwnTrouble).said(no_socket(&error)))?;
    let mut mark = [0; MARK];
    aws_lc_rs::rand::fill(&mut mark).map_err(|_| Fault::unseen(Reason::OwnTrouble))?;
    let mut trips = Vec::new();
    for sequence in 0..u16::from(ping.count) {
        let request = request(address, sequence, &mark);
        let sent = Instant::now();
        if let Err(error) = socket.send(&request).await {
            // What an earlier request came to is told at the next one.
            if !matches!(
                error.kind(),
                io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable
            ) {
                return Err(Fault::unseen(Reason::OwnTrouble).said(error.to_string()));
            }
            continue;
        }
        let requests_left = u32::from(u16::from(ping.count) - sequence);
        let left =
            look.ends.saturating_duration_since(sent).saturating_sub(RESERVE) / requests_left;
        let heard = timeout_at(sent + left.min(PATIENCE), reply(&socket, address, sequence, &mark));
        if heard.await.is_ok() {
            if trips.is_empty() {
                look.reached(Stage::Answered);
            }
            trips.push(sent.elapsed());
        }
    }
    tell(ping, &trips, look)
}

fn tell(ping: &Ping, trips: &[Duration], look: &mut Look) -> Result<(), Fault> {
    let lost = usize::from(ping.count).saturating_sub(trips.len());
    look.detail.figure(Figure::whole("lost", i64::try_from(lost).unwrap_or(i64::MAX), Unit::Count));
    if let (Some(least), Some(most)) = (trips.iter().min(), trips.iter().max()) {
        for (name, trip) in [("least", least), ("most", most)] {
            let millionths = i128::try_from(trip.as_micros()).unwrap_or(i128::MAX);
            look.detail.figure(Figure { name: name.to_owned(), millionths, unit: Unit::Seconds });
        }
    }
    if lost > usize::from(ping.lost_max) {
        return Err(
            Fault::silent(Reason::PacketsLost).said(format!("{lost} of {} lost", ping.count))
        );
    }
    Ok(())
}

fn no_socket(error: &io::Error) -> String {
    format!("{error}: add our group to net.ipv4.ping_group_range, or grant CAP_NET_RAW")
}

fn open(address: IpAddr, source: Option<IpAddr>) -> io::Result<UdpSocket> {
    let (domain, protocol) = match address {
        IpAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4),
        IpAddr::V6(_) => (Domain::IPV6, Protocol::ICMPV6),
    };
    let socket = Socket::new(domain, Type::DGRAM, Some(protocol))
        .or_else(|_| Socket::new(domain, Type::RAW, Some(protocol)))?;
    socket.set_nonblocking(true)?;
    if let Some(source) = source.filter(|source| source.is_ipv4() == address.is_ipv4()) {
        socket.bind(&SocketAddr::new(source, 0).into())?;
    }
    socket.connect(&SocketAddr::new(address, 0).into())?;
    // The runtime reads and writes it as it would any socket of datagrams; that it is ICMP is all the same.
    UdpSocket::from_std(socket.into())
}

fn request(address: IpAddr, sequence: u16, mark: &[u8; MARK]) -> Vec<u8> {
    let kind = if address.is_ipv4() { 8 } else { 128 };
    let mut packet = vec![kind, 0, 0, 0, mark[0], mark[1]];
    packet.extend(sequence.to_be_bytes());
    packet.extend(mark);
    // The kernel does it for IPv6, which needs the addresses for it.
    let sum = if address.is_ipv4() { checksum(&packet) } else { 0 };
    packet[2..4].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// RFC 1071.
fn checksum(packet: &[u8]) -> u16 {
    let words = packet
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)])));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

/// Waits until the reply is there; other packets pass by.
async fn reply(socket: &UdpSocket, address: IpAddr, sequence: u16, mark: &[u8; MARK]) {
    let mut packet = [0; 256];
    loop {
        let read = socket.recv(&mut packet).await;
        match read {
            Ok(length) if is_reply(&packet[..length], address, sequence, mark) => return,
            Ok(_) => {}
            // A router's word about an earlier request; ours may still be answered.
            Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}

fn is_reply(packet: &[u8], address: IpAddr, sequence: u16, mark: &[u8; MARK]) -> bool {
    // A raw IPv4 socket shows the IP header; its first half-byte is 4, and an echo reply's is 0.
    let skip = match packet.first() {
        Some(first) if address.is_ipv4() && first >> 4 == 4 => usize::from(first & 0x0f) * 4,
        _ => 0,
    };
    let kind = if address.is_ipv4() { 0 } else { 129 };
    let Some(packet) = packet.get(skip..).filter(|packet| packet.len() >= HEAD + MARK) else {
        return false;
    };
    // The identifier is not compared: on a datagram socket the kernel chooses it.
    packet[0] == kind
        && packet[6..HEAD] == sequence.to_be_bytes()
        && packet[HEAD..HEAD + MARK] == *mark
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKED: [u8; MARK] = [9; MARK];

    #[test]
    fn replies_to_us_and_to_others() {
        let v4: IpAddr = "192.0.2.1".parse().expect("address");
        let v6: IpAddr = "2001:db8::1".parse().expect("address");
        let reply = |kind, sequence: u16, mark: [u8; MARK]| {
            let mut packet = vec![kind, 0, 0, 0, 1, 2];
            packet.extend(sequence.to_be_bytes());
            packet.extend(mark);
            packet
        };
        let raw = |packet: Vec<u8>| [vec![0x45; 1], vec![0; 19], packet].concat();
        for (packet, address, ours) in [
            (reply(0, 3, MARKED), v4, true),
            (raw(reply(0, 3, MARKED)), v4, true),
            (reply(129, 3, MARKED), v6, true),
            (reply(0, 4, MARKED), v4, false),
            (reply(0, 3, [8; MARK]), v4, false),
            (raw(reply(8, 3, MARKED)), v4, false),
            (reply(128, 3, MARKED), v6, false),
            (vec![0x4f], v4, false),
            (vec![], v4, false),
        ] {
            assert_eq!(is_reply(&packet, address, 3, &MARKED), ours, "{packet:?}");
        }
    }

    #[test]
    fn a_request_sums_to_nothing() {
        let packet = request("192.0.2.1".parse().expect("address"), 7, &MARKED);
        assert_eq!(checksum(&packet), 0);
    }
}
