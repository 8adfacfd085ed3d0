//! Somebody who signs as customs does, with a key pair made for this run, by an independent tool.

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub(crate) struct Signatory {
    folder: TempDir,
}

const TEMPLATE: &str = concat!(
    r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>"#,
    r#"<ds:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>"#,
    r#"<ds:SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/>"#,
    r#"<ds:Reference URI=""><ds:Transforms>"#,
    r#"<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></ds:Transforms>"#,
    r#"<ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><ds:DigestValue/></ds:Reference>"#,
    r#"</ds:SignedInfo><ds:SignatureValue/></ds:Signature>"#,
);

impl Signatory {
    /// A new one; nobody where the tool is missing, and that is said.
    #[allow(clippy::print_stderr, reason = "a skip is printed")]
    pub(crate) fn new() -> Option<Self> {
        if Command::new("xmlsec1").arg("--version").output().is_err() {
            eprintln!("skipped: no xmlsec1 (make setup installs it)");
            return None;
        }
        let made = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        run(Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args(["-subj", "/CN=made up", "-keyout"])
            .arg(made.file("key.pem"))
            .arg("-out")
            .arg(made.certificate()));
        Some(made)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The certificate in PEM.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.file("certificate.pem")
    }

    /// A message with this signatory's signature before its end.
    pub(crate) fn sign(&self, xml: &[u8]) -> Vec<u8> {
        let text = std::str::from_utf8(xml).unwrap().trim_end();
        let (before, end) = text.rsplit_once("</").unwrap();
        let (template, signed) = (self.file("template.xml"), self.file("signed.xml"));
        std::fs::write(&template, format!("{before}{TEMPLATE}</{end}")).unwrap();
        run(Command::new("xmlsec1")
            .args(["--sign", "--privkey-pem"])
            .arg(self.file("key.pem"))
            .arg("--output")
            .args([&signed as &Path, &template as &Path]));
        std::fs::read(signed).unwrap()
    }
}

fn run(command: &mut Command) {
    let ran = command.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
}
