//! The public suites of others, run by Node against the toy server.

use std::{path::Path, process::Stdio};

use super::toy::Toy;

async fn run(arguments: &[&str]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/node");
    let output = tokio::process::Command::new("node")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
#[ignore = "needs node, and `npm ci` in tests/node"]
async fn graphql_http_audits_pass() {
    let toy = Toy::start().await;
    run(&["audit.mjs", &format!("http://{}/graphql", toy.address)]).await;
}

#[tokio::test]
#[ignore = "needs node, and `npm ci` in tests/node"]
async fn graphql_ws_and_graphql_sse_clients_work() {
    let toy = Toy::start().await;
    run(&[
        "graphql-ws.mjs",
        &format!("http://{}/graphql", toy.address),
        "ann",
        "--query={ viewer }",
        "--mutation=mutation { count }",
        "--subscription=subscription { numbers(to: 3) }",
    ])
    .await;
}
