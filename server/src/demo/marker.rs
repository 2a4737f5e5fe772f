//! What tells a demonstration's database from any other: a table of its own, made before everything else.

use migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr};

use crate::domain::store::{Store, sql};

/// What a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// There is nothing in it.
    Empty,
    /// A demonstration that was not finished.
    Unfinished,
    /// A demonstration.
    Finished,
    /// Somebody's data.
    Foreign,
}

/// Looks at what a database holds. At most two statements.
pub(crate) async fn look(store: &Store) -> Result<Mark, DbErr> {
    let names = match store.backend() {
        DbBackend::Postgres => {
            "select table_name from information_schema.tables where table_schema = current_schema()"
        }
        DbBackend::Sqlite | DbBackend::MySql | _ => {
            "select name from sqlite_master where type = 'table'"
        }
    };
    let connection = store.writer();
    let rows = connection.query_all_raw(sql(connection, names, [])).await?;
    let names: Vec<String> = rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?;
    if !names.iter().any(|name| name == "demonstration") {
        return Ok(if names.is_empty() {
            Mark::Empty
        } else {
            Mark::Foreign
        });
    }
    let finished = connection
        .query_one_raw(sql(
            connection,
            "select state from demonstration where state = 'FINISHED'",
            [],
        ))
        .await?;
    Ok(match finished {
        Some(_) => Mark::Finished,
        None => Mark::Unfinished,
    })
}

/// Marks an empty database. One statement.
pub(super) async fn begin(store: &Store) -> Result<(), DbErr> {
    store
        .writer()
        .execute_unprepared("create table demonstration (state varchar(16) not null)")
        .await?;
    Ok(())
}

/// Notes that the demonstration has all its data. One statement.
pub(super) async fn finish(store: &Store) -> Result<(), DbErr> {
    store
        .writer()
        .execute_unprepared("insert into demonstration (state) values ('FINISHED')")
        .await?;
    Ok(())
}

/// Removes what an unfinished demonstration left, all tables with it.
pub(super) async fn clear(store: &Store) -> Result<(), DbErr> {
    Migrator::reset(store.writer()).await?;
    for leftover in ["seaql_migrations", "demonstration"] {
        store
            .writer()
            .execute_unprepared(&format!("drop table if exists {leftover}"))
            .await?;
    }
    Ok(())
}
