//! Messages signed by an independent tool (xmlsec1) are believed; whatever was touched since is not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bondhouse_customs::{Message, Reading, Signers, read, read_signed, write};
use bondhouse_domain::customs::{Document, Receipt};
use bondhouse_domain::time::Zone;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A key pair made for this run, and the tool that signs with it.
struct Signatory {
    folder: tempfile::TempDir,
    signers: Signers,
}

const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

impl Signatory {
    fn new() -> Option<Self> {
        if Command::new("xmlsec1").arg("--version").output().is_err() {
            eprintln!("skipped: no xmlsec1 (make setup installs it)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let ran = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=made up",
                "-keyout",
            ])
            .arg(folder.path().join("key.pem"))
            .arg("-out")
            .arg(folder.path().join("certificate.pem"))
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let signers =
            Signers::from_pem(&std::fs::read(folder.path().join("certificate.pem")).unwrap())
                .unwrap();
        Some(Self { folder, signers })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Signs a message as it stands: `root` is the end tag before which the signature goes.
    fn sign(&self, xml: &str, hash: &str, form: &str, also: Option<&str>) -> String {
        let (method, digest) = match hash {
            "sha1" => (
                "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
                "http://www.w3.org/2000/09/xmldsig#sha1",
            ),
            _ => (
                "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                "http://www.w3.org/2001/04/xmlenc#sha256",
            ),
        };
        let also = also.map_or(String::new(), |form| {
            format!("<ds:Transform Algorithm=\"{form}\"/>")
        });
        let template = format!(
            "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n<ds:SignedInfo>\n\
             <ds:CanonicalizationMethod Algorithm=\"{form}\"/>\n<ds:SignatureMethod Algorithm=\"{method}\"/>\n\
             <ds:Reference URI=\"\"><ds:Transforms><ds:Transform \
             Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>{also}</ds:Transforms>\n\
             <ds:DigestMethod Algorithm=\"{digest}\"/><ds:DigestValue/></ds:Reference>\n</ds:SignedInfo>\n\
             <ds:SignatureValue/>\n<ds:KeyInfo><ds:KeyName>made up</ds:KeyName></ds:KeyInfo></ds:Signature>"
        );
        let (before, end) = xml.trim_end().rsplit_once("</").unwrap();
        std::fs::write(
            self.file("template.xml"),
            format!("{before}{template}</{end}"),
        )
        .unwrap();
        run(Command::new("xmlsec1")
            .args(["--sign", "--privkey-pem"])
            .arg(self.file("key.pem"))
            .arg("--output")
            .arg(self.file("signed.xml"))
            .arg(self.file("template.xml")));
        std::fs::read_to_string(self.file("signed.xml")).unwrap()
    }
}

fn run(command: &mut Command) {
    let ran = command.output().unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

fn receipt(info: &str) -> Document {
    Document::Receipt(Receipt {
        guid: "4CDE1CFD-EDED-46B1-946C-B8022E42FC94".into(),
        cop_no: "C20261122000001".into(),
        invt_no: "31052026I000000001".into(),
        return_status: "800".into(),
        return_time: Zone::SHANGHAI.read_customs("20261122091400123"),
        return_info: info.into(),
        ..Receipt::default()
    })
}

fn released() -> String {
    let message = Message::of([receipt("[Code:2600;Desc:放行]"), receipt("a < b & \"c\"")]);
    String::from_utf8(write(&message, Zone::SHANGHAI).unwrap()).unwrap()
}

/// The same message with everything a canonical form must see through.
fn awkward() -> String {
    released()
        .once("?>", "?>\n<?keep  this \n one?><!-- not this -->")
        .once(
            "<CEB622Message xmlns=",
            "<CEB622Message  zeta='2'\n\talpha=\"a&#10;b &lt;&quot;\tc\" xmlns:n=\"urn:n\" n:mid=\"&#x9;\" xmlns:unused=\"urn:unused\" xmlns=")
        .once(
            "<copNo>C20261122000001</copNo>",
            "<!-- a comment --><copNo\n>C2026<![CDATA[1122]]>000001</copNo><?x?>\
             <n:note n:b='1' a='2' xmlns:m='urn:m'><m:deep xmlns='' xmlns:n='urn:other'><n:er/><plain x='1'/></m:deep>&#13;</n:note>")
        .replace('\n', "\r\n")
}

trait Once {
    fn once(&self, from: &str, to: &str) -> String;
}

impl Once for String {
    fn once(&self, from: &str, to: &str) -> String {
        assert!(self.contains(from), "{from} is not there");
        self.replacen(from, to, 1)
    }
}

fn code(text: &str, signers: &Signers) -> String {
    read_signed(text.as_bytes(), Reading::default(), signers)
        .expect_err("it was believed")
        .code()
        .to_owned()
}

#[test]
fn what_another_tool_signed_is_believed_in_every_supported_form() {
    let Some(signatory) = Signatory::new() else {
        return;
    };
    for xml in [released(), awkward()] {
        for hash in ["sha1", "sha256"] {
            for form in [INCLUSIVE, EXCLUSIVE] {
                for also in [None, Some(INCLUSIVE), Some(EXCLUSIVE)] {
                    let signed = signatory.sign(&xml, hash, form, also);
                    let read =
                        read_signed(signed.as_bytes(), Reading::default(), &signatory.signers);
                    let message = read.unwrap_or_else(|fault| {
                        panic!("{hash} {form} {also:?}: {fault:?}\n{signed}")
                    });
                    assert!(message.signed && message.genuine && message.documents().count() == 2);
                    let unchecked = |m: &Message| {
                        m.doubts
                            .iter()
                            .any(|d| d.message.code == "customs.doubt.signed")
                    };
                    assert!(!unchecked(&message));
                    assert!(
                        unchecked(&read_plain(&signed)),
                        "without certificates it stays a doubt"
                    );
                }
            }
        }
    }
}

fn read_plain(text: &str) -> Message {
    read(text.as_bytes(), Reading::default()).unwrap()
}

#[test]
fn whatever_was_touched_after_signing_is_refused() {
    let Some(signatory) = Signatory::new() else {
        return;
    };
    let signed = signatory.sign(&released(), "sha256", EXCLUSIVE, None);
    for (from, to) in [
        ("<returnStatus>800", "<returnStatus>899"),
        ("<preNo/>", "<preNo>1</preNo>"),
        ("guid=\"4", "guid=\"5"),
        ("</InventoryReturn>", " </InventoryReturn>"),
    ] {
        if signed.contains(from) {
            assert_eq!(
                code(&signed.as_str().replacen(from, to, 1), &signatory.signers),
                "customs.signature_broken",
                "{from}"
            );
        }
    }
    let (before, rest) = signed.split_once("<ds:DigestValue>").unwrap();
    let (digest, after) = rest.split_once("</ds:DigestValue>").unwrap();
    let turned: String = digest.chars().rev().collect();
    let forged = format!("{before}<ds:DigestValue>{turned}</ds:DigestValue>{after}");
    assert_eq!(
        code(&forged, &signatory.signers),
        "customs.signature_broken"
    );
    // A digest that fits, under a signature that does not.
    let other = signatory.sign(&released().replace("800", "700"), "sha256", EXCLUSIVE, None);
    let value = |text: &str| {
        let (_, rest) = text.split_once("<ds:SignatureValue>").unwrap();
        rest.split_once("</ds:SignatureValue>")
            .unwrap()
            .0
            .to_owned()
    };
    let grafted = signed.as_str().replace(&value(&signed), &value(&other));
    assert_eq!(
        code(&grafted, &signatory.signers),
        "customs.signature_foreign"
    );
}

#[test]
fn another_key_no_signature_and_wrapped_ones_are_told_apart() {
    let (Some(signatory), Some(stranger)) = (Signatory::new(), Signatory::new()) else {
        return;
    };
    let signed = stranger.sign(&released(), "sha1", INCLUSIVE, None);
    assert_eq!(
        code(&signed, &signatory.signers),
        "customs.signature_foreign"
    );
    assert_eq!(
        code(&released(), &signatory.signers),
        "customs.signature_missing"
    );
    let unsupported = signatory
        .sign(&released(), "sha1", INCLUSIVE, None)
        .once("xmldsig#rsa-sha1", "xmldsig-more#ecdsa-sha1");
    assert_eq!(
        code(&unsupported, &signatory.signers),
        "customs.signature_unsupported"
    );
    // A good message moved inside another, with its signature: what is read is not what was signed.
    let good = signatory.sign(&released(), "sha1", INCLUSIVE, None);
    let (_, inner) = good.split_once("?>").unwrap();
    let evil = released().once("</CEB622Message>", &format!("{inner}</CEB622Message>"));
    assert_eq!(code(&evil, &signatory.signers), "customs.signature_broken");
}

#[test]
fn a_certificate_that_is_none_is_refused() {
    assert_eq!(
        Signers::from_pem(b"not a certificate").unwrap_err().0.code,
        "customs.bad_certificate"
    );
    assert_eq!(
        Signers::from_pem(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
            .unwrap_err()
            .0
            .code,
        "customs.bad_certificate"
    );
    assert!(!Path::new("certificate.pem").exists());
}

/// An SM2 key pair made for this run, with openssl to sign by it: another's implementation of the standard.
struct UKey {
    folder: tempfile::TempDir,
    signers: Signers,
}

const PORT: &str = "http://www.chinaport.gov.cn/2022/04/xmldsig#";
const SERVICE: &str = "http://www.w3.org/2000/09/xmldsig#";

impl UKey {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (key, certificate) = (
            folder.path().join("key.pem"),
            folder.path().join("cert.pem"),
        );
        run(Command::new("openssl")
            .args(["genpkey", "-algorithm", "SM2", "-out"])
            .arg(&key));
        run(Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-sm3",
                "-days",
                "2",
                "-subj",
                "/CN=made up",
                "-key",
            ])
            .arg(&key)
            .args(["-sigopt", "distid:1234567812345678", "-out"])
            .arg(&certificate));
        let signers = Signers::from_pem(&std::fs::read(certificate).unwrap()).unwrap();
        Self { folder, signers }
    }

