//! The mail that the run's real SMTP server took, and servers of a test's own that misbehave.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use mail_parser::{HeaderValue, MessageParser};

mod rogue;
mod secure;

pub use rogue::{Behaviour, Delivery, RogueServer};
pub use secure::{Encryption, SecureServer};

use crate::patience::{PATIENCE, until};
use crate::run;

/// A mail that arrived.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The addresses it was delivered for.
    pub recipients: Vec<String>,
    /// The decoded subject.
    pub subject: String,
    /// The decoded plain text.
    pub text: String,
    /// The decoded HTML, or nothing.
    pub html: String,
    /// The message id, which is the same whenever the mail is sent again.
    pub message_id: String,
    /// Everything, as it came over the wire.
    pub raw: String,
}

impl Mail {
    /// Reads a mail as the SMTP server stored it, or as a client sent it.
    pub fn parse(raw: &[u8]) -> Option<Self> {
        let parsed = MessageParser::default().parse(raw)?;
        let recipients = match parsed.header("X-RcptTo") {
            Some(HeaderValue::Text(list)) => list
                .split(',')
                .map(|address| address.trim().to_owned())
                .collect(),
            Some(HeaderValue::TextList(list)) => list
                .iter()
                .map(|address| address.trim().to_owned())
                .collect(),
            Some(_) | None => Vec::new(),
        };
        let is_html = |part: &mail_parser::MessagePart<'_>| part.is_text_html();
        let html = parsed
            .parts
            .iter()
            .find(|part| is_html(part))
            .and_then(|part| part.text_contents());
        let text = parsed
            .parts
            .iter()
            .find(|part| part.is_text() && !is_html(part));
        Some(Self {
            recipients,
            subject: parsed.subject().unwrap_or_default().to_owned(),
            text: text
                .and_then(|part| part.text_contents())
                .unwrap_or_default()
                .to_owned(),
            html: html.unwrap_or_default().to_owned(),
            message_id: parsed.message_id().unwrap_or_default().to_owned(),
            raw: String::from_utf8_lossy(raw).into_owned(),
        })
    }
}

/// All mails to `address` that have arrived so far, in the order of their arrival.
pub fn mails_to(address: &str) -> Vec<Arc<Mail>> {
    mails_in(&run::maildir(), address)
}

fn mails_in(maildir: &Path, address: &str) -> Vec<Arc<Mail>> {
    let mut mails = arrived(maildir);
    mails.retain(|mail| mail.recipients.iter().any(|recipient| recipient == address));
    mails
}

/// The only mail to `address`, which may still be on its way.
pub async fn mail_to(address: &str) -> Arc<Mail> {
    let mut mails = some_mails_to(address, 1).await;
    assert_eq!(mails.len(), 1, "more than one mail arrived for {address}");
    mails.remove(0)
}

/// The mails to `address`, once there are at least `count`.
pub async fn some_mails_to(address: &str, count: usize) -> Vec<Arc<Mail>> {
    let what = format!("{count} mail(s) to {address}");
    until(PATIENCE, &what, async || {
        Some(mails_to(address)).filter(|mails| mails.len() >= count)
    })
    .await
}

/// Every mail in a maildir. Each is read once in a process, because all tests wait on the same folder.
fn arrived(maildir: &Path) -> Vec<Arc<Mail>> {
    static READ: Mutex<BTreeMap<(u128, PathBuf), Arc<Mail>>> = Mutex::new(BTreeMap::new());
    let Ok(entries) = fs::read_dir(maildir.join("new")) else {
        return Vec::new();
    };
    let mut read = READ.lock().unwrap();
    for entry in entries.map(|entry| entry.expect("a maildir can be listed")) {
        let modified = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .expect("a mail has a time");
        let arrival = modified
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |time| time.as_nanos());
        read.entry((arrival, entry.path()))
            .or_insert_with_key(|(_, path)| {
                let raw = fs::read(path)
                    .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
                Arc::new(
                    Mail::parse(&raw).unwrap_or_else(|| panic!("{} is no mail", path.display())),
                )
            });
    }
    read.iter()
        .filter(|((_, path), _)| path.starts_with(maildir))
        .map(|(_, mail)| Arc::clone(mail))
        .collect()
}
