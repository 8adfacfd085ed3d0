//! The one window: what it shows, and everything a web view would do that an instrument must not.
//!
//! The page comes out of the program itself and never leaves it: navigation elsewhere and new
//! windows are denied, drops are ignored, and the web view's own keys (reload, print, zoom, caret
//! browsing, its menu) are switched off, because a scanner types faster than a person can notice
//! that F5 has just thrown away a half-packed parcel. The page still sees those keys; they are the
//! clerk's.

use tauri::webview::{NewWindowResponse, WebviewWindow, WebviewWindowBuilder};
use tauri::{App, Url};

/// The label of the only window, as `tauri.conf.json` and its capability name it.
pub(crate) const MAIN: &str = "main";

/// Runs before the page's own script in every document of the window.
///
/// Only defaults are prevented; the events go on to the page.
const NO_BROWSER_KEYS: &str = r#"
addEventListener('keydown', (e) => {
  const zoom = (e.ctrlKey || e.metaKey) && ['+', '-', '=', '0'].includes(e.key);
  const browser = (e.ctrlKey || e.metaKey) && ['f', 'g', 'j', 'n', 'o', 'p', 'r', 's', 'u'].includes(e.key.toLowerCase());
  const history = e.altKey && ['ArrowLeft', 'ArrowRight', 'Home'].includes(e.key);
  if (/^F\d+$/.test(e.key) || zoom || browser || history) e.preventDefault();
}, true);
addEventListener('wheel', (e) => { if (e.ctrlKey) e.preventDefault(); }, { capture: true, passive: false });
addEventListener('contextmenu', (e) => e.preventDefault(), true);
"#;

/// Opens the window described in `tauri.conf.json`.
pub(crate) fn open(app: &App) -> tauri::Result<WebviewWindow> {
    let described = app
        .config()
        .app
        .windows
        .iter()
        .find(|window| window.label == MAIN)
        .ok_or(tauri::Error::WindowNotFound)?;
    WebviewWindowBuilder::from_config(app, described)?
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .initialization_script(NO_BROWSER_KEYS)
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
