//! The served OpenAPI document, held against every answer that any story is given.
//!
//! A story that calls the platform checks the document in passing: an answer of a form the document does
//! not tell, with a field too many or too few, or of another content type, fails the story that got it.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

static CONTRACT: tokio::sync::OnceCell<Contract> = tokio::sync::OnceCell::const_new();

/// Stops the story whose call to a platform was answered otherwise than its document says.
pub(crate) async fn hold(
    http: &reqwest::Client,
    (method, url): &(String, reqwest::Url),
    status: u16,
    content_type: &str,
    body: &str,
) {
    let contract = CONTRACT.get_or_init(async || {
        let served = http.get(url.join("/openapi.json").unwrap()).send().await;
        let text = served.unwrap().text().await.unwrap();
        Contract::new(serde_json::from_str(&text).unwrap())
    });
    let came = Came {
        method,
        path: url.path(),
        status,
        content_type,
        body,
    };
    if let Some(breach) = contract.await.breach(&came) {
        panic!("{method} {url} answers {status} against the document: {breach}\n{body}");
    }
}

/// What the document says, ready to be held against answers.
struct Contract {
    document: Value,
    /// By place in the document: made when first needed, because most stories ask little.
    validators: Mutex<BTreeMap<String, std::sync::Arc<jsonschema::Validator>>>,
}

/// An answer as it came over the wire.
struct Came<'a> {
    method: &'a str,
    path: &'a str,
    status: u16,
    content_type: &'a str,
    body: &'a str,
}

impl Contract {
    fn new(mut document: Value) -> Self {
        forbid_more(&mut document["components"]["schemas"]);
        forbid_more(&mut document["paths"]);
        Self {
            document,
            validators: Mutex::default(),
        }
    }

    /// The path in the document that was called; the one with most of it spelt out.
    fn template(&self, path: &str) -> Option<&str> {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |template: &&String| {
            let wanted: Vec<&str> = template.split('/').collect();
            wanted.len() == parts.len()
                && wanted
                    .iter()
                    .zip(&parts)
                    .all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
        };
        let paths = self.document["paths"].as_object().unwrap();
        let spelt_out = |template: &&String| std::cmp::Reverse(template.matches('{').count());
        paths
            .keys()
            .filter(fits)
            .max_by_key(spelt_out)
            .map(String::as_str)
    }

    /// Why an answer is not what the document says.
    fn breach(&self, came: &Came<'_>) -> Option<String> {
        let Came { method, status, .. } = came;
        let Some(template) = self.template(came.path) else {
            return (*status != 404).then(|| "a path that is not in the document".to_owned());
        };
        let responses = &self.document["paths"][template][method.to_lowercase()]["responses"];
        let Some(told) = responses.as_object() else {
            // The router takes no such method here.
            return (*status != 405).then(|| "a method that is not in the document".to_owned());
        };
        let wide = format!("{}XX", status / 100);
        let named = [status.to_string(), wide, "default".to_owned()];
        let Some(name) = named.iter().find(|name| told.contains_key(*name)) else {
            return Some("a status that is not in the document".to_owned());
        };
        let Some(content) = told[name]["content"].as_object() else {
            return (!came.body.is_empty()).then(|| "a body where none is told".to_owned());
        };
        let kind = content
            .keys()
            .find(|kind| essence(kind) == essence(came.content_type));
        let Some(kind) = kind else {
            return Some(format!("{:?} is not told", came.content_type));
        };
        if essence(kind) != "application/json" {
            return None;
        }
        let Ok(body) = serde_json::from_str::<Value>(came.body) else {
            return Some("no JSON".to_owned());
        };
        let place = format!("{method} {template} {name}");
        let validator = self.validator(place, &content[kind]["schema"]);
        let wrong = validator
            .iter_errors(&body)
            .map(|error| format!("{}: {error}", error.instance_path()));
        let wrong: Vec<String> = wrong.collect();
        (!wrong.is_empty()).then(|| wrong.join("\n"))
    }

    fn validator(&self, place: String, schema: &Value) -> std::sync::Arc<jsonschema::Validator> {
        let mut made = self.validators.lock().unwrap();
        let validator = made.entry(place).or_insert_with(|| {
            let whole = json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "components": self.document["components"],
                "allOf": [schema],
            });
            std::sync::Arc::new(
                jsonschema::validator_for(&whole).expect("the document is JSON Schema"),
            )
        });
        validator.clone()
    }
}

fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// A document says what an answer has; a test also says that it has nothing else.
fn forbid_more(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let closed = fields.get("type") == Some(&json!("object"))
                && fields.contains_key("properties")
                && !fields.contains_key("additionalProperties")
                && is_alone(fields);
            for value in fields.values_mut() {
                forbid_more(value);
            }
            if closed {
                fields.insert("additionalProperties".to_owned(), false.into());
            }
        }
        Value::Array(values) => values.iter_mut().for_each(forbid_more),
        _ => {}
    }
}

/// Whether nothing beside its own properties says what an object has.
fn is_alone(fields: &Map<String, Value>) -> bool {
    ["$ref", "allOf", "anyOf", "oneOf"]
        .iter()
        .all(|word| !fields.contains_key(*word))
}
