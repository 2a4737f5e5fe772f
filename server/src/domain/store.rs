//! The database: two pools for SQLite (many readers, one writer), one for PostgreSQL.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use migration::{Migrator, MigratorTrait as _};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode,
    SqlxPostgresConnector, SqlxSqliteConnector, Statement, TransactionOptions,
    TransactionTrait as _, Value,
};
use sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use tokio::time::timeout;

use super::fault::Fault;

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
}

impl Store {
    /// Opens the pools. With `connections` PostgreSQL connections; SQLite has one writer and four readers.
    ///
    /// # Errors
    /// When the database does not answer within ten seconds.
    pub async fn open(database: Database, connections: u32) -> Result<Self, sqlx::Error> {
        let (reader, writer) = match database {
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
                let reader = pool(4).connect_with(options).await?;
                (
                    SqlxSqliteConnector::from_sqlx_sqlite_pool(reader),
                    SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
                )
            }
            Database::Postgres(options) => {
                let options = options.statement_cache_capacity(PREPARED_STATEMENTS);
                let pool = PgPoolOptions::new()
                    .max_connections(connections)
                    .acquire_timeout(ACQUIRE)
                    .connect_with(options.clone())
                    .await;
                let pool = match pool {
                    Ok(pool) => pool,
                    Err(error) => return Err(cause(error, &options).await),
                };
                let pool = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
                (pool.clone(), pool)
            }
        };
        Ok(Self::counting(reader, writer))
    }

    fn counting(mut reader: DatabaseConnection, mut writer: DatabaseConnection) -> Self {
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
    /// [`Fault::Unavailable`] when no connection is to be had.
    pub async fn begin(&self) -> Result<DatabaseTransaction, Fault> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
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

/// Whether the database answers. One statement.
pub async fn answers(store: &Store) -> bool {
    store.reader().execute_unprepared("select 1").await.is_ok()
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

/// SQL text with its values, for statements whose number of rows varies. Placeholders are `$1`, `$2`, … on both databases.
#[derive(Default)]
pub(crate) struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            values: Vec::new(),
        }
    }

    /// Adds text.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Takes a value and gives its placeholder, for text that needs it more than once.
    pub(crate) fn placeholder(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Adds a placeholder and its value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        let placeholder = self.placeholder(value);
        self.push(&placeholder)
    }

    /// Adds `(…), (…), …`: one row of placeholders for each row of values.
    pub(crate) fn rows<R: IntoIterator<Item = Value>>(
        &mut self,
        rows: impl IntoIterator<Item = R>,
    ) -> &mut Self {
        for (number, row) in rows.into_iter().enumerate() {
            self.push(if number == 0 { "(" } else { ", (" });
            for (column, value) in row.into_iter().enumerate() {
                if column > 0 {
                    self.push(", ");
                }
                self.bind(value);
            }
            self.push(")");
        }
        self
    }

    /// Adds `(…)`: a list of placeholders, for `in`.
    pub(crate) fn list<V: Into<Value>>(
        &mut self,
        values: impl IntoIterator<Item = V>,
    ) -> &mut Self {
        self.rows([values.into_iter().map(Into::into).collect::<Vec<Value>>()])
    }

    /// The finished statement.
    pub(crate) fn on(self, connection: &impl ConnectionTrait) -> Statement {
        Statement::from_sql_and_values(connection.get_database_backend(), self.text, self.values)
    }
}

/// A statement with a fixed number of values.
pub(crate) fn sql<const N: usize>(
    connection: &impl ConnectionTrait,
    text: &str,
    values: [Value; N],
) -> Statement {
    Statement::from_sql_and_values(connection.get_database_backend(), text, values)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

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
