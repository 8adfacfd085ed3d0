//! A workstation opened without its window: calls through the command table, answers in words.

use crate::Setting;
use crate::catalogue::Catalogue;
use anyhow::{Context, anyhow};
use bondhouse_app::{App, AppError, Config, WireError};
use bondhouse_domain::ids::RequestId;
use clap::Args;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// Which workstation, and who works at it.
#[derive(Debug, Args)]
pub(crate) struct At {
    /// Folder of the workstation
    #[arg(long, value_name = "DIR", env = "BONDHOUSE_DATA")]
    data: Option<PathBuf>,
    /// Sign in under this name first
    #[arg(long = "name", id = "person", value_name = "NAME", requires = "pin")]
    person: Option<String>,
    /// The person's PIN; better given in the environment, where others cannot see it
    #[arg(
        long,
        value_name = "PIN",
        env = "BONDHOUSE_PIN",
        hide_env_values = true
    )]
    pin: Option<String>,
}

impl At {
    /// Opens the workstation and signs in, if someone is named.
    pub(crate) fn open(self, setting: &Setting) -> anyhow::Result<Station<'_>> {
        let data = self.data.context("which workstation? Give --data DIR")?;
        let station = Station::open(setting, data, String::new())?;
        if let Some(person) = self.person {
            let _: Value =
                station.call("people.sign_in", json!({ "name": person, "pin": self.pin }))?;
        }
        Ok(station)
    }
}

/// An open workstation.
pub(crate) struct Station<'a> {
    app: Arc<App>,
    words: &'a Catalogue,
}

impl<'a> Station<'a> {
    /// Opens a data folder; before enrolment `platform_url` is what the first page would propose.
    pub(crate) fn open(
        setting: &'a Setting,
        data: PathBuf,
        platform_url: String,
    ) -> anyhow::Result<Self> {
        let config = Config {
            data,
            assets: setting.assets.clone(),
            platform_url,
            scanners: Vec::new(),
            practice: false,
        };
        let app = App::open(config, |_| {}).map_err(|error| refused(setting, error))?;
        Ok(Self {
            app,
            words: &setting.catalogue,
        })
    }

    /// Calls a command of the table.
    pub(crate) fn call<T: DeserializeOwned>(
        &self,
        name: &str,
        request: Value,
    ) -> anyhow::Result<T> {
        self.call_as(fresh_id(), name, request)
    }

    /// Calls under a request id; repeating it gets the earlier answer.
    pub(crate) fn call_as<T: DeserializeOwned>(
        &self,
        id: RequestId,
        name: &str,
        request: Value,
    ) -> anyhow::Result<T> {
        let answer = self.app.call(name, id, request);
        let answer = answer.map_err(|error| self.in_words(name, &error))?;
        serde_json::from_value(answer).with_context(|| format!("{name} answers in another form"))
    }

    /// Calls what the rules must refuse.
    #[cfg(feature = "sim")]
    pub(crate) fn must_refuse(&self, name: &str, request: Value) -> anyhow::Result<()> {
        match self.app.call(name, fresh_id(), request) {
            Err(error) if error.refusal => Ok(()),
            Err(error) => Err(self.in_words(name, &error)),
            Ok(_) => Err(anyhow!("{name} was not refused")),
        }
    }

    /// The language it is spoken to in.
    #[cfg(feature = "sim")]
    pub(crate) fn words(&self) -> &'a Catalogue {
        self.words
    }

    /// Waits for what is being written.
    pub(crate) fn close(self) {
        self.app.close();
    }

    fn in_words(&self, name: &str, error: &WireError) -> anyhow::Error {
        anyhow!("{name}: {}", self.words.error(error))
    }
}

/// How the app refused, in words.
pub(crate) fn refused(setting: &Setting, error: AppError) -> anyhow::Error {
    // Nothing was called, so there is no request id: the process finds the line in the log.
    let error = WireError::of(error, "bondctl", format!("pid-{}", std::process::id()));
    anyhow!(setting.catalogue.error(&error))
}

/// A request that nobody made before.
pub(crate) fn fresh_id() -> RequestId {
    RequestId(uuid::Uuid::now_v7())
}
