//! The desktop program: reads its arguments, opens the app's door and one window in front of it.
//!
//! Nothing is decided here. What people can do stands in the `app` crate, and `bondctl` does the
//! same without a window; this crate is the only one that knows Tauri. When the workstation cannot
//! be opened (a second instance, a full disk, a newer database), the window still comes up and
//! says so in the person's language.

#![forbid(unsafe_code)]
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test stops at the first surprise")
)]

mod arguments;
mod events;
mod log;
mod rpc;
mod window;

use arguments::Arguments;
use clap::Parser;
use rpc::Door;
use tauri::{Manager, RunEvent};

fn main() -> tauri::Result<()> {
    let arguments = Arguments::parse();
    let program = tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![rpc::rpc])
        .setup(move |program| {
            let config = arguments.config(program.path())?;
            log::start(&config.data);
            let window_data = config.data.join("window");
            let handle = program.handle().clone();
            program.manage(Door::open(config, move |event| {
                events::forward(&handle, event)
            }));
            window::open(program, window_data)?;
            Ok(())
        })
        .build(tauri::generate_context!())?;
    program.run(|handle, event| {
        if matches!(event, RunEvent::Exit) {
            handle.state::<Door>().close();
        }
    });
    Ok(())
}
