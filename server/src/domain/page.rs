//! Keyset pages: they cost the same at the beginning and at the end of a list of any length.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Select, Value,
};
use uuid::Uuid;

use super::{fault::Fault, store::Sql};

/// Whether a page is taken from the beginning of what is left, or from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `first` elements after a cursor.
    Forward,
    /// `last` elements before a cursor.
    Backward,
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slice<C> {
    /// Only what comes after this element.
    pub after: Option<C>,
    /// Only what comes before this element.
    pub before: Option<C>,
    /// From which end.
    pub direction: Direction,
    /// How many elements.
    pub limit: u32,
}

/// A part of a list, in the list's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The elements.
    pub items: Vec<T>,
    /// Whether more follow.
    pub has_next: bool,
    /// Whether more stand before.
    pub has_previous: bool,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            has_next: false,
            has_previous: false,
        }
    }
}

impl<T> Page<T> {
    /// The same page with other elements.
    pub fn filter_map<U>(self, change: impl FnMut(T) -> Option<U>) -> Page<U> {
        Page {
            items: self.items.into_iter().filter_map(change).collect(),
            has_next: self.has_next,
            has_previous: self.has_previous,
        }
    }
}

impl<C> Slice<C> {
    /// How many rows to fetch: one more than asked for tells whether there are more.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Makes a page of rows that were fetched in the slice's direction.
    #[must_use]
    pub fn page<T>(&self, mut rows: Vec<T>) -> Page<T> {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        match self.direction {
            Direction::Forward => Page {
                items: rows,
                has_next: more,
                has_previous: self.after.is_some(),
            },
            Direction::Backward => {
                rows.reverse();
                Page {
                    items: rows,
                    has_next: self.before.is_some(),
                    has_previous: more,
                }
            }
        }
    }
}

/// In which order a list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Sorted {
    /// The smallest first.
    Ascending,
    /// The greatest first.
    Descending,
}

/// A page of a list that stands in the order of one column, in which no two are alike: it is the cursor. One statement.
pub(in crate::domain) async fn by_column<E: EntityTrait, K: Clone + Into<Value>>(
    connection: &impl ConnectionTrait,
    mut select: Select<E>,
    (column, sorted): (E::Column, Sorted),
    slice: &Slice<K>,
) -> Result<Page<E::Model>, Fault> {
    let (later, earlier) = match sorted {
        Sorted::Ascending => (&slice.after, &slice.before),
        Sorted::Descending => (&slice.before, &slice.after),
    };
    if let Some(key) = later {
        select = select.filter(column.gt(key.clone()));
    }
    if let Some(key) = earlier {
        select = select.filter(column.lt(key.clone()));
    }
    select = match (sorted, slice.direction) {
        (Sorted::Ascending, Direction::Forward) | (Sorted::Descending, Direction::Backward) => {
            select.order_by_asc(column)
        }
        (Sorted::Descending, Direction::Forward) | (Sorted::Ascending, Direction::Backward) => {
            select.order_by_desc(column)
        }
    };
    let rows = select
        .limit(slice.fetch().unsigned_abs())
        .all(connection)
        .await?;
    Ok(slice.page(rows))
}

impl Slice<Uuid> {
    /// Adds ` and …`: this slice of a list that shows its newest ids first.
    pub(in crate::domain) fn push_newest_first(&self, sql: &mut Sql) {
        if let Some(after) = self.after {
            sql.push(" and id < ").bind(after);
        }
        if let Some(before) = self.before {
            sql.push(" and id > ").bind(before);
        }
        sql.push(match self.direction {
            Direction::Forward => " order by id desc limit ",
            Direction::Backward => " order by id limit ",
        })
        .bind(self.fetch());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_too_many_tells_that_more_follow() {
        let slice = Slice::<i64> {
            after: None,
            before: None,
            direction: Direction::Backward,
            limit: 2,
        };
        let page = slice.page(vec![9, 8, 7]);
        assert_eq!(
            (page.items, page.has_previous, page.has_next),
            (vec![8, 9], true, false)
        );
    }
}
