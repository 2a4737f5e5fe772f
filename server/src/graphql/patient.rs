//! A patient as the API shows them.

use std::sync::Arc;

use async_graphql::{ID, Object};
use entity::patient;

/// A person whom the clinic cares for.
#[derive(Clone)]
pub struct Patient(pub Arc<patient::Model>);

#[Object]
impl Patient {
    /// The id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// The full name.
    async fn name(&self) -> &str {
        self.0.name.reveal()
    }
}
