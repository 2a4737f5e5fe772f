//! The folder that files lie in, where the store is one, with what the store itself does not show.
//!
//! The store writes what is to become `0` under the name `0#1`, and gives it its name when it is whole. A process that is
//! killed in between leaves it behind, and the store neither lists nor deletes such names.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use tokio::fs;

use super::{FilesFault, Place};

impl From<io::Error> for FilesFault {
    fn from(error: io::Error) -> Self {
        if is_full(&error) {
            Self::Full
        } else if error.kind() == ErrorKind::NotFound {
            Self::Missing
        } else {
            Self::Unavailable
        }
    }
}

/// Whether there is no room left, on the disk or for this user.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    )
}

/// The folder that the store is.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    fn of(&self, place: Place) -> PathBuf {
        self.0.join(place.folder().as_ref())
    }

    /// Removes all that belongs to a file, whatever it is called. What is gone stays gone after a power cut: the row that
    /// knows of it goes next.
    pub(super) async fn remove(&self, place: Place) -> Result<(), FilesFault> {
        let folder = self.of(place);
        match fs::remove_dir_all(&folder).await {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let Some(of_organization) = folder.parent() else {
            return Ok(());
        };
        match fs::File::open(of_organization).await {
            Ok(opened) => opened.sync_all().await?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        // It is refused as long as other files lie there.
        let _ = fs::remove_dir(of_organization).await;
        Ok(())
    }

    /// Removes what a writer that is not there any more has left unfinished of a file. A writer that only took too long can
    /// then not put an old segment in the place of a newer one.
    pub(super) async fn clear(&self, place: Place) -> Result<(), FilesFault> {
        let mut entries = match fs::read_dir(self.of(place)).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        while let Some(entry) = entries.next_entry().await? {
            if is_unfinished(&entry.path()) {
                match fs::remove_file(entry.path()).await {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}

fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.and_then(|name| name.rsplit_once('#'))
        .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_is_what_ends_with_a_number_of_its_own() {
        for (name, unfinished) in [
            ("0#1", true),
            ("thumbnail#27", true),
            ("0", false),
            ("thumbnail", false),
            ("0#", false),
            ("0#a", false),
        ] {
            assert_eq!(is_unfinished(Path::new(name)), unfinished, "{name}");
        }
    }
}
