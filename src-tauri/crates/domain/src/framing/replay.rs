//! Replays a recorded scanner: one JSON line of chunks and pauses to one JSON line of frames.
//!
//! `bondctl scan replay` and the tests share it. Pauses pass on virtual time, so an hour of
//! recording replays at once. A chunk with `reset` follows an unplugged cable.

use super::{Frame, Framer, FramingConfig};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize)]
struct Recording {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    config: FramingConfig,
    chunks: Vec<Chunk>,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    wait_ms: u64,
    hex: String,
    #[serde(default)]
    reset: bool,
}

#[derive(Serialize)]
struct Replayed {
    id: Value,
    frames: Vec<Shown>,
}

/// One frame as recordings write it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Shown {
    Scan {
        data: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unterminated: bool,
    },
    NoRead {
        no_read: bool,
    },
    Overlong {
        overlong: bool,
    },
}

impl From<Frame> for Shown {
    fn from(frame: Frame) -> Self {
        match frame {
            Frame::Scan {
                bytes,
                unterminated,
            } => Self::Scan {
                data: text_of(&bytes),
                unterminated,
            },
            Frame::Torn { bytes } => Self::Scan {
                data: text_of(&bytes),
                unterminated: true,
            },
            Frame::NoRead => Self::NoRead { no_read: true },
            Frame::Overlong => Self::Overlong { overlong: true },
        }
    }
}

/// A recording's own way to write bytes: UTF-8 where they are, else a character for each.
fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// Why a line is not a recording.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Not JSON of the expected form.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A chunk's bytes are not hexadecimal.
    #[error("a chunk is not hexadecimal: {0}")]
    Hex(#[from] data_encoding::DecodeError),
}

impl ReplayError {
    /// Where in the line reading ended, as far as that is known.
    pub fn column(&self) -> usize {
        match self {
            Self::Json(error) => error.column(),
            Self::Hex(_) => 0,
        }
    }
}

/// `{"id","config"?,"chunks":[{"wait_ms","hex","reset"?}]}` to `{"id","frames":[…]}`.
///
/// # Errors
/// [`ReplayError`] when the line is not a recording.
pub fn replay(line: &str) -> Result<String, ReplayError> {
    let recording: Recording = serde_json::from_str(line)?;
    let mut framer = Framer::new(recording.config);
    let mut frames = Vec::new();
    let mut now = 0u64;
    for chunk in recording.chunks {
        now = now.saturating_add(chunk.wait_ms);
        if chunk.reset {
            // A scan that silence had ended before was whole; only what was under way is gone.
            frames.extend(framer.idle(now).map(Shown::from));
            framer.reset();
        }
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(chunk.hex.as_bytes())?;
        frames.extend(framer.push(now, &bytes).into_iter().map(Shown::from));
    }
    frames.extend(
        framer
            .deadline()
            .and_then(|at| framer.idle(at))
            .map(Shown::from),
    );
    Ok(serde_json::to_string(&Replayed {
        id: recording.id,
        frames,
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(line: &str) -> String {
        let answer: Value = serde_json::from_str(&replay(line).unwrap()).unwrap();
        answer["frames"].to_string()
    }

    #[test]
    fn a_scan_that_silence_ended_before_the_cable_was_pulled_is_whole() {
        let chunks = |wait: u64| {
            format!(
                r#"{{"id":1,"chunks":[{{"hex":"363930"}},{{"wait_ms":{wait},"hex":"37310d","reset":true}}]}}"#
            )
        };
        assert_eq!(
            frames(&chunks(80)),
            r#"[{"data":"690","unterminated":true},{"data":"71"}]"#
        );
        assert_eq!(frames(&chunks(79)), r#"[{"data":"71"}]"#);
    }

    #[test]
    fn a_read_of_nothing_is_no_sign_of_life() {
        let line = r#"{"chunks":[{"hex":"363930"},{"wait_ms":60,"hex":""},{"wait_ms":30,"hex":"37310d"}]}"#;
        assert_eq!(
            frames(line),
            r#"[{"data":"690","unterminated":true},{"data":"71"}]"#
        );
    }

    #[test]
    fn after_too_many_bytes_the_next_scan_is_whole_again() {
        let config = r#""config":{"framing":"stx_etx","idle_ms":80,"max_len":4,"no_read":null}"#;
        let stx = format!(
            r#"{{{config},"chunks":[{{"hex":"02414141414141"}},{{"wait_ms":10,"hex":"4141"}},{{"wait_ms":10,"hex":"02420203034203"}},{{"wait_ms":500,"hex":"024303"}}]}}"#
        );
        assert_eq!(
            frames(&stx),
            r#"[{"overlong":true},{"data":"B","unterminated":true},{"data":"C"}]"#
        );
    }

    #[test]
    #[allow(clippy::print_stderr, reason = "a skipped test says so")]
    fn every_recorded_case_is_framed_as_a_person_would() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../../shared/samples/serial/framing.jsonl"
        );
        let Ok(cases) = std::fs::read_to_string(path) else {
            eprintln!("skipped: no samples");
            return;
        };
        #[derive(Deserialize)]
        struct Case {
            expect: serde_json::Value,
        }
        for line in cases.lines() {
            let case: Case = serde_json::from_str(line).unwrap();
            let got: serde_json::Value = serde_json::from_str(&replay(line).unwrap()).unwrap();
            assert_eq!(got["frames"], case.expect, "{line}");
        }
    }
}
