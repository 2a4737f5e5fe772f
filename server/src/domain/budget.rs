//! How much text one answer may hold.

use std::{
    hash::{Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// What is left of the bytes of text that one answer may read from the database and write out. It ends a greedy query
/// while it runs, before all that it asks for lies in memory. Clones share it, and are equal.
#[derive(Clone, Debug)]
pub struct Budget {
    max: usize,
    left: Arc<Left>,
}

#[derive(Debug)]
struct Left {
    to_read: AtomicUsize,
    to_write: AtomicUsize,
}

/// The budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is longer than {max} bytes")]
pub struct Spent {
    /// What the whole budget was.
    pub max: usize,
}

impl Budget {
    /// So many bytes to read, and as many to write.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self {
            max,
            left: Arc::new(Left {
                to_read: max.into(),
                to_write: max.into(),
            }),
        }
    }

    /// Notes text that was read.
    ///
    /// # Errors
    /// [`Spent`] when there is no room for it.
    pub fn read(&self, bytes: usize) -> Result<(), Spent> {
        self.draw(&self.left.to_read, bytes)
    }

    /// Notes text that goes into the answer.
    ///
    /// # Errors
    /// [`Spent`] when there is no room for it.
    pub fn write(&self, bytes: usize) -> Result<(), Spent> {
        self.draw(&self.left.to_write, bytes)
    }

    /// Begins anew, for the next answer of a subscription.
    pub fn renew(&self) {
        self.left.to_read.store(self.max, Relaxed);
        self.left.to_write.store(self.max, Relaxed);
    }

    fn draw(&self, left: &AtomicUsize, bytes: usize) -> Result<(), Spent> {
        left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(bytes))
            .map(drop)
            .map_err(|_| Spent { max: self.max })
    }
}

impl PartialEq for Budget {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.left, &other.left)
    }
}

impl Eq for Budget {}

impl Hash for Budget {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.left).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_spent_for_all_until_it_is_renewed() {
        let budget = Budget::new(10);
        let other = budget.clone();
        assert_eq!(budget.read(6), Ok(()));
        assert_eq!(other.read(5), Err(Spent { max: 10 }));
        assert_eq!(other.read(4), Ok(()));
        assert_eq!(budget.write(10), Ok(()));
        assert_eq!(budget.write(1), Err(Spent { max: 10 }));
        budget.renew();
        assert_eq!((other.read(10), other.write(10)), (Ok(()), Ok(())));
    }
}
