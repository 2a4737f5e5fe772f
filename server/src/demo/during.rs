//! Errors that name the part of the story at which they stopped it.

/// The story could not be told.
#[derive(Debug, thiserror::Error)]
#[error("the demonstration's data cannot be stored: {what}: {why}")]
pub struct SeedError {
    what: &'static str,
    why: String,
}

/// Names the part of the story at which an error stopped it.
pub(super) trait During<T> {
    fn during(self, what: &'static str) -> Result<T, SeedError>;
}

impl<T, E: ToString> During<T> for Result<T, E> {
    fn during(self, what: &'static str) -> Result<T, SeedError> {
        self.map_err(|error| SeedError {
            what,
            why: error.to_string(),
        })
    }
}
