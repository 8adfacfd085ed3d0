//! SM2 over SM3 (GB/T 32918.2, GB/T 32905), as the ports' U-keys have signed since 2022.
//!
//! Curve and hash are a library's; what is the port's own stands here. The signer's distinguishing name
//! is the one the standard gives where nobody agreed on another. A signature comes as the two numbers
//! side by side, which is what U-keys put into messages, or in DER, which is what most other tools write.

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};
use sm2::dsa::signature::Verifier;
use sm2::dsa::{Signature, VerifyingKey};
use sm3::{Digest, Sm3};

/// Who signs, where nothing else was agreed (GB/T 35276, 10).
const NOBODY_AGREED: &str = "1234567812345678";
/// One of the two numbers of a signature.
const NUMBER: usize = 32;

/// The SM3 digest of something.
pub(super) fn sm3(bytes: &[u8]) -> Vec<u8> {
    Sm3::digest(bytes).to_vec()
}

/// SM2 with SM3, for keys on the curve that GB/T 32918.5 recommends.
#[derive(Debug)]
pub(super) struct Sm2Sm3;

impl SignatureVerificationAlgorithm for Sm2Sm3 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(NOBODY_AGREED, public_key);
        let numbers = two_numbers(signature).ok_or(InvalidSignature)?;
        let signature = Signature::from_slice(&numbers).map_err(|_| InvalidSignature)?;
        key.and_then(|key| key.verify(message, &signature))
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        // id-ecPublicKey, 1.2.840.10045.2.1, on the curve sm2, 1.2.156.10197.1.301.
        AlgorithmIdentifier::from_slice(&[
            6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 6, 8, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 1, 0x82,
            0x2D,
        ])
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        // SM2 with SM3, 1.2.156.10197.1.501.
        AlgorithmIdentifier::from_slice(&[6, 8, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 1, 0x83, 0x75])
    }
}

/// Both numbers side by side, whichever way they came.
fn two_numbers(signature: &[u8]) -> Option<Vec<u8>> {
    if signature.len() == 2 * NUMBER {
        return Some(signature.to_vec());
    }
    let (sequence, rest) = element(0x30, signature)?;
    let (first, after) = element(2, sequence)?;
    let (second, end) = element(2, after)?;
    if !rest.is_empty() || !end.is_empty() {
        return None;
    }
    Some([padded(first)?, padded(second)?].concat())
}

/// The content of a DER element of a short length, and what follows it.
fn element(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(2)?;
    let [found, length] = head.try_into().ok()?;
    // Longer lengths are written otherwise, and no signature needs them.
    (found == tag && length < 0x80)
        .then(|| rest.split_at_checked(length.into()))
        .flatten()
}

/// A number as 32 bytes: DER leaves out leading zeros, and puts one before a first bit that is set.
fn padded(number: &[u8]) -> Option<Vec<u8>> {
    let digits = number.strip_prefix(&[0]).unwrap_or(number);
    let zeros = NUMBER.checked_sub(digits.len())?;
    Some([vec![0; zeros].as_slice(), digits].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap())
            .collect()
    }

    /// GB/T 32918.5, annex A: the key of the example, and its signature of "message digest".
    const KEY: &str = "04 09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020
        CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13";
    const R: &str = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3";
    const S: &str = "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA";

    fn holds(message: &[u8], signature: &[u8]) -> bool {
        Sm2Sm3
            .verify_signature(&bytes(KEY), message, signature)
            .is_ok()
    }

    #[test]
    fn the_standards_own_example_holds_and_nothing_beside_it() {
        let numbers = bytes(&format!("{R}{S}"));
        let der = bytes(&format!("3046 022100{R} 022100{S}"));
        assert!(holds(b"message digest", &numbers) && holds(b"message digest", &der));
        assert!(!holds(b"message digesT", &numbers));
        for at in 0..numbers.len() {
            let mut touched = numbers.clone();
            touched[at] ^= 1;
            assert!(!holds(b"message digest", &touched), "byte {at}");
        }
        for cut in 0..der.len() {
            assert!(!holds(b"message digest", &der[..cut]));
        }
        assert!(!holds(b"message digest", &[der, vec![0]].concat()));
        assert!(!holds(b"message digest", &[0; 64]));
    }

    #[test]
    fn sm3_is_the_standards() {
        let abc = "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0";
        assert_eq!(sm3(b"abc"), bytes(abc));
    }

    #[test]
    fn a_number_that_begins_with_zeros_is_filled_up() {
        let short = bytes("3006 020101 020102");
        let numbers = two_numbers(&short).unwrap();
        assert_eq!((numbers[31], numbers[63], numbers.len()), (1, 2, 64));
    }
}
