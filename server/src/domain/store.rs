//! The database: two pools for SQLite (many readers, one writer), one for PostgreSQL.

mod file;
mod statement;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use migration::{Migrator, MigratorTrait as _};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend,
    SqliteTransactionMode, SqlxPostgresConnector, SqlxSqliteConnector, TransactionOptions,
    TransactionTrait as _,
};
use sqlx::{
    ConnectOptions as _, Executor as _,
    postgres::{PgConnectOptions, PgConnection, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use tokio::time::timeout;

use super::fault::Fault;
use file::OpenedFile;
pub(crate) use statement::{Sql, blocks, sql};

/// Statements with several rows exist once for each number of rows, so a connection keeps more of them than usual.
const PREPARED_STATEMENTS: usize = 512;

/// How to open the database.
#[derive(Clone, Debug)]
pub enum Database {
    /// One file, one process.
    Sqlite(Box<SqliteConnectOptions>),
    /// A PostgreSQL server, or an engine that speaks its protocol.
    Postgres(Box<PgConnectOptions>),
}

/// The open database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    statements: Arc<AtomicU64>,
    file: Option<OpenedFile>,
}

impl Store {
    /// Opens the pools. With `connections` PostgreSQL connections; SQLite has one writer and four readers.
    ///
    /// # Errors
    /// When the database does not answer within ten seconds.
    pub async fn open(database: Database, connections: u32) -> Result<Self, sqlx::Error> {
        let (reader, writer, file) = match database {
            Database::Sqlite(options) => {
                let options = options
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(Duration::from_secs(5))
                    .statement_cache_capacity(PREPARED_STATEMENTS);
                let pool = |size| {
                    SqlitePoolOptions::new()
                        .max_connections(size)
                        .acquire_timeout(ACQUIRE)
                };
                let writer = pool(1).connect_with(options.clone()).await?;
                let file = OpenedFile::at(options.get_filename())?;
                let reader = pool(4).connect_with(options).await?;
                (
                    SqlxSqliteConnector::from_sqlx_sqlite_pool(reader),
                    SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
                    Some(file),
                )
            }
            Database::Postgres(options) => {
                let options = options.statement_cache_capacity(PREPARED_STATEMENTS);
                let pool = PgPoolOptions::new()
                    .max_connections(connections)
                    .acquire_timeout(ACQUIRE)
                    .after_connect(|connection, _| Box::pin(plan_once(connection)))
                    .connect_with(options.clone())
                    .await;
                let pool = match pool {
                    Ok(pool) => pool,
                    Err(error) => return Err(cause(error, &options).await),
                };
                let pool = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
                (pool.clone(), pool, None)
            }
        };
        Ok(Self::counting(reader, writer, file))
    }

    fn counting(
        mut reader: DatabaseConnection,
        mut writer: DatabaseConnection,
        file: Option<OpenedFile>,
    ) -> Self {
        let statements = Arc::new(AtomicU64::new(0));
        for connection in [&mut reader, &mut writer] {
            let statements = Arc::clone(&statements);
            connection.set_metric_callback(move |_| {
                statements.fetch_add(1, Ordering::Relaxed);
            });
        }
        Self {
            reader,
            writer,
            statements,
            file,
        }
    }

    /// For statements that only read.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For schema changes and single statements that write.
    #[must_use]
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Which of the two databases it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// Begins a transaction that may write. On SQLite it takes the write lock at once, because a read that writes
    /// later fails when somebody else wrote in between.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when no connection is to be had, [`Fault::Displaced`] when the file is not the one that was
    /// opened.
    pub async fn begin(&self) -> Result<DatabaseTransaction, Fault> {
        if !self.is_in_place() {
            return Err(Fault::Displaced);
        }
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
    }

    /// Whether the database is still the one that was opened, as far as that can be told without asking it.
    fn is_in_place(&self) -> bool {
        self.file.as_ref().is_none_or(OpenedFile::is_in_place)
    }

    /// How many statements have run since the start, without `BEGIN` and `COMMIT`.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Closes the pools after the running statements.
    pub async fn close(self) {
        // Closing tells only that the pool was not open, which is what is wanted.
        let _ = self.reader.close().await;
        let _ = self.writer.close().await;
    }
}

/// Has each statement planned once for a connection. Statements here find rows by keys that hold a clinic's id, so every
/// clinic is served by the same plan, and planning takes longer than running it. An engine that does not know the setting
/// goes on without.
async fn plan_once(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let set = "set plan_cache_mode = force_generic_plan";
    match connection.execute(set).await {
        Ok(_) | Err(sqlx::Error::Database(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether the database answers. One statement.
pub async fn answers(store: &Store) -> bool {
    store.is_in_place() && store.reader().execute_unprepared("select 1").await.is_ok()
}

/// Whether every migration that this version knows has run. One statement.
pub async fn is_current(store: &Store) -> bool {
    let applied = applied(store).await;
    Migrator::migrations()
        .iter()
        .all(|migration| applied.iter().any(|name| name == migration.name()))
}

/// A migration that has run and that this version does not know: a newer one was here. One statement.
pub async fn newer_migration(store: &Store) -> Option<String> {
    let known = Migrator::migrations();
    let is_unknown = |name: &String| known.iter().all(|migration| migration.name() != name);
    applied(store).await.into_iter().find(is_unknown)
}

/// The migrations that have run. Without the table none has.
async fn applied(store: &Store) -> Vec<String> {
    let reader = store.reader();
    let rows = reader
        .query_all_raw(sql(reader, "select version from seaql_migrations", []))
        .await;
    rows.unwrap_or_default()
        .iter()
        .filter_map(|row| row.try_get_by_index(0).ok())
        .collect()
}

const ACQUIRE: Duration = Duration::from_secs(10);

/// How long the server may take to say why it cannot be used.
const ASK_WHY: Duration = Duration::from_secs(2);

/// Why no connection was to be had. The pool waits for a server that is only just starting, and in the end says no more
/// than that it waited; one connection by itself tells what is the matter.
async fn cause(error: sqlx::Error, options: &PgConnectOptions) -> sqlx::Error {
    if !matches!(error, sqlx::Error::PoolTimedOut) {
        return error;
    }
    match timeout(ASK_WHY, options.connect()).await {
        Ok(Err(cause)) => cause,
        Ok(Ok(_)) | Err(_) => error,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn blocks_have_few_lengths() {
        assert_eq!(blocks(0).count(), 0);
        assert_eq!(blocks(1031).collect::<Vec<_>>(), [512, 512, 4, 2, 1]);
    }

    #[tokio::test]
    async fn who_waited_in_vain_is_told_why() {
        // Nobody listens on a port that was just given back.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port);
        let cause = cause(sqlx::Error::PoolTimedOut, &options).await;
        assert!(matches!(cause, sqlx::Error::Io(_)), "{cause}");
    }
}
