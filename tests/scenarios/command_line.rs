//! What the program says to an operator who has made a mistake.

use std::fs;

use harness::database::TestDatabase;
use harness::process::ServerProcess;
use harness::{Backend, on_both_databases};

struct World(TestDatabase);

impl World {
    async fn start(backend: Backend) -> Self {
        Self(TestDatabase::migrated(backend).await)
    }

    async fn finish(self) {
        self.0.finish().await;
    }

    /// Runs a command that fails, and returns what it printed.
    async fn refused(&self, arguments: &[&str]) -> String {
        let process = ServerProcess::on(&self.0).with_arguments(arguments);
        let printed = process.log_file();
        assert_eq!(process.run().await.code(), Some(2));
        fs::read_to_string(printed).unwrap()
    }
}

on_both_databases! {
    /// What is wrong is named as it was typed.
    async fn a_clinic_with_wrong_values_is_not_founded(world: &World) {
        let command = ["create-organization", "--name", "Riverside", "--admin-email"];
        let first = [&command[..], &["x", "--slug", "A b", "--time-zone", "Mars/Phobos", "--language", "?"]];
        let printed = world.refused(&first.concat()).await;
        for option in ["--slug: ", "--time-zone: ", "--language: "] {
            assert!(printed.contains(option), "{option} in {printed}");
        }
        let second = [&command[..], &["x", "--slug", "riverside", "--admin-name", ""]];
        let printed = world.refused(&second.concat()).await;
        for option in ["--admin-name: ", "--admin-email: "] {
            assert!(printed.contains(option), "{option} in {printed}");
        }
    }
}
