//! Enveloped signatures (XML-DSig) of what arrives, checked against configured certificates.
//!
//! Who signs holds a U-key; nothing here signs. Checked is what customs' unified messages carry: one
//! signature under the root, over the whole document, RSA with SHA-1 (all samples) or SHA-256, or SM2
//! with SM3 ([`sm2`]), canonical or exclusively canonical form. The certificates are the operator's own
//! choice and are trusted as they are: no chain, no dates, and never the one a message brings along in
//! its `KeyInfo`.
//!
//! Whatever else a signature uses is refused as unsupported and never passes for checked. The
//! `Signature` around bonded messages is a wrapper without a signature.

mod sm2;

use crate::canonical::{Form, Part, canonical};
use crate::fault::{Fault, Place, Places};
use crate::layout::DSIG;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bondhouse_domain::customs::says;
use bondhouse_domain::message::Refusal;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use ring::digest;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use webpki::EndEntityCert;

/// Whose signatures are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signers(Vec<CertificateDer<'static>>);

impl Signers {
    /// Reads certificates in PEM, one after the other.
    ///
    /// # Errors
    /// A [`Refusal`] when there is none, or one cannot be read.
    pub fn from_pem(pem: &[u8]) -> Result<Self, Refusal> {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = read.map_err(|_| says::bad_certificate())?;
        let usable = |der: &CertificateDer<'_>| EndEntityCert::try_from(der).is_ok();
        if certificates.is_empty() || !certificates.iter().all(usable) {
            return Err(says::bad_certificate());
        }
        Ok(Self(certificates))
    }

    fn any_made(
        &self,
        algorithm: &dyn SignatureVerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        self.0.iter().any(|der| {
            EndEntityCert::try_from(der).is_ok_and(|certificate| {
                certificate
                    .verify_signature(algorithm, message, signature)
                    .is_ok()
            })
        })
    }
}

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const RSA_SHA1: &str = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// The port's own name of SM2 with SM3, and the one that U-key services write.
const SM2_SM3: [&str; 2] = [
    "http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3",
    "http://www.w3.org/2000/09/xmldsig#sm2-sm3",
];
const SM3: [&str; 2] = [
    "http://www.chinaport.gov.cn/2022/04/xmldsig#sm3",
    "http://www.w3.org/2000/09/xmldsig#sm3",
];
const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// What a signature says of itself.
#[derive(Debug, Default)]
struct Claims {
    /// Where it begins.
    at: usize,
    /// Where the part of it that is signed begins.
    signed_info: usize,
    form: String,
    method: String,
    references: usize,
    uri: Option<String>,
    transforms: Vec<String>,
    digest_method: String,
    digest: String,
    value: String,
}

/// Checks that a document is whole and signed by one of `signers`.
pub(crate) fn check(text: &str, signers: &Signers) -> Result<(), Fault> {
    let fault = |at: usize, refusal: fn(u32, u32) -> Refusal| {
        let place = Places::new(text).of(at);
        Fault {
            refusal: refusal(place.line, place.column),
            place,
            record: None,
        }
    };
    let claims = match found(text) {
        Ok(Some(claims)) => claims,
        Ok(None) => return Err(fault(0, says::signature_missing)),
        Err(at) => return Err(fault(at, says::signature_broken)),
    };
    let at = claims.at;
    let unsupported = |what: &str| {
        let place: Place = Places::new(text).of(at);
        let what: String = what.chars().take(120).collect();
        Fault {
            refusal: says::signature_unsupported(what, place.line, place.column),
            place,
            record: None,
        }
    };
    if claims.references != 1 || claims.uri.as_deref() != Some("") {
        return Err(unsupported("Reference"));
    }
    let form = form(&claims.form).ok_or_else(|| unsupported(&claims.form))?;
    let of_document = match claims.transforms.as_slice() {
        [first] if first == ENVELOPED => Form::Inclusive,
        [first, second] if first == ENVELOPED => {
            self::form(second).ok_or_else(|| unsupported(second))?
        }
        other => return Err(unsupported(&other.join(" "))),
    };
    let hash: fn(&[u8]) -> Vec<u8> = match claims.digest_method.as_str() {
        // U-keys sign by SM2 and digest by SHA-1 all the same.
        SHA1 => |bytes| digested(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes),
        SHA256 => |bytes| digested(&digest::SHA256, bytes),
        ours if SM3.contains(&ours) => sm2::sm3,
        other => return Err(unsupported(other)),
    };
    let algorithm: &dyn SignatureVerificationAlgorithm = match claims.method.as_str() {
        RSA_SHA1 => &RsaSha1,
        RSA_SHA256 => webpki::ring::RSA_PKCS1_2048_8192_SHA256,
        ours if SM2_SM3.contains(&ours) => &sm2::Sm2Sm3,
        other => return Err(unsupported(other)),
    };
    let bytes = |base64: &str| {
        STANDARD
            .decode(base64.split_ascii_whitespace().collect::<String>())
            .ok()
    };
    let document = canonical(text, Part::Without(at), of_document);
    let same =
        document.is_some_and(|document| Some(hash(document.as_bytes())) == bytes(&claims.digest));
    if !same {
        return Err(fault(at, says::signature_broken));
    }
    let made = canonical(text, Part::Only(claims.signed_info), form)
        .zip(bytes(&claims.value))
        .is_some_and(|(info, value)| signers.any_made(algorithm, info.as_bytes(), &value));
    if made {
        Ok(())
    } else {
        Err(fault(at, says::signature_foreign))
    }
}

