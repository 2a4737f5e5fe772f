//! A database for each test, copied from one that was migrated once.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use tokio::sync::OnceCell;

use crate::run::{self, Folder};

/// The kinds of database that every scenario runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The embedded default.
    Sqlite,
    /// The one for everything larger.
    Postgres,
}

impl fmt::Display for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// A database that belongs to one test. One that is not [finished](TestDatabase::finish), because its test failed,
/// stays for a look until the run's end.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    place: Place,
}

/// A SQLite file that was moved aside.
#[derive(Debug)]
#[must_use]
pub struct PutBack {
    path: PathBuf,
    aside: PathBuf,
}

impl PutBack {
    /// Moves it back.
    pub fn now(self) {
        fs::rename(&self.aside, &self.path).expect("the file can be moved back");
    }
}

#[derive(Debug)]
enum Place {
    File(PathBuf),
    Server { name: String },
}

impl TestDatabase {
    /// A database with all migrations and no rows.
    pub async fn migrated(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let database = Self::at_new_file();
                fs::copy(sqlite_template().await, database.file())
                    .expect("the template can be copied");
                database
            }
            Backend::Postgres => {
                let template = postgres_template().await;
                Self::on_server(&format!(" TEMPLATE {template}")).await
            }
        }
    }

    /// A database with nothing in it.
    pub async fn empty(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::at_new_file(),
            Backend::Postgres => Self::on_server("").await,
        }
    }

    /// What `TIDINGS_DATABASE_URL` would hold.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Which kind of database this is.
    pub fn backend(&self) -> Backend {
        match self.place {
            Place::File(_) => Backend::Sqlite,
            Place::Server { .. } => Backend::Postgres,
        }
    }

    /// A connection of the test's own, beside those of the server.
    pub async fn connect(&self) -> DatabaseConnection {
        connect(&self.url).await
    }

    /// Makes a PostgreSQL database unreachable: open connections end, and new ones are refused.
    pub async fn refuse_connections(&self) {
        let name = self.server_name();
        let terminate = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        administer(&[
            format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"),
            terminate,
        ])
        .await;
    }

    /// Lets a PostgreSQL database answer as it does on a full disk: whatever would make a log longer fails. That the disk is
    /// not really full costs no rights on this machine, and harms no other database of the server.
    pub async fn fill_disk(&self) {
        let connection = self.connect().await;
        for statement in [
            "create function disk_is_full() returns trigger language plpgsql as $$ begin \
             raise exception using errcode = 'disk_full', message = 'could not extend file: No space left on device'; end $$",
            "create trigger disk_is_full before insert on event for each row execute function disk_is_full()",
        ] {
            connection
                .execute_unprepared(statement)
                .await
                .expect("a trigger can be made");
        }
        connection.close().await.expect("the connection closes");
    }

    /// Undoes [`fill_disk`](TestDatabase::fill_disk).
    pub async fn clear_disk(&self) {
        let connection = self.connect().await;
        let outcome = connection
            .execute_unprepared("drop function disk_is_full cascade")
            .await;
        outcome.expect("the trigger was there");
        connection.close().await.expect("the connection closes");
    }

    /// Puts another SQLite file in the place of this one; gives what puts it back.
    pub fn replace_file(&self) -> PutBack {
        let path = self.file().to_owned();
        let aside = path.with_extension("aside");
        fs::rename(&path, &aside).expect("the file can be moved");
        fs::write(&path, "").expect("another file can be made");
        PutBack { path, aside }
    }

    /// Undoes [`refuse_connections`](TestDatabase::refuse_connections).
    pub async fn accept_connections(&self) {
        administer(&[format!(
            "ALTER DATABASE {} WITH ALLOW_CONNECTIONS true",
            self.server_name()
        )])
        .await;
    }

    /// Removes the database.
    pub async fn finish(self) {
        match self.place {
            Place::File(path) => remove_sqlite(&path),
            Place::Server { name } => {
                administer(&[format!("DROP DATABASE {name} WITH (FORCE)")]).await
            }
        }
    }

    fn at_new_file() -> Self {
        let path = run::folder(Folder::Scratch).join(format!("{}.db", run::unique_name()));
        Self {
            url: sqlite_url(&path),
            place: Place::File(path),
        }
    }

    async fn on_server(options: &str) -> Self {
        let name = format!("tidings_{}", run::unique_name());
        administer(&[format!("CREATE DATABASE {name}{options}")]).await;
        Self {
            url: postgres_url(&name),
            place: Place::Server { name },
        }
    }

    fn file(&self) -> &Path {
        match &self.place {
            Place::File(path) => path,
            Place::Server { .. } => panic!("a PostgreSQL database is no file"),
        }
    }

    fn server_name(&self) -> &str {
        match &self.place {
            Place::Server { name } => name,
            Place::File(_) => panic!("a SQLite database refuses nobody"),
        }
    }
}

/// The path of a migrated, closed SQLite file.
async fn sqlite_template() -> &'static Path {
    static TEMPLATE: OnceCell<PathBuf> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let path =
                run::folder(Folder::Scratch).join(format!("template-{}.db", run::unique_name()));
            migrate(&sqlite_url(&path)).await;
            path
        })
        .await
}

/// The name of a migrated PostgreSQL database that nobody is connected to.
async fn postgres_template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("tidings_template_{}", run::unique_name());
            administer(&[format!("CREATE DATABASE {name}")]).await;
            migrate(&postgres_url(&name)).await;
            name
        })
        .await
}

async fn migrate(url: &str) {
    let connection = connect(url).await;
    Migrator::up(&connection, None)
        .await
        .expect("the migrations run on an empty database");
    connection.close().await.expect("the connection closes");
}

async fn administer(statements: &[String]) {
    let connection = connect(&run::postgres_url()).await;
    for statement in statements {
        let outcome: Result<_, DbErr> = connection.execute_unprepared(statement).await;
        outcome.unwrap_or_else(|error| panic!("`{statement}` failed: {error}"));
    }
    connection.close().await.expect("the connection closes");
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options)
        .await
        .unwrap_or_else(|error| panic!("cannot connect to {url}: {error}"))
}

fn sqlite_url(path: &Path) -> String {
    format!("sqlite://{}?mode=rwc", path.display())
}

/// The address of another database on the same server.
fn postgres_url(name: &str) -> String {
    let server = run::postgres_url();
    let (base, options) = server
        .split_once('?')
        .map_or((server.as_str(), None), |(base, options)| {
            (base, Some(options))
        });
    let (authority, _) = base
        .rsplit_once('/')
        .expect("TIDINGS_TEST_POSTGRES_URL names a database");
    options.map_or_else(
        || format!("{authority}/{name}"),
        |options| format!("{authority}/{name}?{options}"),
    )
}

fn remove_sqlite(path: &Path) {
    fs::remove_file(path).ok();
    for suffix in ["-wal", "-shm", "-journal"] {
        fs::remove_file(path.with_extension(format!("db{suffix}"))).ok();
    }
}
