//! The line to the platform: signed HTTP calls, and nothing else of the town knows that there is HTTP.
//!
//! Each call is signed with HMAC-SHA256 over method, path, time, nonce and body hash, as the
//! platform's public interface asks (docs/integrators). The town keeps no connection state.

use crate::config::Clock;
use anyhow::{Context, anyhow, bail};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::time::Duration;

/// How long an answer may take: longer than the platform allows itself.
const PATIENCE: Duration = Duration::from_secs(40);

/// What a firm signs with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) key: String,
    pub(crate) secret: String,
}

impl std::fmt::Debug for Key {
    /// The secret stays out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.key)
    }
}

/// A body and what it is.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_type: &'static str,
}

impl Body {
    /// A JSON body.
    pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<Self> {
        Ok(Self {
            bytes: serde_json::to_vec(value)?,
            content_type: "application/json",
        })
    }

    /// An XML body.
    pub(crate) const fn xml(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            content_type: "application/xml",
        }
    }
}

/// What the platform answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Whether asking again later may help.
    pub(crate) const fn is_passing(&self) -> bool {
        matches!(self.status, 408 | 429 | 500..=599)
    }

    /// The code of the refusal, as far as one was sent; never the whole text, which may quote.
    pub(crate) fn refusal(&self) -> String {
        #[derive(Deserialize)]
        struct Said {
            code: Option<String>,
            #[serde(default)]
            results: Vec<Answered>,
        }
        #[derive(Deserialize)]
        struct Answered {
            refusal: Option<Refused>,
        }
        #[derive(Deserialize)]
        struct Refused {
            code: String,
        }
        let said = serde_json::from_slice::<Said>(&self.body).ok();
        let code = said.and_then(|said| {
            let each = said.results.into_iter().find_map(|one| one.refusal);
            said.code.or(each.map(|refused| refused.code))
        });
        code.unwrap_or_else(|| "-".to_owned())
    }

    pub(crate) fn read<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        if !self.is_success() {
            bail!("the platform answered {} {}", self.status, self.refusal());
        }
        serde_json::from_slice(&self.body).context("the platform's answer has another shape")
    }
}

/// The line.
pub(crate) struct Line {
    base: String,
    http: reqwest::blocking::Client,
    clock: Clock,
    calls: Cell<u64>,
    up: Cell<bool>,
}

impl Line {
    /// A line to a platform's address.
    ///
    /// # Errors
    /// When the address or the TLS library cannot be used.
    pub(crate) fn new(base: &str, clock: Clock) -> anyhow::Result<Self> {
        // Whoever installs one first wins; any of them serves.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let http = reqwest::blocking::Client::builder()
            .timeout(PATIENCE)
            .build()?;
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            http,
            clock,
            calls: Cell::new(0),
            up: Cell::new(true),
        })
    }

    /// A signed GET whose answer is JSON.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &Key, target: &str) -> anyhow::Result<T> {
        let empty = Body {
            bytes: Vec::new(),
            content_type: "application/json",
        };
        self.signed(key, reqwest::Method::GET, target, empty)?
            .read()
    }

    /// A signed POST.
    ///
    /// # Errors
    /// Only when no answer came; a refusal is an answer.
    pub(crate) fn post(&self, key: &Key, target: &str, body: Body) -> anyhow::Result<Answer> {
        self.signed(key, reqwest::Method::POST, target, body)
    }

    /// A signed PUT.
    ///
    /// # Errors
    /// Only when no answer came.
    pub(crate) fn put(&self, key: &Key, target: &str, body: Body) -> anyhow::Result<Answer> {
        self.signed(key, reqwest::Method::PUT, target, body)
    }

    fn signed(
        &self,
        key: &Key,
        method: reqwest::Method,
        target: &str,
        body: Body,
    ) -> anyhow::Result<Answer> {
        let time = (self.clock)().as_millis().to_string();
        self.calls.set(self.calls.get() + 1);
        let nonce = format!("{time}-{}", self.calls.get());
        let digest = HEXLOWER.encode(&Sha256::digest(&body.bytes));
        let text = format!("bondhouse request 1\n{method}\n{target}\n{time}\n{nonce}\n{digest}");
        let mut mac = Hmac::<Sha256>::new_from_slice(key.secret.as_bytes())
            .map_err(|_| anyhow!("an unusable secret"))?;
        mac.update(text.as_bytes());
        let request = self
            .http
            .request(method, format!("{}{target}", self.base))
            .header("bondhouse-key", &key.key)
            .header("bondhouse-time", time)
            .header("bondhouse-nonce", nonce)
            .header(
                "bondhouse-signature",
                HEXLOWER.encode(&mac.finalize().into_bytes()),
            )
            .header("content-type", body.content_type)
            .body(body.bytes);
        self.send(request)
    }

    /// A POST of the operator.
    pub(crate) fn admin(
        &self,
        admin_key: &str,
        path: &str,
        value: &impl Serialize,
    ) -> anyhow::Result<Answer> {
        let body = Body::json(value)?;
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .bearer_auth(admin_key.trim())
            .header("content-type", body.content_type)
            .body(body.bytes);
        self.send(request)
    }

    /// Whether the platform answers at all.
    pub(crate) fn is_up(&self) -> bool {
        answer_to(self.http.get(format!("{}/health", self.base)))
            .is_ok_and(|answer| answer.is_success())
    }
}

impl Line {
    fn send(&self, request: reqwest::blocking::RequestBuilder) -> anyhow::Result<Answer> {
        let answer = answer_to(request);
        // Said once when it goes down and once when it comes back, not with every letter.
        if self.up.replace(answer.is_ok()) != answer.is_ok() {
            match &answer {
                Ok(_) => tracing::info!("the platform answers again"),
                Err(error) => tracing::warn!(%error, "the platform does not answer"),
            }
        }
        answer
    }
}

fn answer_to(request: reqwest::blocking::RequestBuilder) -> anyhow::Result<Answer> {
    // The error of the HTTP library names the address, which names an order; nobody needs it in a log.
    let response = request
        .send()
        .map_err(|error| anyhow!("no answer: {}", error.without_url()))?;
    let status = response.status().as_u16();
    let body = response
        .bytes()
        .map_err(|error| anyhow!("half an answer: {}", error.without_url()))?;
    Ok(Answer {
        status,
        body: body.to_vec(),
    })
}
