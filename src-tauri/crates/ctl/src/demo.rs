//! `bondctl demo`: a warehouse to look at, on this machine: platform, town and the window.
//!
//! Data stays between runs, so that a workstation enrolled once is enrolled the next time too; the
//! platform therefore always listens at the same address.

use crate::out;
use crate::verify::sibling;
use crate::world::{Town, World};
use anyhow::{Context, ensure};
use clap::Args;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::time::Duration;

/// Says that a folder was made by a demo and may be made anew.
const MARK: &str = "made-by-bondctl-demo";
/// How often it is looked whether everything still runs.
const LOOK: Duration = Duration::from_millis(200);
/// How many times faster than natural the town lives: an order is cleared while one watches.
const SPEED: u32 = 20;

/// `bondctl demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Folder of the demo's databases; kept between runs
    #[arg(long, value_name = "DIR", default_value = "out/demo")]
    data: PathBuf,
    /// Open the window too: the desktop program, by default the one beside this program
    #[arg(long, value_name = "PROGRAM")]
    window: Option<Option<PathBuf>>,
    /// Begin anew: forget everything an earlier demo left
    #[arg(long)]
    fresh: bool,
    /// Port of the platform on this machine
    #[arg(long, default_value_t = 8321)]
    port: u16,
    /// What the town draws everything from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Orders placed at the beginning
    #[arg(long, default_value_t = 30)]
    orders: u32,
    /// Orders placed in the course of a day after that
    #[arg(long, default_value_t = 200)]
    per_day: u32,
}

impl Demo {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        prepare(&self.data, self.fresh)?;
        let mut world = World::start(
            &self.data,
            SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)),
        )?;
        let town = Town {
            seed: self.seed,
            orders: self.orders,
            per_day: self.per_day,
            calm: false,
            speed: SPEED,
        };
        world.start_town(town)?;
        let station = self.data.join("station");
        out::line(&format!("platform   {}", world.url()))?;
        out::line(&format!("operator   {}", world.admin_key_file().display()))?;
        if !station.join("station.db").exists() {
            let code = world.operator()?.code(None)?;
            out::line(&format!(
                "code       {code}   (once, on the window's first page)"
            ))?;
        }
        let mut window = match &self.window {
            Some(program) => Some(open_window(program.as_deref(), &station, &world.url())?),
            None => {
                out::line("Ctrl+C ends it")?;
                None
            }
        };
        let ended = wait(&mut world, window.as_mut());
        if let Some(window) = &mut window {
            // Closed already is as good as ended.
            let _ = window.kill();
            let _ = window.wait();
        }
        world.stop()?;
        ended.map(|()| ExitCode::SUCCESS)
    }
}

/// Until the window is closed or someone interrupts.
fn wait(world: &mut World, mut window: Option<&mut Child>) -> anyhow::Result<()> {
    loop {
        if world.is_interrupted() {
            return Ok(());
        }
        if let Some(window) = window.as_deref_mut()
            && let Some(status) = window.try_wait()?
        {
            ensure!(status.success(), "the window ended badly ({status})");
            return Ok(());
        }
        world.check()?;
        std::thread::sleep(LOOK);
    }
}

fn open_window(program: Option<&Path>, station: &Path, platform: &str) -> anyhow::Result<Child> {
    let program = match program {
        Some(program) => program.to_owned(),
        None => sibling("bondhouse")?,
    };
    Command::new(&program)
        .arg("--data")
        .arg(station)
        .args(["--platform", platform, "--practice"])
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))
}

/// The demo's folder, emptied if asked; never one that something else was put into.
fn prepare(folder: &Path, fresh: bool) -> anyhow::Result<()> {
    let mark = folder.join(MARK);
    if fresh && folder.exists() {
        ensure!(
            mark.exists(),
            "{} was not made by a demo: name another folder with --data",
            folder.display()
        );
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    std::fs::write(&mark, "bondctl demo --fresh clears this folder.\n")
        .with_context(|| format!("cannot write {}", mark.display()))
}
