//! Files and folders that are nobody's but the owner's, whatever the umask and the folder above them allow: they hold what
//! patients write, and the keys to it.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// What the group and all others may do.
const OF_OTHERS: u32 = 0o077;
/// What the owner may do with a file.
const OWNERS: u32 = 0o600;

/// Makes a folder with those above it, where there is none. One that is there already is left as it is: it may be shared
/// on purpose, and what is kept in it is private by itself.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes a file anew and opens it for writing.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(OWNERS)
        .open(path)?;
    // The mode above counts only for a file that was not there.
    file.set_permissions(Permissions::from_mode(OWNERS))?;
    Ok(file)
}

/// Takes a file's permissions from all but its owner, if there is such a file.
pub(super) fn close_to_others(path: &Path) -> io::Result<()> {
    let mode = match fs::metadata(path) {
        Ok(found) => found.permissions().mode(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if mode & OF_OTHERS == 0 {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode & !OF_OTHERS))
}

/// Makes sure that a SQLite file is there and is private, with what SQLite keeps beside it. SQLite gives what it makes
/// later the permissions of the file.
pub(super) fn prepare_sqlite(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(OWNERS).open(path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    close_to_others(path)?;
    for ending in ["-wal", "-shm", "-journal"] {
        close_to_others(&beside(path, ending))?;
    }
    Ok(())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_was_open_to_others_is_closed_to_them() {
        let folder = std::env::temp_dir().join(format!("tidings-private-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let database = folder.join("a.db");
        let log = folder.join("a.db-wal");
        for path in [&database, &log] {
            fs::write(path, "").unwrap();
            fs::set_permissions(path, Permissions::from_mode(0o664)).unwrap();
        }
        prepare_sqlite(&database).unwrap();
        assert_eq!((mode(&database), mode(&log)), (0o600, 0o600));
        assert!(!folder.join("a.db-shm").exists());

        let key = folder.join("key");
        fs::write(&key, "old").unwrap();
        fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
        create(&key).unwrap();
        assert_eq!(mode(&key), 0o600);
        fs::remove_dir_all(&folder).unwrap();
    }
}
