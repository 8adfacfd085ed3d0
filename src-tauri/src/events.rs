//! What the app tells the window: what changed, and how a scan was answered.

use crate::window::MAIN;
use bondhouse_app::AppEvent;
use tauri::{AppHandle, Emitter};

/// Hands an event to the page. A window that is closing hears nothing, and needs nothing: all it
/// would have drawn is durable.
pub(crate) fn forward(handle: &AppHandle, event: AppEvent) {
    let sent = match event {
        AppEvent::Changed(rooms) => handle.emit_to(MAIN, "changed", rooms),
        AppEvent::Answered(view) => handle.emit_to(MAIN, "answered", view),
        AppEvent::Unclaimed(raw) => handle.emit_to(MAIN, "unclaimed", raw),
        AppEvent::Opened(room) => handle.emit_to(MAIN, "opened", room),
    };
    if let Err(error) = sent {
        tracing::warn!(%error, "the window did not hear an event");
    }
}
