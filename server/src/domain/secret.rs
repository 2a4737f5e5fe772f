//! The server's secret, and what is derived from it instead of being stored.

mod sealing;

use std::fmt;

use aws_lc_rs::{
    constant_time, digest,
    hkdf::{HKDF_SHA256, KeyType, Salt},
    hmac,
};

pub use sealing::SealedPlace;

/// A token or code on its way to its owner. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a token.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The token itself, for its owner's eyes.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a derived key is for. Keys of different purposes are independent of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Signs access tokens.
    AccessToken,
    /// Derives one-time codes from their ids.
    OneTimeCode,
    /// Hashes the contact that a one-time code was sent to.
    Contact,
    /// Derives link tokens from their ids.
    Link,
    /// Hashes the keys of attempt counters.
    Throttle,
    /// Signs page cursors.
    Cursor,
    /// Signs links to files.
    Download,
    /// Encrypts what must be read again later.
    Sealing,
}

impl KeyPurpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::AccessToken => b"tidings access token",
            Self::OneTimeCode => b"tidings one-time code",
            Self::Contact => b"tidings contact",
            Self::Link => b"tidings link",
            Self::Throttle => b"tidings throttle",
            Self::Cursor => b"tidings cursor",
            Self::Download => b"tidings download",
            Self::Sealing => b"tidings sealing",
        }
    }
}

struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

/// The server's secret: 32 bytes or more, the same on every node. It does not print.
#[derive(Clone)]
pub struct ServerSecret(Vec<u8>);

impl ServerSecret {
    /// The least number of bytes.
    pub const MIN_BYTES: usize = 32;

    /// Takes the secret's bytes. `None` when there are fewer than [`Self::MIN_BYTES`].
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() >= Self::MIN_BYTES).then_some(Self(bytes))
    }

    /// A 32-byte key for one purpose (HKDF-SHA256).
    #[must_use]
    pub fn key(&self, purpose: KeyPurpose) -> [u8; 32] {
        let mut key = [0; 32];
        let labels = [purpose.label()];
        let filled = Salt::new(HKDF_SHA256, b"tidings v1")
            .extract(&self.0)
            .expand(&labels, Bytes32)
            .and_then(|okm| okm.fill(&mut key));
        // Expansion fails only for lengths that SHA-256 cannot give; 32 bytes always can be.
        assert!(filled.is_ok(), "HKDF gives 32 bytes");
        key
    }

    /// HMAC-SHA256 of `data` under the key of `purpose`.
    #[must_use]
    pub fn mac(&self, purpose: KeyPurpose, data: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.key(purpose)), data);
        let mut mac = [0; 32];
        mac.copy_from_slice(tag.as_ref());
        mac
    }
}

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret(…)")
    }
}

/// SHA-256, for what is looked up by its hash.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, data).as_ref());
    hash
}

/// Compares without telling by time where two byte strings differ.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_different_purposes_differ() {
        let secret = ServerSecret(vec![7; 32]);
        assert_ne!(
            secret.key(KeyPurpose::Link),
            secret.key(KeyPurpose::OneTimeCode)
        );
        assert_ne!(
            secret.mac(KeyPurpose::Link, b"a"),
            secret.mac(KeyPurpose::Link, b"b")
        );
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(ServerSecret::new(vec![0; 31]).is_none());
    }
}
