//! The pages, in a real browser: it shows what a person would see, and notes what a page asks of elsewhere, breaks of
//! its own policy, or complains of.

use std::fs;
use std::path::PathBuf;

use harness::database::TestDatabase;
use harness::process::ServerProcess;
use harness::run::{self, Folder};
use harness::{Backend, node, on_both_databases};

struct World(TestDatabase);

impl World {
    async fn start(backend: Backend) -> Self {
        Self(TestDatabase::empty(backend).await)
    }

    async fn finish(self) {
        self.0.finish().await;
    }
}

/// Where the browser has its profile and leaves its pictures.
fn folder() -> PathBuf {
    let folder = run::folder(Folder::Scratch).join(format!("browser-{}", run::unique_name()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The only address in what a command printed.
fn printed_link(log: &str) -> &str {
    log.split_whitespace()
        .find(|word| word.starts_with("http://"))
        .expect("the command prints a link")
}

on_both_databases! {
    /// Four people are signed in; what the patient writes alerts the nurse, and the link of her e-mail leads to it.
    async fn a_newcomer_follows_a_message_through_the_demonstration(world: &World) {
        let server = ServerProcess::on(&world.0).with_arguments(&["demo"]).start().await;
        let folder = folder();
        node::run("demonstration.mjs", &[&server.url(), folder.to_str().unwrap()]).await;
    }

    /// An operator founds a clinic; its administrator chooses a password, and invites a patient, who accepts.
    async fn a_clinic_begins_with_a_link(world: &World) {
        let server = ServerProcess::on(&world.0)
            .with("TIDINGS_GRAPHIQL", "true")
            .with("TIDINGS_DEVELOPMENT_OUTBOX", "on");
        let founding = server.clone().with_arguments(&[
            "create-organization", "--name", "Riverside Family Clinic", "--slug", "riverside",
            "--admin-email", "office@riverside.example", "--admin-is-clinician",
        ]);
        let log = founding.log_file();
        assert!(founding.run().await.success());
        let printed = fs::read_to_string(log).unwrap();
        let server = server.start().await;
        let folder = folder();
        let arguments = [&server.url(), printed_link(&printed), folder.to_str().unwrap()];
        node::run("beginning.mjs", &arguments).await;
    }
}
