//! One-time codes: derived from their ids, never stored.

use entity::OneTimeCodeId;

use crate::domain::{
    core::Core,
    secret::{KeyPurpose, Secret},
};

/// The six digits of a one-time code.
#[must_use]
pub fn code_of(core: &Core, id: OneTimeCodeId) -> Secret {
    let mac = core.secret.mac(KeyPurpose::OneTimeCode, id.0.as_bytes());
    let (head, _) = mac.split_at(8);
    // Of 2^64 values, the remainder favours none by more than one in ten trillion.
    let number = head
        .iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Secret::new(format!("{:06}", number % 1_000_000))
}
