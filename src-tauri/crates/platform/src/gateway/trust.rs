//! Whose word is customs': what arrives must carry the signature of a configured certificate.
//!
//! A partner's key or a folder says which way a message came; only the signature in it says who wrote
//! it. Where certificates are configured, a message without one that holds is never applied: it is
//! kept as evidence, shown, written into the audit, and its sender is told.
//!
//! Receipts of the bonded family carry no signature in any genuine sample. They are refused like all
//! others unless the operator says that they may come unsigned, because a forged gate pass opens a gate.

use crate::config::{Certificates, Settings};
use crate::error::Result;
use crate::messages;
use anyhow::Context;
use bondhouse_customs::{Message, Reading, Signers};
use bondhouse_domain::message::Refusal;

/// The certificates in force.
#[derive(Debug)]
pub(crate) struct Trust {
    signers: Signers,
    bonded_unsigned: bool,
}

impl Trust {
    /// Reads the configured certificates.
    pub(crate) fn open(certificates: &Certificates) -> anyhow::Result<Self> {
        let at = certificates.file.display();
        let pem = std::fs::read(&certificates.file)
            .with_context(|| format!("cannot read the certificates in {at}"))?;
        let signers = Signers::from_pem(&pem)
            .map_err(|refusal| anyhow::anyhow!("{at} holds no certificates: {refusal}"))?;
        Ok(Self {
            signers,
            bonded_unsigned: certificates.bonded_unsigned,
        })
    }

    /// Why a message that can be read is not to be believed.
    fn doubt(&self, bytes: &[u8], message: &Message, reading: Reading) -> Option<Refusal> {
        if self.bonded_unsigned && messages::is_bonded(message.kind) {
            return None;
        }
        bondhouse_customs::read_signed(bytes, reading, &self.signers)
            .err()
            .map(|fault| fault.refusal)
    }
}

/// Reads a message that came from customs; a refusal beside it when it is not to be believed.
///
/// # Errors
/// A refusal when it cannot be read at all.
pub(crate) fn read(
    trust: Option<&Trust>,
    bytes: &[u8],
    settings: &Settings,
) -> Result<(Message, Option<Refusal>)> {
    let message = messages::read(bytes, settings)?;
    let doubt = trust.and_then(|trust| trust.doubt(bytes, &message, messages::reading(settings)));
    Ok((message, doubt))
}
