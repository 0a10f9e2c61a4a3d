//! One client's session: reads, feeds the dialogue, does what it asks for, writes the replies.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mail::message;
use mail::smtp::server::{
    AuthOffer, Dialogue, Incoming, Settings, SignInRefusal, Step, TlsState, standing,
};
use mail::{Reply, SpoolId};
use spool::{Arrival, Refusal, Spool};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::debug;

use super::guest::Guest;
use super::passwords::Verdict;
use super::patience::{Doing, Patience};
use super::stream::Stream;
use crate::facts;

/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;
/// A TLS handshake that takes longer is given up.
const TLS_TIMEOUT: Duration = Duration::from_secs(30);
/// A client that does not take our replies for this long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// When we stop, a client in the middle of a message has this long to finish it.
const STOP_GRACE: Duration = Duration::from_secs(10);

struct Session {
    guest: Guest,
    ip: IpAddr,
    stream: Stream,
    dialogue: Dialogue,
    out: Vec<u8>,
    /// Whether the spool counts us among those in the middle of a message.
    arriving: bool,
    last_message: Option<Instant>,
    patience: Patience,
}

/// Runs a session to its end. What goes wrong here is the client's to notice.
pub(crate) async fn run(guest: Guest, stream: TcpStream, ip: IpAddr) {
    // Replies are small and waited for.
    let _ = stream.set_nodelay(true);
    let Some(stream) = first_stream(&guest, stream).await else { return };
    let tls = match (stream.tls(), &guest.core.tls) {
        (Some(tls), _) => TlsState::Active(tls),
        (None, Some(_)) => TlsState::Offered,
        (None, None) => TlsState::Unavailable,
    };
    let (admitted, auth_required) = standing(&guest.composition.admission, ip);
    let settings = Settings {
        hostname: guest.core.hostname.clone(),
        composition: guest.composition.name.clone(),
        client_ip: ip,
        limits: guest.composition.limits.clone(),
        tls,
        auth: if ip.is_loopback() { AuthOffer::Always } else { AuthOffer::WhenEncrypted },
        admitted,
        auth_required,
    };
    let patience = if guest.is_stranger() {
        Patience::with_stranger(Instant::now())
    } else {
        Patience::with_known()
    };
    let mut session = Session {
        patience,
        dialogue: Dialogue::new(settings),
        guest,
        ip,
        stream,
        out: Vec::with_capacity(1024),
        arriving: false,
        last_message: None,
    };
    if let Err(error) = session.talk().await {
        debug!(error = %error, "a client's session ended early");
    }
    session.count_arriving(false);
}

async fn first_stream(guest: &Guest, stream: TcpStream) -> Option<Stream> {
    if !guest.implicit_tls {
        return Some(Stream::Clear(stream));
    }
    let acceptor = TlsAcceptor::from(guest.core.tls.clone()?);
    let stream = timeout(TLS_TIMEOUT, acceptor.accept(stream)).await.ok()?.ok()?;
    Some(Stream::Server(Box::new(stream)))
}

enum Next {
    Bytes(usize),
    Gone,
    Silent,
    Stopping,
}

