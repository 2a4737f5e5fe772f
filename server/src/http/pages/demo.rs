//! What only a demonstration shows: whom to sign in, and what would have been sent. Whoever tries it answers texts there as
//! the patient.

use std::collections::HashSet;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use entity::{Channel, DevelopmentMessageId, MessageBody, OrganizationId, development_message};
use minijinja::{
    Environment, context,
    value::{Serde, Value},
};
use serde::Serialize;

use url::form_urlencoded;

use super::page_with_forms;
use crate::{
    demo::Demonstration,
    domain::{core::Core, fault::Fault, notifications, texts::development},
    http::{layers, transport::AllowedOrigins},
};

/// How many messages the page of the outbox shows.
const SHOWN: u32 = 50;
/// The most bytes of an answer to a text.
const MAX_ANSWER: usize = 8 * 1024;
const OUTBOX: &str = include_str!("../../../assets/html/outbox.html");

/// `/demo/people`, with the passwords that everybody knows, and `/outbox`.
pub(super) fn routes(core: Core, demonstration: Demonstration, origins: AllowedOrigins) -> Router {
    let people = demonstration.people;
    let organization = demonstration.organization;
    let answering = core.clone();
    Router::new()
        .route("/demo/people", get(async move || Json(people)))
        .route(
            "/outbox",
            get(async move || outbox(&core, organization).await),
        )
        .route(
            "/outbox/answer",
            post(async move |body: Bytes| answer(&answering, organization, &body).await),
        )
        .layer(DefaultBodyLimit::max(MAX_ANSWER))
        .route_layer(middleware::from_fn_with_state(origins, only_by_name))
}

/// Answers only under the names of this server, and takes forms of its own pages only. Whoever owns another name can let it
/// point here, and their page would then be of the same origin to a browser on this machine.
async fn only_by_name(
    State(origins): State<AllowedOrigins>,
    request: Request,
    next: Next,
) -> Response {
    let changes = request.method() != Method::GET;
    if changes && !origins.admits(request.headers()) {
        return layers::refusal(
            StatusCode::FORBIDDEN,
            "ORIGIN_NOT_ALLOWED",
            "Requests from this origin are not allowed.",
        );
    }
    if origins.names(request.headers()) {
        return next.run(request).await;
    }
    layers::refusal(
        StatusCode::MISDIRECTED_REQUEST,
        "UNKNOWN_HOST",
        "The demonstration answers on the address that it was started with, or on its public_url.",
    )
}

/// One message as the page shows it.
#[derive(Serialize)]
struct Shown {
    channel: &'static str,
    recipient: String,
    at: String,
    /// The id, where it is a text that can be answered.
    answers: Option<String>,
    subject: Option<String>,
    text: Vec<Part>,
}

/// A piece of a text: a link, or words between links.
#[derive(Serialize)]
struct Part {
    words: String,
    link: bool,
}

/// Answers a text as its receiver, and goes back to the page.
async fn answer(core: &Core, organization: OrganizationId, form: &[u8]) -> Response {
    let (mut id, mut body) = (None, None);
    for (name, value) in form_urlencoded::parse(form) {
        match &*name {
            "id" => id = DevelopmentMessageId::from_public(&value),
            "body" => body = Some(value.into_owned()),
            _ => {}
        }
    }
    let (Some(id), Some(body)) = (id, body) else {
        return layers::refusal(
            StatusCode::BAD_REQUEST,
            "INCOMPLETE",
            "An answer names the text and says something.",
        );
    };
    match development::answer_in_demo(core, organization, id, &MessageBody::new(body)).await {
        Ok(true) => Redirect::to("/outbox").into_response(),
        Ok(false) => layers::refusal(StatusCode::NOT_FOUND, "NOT_FOUND", "There is no such text."),
        Err(fault) => unavailable(&fault),
    }
}

async fn outbox(core: &Core, organization: OrganizationId) -> Response {
    match render(core, organization).await {
        Ok(html) => page_with_forms(html),
        Err(fault) => unavailable(&fault),
    }
}

fn unavailable(fault: &Fault) -> Response {
    tracing::error!(error.class = fault.class(), "the outbox could not be used");
    layers::refusal(
        StatusCode::SERVICE_UNAVAILABLE,
        "UNAVAILABLE",
        "The outbox cannot be used now; try again later.",
    )
}

async fn render(core: &Core, organization: OrganizationId) -> Result<String, Fault> {
    let messages = notifications::demo_outbox(core, organization, SHOWN).await?;
    let ids = messages.iter().map(|message| message.id);
    let texts = development::answerable(core, organization, ids).await?;
    let messages: Vec<Shown> = messages
        .iter()
        .map(|message| shown(message, &texts))
        .collect();
    let messages = Value::from(Serde(messages));
    let mut environment = Environment::new();
    environment
        .add_template("outbox.html", OUTBOX)
        .and_then(|()| environment.get_template("outbox.html"))
        .and_then(|template| template.render(context! { messages }))
        .map_err(|_| Fault::Corrupt("page of the outbox"))
}

fn shown(message: &development_message::Model, texts: &HashSet<DevelopmentMessageId>) -> Shown {
    Shown {
        channel: match message.channel {
            Channel::Email => "E-mail",
            Channel::Sms => "Text message",
            Channel::Portal => "Portal message",
        },
        recipient: message.recipient.reveal().to_owned(),
        at: message
            .created_at
            .format("%Y-%m-%d %H:%M:%S UTC")
            .to_string(),
        answers: texts.contains(&message.id).then(|| message.id.to_public()),
        subject: message.subject.clone(),
        text: parts(message.text.reveal()),
    }
}

/// Cuts a text at white space, so that links can be followed.
fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let link = bare.starts_with("http://") || bare.starts_with("https://");
        match parts.last_mut().filter(|last| !link && !last.link) {
            Some(last) => last.words.push_str(word),
            None => {
                let (words, rest) = word.split_at(if link { bare.len() } else { word.len() });
                parts.push(Part {
                    words: words.to_owned(),
                    link,
                });
                if !rest.is_empty() {
                    parts.push(Part {
                        words: rest.to_owned(),
                        link: false,
                    });
                }
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stand_alone_and_no_letter_is_lost() {
        let text = "Riverside: sign in\nhttps://a.example/l/x\n\nBye https://b.example";
        let parts = parts(text);
        let all: String = parts.iter().map(|part| part.words.as_str()).collect();
        assert_eq!(all, text);
        let links: Vec<_> = parts
            .iter()
            .filter(|part| part.link)
            .map(|part| part.words.as_str())
            .collect();
        assert_eq!(links, ["https://a.example/l/x", "https://b.example"]);
    }
}
