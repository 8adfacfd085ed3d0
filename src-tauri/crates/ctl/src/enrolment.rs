//! The operator's side of a platform, as far as `bondctl` needs it: by the admin key, over HTTP.

use crate::{Setting, out};
use anyhow::{Context, bail};
use bondhouse_domain::message::Message;
use clap::Args;
use reqwest::blocking::{Client, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How long the platform may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// `bondctl enrolment`
#[derive(Debug, Args)]
pub(crate) struct Enrolment {
    /// Where the platform answers
    #[arg(long, value_name = "URL", env = "BONDHOUSE_PLATFORM")]
    platform: String,
    /// File with the platform's admin key: `admin.key` in its data folder
    #[arg(long, value_name = "FILE")]
    admin_key: PathBuf,
    /// Replace a lost workstation: the code is for this one alone
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
}

impl Enrolment {
    pub(crate) fn run(self, setting: &Setting) -> anyhow::Result<ExitCode> {
        let key = std::fs::read_to_string(&self.admin_key)
            .with_context(|| format!("no admin key in {}", self.admin_key.display()))?;
        let operator = Operator::new(&self.platform, &key)?;
        match operator.code(self.device.as_deref()) {
            Ok(code) => out::line(&code)?,
            Err(Unanswered::Refused(said)) => bail!(setting.catalogue.in_full(&said)),
            Err(Unanswered::Failed(error)) => return Err(error),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Why there is no answer.
pub(crate) enum Unanswered {
    /// The platform says no.
    Refused(Message),
    /// It did not answer, or not so that it could be understood.
    Failed(anyhow::Error),
}

impl From<Unanswered> for anyhow::Error {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Refused(said) => anyhow::anyhow!("the platform refuses: {}", said.code),
            Unanswered::Failed(error) => error,
        }
    }
}

/// Whoever holds the admin key.
pub(crate) struct Operator {
    url: String,
    key: String,
    http: Client,
}

impl Operator {
    pub(crate) fn new(url: &str, key: &str) -> anyhow::Result<Self> {
        // Another part of the process may have chosen the provider already; either serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            key: key.trim().to_owned(),
            http: Client::builder().timeout(PATIENCE).build()?,
        })
    }

    /// A new enrolment code.
    pub(crate) fn code(&self, device: Option<&str>) -> Result<String, Unanswered> {
        let request = device.map_or_else(|| json!({}), |device| json!({ "device": device }));
        let answer: Value = self.post("/v1/admin/enrolments", &request)?;
        let code = answer.get("code").and_then(Value::as_str);
        code.map(str::to_owned).ok_or_else(|| {
            Unanswered::Failed(anyhow::anyhow!("the platform answered without a code"))
        })
    }

    /// Asks for something to be done.
    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        request: &Value,
    ) -> Result<T, Unanswered> {
        self.answer(self.http.post(format!("{}{path}", self.url)).json(request))
    }

    /// Asks for something to be shown.
    #[cfg(feature = "sim")]
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Unanswered> {
        self.answer(self.http.get(format!("{}{path}", self.url)))
    }

    fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Unanswered> {
        let failed = |error: reqwest::Error| Unanswered::Failed(anyhow::Error::new(error));
        let response = request.bearer_auth(&self.key).send().map_err(failed)?;
        let status = response.status();
        let body = response.bytes().map_err(failed)?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| {
                Unanswered::Failed(
                    anyhow::Error::new(error).context("the platform's answer has another form"),
                )
            });
        }
        Err(match serde_json::from_slice::<Message>(&body) {
            Ok(said) => Unanswered::Refused(said),
            Err(_) => Unanswered::Failed(anyhow::anyhow!("the platform answered {status}")),
        })
    }
}
