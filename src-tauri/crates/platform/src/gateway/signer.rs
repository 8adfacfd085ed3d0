//! Signing as a port: the U-key lives elsewhere, and whoever holds it signs over HTTP.
//!
//! The unsigned message is posted; the answer is the same message with its signature. What comes
//! back is read before it is believed: a signer that changes a document, or does not sign, is wrong.

use crate::config::Settings;
use crate::error::{Error, Result};
use crate::messages;
use std::time::Duration;

/// How long a signer may take: a U-key signs in well under a second, a queue of them may not.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who signs what we hand over.
#[derive(Debug, Clone)]
pub(super) enum Signer {
    /// Nobody here: the client does, or the exchange.
    Elsewhere,
    /// An HTTP signer.
    Http {
        /// Where it listens.
        url: String,
        /// Follows no redirect, so that the message goes nowhere else.
        http: reqwest::Client,
    },
}

impl Signer {
    /// The signer at an address, or nobody.
    pub(super) fn at(url: Option<String>) -> anyhow::Result<Self> {
        Ok(match url {
            None => Self::Elsewhere,
            Some(url) => Self::Http {
                url,
                http: crate::callback_client()?,
            },
        })
    }

    /// A message as it is to be handed over; `None` when the signer will never sign this one.
    ///
    /// # Errors
    /// When the signer does not answer now.
    pub(super) async fn sign(&self, xml: Vec<u8>, settings: &Settings) -> Result<Option<Vec<u8>>> {
        let Self::Http { url, http } = self else {
            return Ok(Some(xml));
        };
        // The library's error names the address at most, never the body.
        let silent = |error: reqwest::Error| Error::broken(format!("the signer: {error}"));
        let answer = http
            .post(url)
            .timeout(PATIENCE)
            .header("content-type", "application/xml")
            .body(xml.clone())
            .send()
            .await
            .map_err(silent)?;
        if answer.status().is_client_error() {
            return Ok(None);
        }
        let signed = answer.error_for_status().map_err(silent)?.bytes().await;
        let signed = signed.map_err(silent)?;
        Ok(is_this_signed(&xml, &signed, settings)?.then(|| signed.to_vec()))
    }
}

fn is_this_signed(xml: &[u8], signed: &[u8], settings: &Settings) -> Result<bool> {
    let unsigned = messages::read(xml, settings)?;
    match messages::read(signed, settings) {
        Ok(message) => Ok(message.signed && message.documents().eq(unsigned.documents())),
        Err(Error::Refused { .. }) => Ok(false),
        Err(failure) => Err(failure),
    }
}
