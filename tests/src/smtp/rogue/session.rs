//! What a server that misbehaves says to one client.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio_rustls::TlsAcceptor;

use super::{Behaviour, Delivery, State};
use crate::smtp::Mail;

/// What a session has heard so far.
pub(super) struct Session<'state> {
    state: &'state State,
    recipients: Vec<String>,
    encrypted: bool,
}

enum Ended {
    ByClient,
    ForTls,
}

impl<'state> Session<'state> {
    /// A session that has heard nothing.
    pub(super) fn new(state: &'state State) -> Self {
        Self {
            state,
            recipients: Vec::new(),
            encrypted: false,
        }
    }

    fn behaviour(&self) -> Behaviour {
        *self.state.behaviour.lock().unwrap()
    }

    /// Talks to a client until one of the two hangs up.
    pub(super) async fn serve(
        mut self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
    ) -> io::Result<()> {
        let mut plain = BufStream::new(stream);
        match self.behaviour() {
            Behaviour::Mute => std::future::pending().await,
            Behaviour::RefuseConnection(code) => return reply(&mut plain, code, "go away").await,
            Behaviour::Accept
            | Behaviour::RefuseRecipient(_)
            | Behaviour::RefuseRecipientWith(..)
            | Behaviour::RefuseMail(_)
            | Behaviour::MuteFor(_)
            | Behaviour::HangUpAfterMail => reply(&mut plain, 220, "rogue").await?,
        }
        if let (Ended::ForTls, Some(certificate)) =
            (self.converse(&mut plain).await?, &self.state.certificate)
        {
            let acceptor = TlsAcceptor::from(Arc::clone(certificate));
            let mut encrypted = BufStream::new(acceptor.accept(plain.into_inner()).await?);
            self.encrypted = true;
            self.converse(&mut encrypted).await?;
        }
        Ok(())
    }

    async fn converse(
        &mut self,
        stream: &mut BufStream<impl AsyncRead + AsyncWrite + Unpin>,
    ) -> io::Result<Ended> {
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(Ended::ByClient);
            }
            let command = line.trim_end();
            let verb = command
                .split([' ', ':'])
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" if self.state.certificate.is_some() && !self.encrypted => {
                    stream.write_all(b"250-rogue\r\n").await?;
                    reply(stream, 250, "STARTTLS").await?;
                }
                "EHLO" | "HELO" | "NOOP" | "MAIL" | "RSET" => reply(stream, 250, "ok").await?,
                "STARTTLS" => {
                    reply(stream, 220, "go ahead").await?;
                    return Ok(Ended::ForTls);
                }
                "RCPT" => self.take_recipient(stream, command).await?,
                "DATA" => {
                    reply(stream, 354, "go ahead").await?;
                    if !self.take_mail(stream).await? {
                        return Ok(Ended::ByClient);
                    }
                }
                "QUIT" => {
                    reply(stream, 221, "bye").await?;
                    return Ok(Ended::ByClient);
                }
                _ => reply(stream, 502, "unknown").await?,
            }
        }
    }

    async fn take_recipient(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        command: &str,
    ) -> io::Result<()> {
        if let Behaviour::RefuseRecipient(code) = self.behaviour() {
            return reply(stream, code, "not this one").await;
        }
        if let Behaviour::RefuseRecipientWith(code, status) = self.behaviour() {
            return reply(stream, code, &format!("{status} not for you")).await;
        }
        let address = command
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'));
        if let (Behaviour::MuteFor(nobody), Some((address, _))) = (self.behaviour(), address)
            && nobody == address
        {
            std::future::pending::<()>().await;
        }
        self.recipients
            .extend(address.map(|(address, _)| address.to_owned()));
        reply(stream, 250, "ok").await
    }

    /// Whether the conversation goes on.
    async fn take_mail(
        &mut self,
        stream: &mut BufStream<impl AsyncRead + AsyncWrite + Unpin>,
    ) -> io::Result<bool> {
        let mut raw = Vec::new();
        while !raw.ends_with(b"\r\n.\r\n") {
            if stream.read_until(b'\n', &mut raw).await? == 0 {
                return Ok(false);
            }
        }
        raw.truncate(raw.len() - b".\r\n".len());
        let recipients = std::mem::take(&mut self.recipients);
        let behaviour = self.behaviour();
        if let Behaviour::RefuseMail(code) = behaviour {
            reply(stream, code, "not this mail").await?;
            return Ok(true);
        }
        let mail = Mail::parse(&raw).expect("a client of the server sends mails");
        let delivery = Delivery {
            recipients,
            mail,
            encrypted: self.encrypted,
        };
        self.state
            .deliveries
            .send_modify(|taken| taken.push(delivery));
        if behaviour == Behaviour::HangUpAfterMail {
            return Ok(false);
        }
        reply(stream, 250, "taken").await?;
        Ok(true)
    }
}

async fn reply(stream: &mut (impl AsyncWrite + Unpin), code: u16, text: &str) -> io::Result<()> {
    stream
        .write_all(format!("{code} {text}\r\n").as_bytes())
        .await?;
    stream.flush().await
}
