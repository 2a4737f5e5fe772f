//! A look into the folders that files are stored in.

use std::path::Path;

/// The paths and lengths of all files below a folder; none where there is no folder.
pub fn below(folder: &Path) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let path = entry.path().display().to_string();
                found.push((path, entry.metadata().unwrap().len()));
            }
        }
    }
    found.sort();
    found
}
