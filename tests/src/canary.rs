//! Personal data that can be told apart from anything else, so that the run's end can look for it where none belongs.
//!
//! Scenarios build every name, number, birth date, address, password and message from here, and hand in every secret
//! that the server gives them. [`search`] then reads all logs, metrics, mails and texts of the run.

use std::fs::{self, OpenOptions};
use std::io::Write;

use crate::run::{self, Folder};

mod search;

pub use search::{Finding, Report, search};

/// The date of birth of every patient in the scenarios, as the API takes it.
pub const BIRTH_DATE: &str = "1947-03-29";

/// The password of everybody in the scenarios.
pub const PASSWORD: &str = "zyxpassword-Correct-Horse-7";

const MESSAGE_MARK: &str = "zyxmessage";
const NAME_MARK: &str = "zyxname";
const ADDRESS_MARK: &str = "zyxmail";
const PASSWORD_MARK: &str = "zyxpassword";

/// A range from which Australia keeps numbers free for fiction; all of it passes as mobile numbers.
const PHONE_RANGE: &str = "+61491570";

/// A message's body, or any other text that a person writes.
pub fn message(text: &str) -> String {
    format!("{text} {MESSAGE_MARK}")
}

/// A first or last name.
pub fn name(name: &str) -> String {
    format!("{name}-{NAME_MARK}")
}

/// A valid mobile number, one of a thousand.
pub fn phone(number: u16) -> String {
    assert!(number < 1000, "there are only a thousand numbers");
    format!("{PHONE_RANGE}{number:03}")
}

/// An e-mail address that no other test uses, so that all mail to it belongs to the test.
pub fn address(person: &str) -> String {
    format!("{person}@{}.{ADDRESS_MARK}.example", run::unique_name())
}

/// The kinds of secret that the server gives out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// An access or refresh token, or anything else that only its owner's program may hold.
    Token,
    /// The unguessable part of a link, which a mail or a text carries to its reader.
    Link,
}

impl Secret {
    fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Link => "link",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Token, Self::Link]
            .into_iter()
            .find(|secret| secret.name() == name)
    }
}

/// Hands in a secret, to be searched for at the run's end.
///
/// # Panics
///
/// When it is so short that it could turn up by chance.
pub fn remember(kind: Secret, secret: &str) {
    assert!(
        secret.len() >= 16,
        "a secret of {} characters turns up by chance",
        secret.len()
    );
    let path = run::folder(Folder::Secrets).join(format!("{}.txt", std::process::id()));
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let written =
        file.and_then(|mut file| file.write_all(format!("{}\t{secret}\n", kind.name()).as_bytes()));
    written.unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}

/// Keeps the words of a text that would have gone out, without the number it would have gone to.
pub fn keep_text(words: &str) {
    let path = run::folder(Folder::Texts).join(format!("{}.txt", run::unique_name()));
    fs::write(&path, words)
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}
