//! Relay connections over keyset pages.

use async_graphql::{
    ObjectType, OutputType,
    connection::{Connection, ConnectionNameType, CursorType, Edge, EmptyFields},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::error::{ApiError, ApiResult};
pub use super::page_key::Key;
use crate::domain::{
    page::{Direction, Page, Slice},
    secret::sha256,
};

/// Elements of a page when the client does not say.
pub const DEFAULT_PAGE: u32 = 25;
/// The most elements of a page.
pub const MAX_PAGE: u32 = 100;

/// The list that a cursor belongs to, so that a cursor of another list or another clinic is told from one of this.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// The name of the list.
    pub name: &'static str,
    /// Whose list it is.
    pub owner: Uuid,
}

impl List {
    fn checksum(self, key: &[u8]) -> [u8; 4] {
        let mut data = self.name.as_bytes().to_vec();
        data.extend_from_slice(self.owner.as_bytes());
        data.extend_from_slice(key);
        let hash = sha256(&data);
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// The opaque form of a place in this list.
    pub fn cursor(self, key: &impl Key) -> String {
        let mut bytes = key.to_bytes();
        let checksum = self.checksum(&bytes);
        bytes.extend_from_slice(&checksum);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn key<K: Key>(self, argument: &'static str, cursor: Option<String>) -> ApiResult<Option<K>> {
        let read = |cursor: String| {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
            let (key, checksum) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
            if checksum != self.checksum(key) {
                return None;
            }
            K::from_bytes(key)
        };
        match cursor {
            None => Ok(None),
            Some(cursor) => read(cursor).map(Some).ok_or_else(|| ApiError::BadInput {
                argument,
                message: "The cursor is not one of this list; take it from `pageInfo` or an edge of the same list.".to_owned(),
            }),
        }
    }
}

/// The arguments of a Relay connection.
#[derive(Debug, Default)]
pub struct PageArguments {
    /// `first`.
    pub first: Option<i32>,
    /// `after`.
    pub after: Option<String>,
    /// `last`.
    pub last: Option<i32>,
    /// `before`.
    pub before: Option<String>,
}

impl PageArguments {
    /// The arguments as a resolver has them.
    pub fn new(
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Self {
        Self {
            first,
            after,
            last,
            before,
        }
    }

    /// Checks the arguments of a list. Without `first` and `last`, the page begins at the list's front.
    ///
    /// # Errors
    /// [`ApiError::PageTooLong`] for more than [`MAX_PAGE`] elements, and [`ApiError::BadInput`] for both `first` and
    /// `last`, for fewer than none, and for cursors of other lists.
    pub fn slice<K: Key>(self, list: List) -> ApiResult<Slice<K>> {
        let (direction, limit) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(ApiError::BadInput {
                    argument: "last",
                    message: "Give `first` or `last`, not both.".to_owned(),
                });
            }
            (None, Some(last)) => (Direction::Backward, size("last", last)?),
            (Some(first), None) => (Direction::Forward, size("first", first)?),
            (None, None) => (Direction::Forward, DEFAULT_PAGE),
        };
        Ok(Slice {
            after: list.key("after", self.after)?,
            before: list.key("before", self.before)?,
            direction,
            limit,
        })
    }
}

fn size(argument: &'static str, wanted: i32) -> ApiResult<u32> {
    match u32::try_from(wanted) {
        Ok(size) if size <= MAX_PAGE => Ok(size),
        Ok(_) => Err(ApiError::PageTooLong { max: MAX_PAGE }),
        Err(_) => Err(ApiError::BadInput {
            argument,
            message: format!("A page has 0 to {MAX_PAGE} elements."),
        }),
    }
}

/// A cursor that is text already.
pub struct Opaque(String);

impl CursorType for Opaque {
    type Error = std::convert::Infallible;

    fn decode_cursor(text: &str) -> Result<Self, Self::Error> {
        Ok(Self(text.to_owned()))
    }

    fn encode_cursor(&self) -> String {
        self.0.clone()
    }
}

/// Makes a connection of a page.
pub fn connection<T, N: OutputType, K: Key>(
    list: List,
    page: Page<T>,
    key: impl Fn(&T) -> K,
    node: impl Fn(T) -> N,
) -> Connection<Opaque, N> {
    connection_with(list, page, EmptyFields, key, node)
}

/// Makes a connection of a page, with fields and a name of its own.
pub fn connection_with<T, N: OutputType, K: Key, F: ObjectType, Name: ConnectionNameType>(
    list: List,
    page: Page<T>,
    fields: F,
    key: impl Fn(&T) -> K,
    node: impl Fn(T) -> N,
) -> Connection<Opaque, N, F, EmptyFields, Name> {
    let mut connection =
        Connection::with_additional_fields(page.has_previous, page.has_next, fields);
    connection.edges.extend(page.items.into_iter().map(|item| {
        let cursor = Opaque(list.cursor(&key(&item)));
        Edge::new(cursor, node(item))
    }));
    connection
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_its_list() {
        let list = List {
            name: "messages",
            owner: Uuid::from_u128(1),
        };
        let cursor = list.cursor(&7_i64);
        assert_eq!(
            list.key::<i64>("after", Some(cursor.clone())).unwrap(),
            Some(7)
        );
        for other in [
            List {
                name: "inbox",
                ..list
            },
            List {
                owner: Uuid::from_u128(2),
                ..list
            },
        ] {
            assert!(other.key::<i64>("after", Some(cursor.clone())).is_err());
        }
        assert!(list.key::<i64>("after", Some("%%%".to_owned())).is_err());
        assert!(list.key::<i64>("after", Some(String::new())).is_err());
    }

    #[test]
    fn a_page_has_a_size_that_makes_sense() {
        let list = List {
            name: "messages",
            owner: Uuid::nil(),
        };
        let slice = |first, last| {
            PageArguments {
                first,
                last,
                ..Default::default()
            }
            .slice::<i64>(list)
        };
        assert_eq!(slice(None, None).unwrap().limit, DEFAULT_PAGE);
        assert!(matches!(
            slice(None, Some(101)),
            Err(ApiError::PageTooLong { max: 100 })
        ));
        for wrong in [slice(Some(-1), None), slice(Some(1), Some(1))] {
            assert!(matches!(wrong, Err(ApiError::BadInput { .. })));
        }
    }
}
