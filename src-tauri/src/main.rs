//! The desktop program: reads its arguments, opens the app's door and one window in front of it.
//!
//! Nothing is decided here. What people can do stands in the `app` crate, and `bondctl` does the
//! same without a window; this crate is the only one that knows Tauri.

#![forbid(unsafe_code)]
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test stops at the first surprise")
)]

mod rpc;
mod window;

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![rpc::rpc])
        .setup(|app| {
            window::open(app)?;
            Ok(())
        })
        .run(tauri::generate_context!())
}