    /// What openssl makes of some bytes.
    fn made(&self, arguments: &[&str], bytes: &[u8]) -> Vec<u8> {
        let file = self.folder.path().join("bytes");
        std::fs::write(&file, bytes).unwrap();
        let ran = Command::new("openssl")
            .arg("dgst")
            .args(arguments)
            .arg(&file)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        ran.stdout
    }

    /// Signs a message that is canonical as it stands, but for its first line.
    fn sign(&self, xml: &str, names: &str, hash: &str, raw: bool) -> String {
        let (_, canonical) = xml.split_once("?>").unwrap();
        let (before, end) = canonical.trim().rsplit_once("</").unwrap();
        let digest = self.made(
            &[&format!("-{hash}"), "-binary"],
            canonical.trim().as_bytes(),
        );
        let digest_method = match hash {
            "sha1" => "http://www.w3.org/2000/09/xmldsig#sha1".to_owned(),
            other => format!("{names}{other}"),
        };
        let info = format!(
            "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
             <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"{names}sm2-sm3\"></ds:SignatureMethod>\
             <ds:Reference URI=\"\"><ds:Transforms><ds:Transform \
             Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"{digest_method}\"></ds:DigestMethod>\
             <ds:DigestValue>{}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
            STANDARD.encode(digest),
        );
        let by = [
            "-sm3",
            "-sign",
            "key.pem",
            "-sigopt",
            "distid:1234567812345678",
        ];
        let mut value = self.made(&by, info.as_bytes());
        if raw {
            value = side_by_side(&value);
        }
        let value = STANDARD.encode(value);
        let signature = format!(
            "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">{info}\
             <ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>"
        );
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{before}{signature}</{end}")
    }
}

