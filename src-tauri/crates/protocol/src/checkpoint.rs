//! What a feed had come to when a day ended, signed: whoever keeps it can show later that nothing before
//! it was rewritten, whoever operates the authority by then.
//!
//! The form is the one of transparency logs (C2SP `tlog-checkpoint` in a `signed-note`), so that tools of
//! others read it: origin, number of entries, hash, a line with the day, and one Ed25519 signature. The
//! hash is the feed's own: each entry's hash covers the one before it, so the last covers all. It is no
//! root of a Merkle tree (docs/decisions/0031-a-checkpoint-is-the-chains-head.md).

use bondhouse_domain::ids::{FeedPos, WarehouseId};
use bondhouse_domain::journal::Hash;
use data_encoding::BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// What a signed note calls Ed25519.
const ED25519: u8 = 1;
const SIGNATURE_MARK: &str = "\u{2014} ";

/// How far a feed had come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose feed.
    pub warehouse: WarehouseId,
    /// How many entries: positions begin with 1 and have no gap.
    pub pos: FeedPos,
    /// The last entry's hash.
    pub hash: Hash,
    /// The civil day that had ended, or that is still going on, as `2026-11-23`.
    pub day: String,
}

/// Why a text is no checkpoint of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOne {
    /// Not in the form of a checkpoint.
    #[error("this is no checkpoint")]
    Form,
    /// Not signed by this key, or altered since.
    #[error("the signature does not fit")]
    Signature,
}

impl Checkpoint {
    fn origin(&self) -> String {
        format!("bondhouse/{}", self.warehouse)
    }

    fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\nday {}\n",
            self.origin(),
            self.pos.0,
            BASE64.encode(self.hash.as_bytes()),
            self.day
        )
    }

    /// The note, signed: the same bytes whenever it is asked for.
    pub fn sign(&self, key: &SigningKey) -> String {
        let (text, origin) = (self.text(), self.origin());
        let mut signed = key_id(&origin, &key.verifying_key()).to_vec();
        signed.extend_from_slice(&key.sign(text.as_bytes()).to_bytes());
        format!(
            "{text}\n{SIGNATURE_MARK}{origin} {}\n",
            BASE64.encode(&signed)
        )
    }

    /// Reads a note, if this key signed it.
    ///
    /// # Errors
    /// [`NotOne`].
    pub fn open(note: &str, key: &VerifyingKey) -> Result<Self, NotOne> {
        let (text, signatures) = note.split_once("\n\n").ok_or(NotOne::Form)?;
        let mut lines = text.lines();
        let mut line = || lines.next().ok_or(NotOne::Form);
        let warehouse = line()?.strip_prefix("bondhouse/").ok_or(NotOne::Form)?;
        let pos = line()?.parse().map_err(|_| NotOne::Form)?;
        let hash = BASE64.decode(line()?.as_bytes()).ok();
        let hash: [u8; 32] = hash
            .and_then(|hash| hash.try_into().ok())
            .ok_or(NotOne::Form)?;
        let day = line()?.strip_prefix("day ").ok_or(NotOne::Form)?;
        let read = Self {
            warehouse: WarehouseId::new(warehouse),
            pos: FeedPos(pos),
            hash: Hash::from_bytes(hash),
            day: day.to_owned(),
        };
        // What was read must be all there is: nothing stands between the lines that is not signed.
        if read.text() != format!("{text}\n") {
            return Err(NotOne::Form);
        }
        let origin = read.origin();
        let ours = signatures.lines().find_map(|line| {
            let signed = line
                .strip_prefix(SIGNATURE_MARK)?
                .strip_prefix(&origin)?
                .strip_prefix(' ')?;
            let signed = BASE64.decode(signed.as_bytes()).ok()?;
            let signature = signed.strip_prefix(&key_id(&origin, key))?;
            Signature::from_slice(signature).ok()
        });
        let signature = ours.ok_or(NotOne::Signature)?;
        key.verify_strict(read.text().as_bytes(), &signature)
            .map_err(|_| NotOne::Signature)?;
        Ok(read)
    }
}

/// The public key as tools for signed notes are given it.
pub fn verifier(warehouse: &WarehouseId, key: &VerifyingKey) -> String {
    let origin = format!("bondhouse/{warehouse}");
    let mut public = vec![ED25519];
    public.extend_from_slice(key.as_bytes());
    let id = data_encoding::HEXLOWER.encode(&key_id(&origin, key));
    format!("{origin}+{id}+{}", BASE64.encode(&public))
}

/// The first four bytes of what names a key of a note.
fn key_id(origin: &str, key: &VerifyingKey) -> [u8; 4] {
    let mut named = Sha256::new();
    named.update(origin.as_bytes());
    named.update([b'\n', ED25519]);
    named.update(key.as_bytes());
    let [a, b, c, d, ..] = <[u8; 32]>::from(named.finalize());
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            warehouse: WarehouseId::new("3105W001"),
            pos: FeedPos(812),
            hash: Hash::of_fields(b"test", &[b"an entry"]),
            day: "2026-11-23".to_owned(),
        }
    }

    #[test]
    fn a_checkpoint_is_read_by_its_key_alone_and_not_when_a_byte_was_altered() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let note = checkpoint().sign(&key);
        let lines: Vec<&str> = note.lines().collect();
        assert_eq!(lines[..2], ["bondhouse/3105W001", "812"]);
        assert!(lines[5].starts_with("\u{2014} bondhouse/3105W001 "));
        assert_eq!(
            Checkpoint::open(&note, &key.verifying_key()),
            Ok(checkpoint())
        );
        let other = SigningKey::from_bytes(&[8; 32]).verifying_key();
        assert_eq!(Checkpoint::open(&note, &other), Err(NotOne::Signature));
        for at in 0..note.len() {
            let mut altered = note.clone().into_bytes();
            altered[at] ^= 1;
            let Ok(altered) = String::from_utf8(altered) else {
                continue;
            };
            // The line's end alone says nothing.
            if altered.trim_end() != note.trim_end() && at + 1 < note.len() {
                assert!(
                    Checkpoint::open(&altered, &key.verifying_key()).is_err(),
                    "{at}: {altered}"
                );
            }
        }
    }

    #[test]
    fn a_line_that_was_put_in_is_not_overlooked() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let note = checkpoint().sign(&key);
        let put_in = note.replace("day 2026-11-23\n", "day 2026-11-23\nday 2026-11-24\n");
        assert_eq!(
            Checkpoint::open(&put_in, &key.verifying_key()),
            Err(NotOne::Form)
        );
    }
}
