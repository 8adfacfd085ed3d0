//! Stops the build when the catalogue lacks a text, a language or a parameter of any declared code.

use bondhouse_domain::message::{Declared, Says, all};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

type Catalogue = BTreeMap<String, String>;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../assets/messages");
    let mut faults = Vec::new();
    for language in ["zh", "en"] {
        let file = folder.join(format!("{language}.json"));
        println!("cargo::rerun-if-changed={}", file.display());
        let catalogue: Catalogue = serde_json::from_slice(&std::fs::read(&file)?)?;
        for declared in all() {
            check(declared, &catalogue, language, &mut faults);
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("\n").into())
    }
}

fn check(declared: &Declared, catalogue: &Catalogue, language: &str, faults: &mut Vec<String>) {
    let plural = format!("{}.other", declared.code);
    let mut keys = vec![match catalogue.contains_key(declared.code) {
        true => declared.code.to_owned(),
        false => plural,
    }];
    if declared.says == Says::No {
        keys.extend([
            format!("{}.why", declared.code),
            format!("{}.next", declared.code),
        ]);
    }
    for key in keys {
        let Some(text) = catalogue.get(&key) else {
            faults.push(format!("{language}.json lacks {key}"));
            continue;
        };
        for name in placeholders(text) {
            if !declared.params.contains(&name) {
                faults.push(format!(
                    "{language}.json: {key} names {{{name}}}, which the code never gives"
                ));
            }
        }
    }
}

fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}
