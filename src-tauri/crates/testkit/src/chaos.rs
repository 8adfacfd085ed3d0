//! A network that misbehaves: an HTTP proxy between two programs that does to each request what it is
//! told to, then goes on as if nothing had happened.
//!
//! It understands just enough HTTP to know where a request ends, so that "the request arrived and the
//! answer was lost" can be told from "nothing arrived". One connection carries one request.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Nothing.
    Calm,
    /// It and its answer take this long each.
    Slow(Duration),
    /// It never arrives, and the connection is closed at once.
    Reset,
    /// It arrives; the answer is lost and the connection closed.
    LoseAnswer,
    /// It arrives twice; the second answer is given.
    Duplicate,
    /// It arrives; only the first bytes of the answer come back.
    Truncate(usize),
    /// It arrives; nothing ever comes back while the caller waits.
    HalfOpen,
    /// It never arrives, and the caller waits in vain.
    BlackHole,
}

/// A running proxy; it ends with the process.
pub struct ChaosProxy {
    address: SocketAddr,
    moods: Arc<Mutex<VecDeque<Mood>>>,
}

impl ChaosProxy {
    /// Listens on a free port before `upstream`. Requests whose target starts with `spare` pass calmly
    /// and use up no mood.
    ///
    /// # Errors
    /// When no port is free.
    pub fn before(upstream: SocketAddr, spare: &'static str) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let moods: Arc<Mutex<VecDeque<Mood>>> = Arc::default();
        let shared = Arc::clone(&moods);
        std::thread::Builder::new()
            .name("chaos".into())
            .spawn(move || {
                for caller in listener.incoming().flatten() {
                    let moods = Arc::clone(&shared);
                    std::thread::spawn(move || {
                        // A broken connection is what this is for.
                        let _ = serve(caller, upstream, spare, &moods);
                    });
                }
            })?;
        Ok(Self { address, moods })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What happens to the next requests, one each; then it is calm again.
    pub fn next(&self, moods: impl IntoIterator<Item = Mood>) {
        self.lock().extend(moods);
    }

    /// How many moods are still to come.
    pub fn left(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Mood>> {
        self.moods.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Longer than any caller here waits.
const FOREVER: Duration = Duration::from_secs(60);

fn serve(
    mut caller: TcpStream,
    upstream: SocketAddr,
    spare: &str,
    moods: &Mutex<VecDeque<Mood>>,
) -> std::io::Result<()> {
    let Some(request) = whole_request(&mut caller)? else {
        return Ok(());
    };
    let target = request.split(|byte| *byte == b' ').nth(1).unwrap_or(b"");
    let mood = if target.starts_with(spare.as_bytes()) {
        Mood::Calm
    } else {
        let mut moods = moods.lock().unwrap_or_else(PoisonError::into_inner);
        moods.pop_front().unwrap_or(Mood::Calm)
    };
    match mood {
        Mood::Calm => caller.write_all(&pass(upstream, &request)?),
        Mood::Slow(time) => {
            std::thread::sleep(time);
            let answer = pass(upstream, &request)?;
            std::thread::sleep(time);
            caller.write_all(&answer)
        }
        Mood::Reset => caller.shutdown(Shutdown::Both),
        Mood::LoseAnswer => {
            pass(upstream, &request)?;
            caller.shutdown(Shutdown::Both)
        }
        Mood::Duplicate => {
            pass(upstream, &request)?;
            caller.write_all(&pass(upstream, &request)?)
        }
        Mood::Truncate(bytes) => {
            let answer = pass(upstream, &request)?;
            let shown = answer.get(..bytes.min(answer.len())).unwrap_or(&answer);
            caller.write_all(shown)?;
            caller.shutdown(Shutdown::Both)
        }
        Mood::HalfOpen => {
            pass(upstream, &request)?;
            std::thread::sleep(FOREVER);
            Ok(())
        }
        Mood::BlackHole => {
            std::thread::sleep(FOREVER);
            Ok(())
        }
    }
}

/// Head and body of the one request on a connection.
fn whole_request(caller: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let mut request = Vec::new();
    let mut buffer = [0u8; 4096];
    loop {
        let read = caller.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(None);
        };
        request.extend_from_slice(bytes);
        let Some(head) = request.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let text = String::from_utf8_lossy(request.get(..head).unwrap_or(&[])).to_lowercase();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
            .unwrap_or(0usize);
        if request.len() >= head.saturating_add(4).saturating_add(length) {
            return Ok(Some(last_on_its_connection(&request, head)));
        }
    }
}

/// The request with a header that makes the other side close when it has answered.
fn last_on_its_connection(request: &[u8], head: usize) -> Vec<u8> {
    let (start, rest) = request.split_at(head);
    [start, b"\r\nConnection: close", rest].concat()
}

fn pass(upstream: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut platform = TcpStream::connect(upstream)?;
    platform.write_all(request)?;
    let mut answer = Vec::new();
    platform.read_to_end(&mut answer)?;
    Ok(answer)
}
