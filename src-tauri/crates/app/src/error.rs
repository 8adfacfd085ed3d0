//! What a call may end in besides its answer: a refusal of the rules, or a failure of the program.
//!
//! Inner errors are rich and stay inside: they go to the log under a trace id. What crosses the
//! door is a catalogued code with parameters; SQL, paths and personal data never do.

use bondhouse_domain::message::{Message, Refusal};
use bondhouse_store::StoreError;
use serde::Serialize;

/// How a call inside the app ends when it does not answer.
#[derive(Debug)]
pub enum AppError {
    /// The rules say no: expected, shown amber, with the next step.
    Refused(Refusal),
    /// Something broke: shown red, with the trace id of the log line.
    Failed {
        /// What people are told.
        said: Message,
        /// What the log is told.
        detail: String,
    },
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => Self::Refused(refusal),
            StoreError::Disk(disk) => Self::disk(&disk),
            other => Self::Failed {
                said: bondhouse_domain::station::says::storage("record").0,
                detail: other.to_string(),
            },
        }
    }
}

impl AppError {
    /// A failure that people are told as `said` and the log as `detail`.
    pub fn failed(said: Message, detail: impl ToString) -> Self {
        Self::Failed {
            said,
            detail: detail.to_string(),
        }
    }

    /// Each way a disk fails, as its own plain message.
    pub fn disk(error: &bondhouse_store::DiskError) -> Self {
        use bondhouse_store::DiskError as D;
        let said = match error {
            D::InUse => bondhouse_domain::station::says::in_use().0,
            D::Full => bondhouse_domain::station::says::disk_full().0,
            D::Busy => bondhouse_domain::station::says::disk_busy().0,
            D::Newer { .. } => bondhouse_domain::station::says::newer_database().0,
            _ => bondhouse_domain::station::says::storage(disk_word(error)).0,
        };
        Self::Failed {
            said,
            detail: error.to_string(),
        }
    }
}

fn disk_word(error: &bondhouse_store::DiskError) -> &'static str {
    use bondhouse_store::DiskError as D;
    match error {
        D::Corrupt { .. } => "corrupt",
        D::ReadOnly => "read-only",
        _ => "io",
    }
}

/// What crosses the door when a call does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub struct WireError {
    /// The code and its parameters.
    #[serde(flatten)]
    #[ts(flatten)]
    pub said: Message,
    /// A refusal is not a failure.
    pub refusal: bool,
    /// Finds the log line of a failure.
    pub trace_id: String,
}

impl WireError {
    /// What the window or `bondctl` is told; failures are logged here, once.
    pub fn of(error: AppError, call: &str, trace_id: String) -> Self {
        match error {
            AppError::Refused(Refusal(said)) => Self {
                said,
                refusal: true,
                trace_id,
            },
            AppError::Failed { said, detail } => {
                tracing::error!(call, trace_id, code = %said, detail, "call failed");
                Self {
                    said,
                    refusal: false,
                    trace_id,
                }
            }
        }
    }
}
