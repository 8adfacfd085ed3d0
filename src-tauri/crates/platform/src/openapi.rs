//! The OpenAPI document: made from the list of calls that makes the routes.
//!
//! What is sent is described in `openapi_bodies.json`, each with an example that a test sends. What is
//! answered is described by the types that are answered ([`answers`]). A builder library would not make
//! this smaller: the document is one JSON value over a list.

pub(crate) mod answers;

use crate::error;
use crate::server::{CALLS, MOST_BODY};
use answers::Answered;
use axum::Json;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// One call, as far as the document tells.
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) by: By,
    pub(crate) body: Body,
    pub(crate) query: &'static [&'static str],
    pub(crate) says: &'static str,
    pub(crate) answers: fn(&mut SchemaGenerator) -> Answered,
}

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// No proof is asked.
    Anyone,
    /// By HMAC.
    Partner,
    /// By the admin key.
    Operator,
    /// By Ed25519.
    Workstation,
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    None,
    /// One message of the customs families.
    Xml,
    /// A spreadsheet (xlsx).
    Workbook,
    /// A sealed envelope.
    Sealed,
    Orders,
    Payments,
    Statuses,
    Trades,
    CallBack,
    Again,
    Return,
    Arrival,
    InspectionOrder,
    Remittance,
    SettlementTerms,
    ExchangeRates,
    Guarantees,
    Reconciliation,
    Ledgers,
    Laws,
    Pool,
    Notice,
    Milestone,
    Partner,
    Merchants,
    Items,
    Locations,
    Vehicles,
    Enrolment,
    Decision,
    Enquiry,
    Bundle,
    Resolution,
    GoOn,
    OfflinePolicy,
    Settings,
    Enrol,
}

/// `GET /openapi.json`
pub(crate) async fn show() -> crate::error::Result<Json<Value>> {
    document().map(Json).map_err(Into::into)
}

/// Descriptions of what is serialised, where OpenAPI looks for them.
fn schemas() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator()
}

fn document() -> serde_json::Result<Value> {
    let mut schemas = schemas();
    let refusal = schemas.subschema_for::<error::Said>();
    let mut paths: Map<String, Value> = Map::new();
    for call in CALLS {
        let path = paths.entry(call.path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            let answered = (call.answers)(&mut schemas);
            methods.insert(call.method.to_owned(), operation(call, answered, &refusal));
        }
    }
    let mut bodies: Map<String, Value> = serde_json::from_str(include_str!("openapi_bodies.json"))?;
    bodies.extend(schemas.take_definitions(true));
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Bondhouse logistics platform",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "docs/integrators/platform-api.md says what each call means and how calls are signed.",
        },
        "paths": paths,
        "components": {
            "schemas": bodies,
            "securitySchemes": {
                "operator": { "type": "http", "scheme": "bearer" },
                "partner": {
                    "type": "apiKey", "in": "header", "name": "bondhouse-signature",
                    "description": "HMAC-SHA256 or Ed25519; with bondhouse-key, bondhouse-time and bondhouse-nonce",
                },
                "workstation": {
                    "type": "apiKey", "in": "header", "name": "bondhouse-signature",
                    "description": "Ed25519 over the body; with bondhouse-signer",
                },
            },
        },
    }))
}

fn operation(call: &Call, answered: Answered, refusal: &Schema) -> Value {
    let in_path = call
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let text = json!({ "type": "string" });
    let repeatable = call.by == By::Partner && call.method != "get";
    let key =
        repeatable.then(|| json!({ "name": "idempotency-key", "in": "header", "schema": text }));
    let parameters: Vec<Value> = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": text }))
        .chain(
            call.query
                .iter()
                .map(|name| json!({ "name": name, "in": "query", "schema": text })),
        )
        .chain(key)
        .collect();
    let mut operation = json!({
        "summary": call.says,
        "operationId": format!("{} {}", call.method, call.path),
        "parameters": parameters,
        "responses": responses(call.by, answered, refusal),
    });
    if let Value::Object(fields) = &mut operation {
        if let Some(body) = request_body(call.body) {
            fields.insert("requestBody".to_owned(), body);
        }
        let scheme = match call.by {
            By::Anyone => None,
            By::Partner => Some("partner"),
            By::Operator => Some("operator"),
            By::Workstation => Some("workstation"),
        };
        fields.insert(
            "security".to_owned(),
            scheme.map_or_else(|| json!([]), |scheme| json!([{ scheme: [] }])),
        );
    }
    operation
}

fn responses(by: By, answered: Answered, refusal: &Schema) -> Value {
    let said = |schema: &Value| json!({ "application/json": { "schema": schema } });
    let unprocessable = match answered.unprocessable {
        Some(besides) => said(&json!({ "anyOf": [refusal, besides] })),
        None => said(&json!(refusal)),
    };
    let refused = said(&json!(refusal));
    let refusal = |what: &str| json!({ "description": what, "content": refused });
    let mut done = json!({ "description": "Done" });
    if let (Value::Object(fields), false) = (&mut done, answered.content.is_empty()) {
        let content = answered.content.into_iter();
        let content: Map<String, Value> = content
            .map(|(kind, schema)| (kind.to_owned(), json!({ "schema": schema })))
            .collect();
        fields.insert("content".to_owned(), content.into());
    }
    let mut responses = json!({
        "2XX": done,
        "413": refusal(&format!("Larger than {MOST_BODY} bytes")),
        "422": { "description": "Cannot be read, or is incomplete", "content": unprocessable },
        "default": refusal("Refused; the code says why"),
    });
    if let (Value::Object(fields), true) = (&mut responses, by != By::Anyone) {
        fields.insert(
            "401".to_owned(),
            refusal("Key, signature, time or nonce is wrong"),
        );
        fields.insert("404".to_owned(), refusal("Not known, or another's"));
        fields.insert("409".to_owned(), refusal("The state of things forbids it"));
        fields.insert("429".to_owned(), refusal("Too often"));
    }
    responses
}

fn request_body(body: Body) -> Option<Value> {
    let binary =
        |kind: &str| json!({ kind: { "schema": { "type": "string", "format": "binary" } } });
    let content = match body {
        Body::None => return None,
        Body::Xml => binary("application/xml"),
        Body::Workbook => {
            binary("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        }
        Body::Sealed => binary(bondhouse_protocol::envelope::CONTENT_TYPE),
        Body::Orders | Body::Payments | Body::Statuses => {
            let schema = json!({ "schema": { "$ref": format!("#/components/schemas/{body:?}") } });
            json!({ "application/json": schema, "application/xml": { "schema": { "type": "string", "format": "binary" } } })
        }
        named => {
            json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{named:?}") } } })
        }
    };
    Some(json!({ "required": !matches!(body, Body::Enrolment | Body::Again), "content": content }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_and_what_is_answered_have_names_of_their_own() {
        let mut schemas = schemas();
        for call in CALLS {
            (call.answers)(&mut schemas);
        }
        let bodies: Map<String, Value> =
            serde_json::from_str(include_str!("openapi_bodies.json")).unwrap();
        let answers = schemas.take_definitions(true);
        let both: Vec<_> = answers
            .keys()
            .filter(|name| bodies.contains_key(*name))
            .collect();
        assert!(both.is_empty(), "{both:?}");
        let numbered = |name: &&String| name.ends_with(|last: char| last.is_ascii_digit());
        let numbered: Vec<_> = answers.keys().filter(numbered).collect();
        assert!(numbered.is_empty(), "two types of one name: {numbered:?}");
    }
}
