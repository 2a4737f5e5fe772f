//! Opening the database and bringing it up to date.

use std::{io, path::PathBuf};

use migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, TransactionTrait as _};

use super::{Purpose, private_files};
use crate::{
    config::Config,
    demo::{
        self, DemoError,
        marker::{self, Mark},
    },
    domain::store::{self, Store},
};

/// Nodes that start together on one PostgreSQL database take turns under this lock. The number is arbitrary, and fixed.
const MIGRATION_LOCK: i64 = 0x7469_6469_6e67_7301;

/// Why the database is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The folder of the SQLite file cannot be made.
    #[error("the folder {} cannot be made: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// The SQLite file cannot be made, or cannot be made private.
    #[error("the database file {} cannot be made private to its owner: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// It does not answer, or refuses.
    #[error("the database {shown} cannot be opened: {error}")]
    Open {
        /// Its URL without the password.
        shown: String,
        /// What the driver says.
        error: sqlx::Error,
    },
    /// A newer version of the program has changed it.
    #[error(
        "the database belongs to a newer version of Tidings, which has run the migration {0}: run that version"
    )]
    Newer(String),
    /// A migration failed.
    #[error("the database cannot be migrated: {0}")]
    Migrate(DbErr),
    /// It cannot become a demonstration's.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// It is a demonstration's, whose passwords everybody knows.
    #[error(
        "this database is a demonstration's, whose passwords everybody knows: run `tidings demo`, or name another database"
    )]
    IsDemo,
    /// Migrations are pending and may not be run.
    #[error(
        "the database is not up to date, and migrate_on_start is false: run `tidings migrate` first"
    )]
    Outdated,
}

/// Opens the database, up to date.
pub(super) async fn open(config: &Config, purpose: Purpose) -> Result<Store, DatabaseError> {
    let store = connect(config).await?;
    match purpose {
        Purpose::Demonstration => demo::claim(&store).await?,
        Purpose::Production => refuse_demonstration(&store).await?,
    }
    if config.migrate_on_start || purpose == Purpose::Demonstration {
        run_migrations(&store).await?;
    } else if !store::is_current(&store).await {
        return Err(DatabaseError::Outdated);
    }
    Ok(store)
}

/// Runs all pending migrations and closes the database again.
pub(super) async fn migrate(config: &Config) -> Result<(), DatabaseError> {
    let store = connect(config).await?;
    refuse_demonstration(&store).await?;
    let outcome = run_migrations(&store).await;
    store.close().await;
    outcome
}

async fn connect(config: &Config) -> Result<Store, DatabaseError> {
    if let Some(path) = config.database_url.path() {
        if let Some(folder) = path.parent() {
            private_files::make_folder(folder).map_err(|error| DatabaseError::Folder {
                path: folder.to_owned(),
                error,
            })?;
        }
        private_files::prepare_sqlite(path).map_err(|error| DatabaseError::File {
            path: path.to_owned(),
            error,
        })?;
    }
    Store::open(config.database_url.database(), config.database_connections)
        .await
        .map_err(|error| DatabaseError::Open {
            shown: config.database_url.to_string(),
            error,
        })
}

async fn refuse_demonstration(store: &Store) -> Result<(), DatabaseError> {
    match marker::look(store).await.map_err(DemoError::from)? {
        Mark::Empty | Mark::Foreign => Ok(()),
        Mark::Unfinished | Mark::Finished => Err(DatabaseError::IsDemo),
    }
}

async fn run_migrations(store: &Store) -> Result<(), DatabaseError> {
    if let Some(migration) = store::newer_migration(store).await {
        return Err(DatabaseError::Newer(migration));
    }
    let migrate = async {
        match store.backend() {
            DbBackend::Postgres => {
                // The lock lasts as long as this transaction, whose connection does nothing else.
                let turn = store.writer().begin().await?;
                turn.execute_unprepared(&format!("select pg_advisory_xact_lock({MIGRATION_LOCK})"))
                    .await?;
                Migrator::up(store.writer(), None).await?;
                turn.commit().await
            }
            DbBackend::Sqlite | DbBackend::MySql | _ => Migrator::up(store.writer(), None).await,
        }
    };
    migrate.await.map_err(DatabaseError::Migrate)
}
