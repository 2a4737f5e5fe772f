//! Passwords: which ones are taken, and hashing them with bounded memory.

use std::{
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use entity::PasswordHash;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use crate::domain::{core::Core, fault::Fault, secret::Secret};

/// The fewest characters of a new password.
pub const MIN_PASSWORD: usize = 12;
/// The most characters of a new password.
pub const MAX_PASSWORD: usize = 128;

/// How long a request waits for its turn to hash.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most hashes that are computed at once: each takes 19 MiB.
const MOST_AT_ONCE: usize = 4;

/// Passwords of twelve characters and more that head the lists of leaked ones.
const COMMON: &[&str] = &[
    "123456789012",
    "1234567890123",
    "123456123456",
    "111111111111",
    "000000000000",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "abcdefghijkl",
    "adminadminadmin",
    "changemechangeme",
    "iloveyouiloveyou",
    "letmeinletmein",
    "password1234",
    "password12345",
    "password123456",
    "passwordpassword",
    "qwertyqwerty",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiopasdf",
    "welcomewelcome",
];

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// It has fewer than [`MIN_PASSWORD`] characters.
    #[error("the password is too short")]
    TooShort,
    /// It has more than [`MAX_PASSWORD`] characters.
    #[error("the password is too long")]
    TooLong,
    /// It is one of the first that anybody would try.
    #[error("the password is too easily guessed")]
    TooCommon,
}

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many others wait.
    #[error("too many passwords are being hashed")]
    Busy,
    /// Hashing failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A new password that may be set: long enough, and not one of the first that anybody would try. No composition rules,
/// after NIST SP 800-63B.
#[derive(Clone, Debug)]
pub struct NewPassword(Secret);

impl NewPassword {
    /// Checks a password that somebody chose. `known` are words that an attacker knows of them, such as their address.
    ///
    /// # Errors
    /// See [`PasswordRefused`].
    pub fn parse(chosen: &Secret, known: &[&str]) -> Result<Self, PasswordRefused> {
        let password = normalized(chosen);
        let length = password.reveal().chars().count();
        if length < MIN_PASSWORD {
            return Err(PasswordRefused::TooShort);
        }
        if length > MAX_PASSWORD {
            return Err(PasswordRefused::TooLong);
        }
        let folded = password.reveal().to_lowercase();
        let first = folded.chars().next();
        if folded.chars().all(|c| Some(c) == first)
            || COMMON.contains(&folded.as_str())
            || known.iter().any(|word| word.to_lowercase() == folded)
        {
            return Err(PasswordRefused::TooCommon);
        }
        Ok(Self(password))
    }
}

/// The form in which passwords are hashed and compared, so that the same characters typed on different keyboards are
/// the same password.
fn normalized(password: &Secret) -> Secret {
    Secret::new(password.reveal().nfkc().collect::<String>())
}

/// Hashes passwords with argon2id, a bounded number at once. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    runs: Arc<AtomicU64>,
}

impl Default for Passwords {
    fn default() -> Self {
        let at_once = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            turns: Arc::new(Semaphore::new(at_once.min(MOST_AT_ONCE))),
            runs: Arc::default(),
        }
    }
}

impl Passwords {
    /// How many hashes have been computed since the start.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// Hashes a new password with a salt of its own. One run.
    ///
    /// # Errors
    /// See [`HashError`].
    pub async fn hash(
        &self,
        core: &Core,
        password: &NewPassword,
    ) -> Result<PasswordHash, HashError> {
        self.salted(core, password.0.clone()).await
    }

    /// Hashes a password that was just found right with today's parameters. One run.
    pub(crate) async fn hash_again(
        &self,
        core: &Core,
        password: &Secret,
    ) -> Result<PasswordHash, HashError> {
        self.salted(core, clipped(password)).await
    }

    async fn salted(&self, core: &Core, password: Secret) -> Result<PasswordHash, HashError> {
        let salt: [u8; 16] = core.entropy.bytes();
        let hash = self
            .in_turn(1, move || {
                current()?
                    .hash_password_with_salt(password.reveal().as_bytes(), &salt)
                    .map_err(|_| Fault::Crypto("password hash"))
            })
            .await?;
        Ok(PasswordHash::new(hash.to_string()))
    }

