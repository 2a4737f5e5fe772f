//! The databases that are measured: filled once, copied for each measurement.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sea_orm::{ConnectionTrait as _, Statement};

use crate::{failure::Failure, seed};

/// A database that is filled and not used.
pub enum Filled {
    /// On a PostgreSQL server, where copies are made too.
    Postgres {
        /// The URL of another database of that server.
        server: String,
    },
    /// A closed file.
    Sqlite {
        /// Its path.
        file: PathBuf,
    },
}

const TEMPLATE: &str = "tidings_bench_seeded";

impl Filled {
    /// Fills one on a PostgreSQL server.
    pub async fn postgres(server: &str) -> Result<Self, Failure> {
        let seeded = Self::Postgres {
            server: server.to_owned(),
        };
        seeded.make(TEMPLATE, "").await?;
        seed::seed(&on(server, TEMPLATE)).await?;
        Ok(seeded)
    }

    /// Fills a file in a folder.
    pub async fn sqlite(directory: &Path) -> Result<Self, Failure> {
        let file = directory.join("seeded.db");
        seed::seed(&sqlite_url(&file)).await?;
        Ok(Self::Sqlite { file })
    }

    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Postgres { .. } => "PostgreSQL",
            Self::Sqlite { .. } => "SQLite",
        }
    }

    /// Makes a copy for one measurement, and gives its URL.
    pub async fn copy(&self, name: &str) -> Result<String, Failure> {
        match self {
            Self::Postgres { server } => {
                let name = format!("tidings_bench_{name}");
                self.make(&name, &format!(" template {TEMPLATE}")).await?;
                Ok(on(server, &name))
            }
            Self::Sqlite { file } => {
                let copy = file.with_file_name(format!("{name}.db"));
                // What a server that was killed left behind belongs to the earlier copy.
                for rest in ["db-wal", "db-shm"] {
                    match fs::remove_file(copy.with_extension(rest)) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => {
                            return Err(error.into());
                        }
                        Ok(()) | Err(_) => {}
                    }
                }
                fs::copy(file, &copy)?;
                Ok(sqlite_url(&copy))
            }
        }
    }

    async fn make(&self, name: &str, like: &str) -> Result<(), Failure> {
        let Self::Postgres { server } = self else {
            return Ok(());
        };
        let store = seed::open(server).await?;
        for statement in [
            format!("drop database if exists {name} with (force)"),
            format!("create database {name}{like}"),
        ] {
            store.writer().execute_unprepared(&statement).await?;
        }
        store.close().await;
        Ok(())
    }

    /// Its name and version.
    pub async fn version(&self) -> Result<String, Failure> {
        let Self::Postgres { server } = self else {
            return Ok(self.name().to_owned());
        };
        let store = seed::open(server).await?;
        let backend = store.backend();
        let statement = Statement::from_string(backend, "show server_version");
        let row = store.reader().query_one_raw(statement).await?;
        let number: String = match row {
            Some(row) => row.try_get_by_index(0)?,
            None => String::new(),
        };
        store.close().await;
        Ok(format!("{} {number}", self.name()))
    }
}

fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// The URL of another database of the same server.
fn on(server: &str, database: &str) -> String {
    let base = server.rsplit_once('/').map_or(server, |(base, _)| base);
    format!("{base}/{database}")
}
