//! One request and its answer, as bytes on a socket.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a server may take for one answer: the dearest hash that the tests ask for, with room.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// What is sent after the head.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// The end of the stream: a server that waits for more of a broken head gives up at once.
    Close,
    /// Nothing: for servers that take the end of the stream for a client that has gone.
    Wait,
}

/// A request under way.
pub(crate) struct Exchange {
    stream: TcpStream,
    received: Vec<u8>,
    ended: bool,
    started: Instant,
}

impl Exchange {
    /// Connects and sends `head`.
    pub(crate) fn start(port: u16, head: &[u8], then: Then) -> std::io::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
        stream.set_nodelay(true)?;
        // A server that refuses early may have closed already; its answer is still there to be read.
        let _ = stream.write_all(head);
        if then == Then::Close {
            let _ = stream.shutdown(Shutdown::Write);
        }
        stream.set_nonblocking(true)?;
        Ok(Self { stream, received: Vec::new(), ended: false, started: Instant::now() })
    }

    /// Takes what has come; whether the answer is complete.
    pub(crate) fn poll(&mut self) -> bool {
        let mut buffer = [0; 8192];
        while !self.ended {
            match self.stream.read(&mut buffer) {
                Ok(0) => self.ended = true,
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.ended = true,
            }
        }
        self.ended || self.started.elapsed() > PATIENCE
    }

    /// Waits for the end of the answer.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let mut pause = Duration::from_micros(50);
        while !self.poll() {
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
        self.received
    }

    /// Waits for the end of the answer's head: for servers that keep the connection.
    pub(crate) fn finish_head(mut self) -> Vec<u8> {
        let mut pause = Duration::from_micros(50);
        while !self.poll() && memchr::memmem::find(&self.received, b"\r\n\r\n").is_none() {
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
        self.received
    }

    /// What has come.
    pub(crate) fn received(&self) -> &[u8] {
        &self.received
    }
}

/// Where a server listens.
#[derive(Clone, Copy)]
pub(crate) enum Address<'a> {
    /// A port of the loopback address.
    Port(u16),
    /// A socket in the file system.
    Socket(&'a Path),
}

/// A connection of either kind.
trait Connection: Read + Write {
    fn set_patience(&self, patience: Duration) -> std::io::Result<()>;
}

impl Connection for TcpStream {
    fn set_patience(&self, patience: Duration) -> std::io::Result<()> {
        self.set_read_timeout(Some(patience))
    }
}

impl Connection for UnixStream {
    fn set_patience(&self, patience: Duration) -> std::io::Result<()> {
        self.set_read_timeout(Some(patience))
    }
}

/// Sends `request` and waits for no more than the status line, since many servers keep the connection open after their
/// answer. `Err` where nobody listens; `Ok` with what came before the connection ended otherwise.
pub(crate) fn begin(address: Address<'_>, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream: Box<dyn Connection> = match address {
        Address::Port(port) => {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
        Address::Socket(path) => Box::new(UnixStream::connect(path)?),
    };
    stream.set_patience(PATIENCE)?;
    // A server that refuses early may have closed already; its answer is still there to be read.
    let _ = stream.write_all(request);
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    while memchr::memchr(b'\n', &received).is_none() {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    Ok(received)
}

/// The status of an answer; `None` where the connection ended without one.
pub(crate) fn status(answer: &[u8]) -> Option<u16> {
    let rest = answer.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(1..))?.strip_prefix(b" ")?;
    std::str::from_utf8(rest.get(..3)?).ok()?.parse().ok()
}
