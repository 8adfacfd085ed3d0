//! The one command the page may call: a name, a request id and JSON, to the app's table and back.

use bondhouse_app::{App, AppError, AppEvent, Config, WireError};
use bondhouse_domain::ids::RequestId;
use serde_json::Value;
use std::sync::Arc;
use tauri::State;
use tauri::async_runtime::spawn_blocking;

/// The app's door, or why it stays shut.
pub(crate) enum Door {
    Open(Arc<App>),
    /// Every call is answered with this, so that the page can say what is wrong and what to do.
    Shut(Box<WireError>),
}

impl Door {
    pub(crate) fn open(config: Config, events: impl Fn(AppEvent) + Send + Sync + 'static) -> Self {
        match App::open(config, events) {
            Ok(app) => Self::Open(app),
            Err(error) => Self::Shut(Box::new(failure(error, "open"))),
        }
    }

    /// Waits for what is being written.
    pub(crate) fn close(&self) {
        if let Self::Open(app) = self {
            app.close();
        }
    }
}

/// Answers the page. The app blocks until the answer is durable, so it gets a thread of its own.
#[tauri::command]
pub(crate) async fn rpc(
    door: State<'_, Door>,
    name: String,
    id: RequestId,
    req: Value,
) -> Result<Value, WireError> {
    let app = match door.inner() {
        Door::Open(app) => Arc::clone(app),
        Door::Shut(why) => return Err((**why).clone()),
    };
    let called = name.clone();
    match spawn_blocking(move || app.call(&name, id, req)).await {
        Ok(answer) => answer,
        Err(panic) => Err(failure(
            AppError::failed(bondhouse_domain::station::says::storage("call").0, panic),
            &called,
        )),
    }
}

fn failure(error: AppError, call: &str) -> WireError {
    // The process is what the log line can be found by when no request has a number yet.
    WireError::of(error, call, format!("pid-{}", std::process::id()))
}
