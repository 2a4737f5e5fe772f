//! Positions in an organization's log, and the form in which clients hold them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use entity::OrganizationId;

use crate::domain::secret::sha256;

/// The number of an event in its organization's log. 0 stands before the first event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub i64);

impl Position {
    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The position before this one.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0 - 1)
    }

    /// The opaque form for clients: bound to the organization, with a checksum that tells typing and cutting errors.
    #[must_use]
    pub fn to_public(self, organization: OrganizationId) -> String {
        let number = self.0.to_be_bytes();
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&number);
        bytes[8..].copy_from_slice(&checksum(organization, number));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads the opaque form. `None` when it is garbled or belongs to another organization, which look the same.
    #[must_use]
    pub fn from_public(text: &str, organization: OrganizationId) -> Option<Self> {
        let bytes: [u8; 12] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (number, sum) = bytes.split_at(8);
        let number: [u8; 8] = number.try_into().ok()?;
        (sum == checksum(organization, number))
            .then(|| Self(i64::from_be_bytes(number)))
            .filter(|p| p.0 >= 0)
    }
}

fn checksum(organization: OrganizationId, number: [u8; 8]) -> [u8; 4] {
    let mut data = [0; 24];
    data[..16].copy_from_slice(organization.0.as_bytes());
    data[16..].copy_from_slice(&number);
    let hash = sha256(&data);
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_position_reads_back_in_its_own_organization_only() {
        let (ours, theirs) = (
            OrganizationId(Uuid::from_u128(1)),
            OrganizationId(Uuid::from_u128(2)),
        );
        let text = Position(42).to_public(ours);
        assert_eq!(Position::from_public(&text, ours), Some(Position(42)));
        assert_eq!(Position::from_public(&text, theirs), None);
    }

    #[test]
    fn a_garbled_position_is_told() {
        let ours = OrganizationId(Uuid::from_u128(1));
        let text = Position(42).to_public(ours);
        for garbled in [
            "",
            "42",
            "AAAAAAAAAAAAAAAA",
            &text[1..],
            &format!("{text}A"),
            &text.to_lowercase(),
        ] {
            assert_eq!(Position::from_public(garbled, ours), None, "{garbled}");
        }
    }
}
