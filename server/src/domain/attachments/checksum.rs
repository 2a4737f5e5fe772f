//! What the bytes of one request must add up to.

use aws_lc_rs::digest;

/// What the bytes of one request must add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-1, which protects from accidents only.
    Sha1(Vec<u8>),
    /// SHA-256.
    Sha256(Vec<u8>),
}

impl Checksum {
    pub(super) fn begin(&self) -> digest::Context {
        digest::Context::new(match self {
            Self::Sha1(_) => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256(_) => &digest::SHA256,
        })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Sha1(bytes) | Self::Sha256(bytes) => bytes,
        }
    }
}
