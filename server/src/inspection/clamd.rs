//! A client of `clamd`, the daemon of ClamAV: it is sent a file piece by piece and says what it found (INSTREAM).

use std::{fmt, io, path::PathBuf, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// For opening the connection, and for the daemon to say that it is there.
const CONNECT: Duration = Duration::from_secs(5);
/// For the daemon to take one piece.
const WRITE: Duration = Duration::from_secs(30);
/// For the daemon to say what it found, after the last piece.
const VERDICT: Duration = Duration::from_secs(120);
/// The most bytes of one piece.
const PIECE: usize = 256 * 1024;
/// The longest answer that makes sense.
const LONGEST_ANSWER: u64 = 4096;

/// Where the daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScannerAddress {
    /// Host and port.
    Tcp(String),
    /// The path of a socket.
    Unix(PathBuf),
}

/// The malware scanner.
#[derive(Clone, Debug)]
pub struct Clamd {
    address: ScannerAddress,
}

/// What the scanner says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scanned {
    /// It found nothing.
    Clean,
    /// It found something.
    Infected,
    /// It did not read all of the file: the file is longer than it takes (`StreamMaxLength`), unpacks to more than it reads
    /// (`AlertExceedsMax`), or is encrypted (`AlertEncrypted`).
    Partly,
}

/// Why the scanner says nothing. The texts are classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ScanError {
    #[error("scanner.unreachable")]
    Unreachable,
    #[error("scanner.silent")]
    Silent,
    #[error("scanner.failed")]
    Failed,
}

/// Whatever carries bytes both ways.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// One scan.
pub(super) struct Scan {
    wire: Box<dyn Wire>,
    /// Whether the daemon takes no more, because it has said what it has to say.
    is_closed: bool,
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scan(…)")
    }
}

impl Clamd {
    /// The daemon at this address; it is not asked yet.
    #[must_use]
    pub fn new(address: ScannerAddress) -> Self {
        Self { address }
    }

    /// Begins to send a file.
    pub(super) async fn begin(&self) -> Result<Scan, ScanError> {
        let connected = timeout(CONNECT, self.connect()).await;
        let wire = connected
            .map_err(|_| ScanError::Unreachable)?
            .map_err(|_| ScanError::Unreachable)?;
        let mut scan = Scan {
            wire,
            is_closed: false,
        };
        scan.write(b"zINSTREAM\0").await?;
        Ok(scan)
    }

    /// Whether the daemon is there and says so.
    pub(super) async fn answers(&self) -> bool {
        let asked = async {
            let mut wire = self.connect().await.ok()?;
            wire.write_all(b"zPING\0").await.ok()?;
            let mut answer = [0; 4];
            wire.read_exact(&mut answer).await.ok()?;
            (answer == *b"PONG").then_some(())
        };
        matches!(timeout(CONNECT, asked).await, Ok(Some(())))
    }

    async fn connect(&self) -> io::Result<Box<dyn Wire>> {
        Ok(match &self.address {
            ScannerAddress::Tcp(address) => Box::new(TcpStream::connect(address).await?),
            ScannerAddress::Unix(path) => Box::new(UnixStream::connect(path).await?),
        })
    }
}

impl Scan {
    /// Sends the next bytes of the file.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), ScanError> {
        for piece in bytes.chunks(PIECE) {
            if self.is_closed {
                break;
            }
            let length = u32::try_from(piece.len()).map_err(|_| ScanError::Failed)?;
            self.write(&length.to_be_bytes()).await?;
            self.write(piece).await?;
        }
        Ok(())
    }

    /// The file has ended: what was found.
    pub(super) async fn verdict(mut self) -> Result<Scanned, ScanError> {
        if !self.is_closed {
            self.write(&0_u32.to_be_bytes()).await?;
        }
        let mut answer = Vec::new();
        let mut wire = (&mut self.wire).take(LONGEST_ANSWER);
        let read = timeout(VERDICT, wire.read_to_end(&mut answer))
            .await
            .map_err(|_| ScanError::Silent)?;
        // A daemon that closes with bytes unread resets the connection; what it has said counts all the same.
        match read {
            Ok(_) => {}
            Err(_) if !answer.is_empty() => {}
            Err(_) => return Err(ScanError::Failed),
        }
        understand(&answer)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ScanError> {
        match timeout(WRITE, self.wire.write_all(bytes)).await {
            Err(_) => Err(ScanError::Silent),
            Ok(Ok(())) => Ok(()),
            // It closes its side as soon as a file is too long for it, and says so.
            Ok(Err(_)) => {
                self.is_closed = true;
                Ok(())
            }
        }
    }
}

/// What the daemon calls files of which it has read a part only; the names begin so. It finds nothing in them, and would say
/// otherwise if it did.
const UNREAD: [&[u8]; 2] = [b"Heuristics.Limits.Exceeded", b"Heuristics.Encrypted"];

/// The name of what was found is the scanner's word for it, and is left out.
fn understand(answer: &[u8]) -> Result<Scanned, ScanError> {
    let text = answer.trim_ascii_end();
    let text = text.strip_suffix(b"\0").unwrap_or(text);
    if text == b"stream: OK" {
        Ok(Scanned::Clean)
    } else if let Some(found) = text
        .strip_prefix(b"stream: ")
        .and_then(|rest| rest.strip_suffix(b" FOUND"))
    {
        let partly = UNREAD.iter().any(|name| found.starts_with(name));
        Ok(if partly {
            Scanned::Partly
        } else {
            Scanned::Infected
        })
    } else if text.starts_with(b"INSTREAM size limit exceeded") {
        Ok(Scanned::Partly)
    } else {
        Err(ScanError::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_daemons_answers_are_understood() {
        for (answer, meaning) in [
            (&b"stream: OK\0"[..], Ok(Scanned::Clean)),
            (
                b"stream: Eicar-Test-Signature FOUND\0",
                Ok(Scanned::Infected),
            ),
            (
                b"INSTREAM size limit exceeded. ERROR\0",
                Ok(Scanned::Partly),
            ),
            (
                b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0",
                Ok(Scanned::Partly),
            ),
            (
                b"stream: Heuristics.Encrypted.Zip FOUND\0",
                Ok(Scanned::Partly),
            ),
            (
                b"stream: Heuristics.Phishing.Email.SpoofedDomain FOUND\0",
                Ok(Scanned::Infected),
            ),
            (
                b"stream: Can't allocate memory ERROR\0",
                Err(ScanError::Failed),
            ),
            (b"", Err(ScanError::Failed)),
            (b"stream: OK and more", Err(ScanError::Failed)),
        ] {
            assert_eq!(understand(answer), meaning);
        }
    }
}