impl Session {
    async fn talk(&mut self) -> io::Result<()> {
        self.dialogue.greeting(&mut self.out);
        self.flush().await?;
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let count = match self.read(&mut buffer).await? {
                Next::Bytes(count) => count,
                Next::Gone => return Ok(()),
                Next::Silent => {
                    self.dialogue.timed_out(&mut self.out);
                    return self.hang_up().await;
                }
                Next::Stopping => {
                    self.dialogue.shutting_down(&mut self.out);
                    return self.hang_up().await;
                }
            };
            if !self.take(&buffer[..count]).await? {
                return self.hang_up().await;
            }
        }
    }

    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<Next> {
        let doing = match (self.dialogue.in_data(), self.dialogue.in_transaction()) {
            (true, _) => Doing::Content,
            (false, true) => Doing::Transaction,
            (false, false) => Doing::Commands,
        };
        let limits = &self.guest.composition.limits;
        let patience = self.patience.next(limits, doing, Instant::now());
        let mut stopping = self.guest.core.stopping.clone();
        let grace = if self.dialogue.in_transaction() { STOP_GRACE } else { Duration::ZERO };
        let stop = async {
            // An error means that the relay is gone already.
            let _ = stopping.wait_for(|stop| *stop).await;
            tokio::time::sleep(grace).await;
        };
        tokio::select! {
            biased;
            read = timeout(patience, self.stream.read(buffer)) => match read {
                Ok(Ok(0)) => Ok(Next::Gone),
                Ok(Ok(count)) => Ok(Next::Bytes(count)),
                Ok(Err(error)) => Err(error),
                Err(_) => Ok(Next::Silent),
            },
            () = stop => Ok(Next::Stopping),
        }
    }

    /// Feeds what was read; whether the session goes on.
    async fn take(&mut self, mut input: &[u8]) -> io::Result<bool> {
        loop {
            let (eaten, step) = self.dialogue.feed(input, &mut self.out);
            input = &input[eaten..];
            self.count_arriving(self.dialogue.in_transaction());
            match step {
                Step::NeedInput if input.is_empty() => {
                    self.flush().await?;
                    return Ok(true);
                }
                Step::NeedInput => {}
                Step::Message(incoming) => self.take_custody(*incoming).await,
                Step::SignIn { user, password } => {
                    if !self.sign_in(user, password).await? {
                        return Ok(false);
                    }
                }
                Step::StartTls => {
                    self.flush().await?;
                    if !self.start_tls().await {
                        return Ok(false);
                    }
                    return Ok(true);
                }
                Step::Close => return Ok(false),
            }
        }
    }

    async fn take_custody(&mut self, incoming: Incoming) {
        self.keep_interval().await;
        let core = self.guest.core.clone();
        let now = core.now();
        let id = core.spool.new_id(now);
        let mut prefix = message::received_field(
            self.guest.composition.received,
            &core.hostname,
            &incoming.envelope,
            id,
            now,
        );
        prefix.extend(message::missing_fields(&incoming.content, id, &core.hostname, now));
        let size = (prefix.len() + incoming.content.len()) as u32;
        let envelope = Arc::new(incoming.envelope);
        let taken = if core.journal.is_full() {
            Err(Refusal::DiskFull)
        } else {
            core.spool
                .accept(Arrival {
                    id,
                    envelope: envelope.clone(),
                    prefix,
                    content: incoming.content,
                    ours: false,
                })
                .await
        };
        self.count_arriving(false);
        match taken {
            Ok(()) => {
                let now = core.now();
                core.journal.append(&facts::queued(&core.node, id, &envelope, size, now));
                self.accepted(id);
            }
            Err(refusal) => {
                core.counts.messages_refused.fetch_add(1, Ordering::Relaxed);
                self.dialogue.refused(&refusal_reply(&refusal), &mut self.out);
            }
        }
    }

    fn accepted(&mut self, id: SpoolId) {
        self.last_message = Some(Instant::now());
        self.dialogue.accepted(id, &mut self.out);
    }

    /// The receiving interval: a session's next message is not taken sooner.
    async fn keep_interval(&self) {
        let interval = self.guest.composition.limits.interval;
        if let Some(last) = self.last_message
            && !interval.is_zero()
        {
            tokio::time::sleep_until(last + interval).await;
        }
    }

    async fn sign_in(&mut self, user: String, password: String) -> io::Result<bool> {
        let core = self.guest.core.clone();
        let roster = core.roster.current();
        let allowed = roster.roster.user(&user).filter(|u| {
            u.compositions.is_empty() || u.compositions.contains(&self.guest.composition.name)
        });
        let name = allowed.map_or(user.clone(), |u| u.name.clone());
        let hash = allowed.map(|u| u.password_hash.clone());
        let verdict = core.passwords.check(&user, hash, password, self.ip, core.now()).await;
        let step = match verdict {
            Verdict::Right => {
                self.guest.is_known_now();
                self.patience = Patience::with_known();
                self.dialogue.signed_in(name, &mut self.out);
                return Ok(true);
            }
            Verdict::Wrong => self.dialogue.sign_in_refused(SignInRefusal::Wrong, &mut self.out),
            Verdict::Throttled => {
                self.dialogue.sign_in_refused(SignInRefusal::Throttled, &mut self.out)
            }
            Verdict::Unavailable => {
                self.dialogue.sign_in_refused(SignInRefusal::Unavailable, &mut self.out)
            }
        };
        core.counts.sign_ins_refused.fetch_add(1, Ordering::Relaxed);
        Ok(step != Step::Close)
    }

    async fn start_tls(&mut self) -> bool {
        let Some(config) = self.guest.core.tls.clone() else { return false };
        let placeholder = Stream::Gone;
        let Stream::Clear(stream) = std::mem::replace(&mut self.stream, placeholder) else {
            return false;
        };
        let handshake = TlsAcceptor::from(config).accept(stream);
        let Ok(Ok(stream)) = timeout(TLS_TIMEOUT, handshake).await else { return false };
        self.stream = Stream::Server(Box::new(stream));
        self.dialogue.tls_started(self.stream.tls().unwrap_or_default());
        true
    }

    async fn flush(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        self.stream.write_out(&self.out, WRITE_TIMEOUT).await?;
        self.out.clear();
        Ok(())
    }

    async fn hang_up(&mut self) -> io::Result<()> {
        self.flush().await?;
        self.stream.shutdown().await
    }

    fn count_arriving(&mut self, arriving: bool) {
        if arriving == self.arriving {
            return;
        }
        self.arriving = arriving;
        let count = self.guest.core.spool.arriving();
        if arriving {
            count.fetch_add(1, Ordering::Relaxed);
        } else {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn refusal_reply(refusal: &Refusal) -> Reply {
    let (code, enhanced) = match refusal {
        Refusal::Full | Refusal::DiskFull => (452, (4, 3, 1)),
        Refusal::Failed => (451, (4, 3, 0)),
        Refusal::TooLarge => (552, (5, 3, 4)),
        Refusal::Closing => (421, (4, 3, 2)),
    };
    Reply { code, enhanced: Some(enhanced), text: refusal.to_string() }
}
