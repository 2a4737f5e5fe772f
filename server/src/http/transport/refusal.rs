//! Why a request is refused before anything of it is executed.

use async_graphql::{ErrorExtensionValues, Pos, ServerError};
use axum::http::StatusCode;
use thiserror::Error;

use super::{
    credentials::AuthenticateError,
    limits::{Exceeded, Limit},
};

/// A request that is not executed. The texts are short and never repeat what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    #[error("The body is not valid JSON.")]
    MalformedJson,
    #[error(
        "The request must be an object with a string `query`, and at most a string \
         `operationName` and objects `variables` and `extensions` besides."
    )]
    MalformedRequest,
    #[error("The parameter `query` is missing.")]
    MissingQuery,
    #[error("The batch is empty.")]
    EmptyBatch,
    #[error(
        "The content type must be application/json in UTF-8, or multipart/form-data with files."
    )]
    UnsupportedMediaType,
    #[error("A multipart request needs the header GraphQL-Require-Preflight.")]
    NotDeliberate,
    #[error(
        "A multipart request holds `operations`, then `map`, then the files; the map names variables that are null."
    )]
    MalformedMultipart,
    #[error("The body is longer than a request with files may be.")]
    MultipartTooLong,
    #[error(
        "The answer can be application/graphql-response+json, application/json or, for one operation, text/event-stream."
    )]
    NotAcceptable,
    #[error("The method must be POST, or GET for queries.")]
    MethodNotAllowed,
    #[error("Mutations are run by POST or WebSocket only.")]
    MutationByGet,
    #[error("Subscriptions are run by WebSocket, or as text/event-stream.")]
    SubscriptionWithoutStream,
    #[error("Requests from this origin are not allowed.")]
    ForeignOrigin,
    #[error("The body did not arrive in time.")]
    BodyTimeout,
    #[error("The body broke off.")]
    BodyIncomplete,
    #[error("The server is restarting.")]
    Draining,
    #[error("{0}")]
    Unauthenticated(AuthenticateError),
    #[error(transparent)]
    Limit(#[from] Exceeded),
    #[error("The document has a syntax error at line {}, column {}.", .0.line, .0.column)]
    Syntax(Pos),
    #[error("The document is not valid: {0}.")]
    Document(&'static str, Vec<Pos>),
    #[error("The document holds no operation of the name that was given, or several and no name.")]
    UnknownOperation,
    #[error("Introspection is switched off.")]
    Introspection(Pos),
    #[error("A variable has no value, or none of the type that it is declared with.")]
    Variable(Pos),
    #[error("A text holds the character U+0000, which cannot be stored.")]
    NulCharacter,
}

impl Refusal {
    /// The text of `extensions.code`.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::MalformedJson
            | Self::MalformedRequest
            | Self::MissingQuery
            | Self::EmptyBatch
            | Self::MalformedMultipart
            | Self::BodyIncomplete => "BAD_REQUEST",
            Self::NotDeliberate => "PREFLIGHT_REQUIRED",
            Self::MultipartTooLong => "LIMIT_EXCEEDED",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::MethodNotAllowed | Self::MutationByGet => "METHOD_NOT_ALLOWED",
            Self::SubscriptionWithoutStream => "SUBSCRIPTION_NEEDS_STREAM",
            Self::ForeignOrigin => "ORIGIN_NOT_ALLOWED",
            Self::BodyTimeout => "REQUEST_TIMEOUT",
            Self::Draining => "UNAVAILABLE",
            Self::Unauthenticated(error) => match error {
                AuthenticateError::InvalidToken | AuthenticateError::Expired => "UNAUTHENTICATED",
                AuthenticateError::Unavailable => "UNAVAILABLE",
            },
            Self::Limit(_) => "LIMIT_EXCEEDED",
            Self::Syntax(_) => "GRAPHQL_PARSE_FAILED",
            Self::Document(..) => "GRAPHQL_VALIDATION_FAILED",
            Self::UnknownOperation => "OPERATION_RESOLUTION_FAILURE",
            Self::Introspection(_) => "INTROSPECTION_DISABLED",
            Self::Variable(_) | Self::NulCharacter => "BAD_USER_INPUT",
        }
    }

    /// The HTTP status where it does not depend on the media type of the answer. The others are
    /// faults of a well-formed request: 400, or 200 for clients that know only
    /// `application/json`.
    pub(super) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::MalformedJson
            | Self::MalformedRequest
            | Self::MissingQuery
            | Self::EmptyBatch
            | Self::BodyIncomplete
            | Self::MalformedMultipart
            | Self::NotDeliberate
            | Self::SubscriptionWithoutStream => Some(StatusCode::BAD_REQUEST),
            Self::MultipartTooLong => Some(StatusCode::PAYLOAD_TOO_LARGE),
            Self::UnsupportedMediaType => Some(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::NotAcceptable => Some(StatusCode::NOT_ACCEPTABLE),
            Self::MethodNotAllowed | Self::MutationByGet => Some(StatusCode::METHOD_NOT_ALLOWED),
            Self::ForeignOrigin => Some(StatusCode::FORBIDDEN),
            Self::BodyTimeout => Some(StatusCode::REQUEST_TIMEOUT),
            Self::Draining => Some(StatusCode::SERVICE_UNAVAILABLE),
            Self::Unauthenticated(error) => Some(match error {
                AuthenticateError::InvalidToken | AuthenticateError::Expired => {
                    StatusCode::UNAUTHORIZED
                }
                AuthenticateError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            }),
            Self::Limit(exceeded) => limit_status(exceeded.limit),
            Self::Syntax(_)
            | Self::Document(..)
            | Self::UnknownOperation
            | Self::Introspection(_)
            | Self::Variable(_)
            | Self::NulCharacter => None,
        }
    }

    /// The refusal as an entry of `errors`.
    pub(super) fn to_error(&self) -> ServerError {
        let mut error = ServerError::new(self.to_string(), None);
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code());
        match self {
            Self::Limit(exceeded) => {
                extensions.set("limit", exceeded.limit.name());
                extensions.set("max", exceeded.max as u64);
            }
            Self::Syntax(position) | Self::Introspection(position) | Self::Variable(position) => {
                error.locations = vec![*position]
            }
            Self::Document(_, positions) => error.locations.clone_from(positions),
            Self::MalformedJson
            | Self::MalformedRequest
            | Self::MissingQuery
            | Self::EmptyBatch
            | Self::NotDeliberate
            | Self::MalformedMultipart
            | Self::MultipartTooLong
            | Self::UnsupportedMediaType
            | Self::NotAcceptable
            | Self::MethodNotAllowed
            | Self::MutationByGet
            | Self::SubscriptionWithoutStream
            | Self::ForeignOrigin
            | Self::BodyTimeout
            | Self::BodyIncomplete
            | Self::Draining
            | Self::Unauthenticated(_)
            | Self::UnknownOperation
            | Self::NulCharacter => {}
        }
        error.extensions = Some(extensions);
        error
    }
}

fn limit_status(limit: Limit) -> Option<StatusCode> {
    match limit {
        Limit::BodyBytes | Limit::UploadBytes => Some(StatusCode::PAYLOAD_TOO_LARGE),
        Limit::Batch | Limit::Uploads => Some(StatusCode::BAD_REQUEST),
        Limit::ConnectionsPerPerson
        | Limit::AnonymousConnectionsPerSource
        | Limit::OpeningConnectionsPerSource => Some(StatusCode::TOO_MANY_REQUESTS),
        Limit::QueryBytes
        | Limit::Tokens
        | Limit::Nesting
        | Limit::Depth
        | Limit::Selections
        | Limit::Complexity
        | Limit::Aliases
        | Limit::RootFields
        | Limit::Directives
        | Limit::IntrospectionLists
        | Limit::Variables
        | Limit::OperationsPerConnection
        | Limit::AnswerBytes => None,
    }
}
