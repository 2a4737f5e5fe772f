//! What the program says to an operator who has made a mistake.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use harness::database::TestDatabase;
use harness::process::ServerProcess;
use harness::{Backend, on_both_databases};
use sea_orm::ConnectionTrait;

struct World(TestDatabase);

impl World {
    async fn start(backend: Backend) -> Self {
        Self(TestDatabase::migrated(backend).await)
    }

    async fn finish(self) {
        self.0.finish().await;
    }
}

/// Runs the program to its end with this exit code, and returns what it printed.
async fn ended(process: ServerProcess, code: i32) -> String {
    let printed = process.log_file();
    assert_eq!(process.run().await.code(), Some(code));
    fs::read_to_string(printed).unwrap()
}

on_both_databases! {
    /// What is wrong is named as it was typed.
    async fn a_clinic_with_wrong_values_is_not_founded(world: &World) {
        let command = ["create-organization", "--name", "Riverside", "--admin-email"];
        let first = [&command[..], &["x", "--slug", "A b", "--time-zone", "Mars/Phobos", "--language", "?"]];
        let printed = ended(ServerProcess::on(&world.0).with_arguments(&first.concat()), 2).await;
        for option in ["--slug: ", "--time-zone: ", "--language: "] {
            assert!(printed.contains(option), "{option} in {printed}");
        }
        let second = [&command[..], &["x", "--slug", "riverside", "--admin-name", ""]];
        let printed = ended(ServerProcess::on(&world.0).with_arguments(&second.concat()), 2).await;
        for option in ["--admin-name: ", "--admin-email: "] {
            assert!(printed.contains(option), "{option} in {printed}");
        }
    }

    async fn a_taken_port_is_named_with_the_way_out(world: &World) {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let process = ServerProcess::on(&world.0).with("TIDINGS_LISTEN", address.clone());
        let printed = ended(process, 1).await;
        assert!(printed.contains(&address) && printed.contains("TIDINGS_LISTEN"), "{printed}");
    }

    /// An older program does not touch what a newer one has changed.
    async fn the_database_of_a_newer_version_is_left_alone(world: &World) {
        let connection = world.0.connect().await;
        let newer = "insert into seaql_migrations (version, applied_at) values ('m9999_newer', 0)";
        connection.execute_unprepared(newer).await.unwrap();
        connection.close().await.unwrap();
        for command in ["serve", "migrate"] {
            let printed = ended(ServerProcess::on(&world.0).with_arguments(&[command]), 1).await;
            assert!(printed.contains("newer version of Tidings"), "{printed}");
        }
    }
}
