//! A short way to write down a table that both databases take.

use sea_orm_migration::prelude::*;

/// The column types that SQLite and PostgreSQL both have.
#[derive(Clone, Copy)]
pub(crate) enum Column {
    BigInteger,
    Binary,
    Boolean,
    Date,
    Integer,
    Json,
    SmallInteger,
    Text,
    Timestamp,
    Uuid,
}

/// A table with its keys and indexes.
pub(crate) struct Table {
    name: &'static str,
    statement: TableCreateStatement,
    indexes: Vec<IndexCreateStatement>,
}

impl Table {
    pub(crate) fn new(name: &'static str, primary_key: &[&'static str]) -> Self {
        let mut key = Index::create();
        for column in primary_key {
            key.col(*column);
        }
        let mut statement = sea_orm_migration::prelude::Table::create();
        statement.table(name).primary_key(&mut key);
        Self {
            name,
            statement,
            indexes: Vec::new(),
        }
    }

    pub(crate) fn column(mut self, name: &'static str, kind: Column) -> Self {
        self.statement.col(definition(name, kind).not_null());
        self
    }

    pub(crate) fn nullable(mut self, name: &'static str, kind: Column) -> Self {
        self.statement.col(definition(name, kind).null());
        self
    }

    pub(crate) fn unique(self, columns: &[&'static str]) -> Self {
        self.indexed("unique", columns, true)
    }

    pub(crate) fn index(self, columns: &[&'static str]) -> Self {
        self.indexed("index", columns, false)
    }

    pub(crate) fn references(
        mut self,
        columns: &[&'static str],
        table: &'static str,
        keys: &[&'static str],
    ) -> Self {
        let mut key = ForeignKey::create();
        for (column, target) in columns.iter().zip(keys) {
            key.from(self.name, *column).to(table, *target);
        }
        key.on_delete(ForeignKeyAction::Cascade);
        self.statement.foreign_key(&mut key);
        self
    }

    fn indexed(mut self, word: &str, columns: &[&'static str], unique: bool) -> Self {
        let distinctive: Vec<_> = columns
            .iter()
            .filter(|name| **name != "organization_id")
            .copied()
            .collect();
        let mut index = Index::create();
        index
            .name(format!("{}_{word}_{}", self.name, distinctive.join("_")))
            .table(self.name);
        for column in columns {
            index.col(*column);
        }
        if unique {
            index.unique();
        }
        self.indexes.push(index.to_owned());
        self
    }

    pub(crate) async fn create(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager.create_table(self.statement).await?;
        for index in self.indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    pub(crate) async fn drop(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager
            .drop_table(
                sea_orm_migration::prelude::Table::drop()
                    .table(self.name)
                    .to_owned(),
            )
            .await
    }
}

/// Adds columns that may be empty to a table that exists, one statement each: SQLite takes no more at once.
pub(crate) async fn add_nullable(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[(&'static str, Column)],
) -> Result<(), DbErr> {
    for (name, kind) in columns {
        let mut alter = sea_orm_migration::prelude::Table::alter();
        alter
            .table(table)
            .add_column(definition(name, *kind).null());
        manager.alter_table(alter).await?;
    }
    Ok(())
}

/// Removes columns from a table that exists, one statement each.
pub(crate) async fn drop_columns(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[(&'static str, Column)],
) -> Result<(), DbErr> {
    for (name, _) in columns {
        let mut alter = sea_orm_migration::prelude::Table::alter();
        alter.table(table).drop_column(*name);
        manager.alter_table(alter).await?;
    }
    Ok(())
}

fn definition(name: &'static str, kind: Column) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match kind {
        Column::BigInteger => column.big_integer(),
        Column::Binary => column.binary(),
        Column::Boolean => column.boolean(),
        Column::Date => column.date(),
        Column::Integer => column.integer(),
        Column::Json => column.json(),
        Column::SmallInteger => column.small_integer(),
        Column::Text => column.text(),
        Column::Timestamp => column.timestamp_with_time_zone(),
        Column::Uuid => column.uuid(),
    };
    column
}
