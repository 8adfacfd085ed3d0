//! The one window: what it shows, and where it may not go.
//!
//! The page comes out of the program itself and never leaves it: navigation elsewhere and new
//! windows are denied. The keys of a browser (reload, print, zoom, its menu) are taken by the page's
//! own `lib/keys.ts`, where they mean something else to a clerk.

use std::path::PathBuf;
use tauri::webview::{NewWindowResponse, WebviewWindow, WebviewWindowBuilder};
use tauri::{App, Url};

/// The label of the only window, as `tauri.conf.json` and its capability name it.
pub(crate) const MAIN: &str = "main";

/// Opens the window described in `tauri.conf.json`; the web view keeps its own files in `folder`.
pub(crate) fn open(app: &App, folder: PathBuf) -> tauri::Result<WebviewWindow> {
    let described = app
        .config()
        .app
        .windows
        .iter()
        .find(|window| window.label == MAIN)
        .ok_or(tauri::Error::WindowNotFound)?;
    WebviewWindowBuilder::from_config(app, described)?
        .data_directory(folder)
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()
}

/// Whether an address is a page inside the program.
///
/// The scheme is `tauri://localhost`, except on Windows, where web views only know http.
fn is_ours(url: &Url) -> bool {
    let inside = match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    };
    if !inside {
        tracing::warn!(
            scheme = url.scheme(),
            "navigation out of the program denied"
        );
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_inside_the_program_are_shown() {
        for ours in ["tauri://localhost/index.html", "http://tauri.localhost/"] {
            assert!(is_ours(&ours.parse().unwrap()), "{ours}");
        }
        for theirs in [
            "https://example.com/",
            "http://localhost:8080/",
            "file:///etc/passwd",
            "data:text/html,hello",
            "tauri://elsewhere/",
        ] {
            assert!(!is_ours(&theirs.parse().unwrap()), "{theirs}");
        }
    }
}
