//! A staff member as the API shows them.

use std::sync::Arc;

use async_graphql::{ID, Object};
use entity::staff_member;

/// A person who works at the clinic.
#[derive(Clone)]
pub struct StaffMember(pub Arc<staff_member::Model>);

#[Object]
impl StaffMember {
    /// The id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// The full name.
    async fn name(&self) -> &str {
        self.0.name.reveal()
    }

    /// What the person is, such as "Nurse"; shown to patients beside the name.
    async fn profession(&self) -> &str {
        &self.0.profession
    }
}
