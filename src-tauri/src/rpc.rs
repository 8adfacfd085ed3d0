//! The one command the page may call.

use serde_json::{Value, json};

/// Until the app crate has its door, every call is answered that it is not there yet.
#[tauri::command]
pub(crate) fn rpc(name: &str) -> Result<Value, Value> {
    Err(json!({ "code": "station.unknown_command", "params": { "name": name } }))
}
