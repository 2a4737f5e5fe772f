//! The roots of the schema, merged from one part for each noun.

use async_graphql::{EmptySubscription, MergedObject, Object, Schema, SchemaBuilder};

use crate::domain::core::Core;

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(ServerQuery);

/// What can be done.
#[derive(MergedObject, Default)]
pub struct Mutation(ServerMutation);

/// The schema of Tidings.
pub type Tidings = Schema<Query, Mutation, EmptySubscription>;

/// The schema without its surroundings, for printing it.
pub fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
}

/// The schema with what resolvers need.
pub fn schema(core: Core) -> Tidings {
    builder().data(core).finish()
}

/// Facts about the server.
#[derive(Default)]
pub struct ServerQuery;

#[Object]
impl ServerQuery {
    /// The version of Tidings that answers.
    async fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

/// Placeholder for parts that join.
#[derive(Default)]
pub struct ServerMutation;

#[Object]
impl ServerMutation {
    /// Does nothing; answers true.
    async fn ping(&self) -> bool {
        true
    }
}
