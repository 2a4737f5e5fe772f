//! SQL text with its values.

use sea_orm::{ConnectionTrait, Statement, Value};

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

    /// Whether nothing was added yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
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

/// The most rows of a block.
const LARGEST_BLOCK: usize = 512;

/// Divides many rows into blocks of few different lengths, so that few different statements are prepared for them: blocks
/// of 512, and of smaller powers of two for the rest.
pub(crate) fn blocks(mut rows: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let block = match rows {
            0 => return None,
            LARGEST_BLOCK.. => LARGEST_BLOCK,
            few => 1 << few.ilog2(),
        };
        rows -= block;
        Some(block)
    })
}

/// A statement with a fixed number of values.
pub(crate) fn sql<const N: usize>(
    connection: &impl ConnectionTrait,
    text: &str,
    values: [Value; N],
) -> Statement {
    Statement::from_sql_and_values(connection.get_database_backend(), text, values)
}
