//! Every code the platform may say has its sentences in both languages.

use bondhouse_domain::message::Says;
use serde_json::Value;

#[test]
fn what_is_said_has_its_texts_and_what_is_written_can_be_said() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../assets/messages/src/platform.json"
    );
    let texts: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut wanted = Vec::new();
    for code in bondhouse_platform::says::MESSAGES {
        let keys = match code.says {
            Says::Yes => vec![code.code.to_owned()],
            Says::No => ["", ".why", ".next"]
                .iter()
                .map(|part| format!("{}{part}", code.code))
                .collect(),
        };
        for key in &keys {
            for language in ["zh", "en"] {
                let text = texts[key][language]
                    .as_str()
                    .unwrap_or_else(|| panic!("{key} has no {language}"));
                let unknown = text
                    .split('{')
                    .skip(1)
                    .filter_map(|rest| rest.split('}').next())
                    .find(|name| !code.params.contains(name));
                assert_eq!(unknown, None, "{key} {language}");
            }
        }
        wanted.extend(keys);
    }
    let orphan = texts
        .as_object()
        .unwrap()
        .keys()
        .find(|key| !wanted.contains(key));
    assert_eq!(orphan, None, "nobody says this");
}
