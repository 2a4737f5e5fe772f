//! What goes wrong without the caller's doing.

use sea_orm::{DbErr, RuntimeErr};

use super::attachments::FilesFault;

/// A failure that the caller cannot mend by asking differently. Its text holds no data.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database cannot be reached, or cannot store anything now; the same request may succeed later.
    #[error("the database is unavailable")]
    Unavailable(#[source] DbErr),
    /// The database's file was moved away, removed or replaced: what were written now would be gone with the process.
    #[error("the database file is not the one that was opened")]
    Displaced,
    /// The database refused a statement.
    #[error("the database refused a statement")]
    Database(#[source] DbErr),
    /// Stored data is not what this version understands.
    #[error("stored data could not be read: {0}")]
    Corrupt(&'static str),
    /// Hashing or signing failed.
    #[error("cryptography failed: {0}")]
    Crypto(&'static str),
    /// The store of files fails.
    #[error(transparent)]
    Files(#[from] FilesFault),
    /// A part of the server that was asked has stopped.
    #[error("the server is stopping")]
    Stopping,
}

impl From<DbErr> for Fault {
    fn from(error: DbErr) -> Self {
        if is_unavailable(&error) {
            Self::Unavailable(error)
        } else {
            Self::Database(error)
        }
    }
}

impl Fault {
    /// Whether the same request may succeed later without any change.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_)
                | Self::Displaced
                | Self::Stopping
                | Self::Files(FilesFault::Full | FilesFault::Unavailable | FilesFault::Unsettled)
        )
    }

    /// A short word for logs and metrics, without personal data.
    #[must_use]
    pub fn class(&self) -> String {
        match self {
            Self::Unavailable(error) => format!("database.unavailable {}", code(error)),
            Self::Displaced => "database.displaced".to_owned(),
            Self::Database(error) => format!("database.refused {}", code(error)),
            Self::Corrupt(what) => format!("stored.corrupt {what}"),
            Self::Crypto(what) => format!("crypto {what}"),
            Self::Files(FilesFault::Full) => "files.full".to_owned(),
            Self::Files(FilesFault::Unavailable) => "files.unavailable".to_owned(),
            Self::Files(FilesFault::Unsettled) => "files.unsettled".to_owned(),
            Self::Files(FilesFault::Missing) => "files.missing".to_owned(),
            Self::Stopping => "stopping".to_owned(),
        }
    }
}

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    if let DbErr::Conn(RuntimeErr::SqlxError(e))
    | DbErr::Exec(RuntimeErr::SqlxError(e))
    | DbErr::Query(RuntimeErr::SqlxError(e)) = error
    {
        Some(e)
    } else {
        None
    }
}

/// The database's own code for an error, or the kind of the error where there is none.
fn code(error: &DbErr) -> String {
    match sqlx_error(error) {
        Some(sqlx::Error::Database(e)) => e
            .code()
            .map_or_else(String::new, std::borrow::Cow::into_owned),
        Some(sqlx::Error::PoolTimedOut) => "pool_timed_out".to_owned(),
        Some(sqlx::Error::Io(e)) => format!("io {:?}", e.kind()),
        Some(sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) => "decode".to_owned(),
        Some(_) => "driver".to_owned(),
        None => "orm".to_owned(),
    }
}

fn is_unavailable(error: &DbErr) -> bool {
    if matches!(error, DbErr::ConnectionAcquire(_)) {
        return true;
    }
    match sqlx_error(error) {
        Some(sqlx::Error::Database(e)) => e.code().is_some_and(|code| code_is_passing(&code)),
        Some(
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed,
        ) => true,
        Some(_) | None => false,
    }
}

/// PostgreSQL: connection, resource, operator and system classes, serialization failures and deadlocks, and a database that
/// takes no connections for now (55000).
/// SQLite: busy, locked, read-only, input/output, full, cannot open, with their extended codes.
fn code_is_passing(code: &str) -> bool {
    if code.len() == 5 {
        return ["08", "53", "57", "58"]
            .iter()
            .any(|class| code.starts_with(class))
            || matches!(code, "40001" | "40P01" | "25006" | "55000" | "55P03");
    }
    code.parse::<u32>()
        .is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}
