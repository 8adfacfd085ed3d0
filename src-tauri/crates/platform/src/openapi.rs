//! The OpenAPI document: made from the list of calls that makes the routes.
//!
//! Bodies are described in `openapi_bodies.json`, each with an example that a test sends. A builder
//! library would not make this smaller: the document is one JSON value over a list.

use crate::server::{CALLS, MOST_BODY};
use axum::Json;
use serde_json::{Map, Value, json};

/// One call, as far as the document tells.
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) by: By,
    pub(crate) body: Body,
    pub(crate) query: &'static [&'static str],
    pub(crate) says: &'static str,
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
    Enrolment,
    Decision,
    Person,
    Bundle,
    Resolution,
    GoOn,
    OfflinePolicy,
    Enrol,
}

/// `GET /openapi.json`
pub(crate) async fn show() -> crate::error::Result<Json<Value>> {
    document().map(Json).map_err(Into::into)
}

fn document() -> serde_json::Result<Value> {
    let mut paths: Map<String, Value> = Map::new();
    for call in CALLS {
        let path = paths.entry(call.path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(call.method.to_owned(), operation(call));
        }
    }
    let bodies: Value = serde_json::from_str(include_str!("openapi_bodies.json"))?;
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

fn operation(call: &Call) -> Value {
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
        "responses": responses(call.by),
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

fn responses(by: By) -> Value {
    let said =
        json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Refusal" } } });
    let refusal = |what: &str| json!({ "description": what, "content": said });
    let mut responses = json!({
        "2XX": { "description": "Done" },
        "413": refusal(&format!("Larger than {MOST_BODY} bytes")),
        "422": refusal("Cannot be read, or is incomplete"),
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
        Body::Orders | Body::Payments => {
            let schema = json!({ "schema": { "$ref": format!("#/components/schemas/{body:?}") } });
            json!({ "application/json": schema, "application/xml": { "schema": { "type": "string", "format": "binary" } } })
        }
        named => {
            json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{named:?}") } } })
        }
    };
    Some(json!({ "required": !matches!(body, Body::Enrolment | Body::Again), "content": content }))
}
