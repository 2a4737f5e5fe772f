//! A lean HTTP/1.1 client: one connection that is kept, one request at a time. It shares the cores with what it measures.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::failure::Failure;

/// Longer than any answer that is asked for here, `/metrics` included.
const LONGEST: usize = 1 << 20;

/// A connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer.
pub struct Answer<'a> {
    /// The status, such as 200.
    pub status: u16,
    /// The body.
    pub body: &'a str,
    /// Head and body.
    pub bytes: usize,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(4096),
        })
    }

    /// Sends a whole request and reads the whole answer.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>, Failure> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            self.read().await?;
            if let Some(head) = head(&self.buffer)? {
                break head;
            }
        };
        while self.buffer.len() < head.total {
            self.read().await?;
        }
        let body = std::str::from_utf8(&self.buffer[head.body..head.total])
            .map_err(|_| Failure::answer("the server", "not UTF-8"))?;
        Ok(Answer {
            status: head.status,
            body,
            bytes: head.total,
        })
    }

    async fn read(&mut self) -> Result<(), Failure> {
        if self.buffer.len() > LONGEST {
            return Err(Failure::answer("the server", "an endless answer"));
        }
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(Failure::answer("the server", "the connection was closed")),
            _ => Ok(()),
        }
    }
}

struct Head {
    status: u16,
    body: usize,
    total: usize,
}

/// Reads status and length, once the head is complete.
fn head(buffer: &[u8]) -> Result<Option<Head>, Failure> {
    let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&buffer[..end]);
    let wrong = || Failure::answer("the server", &text);
    let status = text.get(9..12).and_then(|s| s.parse().ok());
    let length: Option<usize> = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    let body = end + 4;
    Ok(Some(Head {
        status: status.ok_or_else(wrong)?,
        body,
        total: body + length.ok_or_else(wrong)?,
    }))
}

/// A GET request.
pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

/// A GraphQL request over HTTP.
pub fn post(token: &str, body: &str) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\naccept: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_tells_status_and_length() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        let head = head(answer).unwrap().unwrap();
        assert_eq!((head.status, head.total), (200, answer.len()));
        assert_eq!(&answer[head.body..], b"ok");
    }

    #[test]
    fn half_a_head_tells_nothing() {
        assert!(head(b"HTTP/1.1 200 OK\r\nContent-Le").unwrap().is_none());
    }
}
