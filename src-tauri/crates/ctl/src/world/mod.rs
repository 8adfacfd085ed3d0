//! The world around a workstation, started on this machine: the platform and the town.
//!
//! Both are the programs people run, as child processes in a folder of their own; nothing is reached
//! past their public interfaces. `day` and `demo` differ only in what they then do.

mod interrupt;
mod program;

use crate::enrolment::Operator;
use crate::verify::sibling;
use anyhow::{Context, ensure};
use interrupt::Interrupt;
use program::Program;
use serde::Deserialize;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a program may take until it is ready: a first start on a slow disk included.
const READY: Duration = Duration::from_secs(60);

/// How the town lives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Town {
    /// What everything in it is drawn from.
    pub(crate) seed: u64,
    /// Orders placed at once.
    pub(crate) orders: u32,
    /// Orders placed in the course of a day after that.
    pub(crate) per_day: u32,
    /// Nothing goes wrong.
    pub(crate) calm: bool,
    /// How many times faster than natural.
    pub(crate) speed: u32,
}

/// What the town says when it has moved in.
#[derive(Debug, Deserialize)]
pub(crate) struct Seeded {
    /// Notices that are on their way.
    pub(crate) notices: Vec<String>,
    /// Orders that are placed.
    pub(crate) orders: Vec<String>,
}

/// A platform and its town.
pub(crate) struct World {
    folder: PathBuf,
    /// The platform; none while it is cut off.
    platform: Option<Program>,
    town: Option<Program>,
    address: SocketAddr,
    interrupt: Interrupt,
}

impl World {
    /// Starts the platform on an address of this machine; port 0 takes a free one.
    pub(crate) fn start(folder: &Path, listen: SocketAddr) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let mut world = Self {
            folder: folder.to_owned(),
            platform: None,
            town: None,
            address: listen,
            interrupt: Interrupt::watch()?,
        };
        world.start_platform()?;
        Ok(world)
    }

    /// Starts the platform, again where it listened before.
    pub(crate) fn start_platform(&mut self) -> anyhow::Result<()> {
        let data = self.platform_data();
        let mut platform = Program::start(
            &sibling("bondhouse-platform")?,
            &[
                "--data".as_ref(),
                data.as_os_str(),
                "--listen".as_ref(),
                self.address.to_string().as_ref(),
            ],
            &self.folder.join("platform.log"),
        )?;
        let ready = platform.says("listening", READY)?;
        let listening = ready.get("listening").and_then(|address| address.as_str());
        self.address = listening
            .context("the platform does not say where it listens")?
            .parse()?;
        self.platform = Some(platform);
        Ok(())
    }

    /// Ends the platform as a power cut would.
    pub(crate) fn kill_platform(&mut self) -> anyhow::Result<()> {
        match self.platform.take() {
            Some(platform) => platform.kill(),
            None => Ok(()),
        }
    }

    /// Lets the town move in: it registers its firms, lists goods and shelves, and begins to live.
    pub(crate) fn start_town(&mut self, town: Town) -> anyhow::Result<Seeded> {
        let (url, key, data) = (self.url(), self.admin_key_file(), self.folder.join("town"));
        let numbers = [
            ("--seed", town.seed.to_string()),
            ("--orders", town.orders.to_string()),
            ("--per-day", town.per_day.to_string()),
            ("--speed", town.speed.to_string()),
        ];
        let mut arguments: Vec<&OsStr> = vec![
            "--platform".as_ref(),
            url.as_ref(),
            "--admin-key".as_ref(),
            key.as_os_str(),
            "--data".as_ref(),
            data.as_os_str(),
        ];
        for (name, number) in &numbers {
            arguments.extend([OsStr::new(name), OsStr::new(number)]);
        }
        if town.calm {
            arguments.push("--calm".as_ref());
        }
        let log = self.folder.join("town.log");
        let mut started = Program::start(&sibling("bondhouse-town")?, &arguments, &log)?;
        let seeded = serde_json::from_value(started.says("seeded", READY)?)?;
        self.town = Some(started);
        Ok(seeded)
    }

    /// Where the platform answers.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the platform keeps its database and keys.
    pub(crate) fn platform_data(&self) -> PathBuf {
        self.folder.join("platform")
    }

    /// The file that holds the operator's key.
    pub(crate) fn admin_key_file(&self) -> PathBuf {
        self.platform_data().join("admin.key")
    }

    /// The operator of this platform.
    pub(crate) fn operator(&self) -> anyhow::Result<Operator> {
        let file = self.admin_key_file();
        let key = std::fs::read_to_string(&file)
            .with_context(|| format!("no admin key in {}", file.display()))?;
        Operator::new(&self.url(), &key)
    }

    /// Whether Ctrl+C was pressed, or the program asked to end.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupt.is_set()
    }

    /// Complains when a program that should be running has ended, or this one should.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        ensure!(!self.is_interrupted(), "interrupted");
        for program in [&mut self.platform, &mut self.town].into_iter().flatten() {
            program.check()?;
        }
        Ok(())
    }

    /// Asks both to stop, the town first, and waits for them.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        for program in [self.town.take(), self.platform.take()]
            .into_iter()
            .flatten()
        {
            program.stop()?;
        }
        Ok(())
    }
}