    /// Tells for each of at most `runs` hashes whether the password belongs to it. Always costs `runs` runs, however
    /// many hashes there are, so that time does not tell how many.
    pub(crate) async fn matches(
        &self,
        password: &Secret,
        hashes: Vec<PasswordHash>,
        runs: u32,
    ) -> Result<Vec<bool>, HashError> {
        let password = clipped(password);
        self.in_turn(runs, move || {
            let mut hashes = hashes.into_iter();
            let mut answers = Vec::new();
            for _ in 0..runs {
                match hashes.next() {
                    Some(hash) => answers.push(verify(&password, &hash)?),
                    None => idle_run(&password)?,
                }
            }
            Ok(answers)
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        runs: u32,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, HashError> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_| HashError::Busy)?
            .map_err(|_| Fault::Stopping)?;
        self.runs.fetch_add(u64::from(runs), Ordering::Relaxed);
        // The turn goes along, so that it is held until the memory is free, also when nobody waits for the answer.
        let outcome = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        Ok(outcome
            .await
            .map_err(|_| Fault::Crypto("password hashing was interrupted"))??)
    }
}

/// Whether a stored hash was made with other parameters than new ones are.
pub(crate) fn is_outdated(hash: &PasswordHash) -> bool {
    let parameters = argon2::PasswordHash::new(hash.reveal())
        .ok()
        .and_then(|hash| Params::try_from(&hash).ok());
    let current = Params::default();
    parameters.is_none_or(|stored| {
        (stored.m_cost(), stored.t_cost(), stored.p_cost())
            != (current.m_cost(), current.t_cost(), current.p_cost())
    })
}

/// What new hashes are made with: 19 MiB, two passes, one lane, as OWASP recommends.
fn current() -> Result<Argon2<'static>, Fault> {
    let parameters =
        Params::new(19 * 1024, 2, 1, None).map_err(|_| Fault::Crypto("argon2 parameters"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
}

/// A password as it is compared. Nobody has one that is longer than allowed, so its end makes no difference.
fn clipped(password: &Secret) -> Secret {
    let characters = password.reveal().chars().take(4 * MAX_PASSWORD);
    normalized(&Secret::new(characters.collect::<String>()))
}

fn verify(password: &Secret, hash: &PasswordHash) -> Result<bool, Fault> {
    let hash =
        argon2::PasswordHash::new(hash.reveal()).map_err(|_| Fault::Corrupt("password hash"))?;
    Ok(current()?
        .verify_password(password.reveal().as_bytes(), &hash)
        .is_ok())
}

/// As long as [`verify`], for nobody.
fn idle_run(password: &Secret) -> Result<(), Fault> {
    let mut nowhere = [0; 32];
    current()?
        .hash_password_into(password.reveal().as_bytes(), &[0; 16], &mut nowhere)
        .map_err(|_| Fault::Crypto("password hash"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<NewPassword, PasswordRefused> {
        NewPassword::parse(&Secret::new(text), &["ada.lovelace@example.org"])
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(parse("tide at dawn").err(), None);
        assert_eq!(parse("tide at daw").err(), Some(PasswordRefused::TooShort));
        assert_eq!(parse(&"åb".repeat(64)).err(), None);
        assert_eq!(
            parse(&"ab".repeat(65)).err(),
            Some(PasswordRefused::TooLong)
        );
    }

    #[test]
    fn the_first_guesses_are_refused() {
        for guess in [
            "passwordPASSWORD",
            "zzzzzzzzzzzzzz",
            "Ada.Lovelace@Example.org",
        ] {
            assert_eq!(
                parse(guess).err(),
                Some(PasswordRefused::TooCommon),
                "{guess}"
            );
        }
    }

    #[test]
    fn the_same_characters_are_the_same_password() {
        let composed = normalized(&Secret::new("caf\u{e9} au lait"));
        let decomposed = normalized(&Secret::new("cafe\u{301} au lait"));
        assert_eq!(composed, decomposed);
    }
}
