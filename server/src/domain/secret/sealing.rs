//! Text that must be read again later and may not lie in the database in clear: encrypted under a key from the server's secret.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use entity::{OrganizationId, Sealed};
use uuid::Uuid;

use super::{KeyPurpose, ServerSecret};
use crate::domain::{entropy::Entropy, fault::Fault};

/// Where sealed text lies. Copied to another place it does not open.
#[derive(Clone, Copy, Debug)]
pub struct SealedPlace {
    organization: OrganizationId,
    row: Uuid,
    what: &'static str,
}

impl SealedPlace {
    /// A column of a row.
    #[must_use]
    pub const fn new(organization: OrganizationId, row: Uuid, what: &'static str) -> Self {
        Self {
            organization,
            row,
            what,
        }
    }

    fn bytes(self) -> Vec<u8> {
        [
            self.organization.0.as_bytes(),
            self.row.as_bytes(),
            self.what.as_bytes(),
        ]
        .concat()
    }
}

impl ServerSecret {
    /// Encrypts text for a place.
    ///
    /// # Errors
    /// [`Fault::Crypto`], which never happens with texts of any length that is stored.
    pub fn seal(&self, entropy: &Entropy, place: SealedPlace, text: &str) -> Result<Sealed, Fault> {
        let nonce: [u8; NONCE_LEN] = entropy.bytes();
        let mut sealed = text.as_bytes().to_vec();
        self.sealing_key()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.bytes()),
                &mut sealed,
            )
            .map_err(|_| Fault::Crypto("sealing"))?;
        Ok(Sealed([nonce.as_slice(), &sealed].concat()))
    }

    /// Decrypts what was sealed for a place.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] when it was altered, or sealed for another place or under another secret.
    pub fn unseal(&self, place: SealedPlace, sealed: &Sealed) -> Result<String, Fault> {
        let corrupt = || Fault::Corrupt("sealed text");
        let (nonce, rest) = sealed.0.split_at_checked(NONCE_LEN).ok_or_else(corrupt)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| corrupt())?;
        let mut text = rest.to_vec();
        let length = self
            .sealing_key()?
            .open_in_place(nonce, Aad::from(place.bytes()), &mut text)
            .map_err(|_| corrupt())?
            .len();
        text.truncate(length);
        String::from_utf8(text).map_err(|_| corrupt())
    }

    fn sealing_key(&self) -> Result<LessSafeKey, Fault> {
        UnboundKey::new(&AES_256_GCM, &self.key(KeyPurpose::Sealing))
            .map(LessSafeKey::new)
            .map_err(|_| Fault::Crypto("sealing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_in_its_place_only() {
        let secret = ServerSecret::new(vec![7; 32]).unwrap();
        let organization = OrganizationId(Uuid::from_u128(1));
        let place = SealedPlace::new(organization, Uuid::from_u128(2), "body");
        let sealed = secret.seal(&Entropy::system(), place, "Grüße 👋").unwrap();
        assert_eq!(secret.unseal(place, &sealed).unwrap(), "Grüße 👋");
        let elsewhere = SealedPlace::new(organization, Uuid::from_u128(3), "body");
        assert!(secret.unseal(elsewhere, &sealed).is_err());
        let mut altered = sealed.clone();
        altered.0[NONCE_LEN] ^= 1;
        assert!(secret.unseal(place, &altered).is_err());
        assert!(secret.unseal(place, &Sealed(vec![1])).is_err());
    }
}
