//! What goes wrong: a refusal, which is a result of the rules, or a failure, which is ours.
//!
//! A refusal tells the caller its catalogued code. A failure tells it a trace number and nothing
//! else; the cause stands in the log under that number, and never carries personal data.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bondhouse_disk::DiskError;
use bondhouse_domain::message::{Message, Refusal};
use serde::Serialize;
use tokio_postgres::error::SqlState;

/// The answer of everything here that can go wrong.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// A refusal or a failure.
#[derive(Debug, Clone)]
pub(crate) enum Error {
    /// The rules say no.
    Refused {
        /// The HTTP status that fits.
        status: StatusCode,
        /// What is said.
        refusal: Refusal,
    },
    /// The disk, or what stands on it.
    Disk(DiskError),
    /// The database server refused a statement. Its code and message, never its detail: that may
    /// quote values.
    Server {
        /// SQLSTATE.
        code: String,
        /// What the server says about it.
        what: String,
    },
    /// The database server cannot be reached, or went away before it answered.
    Away(String),
    /// What cannot be, was.
    Broken(String),
}

impl Error {
    /// A refusal under its own HTTP status.
    pub(crate) fn refused(status: StatusCode, refusal: Refusal) -> Self {
        Self::Refused { status, refusal }
    }

    /// Something that the program's own rules exclude.
    pub(crate) fn broken(what: impl Into<String>) -> Self {
        Self::Broken(what.into())
    }
}

/// A wish that the state of things forbids; the usual kind of refusal.
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::refused(StatusCode::CONFLICT, refusal)
    }
}

impl From<DiskError> for Error {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Disk(error.into())
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) if *said.code() == SqlState::DISK_FULL => Self::Disk(DiskError::Full),
            // A zero byte, which the server's text cannot hold and no document of ours needs.
            Some(said) if *said.code() == SqlState::CHARACTER_NOT_IN_REPERTOIRE => {
                Self::refused(StatusCode::UNPROCESSABLE_ENTITY, crate::says::bad_text())
            }
            Some(said) if said.code().code().starts_with("57P") => {
                Self::Away(said.message().to_owned())
            }
            Some(said) => Self::Server {
                code: said.code().code().to_owned(),
                what: said.message().to_owned(),
            },
            None if error.is_closed() => Self::Away("the connection is closed".to_owned()),
            None => match std::error::Error::source(&error) {
                Some(cause) if cause.is::<std::io::Error>() => Self::Away(cause.to_string()),
                // A value that does not fit its column: the kind of error names it, never the value.
                _ => Self::Broken(format!("PostgreSQL: {error}")),
            },
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        // The error's own text may quote a value, and a value may be personal.
        Self::Broken(format!(
            "JSON, {:?} at line {} column {}",
            error.classify(),
            error.line(),
            error.column()
        ))
    }
}

/// What a caller reads when something went wrong.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Refusal")]
pub(crate) struct Said {
    #[serde(flatten)]
    message: Message,
    trace: String,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let trace = uuid::Uuid::now_v7().simple().to_string();
        let (status, message) = match self {
            Self::Refused { status, refusal } => {
                tracing::info!(%trace, code = %refusal, status = status.as_u16(), "refused");
                (status, refusal.0)
            }
            Self::Disk(DiskError::Full) => {
                tracing::error!(%trace, "the disk is full");
                (StatusCode::INSUFFICIENT_STORAGE, crate::says::disk_full().0)
            }
            Self::Disk(DiskError::Busy) => {
                tracing::error!(%trace, "another program holds the database");
                (StatusCode::SERVICE_UNAVAILABLE, crate::says::busy().0)
            }
            Self::Disk(error) => {
                tracing::error!(%trace, %error, "the disk failed");
                (StatusCode::INTERNAL_SERVER_ERROR, crate::says::failed().0)
            }
            Self::Server { code, what } => {
                tracing::error!(%trace, code, what, "the database server refused");
                (StatusCode::INTERNAL_SERVER_ERROR, crate::says::failed().0)
            }
            Self::Away(what) => {
                tracing::error!(%trace, what, "the database server is away");
                (StatusCode::SERVICE_UNAVAILABLE, crate::says::failed().0)
            }
            Self::Broken(what) => {
                tracing::error!(%trace, what, "broken");
                (StatusCode::INTERNAL_SERVER_ERROR, crate::says::failed().0)
            }
        };
        (status, Json(Said { message, trace })).into_response()
    }
}
