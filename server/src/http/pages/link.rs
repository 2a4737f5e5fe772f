//! The page that the link of a notification opens (NOT-4). It names the clinic and no person, and opening it changes
//! nothing, so that a mail scanner may; what it leads to needs signing in or a decision of the person.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderName, StatusCode},
    response::{IntoResponse as _, Response},
    routing::get,
};
use minijinja::{Environment, context};

use super::page;
use crate::{
    domain::{
        core::Core,
        fault::Fault,
        links::{self, LeadsTo, Signpost},
        secret::Secret,
    },
    http::layers,
};

const PAGE: &str = include_str!("../../../assets/html/link.html");
const ENDED: &str = include_str!("../../../assets/html/link_ended.html");
const ROBOTS: (HeaderName, &str) = (HeaderName::from_static("x-robots-tag"), "noindex, nofollow");

/// `/l/{token}`.
pub(super) fn routes(core: Core) -> Router {
    Router::new()
        .route("/l/{token}", get(open))
        .with_state(core)
}

async fn open(State(core): State<Core>, Path(token): Path<String>) -> Response {
    let shown = match links::signpost(&core, &Secret::new(token)).await {
        Ok(Some(signpost)) => render(&signpost).map(|html| (StatusCode::OK, html)),
        // One that was never sent and one that has run out look alike.
        Ok(None) => Ok((StatusCode::NOT_FOUND, ENDED.to_owned())),
        Err(fault) => Err(fault),
    };
    match shown {
        Ok((status, html)) => (status, [ROBOTS], page(html)).into_response(),
        Err(fault) => {
            tracing::error!(error.class = fault.class(), "a link could not be opened");
            layers::refusal(
                StatusCode::SERVICE_UNAVAILABLE,
                "UNAVAILABLE",
                "The link cannot be opened now; try again later.",
            )
        }
    }
}

fn render(signpost: &Signpost) -> Result<String, Fault> {
    let (leads_to, sentence) = match signpost.leads_to {
        LeadsTo::Conversation => (
            "CONVERSATION",
            "There is a message for you. Sign in to read it.",
        ),
        LeadsTo::Invitation => ("INVITATION", "You are invited to the clinic's portal."),
        LeadsTo::Password => ("PASSWORD", "Here you can choose a password."),
    };
    let mut environment = Environment::new();
    environment
        .add_template("link.html", PAGE)
        .and_then(|()| environment.get_template("link.html"))
        .and_then(|template| {
            template.render(context! {
                clinic_name => &signpost.clinic_name,
                clinic_slug => &signpost.clinic_slug,
                leads_to,
                sentence,
            })
        })
        .map_err(|_| Fault::Corrupt("page of a link"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clinics_name_is_escaped() {
        let html = render(&Signpost {
            clinic_name: "A <script> & \"B\"".to_owned(),
            clinic_slug: "a\"b".to_owned(),
            leads_to: LeadsTo::Conversation,
        })
        .unwrap();
        assert!(html.contains("A &lt;script&gt; &amp; &quot;B&quot;"));
        assert!(!html.contains("a\"b") && html.contains("data-leads-to=\"CONVERSATION\""));
    }
}
