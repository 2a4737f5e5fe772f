use std::fs;

use harness::run::{self, Folder};
use harness::{logs, patience};

#[tokio::test]
async fn what_is_logged_in_this_process_is_kept() {
    logs::capture();
    logs::capture();
    let path = run::folder(Folder::Logs).join(format!("in-process-{}.log", std::process::id()));
    tracing::info!(target: "tidings", answer = 42, "kept");
    patience::until(patience::PATIENCE, "the log line", async || {
        fs::read_to_string(&path)
            .ok()
            .filter(|log| log.contains(r#""answer":42"#))
            .map(drop)
    })
    .await;
}