fn digested(by: &'static digest::Algorithm, bytes: &[u8]) -> Vec<u8> {
    digest::digest(by, bytes).as_ref().to_vec()
}

fn form(algorithm: &str) -> Option<Form> {
    match algorithm {
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" => Some(Form::Inclusive),
        "http://www.w3.org/2001/10/xml-exc-c14n#" => Some(Form::Exclusive),
        _ => None,
    }
}

/// The one signature of a document: a child of the root, the only one anywhere, its parts where the
/// standard has them. Anything else could make a reader and a checker look at different things.
fn found(text: &str) -> Result<Option<Claims>, usize> {
    let mut xml = NsReader::from_str(text);
    xml.config_mut().expand_empty_elements = true;
    let mut path: Vec<String> = Vec::new();
    let mut claims: Option<Claims> = None;
    let mut seen_info = false;
    loop {
        let before = usize::try_from(xml.buffer_position()).unwrap_or(usize::MAX);
        let event = xml.read_event().map_err(|_| before)?;
        match event {
            Event::Start(start) => {
                let at = before
                    + text
                        .get(before..)
                        .and_then(|rest| rest.find('<'))
                        .unwrap_or_default();
                let (namespace, local) = xml.resolver().resolve_element(start.name());
                let ours = matches!(namespace, ResolveResult::Bound(found) if found.0 == DSIG);
                let name = if ours { local.into_inner() } else { "" };
                let deep = path.len();
                if name == "Signature" {
                    if deep != 1 || claims.is_some() {
                        return Err(at);
                    }
                    claims = Some(Claims {
                        at,
                        ..Claims::default()
                    });
                } else if let Some(claims) = claims
                    .as_mut()
                    .filter(|_| path.get(1).is_some_and(|p| p == "Signature"))
                {
                    let within = path.get(2..).unwrap_or_default().join("/");
                    match (within.as_str(), name) {
                        ("", "SignedInfo") => {
                            if std::mem::replace(&mut seen_info, true) {
                                return Err(at);
                            }
                            claims.signed_info = at;
                        }
                        ("SignedInfo", "CanonicalizationMethod") => {
                            claims.form = once(&claims.form, &start, at)?
                        }
                        ("SignedInfo", "SignatureMethod") => {
                            claims.method = once(&claims.method, &start, at)?
                        }
                        ("SignedInfo", "Reference") => {
                            claims.references += 1;
                            claims.uri = attribute(&start, "URI");
                        }
                        ("SignedInfo/Reference/Transforms", "Transform") => {
                            claims
                                .transforms
                                .push(attribute(&start, "Algorithm").ok_or(at)?);
                        }
                        ("SignedInfo/Reference", "DigestMethod") => {
                            claims.digest_method = once(&claims.digest_method, &start, at)?;
                        }
                        // Parameters of a method or transform would change what it does.
                        (
                            "SignedInfo/CanonicalizationMethod"
                            | "SignedInfo/Reference/Transforms/Transform",
                            _,
                        ) => {
                            return Err(at);
                        }
                        _ => {}
                    }
                }
                path.push(name.to_owned());
            }
            Event::End(_) => drop(path.pop()),
            Event::Text(piece) => {
                if let Some(claims) = claims.as_mut() {
                    match path.get(1..).unwrap_or_default().join("/").as_str() {
                        "Signature/SignedInfo/Reference/DigestValue" => {
                            claims.digest.push_str(&piece.into_inner())
                        }
                        "Signature/SignatureValue" => claims.value.push_str(&piece.into_inner()),
                        _ => {}
                    }
                }
            }
            // Some senders write line ends inside base64 as references.
            Event::GeneralRef(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::PI(_)
            | Event::Decl(_) => {}
            Event::DocType(_) | Event::Empty(_) => return Err(before),
            Event::Eof => return Ok(claims),
        }
    }
}

/// The algorithm an element names; it may be named once.
fn once(known: &str, start: &BytesStart<'_>, at: usize) -> Result<String, usize> {
    if known.is_empty() {
        attribute(start, "Algorithm").ok_or(at)
    } else {
        Err(at)
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.try_get_attribute(name).ok().flatten()?;
    let value = found
        .normalized_value(quick_xml::XmlVersion::Implicit1_0)
        .ok()?;
    Some(value.into_owned())
}

/// RSA with SHA-1, which TLS no longer knows and every genuine sample uses; keys from 1024 bits.
#[derive(Debug)]
struct RsaSha1;

impl SignatureVerificationAlgorithm for RsaSha1 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        ring::signature::UnparsedPublicKey::new(
            &ring::signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            public_key,
        )
        .verify(message, signature)
        .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        // sha1WithRSAEncryption, 1.2.840.113549.1.1.5.
        AlgorithmIdentifier::from_slice(&[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 5, 5, 0])
    }
}
