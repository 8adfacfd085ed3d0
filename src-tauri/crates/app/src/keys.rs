//! The workstation's own secrets: its signing key and the key of personal fields.
//!
//! They lie in one file beside the database that only the program's user may read, because a kiosk
//! that signs in by itself has no unlocked keyring. The database knows them by reference only, so a
//! copied database opens no personal field and signs nothing.

use crate::error::AppError;
use bondhouse_store::FieldKeys;
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The secrets, as bytes.
#[derive(Serialize, Deserialize)]
struct Stored {
    signing: [u8; 32],
    fields: [u8; 32],
}

/// The workstation's secrets.
pub(crate) struct Keys {
    stored: Stored,
}

impl Keys {
    /// Reads the key file, or makes it, readable for its owner alone.
    pub(crate) fn open(data: &Path) -> Result<Self, AppError> {
        let failed = |error: std::io::Error| {
            AppError::failed(bondhouse_domain::station::says::storage("keys").0, error)
        };
        std::fs::create_dir_all(data).map_err(failed)?;
        let path = data.join("station.key");
        match File::open(&path) {
            Ok(mut file) => {
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(failed)?;
                let stored = serde_json::from_str(&text).map_err(|e| failed(e.into()))?;
                Ok(Self { stored })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let stored = Stored {
                    signing: random()?,
                    fields: random()?,
                };
                let text = serde_json::to_string(&stored).map_err(|e| failed(e.into()))?;
                let mut file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&path)
                    .map_err(failed)?;
                file.write_all(text.as_bytes())
                    .and_then(|()| file.sync_all())
                    .map_err(failed)?;
                Ok(Self { stored })
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Signs calls to the authority.
    pub(crate) fn signing(&self) -> SigningKey {
        SigningKey::from_bytes(&self.stored.signing)
    }

    /// Seals personal fields.
    pub(crate) fn fields(&self) -> FieldKeys {
        FieldKeys::new(1, self.stored.fields)
    }
}

/// Fresh random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], AppError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        AppError::failed(
            bondhouse_domain::station::says::storage("randomness").0,
            error,
        )
    })?;
    Ok(bytes)
}
