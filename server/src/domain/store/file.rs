//! Notices when the SQLite file is not the one that was opened.
//!
//! A file that was removed or replaced still takes writes from whoever has it open, and they are gone with the process. So
//! nothing may be acknowledged any more.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// The file that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenedFile {
    path: PathBuf,
    device: u64,
    node: u64,
}

impl OpenedFile {
    /// The file that has this name now.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let found = fs::metadata(path)?;
        Ok(Self {
            path: path.to_owned(),
            device: found.dev(),
            node: found.ino(),
        })
    }

    /// Whether its name still leads to it. It is one look at the file system's cache, and not worth another thread.
    pub(super) fn is_in_place(&self) -> bool {
        Self::at(&self.path).is_ok_and(|found| found == *self)
    }
}
