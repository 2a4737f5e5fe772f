//! A server that speaks Twilio's API: it checks what it is handed, reports by signed webhooks, and misbehaves when asked to.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tidings::domain::secret::Secret;
use tidings::domain::texts::signature;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::patience::{PATIENCE, within};

/// The account of every clinic that texts by a [`Twilio`].
pub const ACCOUNT: &str = "ACzyxaccount0000000000000000000001";
/// Its authentication token.
pub const TOKEN: &str = "zyxpassword-of-the-account";

/// What a [`Twilio`] does with the texts that it is handed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes them.
    Accept,
    /// Refuses each with a code.
    Refuse(u32),
    /// Answers with a status of HTTP.
    Status(u16),
    /// Has too many requests, for so many seconds.
    Throttle(u32),
    /// Reports a delivery before it answers.
    ReportFirst,
    /// Takes each when it is [let go](Twilio::let_go).
    Hold,
    /// Never answers.
    Hang,
}

/// A text that a [`Twilio`] was handed.
#[derive(Clone, Debug)]
pub struct Handed {
    /// What it is called, where it was taken.
    pub sid: String,
    /// To whom.
    pub to: String,
    /// From whom.
    pub from: String,
    /// By which messaging service, where it names one.
    pub service: Option<String>,
    /// What it says.
    pub body: String,
    /// Where reports go.
    pub reports: String,
}

/// A server that speaks Twilio's API.
pub struct Twilio {
    address: SocketAddr,
    state: Arc<Known>,
    server: JoinHandle<()>,
}

struct Known {
    behaviour: Mutex<Behaviour>,
    handed: watch::Sender<Vec<Handed>>,
    held: Semaphore,
    http: reqwest::Client,
}

impl Known {
    fn behaviour(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour.lock().unwrap()
    }
}

impl Twilio {
    /// Starts one that takes what it is handed.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let state = Arc::new(Known {
            behaviour: Mutex::new(Behaviour::Accept),
            handed: watch::Sender::new(Vec::new()),
            held: Semaphore::new(0),
            http,
        });
        let router = Router::new()
            .route("/2010-04-01/Accounts/{account}/Messages.json", post(take))
            .with_state(Arc::clone(&state));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            state,
            server,
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Does something else from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        *self.state.behaviour() = behaviour;
    }

    /// Takes so many of the texts that it holds or will hold.
    pub fn let_go(&self, count: usize) {
        self.state.held.add_permits(count);
    }

    /// All that it was handed.
    pub fn handed(&self) -> Vec<Handed> {
        self.state.handed.borrow().clone()
    }

    /// Waits until it was handed so many texts.
    pub async fn until(&self, count: usize) -> Vec<Handed> {
        let mut handed = self.state.handed.subscribe();
        let enough = handed.wait_for(|handed| handed.len() >= count);
        let what = format!("{count} texts at the gateway");
        within(PATIENCE, &what, enough).await.unwrap().clone()
    }

    /// Reports where a text stands.
    pub async fn report(&self, text: &Handed, status: &str, code: Option<u32>) -> StatusCode {
        report(&self.state.http, text, status, code).await
    }

    /// Sends a signed form somewhere.
    pub async fn call(&self, url: &str, form: &[(&str, &str)]) -> StatusCode {
        call(&self.state.http, url, form).await
    }
}

impl Drop for Twilio {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn report(
    http: &reqwest::Client,
    text: &Handed,
    status: &str,
    code: Option<u32>,
) -> StatusCode {
    let code = code.map(|code| code.to_string()).unwrap_or_default();
    let mut form = vec![
        ("MessageSid", text.sid.as_str()),
        ("MessageStatus", status),
        ("AccountSid", ACCOUNT),
        ("To", &text.to),
        ("From", &text.from),
    ];
    if !code.is_empty() {
        form.push(("ErrorCode", &code));
    }
    call(http, &text.reports, &form).await
}

async fn call(http: &reqwest::Client, url: &str, form: &[(&str, &str)]) -> StatusCode {
    let pairs: Vec<_> = form
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let signature = signature::sign(&Secret::new(TOKEN), url, &pairs);
    http.post(url)
        .header("X-Twilio-Signature", signature)
        .header(
            header::CONTENT_TYPE.as_str(),
            "application/x-www-form-urlencoded",
        )
        .body(encoded(form))
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
        .try_into()
        .unwrap()
}

/// A form as it travels.
pub fn encoded(form: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish()
}

async fn take(
    State(known): State<Arc<Known>>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let credentials = STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"));
    let given = headers.get(header::AUTHORIZATION);
    let expected = format!("Basic {credentials}");
    let known_client = given.is_some_and(|given| given == expected.as_str());
    if account != ACCOUNT || !known_client {
        return error(StatusCode::UNAUTHORIZED, 20003);
    }
    let kind = headers.get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind != "application/x-www-form-urlencoded") {
        return error(StatusCode::UNSUPPORTED_MEDIA_TYPE, 12300);
    }
    let form: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let field = |name: &str| {
        let found = form.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
    };
    let sender = field("From").or_else(|| field("MessagingServiceSid"));
    let (Some(to), Some(from), Some(body)) = (field("To"), sender, field("Body")) else {
        return error(StatusCode::BAD_REQUEST, 21602);
    };
    let sid = format!("SM{}", uuid::Uuid::new_v4().simple());
    let text = Handed {
        sid: sid.clone(),
        to,
        from,
        service: field("MessagingServiceSid"),
        body,
        reports: field("StatusCallback").unwrap_or_default(),
    };
    let behaviour = *known.behaviour();
    known.handed.send_modify(|handed| handed.push(text.clone()));
    match behaviour {
        Behaviour::Accept => {}
        Behaviour::Refuse(code) => return error(StatusCode::BAD_REQUEST, code),
        Behaviour::Status(status) => {
            return StatusCode::from_u16(status).unwrap().into_response();
        }
        Behaviour::Throttle(seconds) => {
            let mut response = error(StatusCode::TOO_MANY_REQUESTS, 20429);
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            return response;
        }
        Behaviour::ReportFirst => {
            report(&known.http, &text, "delivered", None).await;
        }
        Behaviour::Hold => known.held.acquire().await.unwrap().forget(),
        Behaviour::Hang => tokio::time::sleep(Duration::from_secs(3600)).await,
    }
    let answer = json!({ "sid": sid, "status": "queued", "error_code": null });
    (StatusCode::CREATED, Json(answer)).into_response()
}

fn error(status: StatusCode, code: u32) -> Response {
    let answer = json!({ "code": code, "message": "refused", "status": status.as_u16() });
    (status, Json(answer)).into_response()
}
