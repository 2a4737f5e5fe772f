//! Why a measurement could not be made.

use tokio_tungstenite::tungstenite;

/// Why a measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The operating system refused something.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The database refused something.
    #[error("the database: {0}")]
    Database(#[from] sea_orm::DbErr),
    /// The database cannot be opened.
    #[error("the database: {0}")]
    Open(#[from] sqlx::Error),
    /// A token or a setting cannot be made.
    #[error("the domain: {0}")]
    Domain(#[from] tidings::domain::fault::Fault),
    /// A WebSocket broke.
    #[error("a WebSocket: {0}")]
    WebSocket(Box<tungstenite::Error>),
    /// A result cannot be written or read.
    #[error("the results: {0}")]
    Json(#[from] serde_json::Error),
    /// A program was not found or failed.
    #[error("{program}: {why}")]
    Program {
        /// Which.
        program: &'static str,
        /// What it said.
        why: String,
    },
    /// An answer was not the expected one.
    #[error("unexpected answer from {from}: {answer}")]
    Answer {
        /// Who gave it.
        from: &'static str,
        /// The answer, cut.
        answer: String,
    },
    /// Nothing came within the time that is far more than enough.
    #[error("no end of: {0}")]
    Late(&'static str),
}

impl From<tungstenite::Error> for Failure {
    fn from(error: tungstenite::Error) -> Self {
        Self::WebSocket(Box::new(error))
    }
}

impl Failure {
    /// An answer that was not the expected one. The generator's data are made up, so it may be shown.
    pub fn answer(from: &'static str, answer: &str) -> Self {
        Self::Answer {
            from,
            answer: answer.chars().take(400).collect(),
        }
    }
}
