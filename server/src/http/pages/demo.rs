//! What only a demonstration shows: whom to sign in, and what would have been sent.

use axum::{Json, Router, routing::get};

use crate::demo::Demonstration;

/// `/demo/people`, with the passwords that everybody knows.
pub(super) fn routes(demonstration: Demonstration) -> Router {
    let people = demonstration.people;
    Router::new().route("/demo/people", get(async move || Json(people)))
}
