//! The server's secret: given, read from a file, or made on the first start.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::private_files;
use crate::{
    config::SecretSource,
    domain::{entropy::Entropy, secret::ServerSecret},
};

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretKeyError {
    /// The file cannot be read or made.
    #[error("the secret key file {} cannot be used: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// The file holds too little.
    #[error("the secret key file {} holds fewer than {} characters", .0.display(), ServerSecret::MIN_BYTES)]
    TooShort(PathBuf),
}

pub(super) fn load(
    source: &SecretSource,
    entropy: &Entropy,
) -> Result<ServerSecret, SecretKeyError> {
    match source {
        SecretSource::Given(secret) => Ok(secret.clone()),
        SecretSource::File(path) => read(path),
        SecretSource::Generated(path) => {
            match generate(path, entropy) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(path)(error)),
            }
            private_files::close_to_others(path).map_err(failed(path))?;
            read(path)
        }
    }
}

fn read(path: &Path) -> Result<ServerSecret, SecretKeyError> {
    let text = fs::read_to_string(path).map_err(failed(path))?;
    ServerSecret::new(text.trim().as_bytes().to_vec())
        .ok_or_else(|| SecretKeyError::TooShort(path.to_owned()))
}

/// Writes 64 random hexadecimal digits to a file that only its owner may read. Under its own name the file is whole or
/// not there: what is written first has another name.
fn generate(path: &Path, entropy: &Entropy) -> io::Result<()> {
    if path.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    if let Some(folder) = path.parent() {
        private_files::make_folder(folder)?;
    }
    let digits: String = entropy
        .bytes::<32>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = private_files::create(&draft)?;
    writeln!(file, "{digits}")?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    linked
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> SecretKeyError {
    let path = path.to_owned();
    |error| SecretKeyError::File { path, error }
}