/// The two numbers of a DER signature, as a U-key writes them.
fn side_by_side(der: &[u8]) -> Vec<u8> {
    let number = |at: usize| {
        let length = usize::from(der[at + 1]);
        let digits = &der[at + 2..at + 2 + length];
        let digits = digits.strip_prefix(&[0]).unwrap_or(digits);
        let mut padded = vec![0; 32 - digits.len()];
        padded.extend(digits);
        (padded, at + 2 + length)
    };
    let (first, next) = number(2);
    let (second, _) = number(next);
    [first, second].concat()
}

/// A receipt in canonical form.
fn canonical_receipt() -> String {
    let mut xml = released();
    while let Some(at) = xml.find("/>") {
        let begin = xml[..at].rfind('<').unwrap();
        let name = xml[begin + 1..at]
            .split_whitespace()
            .next()
            .unwrap()
            .to_owned();
        xml.replace_range(at..at + 2, &format!("></{name}>"));
    }
    xml.replace("&quot;", "\"")
}

#[test]
fn what_a_u_key_signed_by_sm2_is_believed_and_whatever_was_touched_is_not() {
    let (key, stranger) = (UKey::new(), UKey::new());
    let receipt = canonical_receipt();
    for (names, hash, raw) in [
        (PORT, "sm3", false),
        (PORT, "sm3", true),
        (SERVICE, "sha1", true),
        (SERVICE, "sm3", true),
    ] {
        let signed = key.sign(&receipt, names, hash, raw);
        let message = read_signed(signed.as_bytes(), Reading::default(), &key.signers)
            .unwrap_or_else(|fault| panic!("{names} {hash} {raw}: {fault:?}\n{signed}"));
        assert!(message.signed && message.genuine && message.documents().count() == 2);
        assert_eq!(
            code(&signed, &stranger.signers),
            "customs.signature_foreign"
        );
        let touched = signed.once("<returnStatus>800", "<returnStatus>899");
        assert_eq!(code(&touched, &key.signers), "customs.signature_broken");
        // Another algorithm named than the one that signed: neither key nor signature fits it.
        let renamed = signed.once(
            &format!("{names}sm2-sm3"),
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        );
        assert_eq!(code(&renamed, &key.signers), "customs.signature_foreign");
    }
}
