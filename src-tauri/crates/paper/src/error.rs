//! Why no paper came out: a refusal a person can act on, or a workstation that is not set up.

use crate::template::TemplateError;
use bondhouse_domain::message::Refusal;
use std::path::PathBuf;

/// Why no paper came out.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// This label or report may not be printed; the catalogue says why and what next.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// A font file could not be read.
    #[error("font {}: {source}", path.display())]
    FontFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bytes are no font this crate can embed.
    #[error("not a font that can be embedded: {0}")]
    NotAFont(&'static str),
    /// The finished PDF could not be written out.
    #[error("writing the PDF: {0}")]
    Write(#[from] std::io::Error),
    /// The template is wrong; the message names the item.
    #[error(transparent)]
    Template(#[from] TemplateError),
}
