//! Makes sure the page folder exists before Tauri embeds it, then lets Tauri read its settings.

use std::path::Path;

const PERMISSION: &str = "src-tauri/rpc.permission.toml";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pages = Path::new("ui/dist");
    if !pages.join("index.html").exists() {
        // A clone without built pages still compiles; `make run` builds them first.
        std::fs::create_dir_all(pages)?;
        std::fs::write(
            pages.join("index.html"),
            "<!doctype html><title>Bondhouse</title><p>Build the pages first: make ui</p>",
        )?;
    }
    println!("cargo:rerun-if-changed={PERMISSION}");
    let commands = tauri_build::AppManifest::new().permissions_path_pattern(PERMISSION);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))?;
    Ok(())
}
