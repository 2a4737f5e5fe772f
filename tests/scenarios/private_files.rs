//! What the server keeps in files is for its owner alone, whatever the folder allows.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use harness::process::ServerProcess;
use harness::run::{self, Folder};
use harness::{Backend, TestDatabase, scenario};

const NAMES: [&str; 4] = [
    "tidings.db",
    "tidings.db-wal",
    "tidings.db-shm",
    "secret.key",
];

fn modes(folder: &Path) -> Vec<(&'static str, u32)> {
    NAMES
        .iter()
        .map(|&name| {
            let found = fs::metadata(folder.join(name)).unwrap();
            (name, found.permissions().mode() & 0o777)
        })
        .collect()
}

async fn a_folder_that_everybody_may_write_to() {
    let folder = run::folder(Folder::Scratch).join(format!("open-{}", run::unique_name()));
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    let unused = TestDatabase::empty(Backend::Sqlite).await;
    let url = format!("sqlite://{}", folder.join("tidings.db").display());
    let mut server = ServerProcess::on(&unused)
        .with("TIDINGS_DATABASE_URL", url)
        .with("TIDINGS_DATA_DIR", folder.display().to_string())
        .start()
        .await;
    let private = NAMES.map(|name| (name, 0o600));
    assert_eq!(modes(&folder), private, "files that the server has made");

    server.kill_nine().await;
    for name in NAMES {
        fs::set_permissions(folder.join(name), Permissions::from_mode(0o666)).unwrap();
    }
    server.restart().await;
    assert_eq!(modes(&folder), private, "files that were there");
    server.terminate().await;
    unused.finish().await;
}

#[tokio::test]
async fn files_are_private_to_their_owner() {
    scenario::bounded(a_folder_that_everybody_may_write_to()).await;
}
