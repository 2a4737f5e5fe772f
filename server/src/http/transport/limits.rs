//! What one request, and one connection, may cost.

use std::fmt;

use thiserror::Error;

/// The bounds that every request and every connection is held to.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of an HTTP body or of one WebSocket message.
    pub body_bytes: usize,
    /// Bytes of one GraphQL document.
    pub query_bytes: usize,
    /// Lexical tokens of one GraphQL document.
    pub tokens: usize,
    /// Brackets of any kind that are open at once in a document, and selection sets that lie
    /// within each other once fragments are followed.
    pub nesting: usize,
    /// Fields that lie within each other.
    pub depth: usize,
    /// Selections once fragments are expanded.
    pub selections: usize,
    /// Fields once fragments are expanded, those below a page counted as often as `first` or
    /// `last` asks for.
    pub complexity: usize,
    /// Aliases once fragments are expanded.
    pub aliases: usize,
    /// Fields at the root of a query or mutation.
    pub root_fields: usize,
    /// Directives once fragments are expanded.
    pub directives: usize,
    /// Lists that lie within each other in an introspection query.
    pub introspection_lists: usize,
    /// Variables that are declared or supplied.
    pub variables: usize,
    /// Requests in one batch.
    pub batch: usize,
    /// Bytes of an HTTP body that brings files.
    pub upload_bytes: usize,
    /// Files of one request.
    pub uploads: usize,
    /// Operations that run at once on one WebSocket connection.
    pub operations_per_connection: usize,
    /// WebSocket connections and event streams of one signed-in person.
    pub connections_per_person: usize,
    /// WebSocket connections and event streams without a person, for each source.
    pub anonymous_connections_per_source: usize,
    /// WebSocket connections of each source that have not been acknowledged yet.
    pub opening_connections_per_source: usize,
    /// Bytes of one answer or batch of answers, and of the messages that are read for an answer.
    pub answer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            query_bytes: 128 * 1024,
            tokens: 10_000,
            nesting: 32,
            depth: 15,
            selections: 2_000,
            complexity: 20_000,
            aliases: 30,
            root_fields: 20,
            directives: 50,
            introspection_lists: 3,
            variables: 100,
            batch: 10,
            upload_bytes: 10 * 1024 * 1024,
            uploads: 10,
            operations_per_connection: 50,
            connections_per_person: 20,
            anonymous_connections_per_source: 100,
            opening_connections_per_source: 1_000,
            answer_bytes: 8 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// Refuses a `value` above what `limit` allows.
    pub(super) fn check(&self, limit: Limit, value: usize) -> Result<(), Exceeded> {
        let max = self.max(limit);
        if value > max {
            Err(Exceeded { limit, max })
        } else {
            Ok(())
        }
    }

    /// The refusal that names `limit`.
    pub(super) fn exceeded(&self, limit: Limit) -> Exceeded {
        Exceeded {
            limit,
            max: self.max(limit),
        }
    }

    fn max(&self, limit: Limit) -> usize {
        match limit {
            Limit::BodyBytes => self.body_bytes,
            Limit::QueryBytes => self.query_bytes,
            Limit::Tokens => self.tokens,
            Limit::Nesting => self.nesting,
            Limit::Depth => self.depth,
            Limit::Selections => self.selections,
            Limit::Complexity => self.complexity,
            Limit::Aliases => self.aliases,
            Limit::RootFields => self.root_fields,
            Limit::Directives => self.directives,
            Limit::IntrospectionLists => self.introspection_lists,
            Limit::Variables => self.variables,
            Limit::Batch => self.batch,
            Limit::UploadBytes => self.upload_bytes,
            Limit::Uploads => self.uploads,
            Limit::OperationsPerConnection => self.operations_per_connection,
            Limit::ConnectionsPerPerson => self.connections_per_person,
            Limit::AnonymousConnectionsPerSource => self.anonymous_connections_per_source,
            Limit::OpeningConnectionsPerSource => self.opening_connections_per_source,
            Limit::AnswerBytes => self.answer_bytes,
        }
    }
}

/// The name of a bound of [`Limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::body_bytes`].
    BodyBytes,
    /// [`Limits::query_bytes`].
    QueryBytes,
    /// [`Limits::tokens`].
    Tokens,
    /// [`Limits::nesting`].
    Nesting,
    /// [`Limits::depth`].
    Depth,
    /// [`Limits::selections`].
    Selections,
    /// [`Limits::complexity`].
    Complexity,
    /// [`Limits::aliases`].
    Aliases,
    /// [`Limits::root_fields`].
    RootFields,
    /// [`Limits::directives`].
    Directives,
    /// [`Limits::introspection_lists`].
    IntrospectionLists,
    /// [`Limits::variables`].
    Variables,
    /// [`Limits::batch`].
    Batch,
    /// [`Limits::upload_bytes`].
    UploadBytes,
    /// [`Limits::uploads`].
    Uploads,
    /// [`Limits::operations_per_connection`].
    OperationsPerConnection,
    /// [`Limits::connections_per_person`].
    ConnectionsPerPerson,
    /// [`Limits::anonymous_connections_per_source`].
    AnonymousConnectionsPerSource,
    /// [`Limits::opening_connections_per_source`].
    OpeningConnectionsPerSource,
    /// [`Limits::answer_bytes`].
    AnswerBytes,
}

impl Limit {
    /// The name that a client reads in `extensions.limit`.
    pub fn name(self) -> &'static str {
        match self {
            Self::BodyBytes => "bodyBytes",
            Self::QueryBytes => "queryBytes",
            Self::Tokens => "tokens",
            Self::Nesting => "nesting",
            Self::Depth => "depth",
            Self::Selections => "selections",
            Self::Complexity => "complexity",
            Self::Aliases => "aliases",
            Self::RootFields => "rootFields",
            Self::Directives => "directives",
            Self::IntrospectionLists => "introspectionLists",
            Self::Variables => "variables",
            Self::Batch => "batch",
            Self::UploadBytes => "uploadBytes",
            Self::Uploads => "uploads",
            Self::OperationsPerConnection => "operationsPerConnection",
            Self::ConnectionsPerPerson => "connectionsPerPerson",
            Self::AnonymousConnectionsPerSource => "anonymousConnectionsPerSource",
            Self::OpeningConnectionsPerSource => "openingConnectionsPerSource",
            Self::AnswerBytes => "answerBytes",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A request or a connection that went over a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("The limit {limit} of {max} is exceeded.")]
pub struct Exceeded {
    /// Which bound it was.
    pub limit: Limit,
    /// What the bound allows.
    pub max: usize,
}
