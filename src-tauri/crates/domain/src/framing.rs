//! Bytes of a serial port to scans: where one scan ends and the next begins.
//!
//! Pure: bytes and the time they arrived go in, frames come out, so that every stall, burst and
//! unplugged cable can be replayed in a test. The reader thread of `devices` adds the port.
//!
//! - A scan ends at CR, LF or both; an empty frame is no scan. All three are always understood, so
//!   that a replaced scanner needs no setting.
//! - A scanner that sends no terminator ("data as is", the factory setting of some) is framed by
//!   its silence. From a scanner that should have sent one, the same is a torn scan: shown, never
//!   booked ([`FramingConfig::silence_ends`]).
//! - With [`Framing::StxEtx`] what stands outside `STX … ETX` is line noise.
//! - NUL is dropped: it is what a cable being plugged in sends; no symbol of ours holds it.
//!
//! Every byte that belongs to a scan arrives unchanged, GS (0x1D) and bytes above 0x7F too. A
//! repeated scan is two frames: whether it is a mistake is for the task to say.

use serde::{Deserialize, Serialize};

pub mod replay;

const NUL: u8 = 0;
const STX: u8 = 2;
const ETX: u8 = 3;

/// How a scanner marks where a scan ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// CR, LF or CR LF after the data.
    #[default]
    Terminator,
    /// STX before and ETX after the data.
    StxEtx,
}

/// The settings of one scanner's framing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FramingConfig {
    /// How the scanner marks the end of a scan.
    pub framing: Framing,
    /// Milliseconds of silence that end a scan without a terminator. 80 is safe: at 9600 baud a
    /// byte takes 1 ms and the slowest USB adapter holds bytes back for 16 ms.
    pub idle_ms: u64,
    /// Whether silence is how this scanner ends a scan. When it sends a terminator, set this to
    /// false: a scan without one is then [`Frame::Torn`].
    pub silence_ends: bool,
    /// The longest scan in bytes; anything longer is noise or a stuck key, never data.
    pub max_len: usize,
    /// What a fixed scanner sends when it saw a parcel but no code.
    pub no_read: Option<String>,
}

impl Default for FramingConfig {
    fn default() -> Self {
        Self {
            framing: Framing::Terminator,
            idle_ms: 80,
            silence_ends: true,
            max_len: 512,
            no_read: None,
        }
    }
}

/// What the bytes turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// One scan, its terminator removed and nothing else changed.
    Scan {
        /// The bytes as the scanner sent them.
        bytes: Vec<u8>,
        /// Ended by silence instead of a terminator.
        unterminated: bool,
    },
    /// The beginning of a scan whose end never came; what it would have been is not known.
    Torn {
        /// The bytes that did arrive.
        bytes: Vec<u8>,
    },
    /// The scanner said that it could not read.
    NoRead,
    /// More bytes than any scan has; they are not kept.
    Overlong,
}

/// Takes bytes as they arrive and gives frames as they end.
#[derive(Debug, Clone)]
pub struct Framer {
    config: FramingConfig,
    held: Vec<u8>,
    /// Inside `STX … ETX`; without such framing, always.
    inside: bool,
    overlong: bool,
    last_byte_at: u64,
}

impl Framer {
    /// A framer that has seen nothing yet.
    pub fn new(config: FramingConfig) -> Self {
        let inside = config.framing == Framing::Terminator;
        Self {
            config,
            held: Vec::new(),
            inside,
            overlong: false,
            last_byte_at: 0,
        }
    }

    /// Takes bytes that arrived at `now` (milliseconds of any clock that does not jump).
    pub fn push(&mut self, now: u64, bytes: &[u8]) -> Vec<Frame> {
        let mut frames: Vec<Frame> = self.idle(now).into_iter().collect();
        for &byte in bytes {
            match (self.config.framing, byte) {
                (_, NUL) => {}
                (Framing::StxEtx, STX) => {
                    // A second STX means that the first frame was torn; its rest never comes.
                    frames.extend(self.end(true));
                    self.inside = true;
                }
                (Framing::StxEtx, ETX) => {
                    frames.extend(self.end(false));
                    self.inside = false;
                }
                (Framing::Terminator, b'\r' | b'\n') => frames.extend(self.end(false)),
                _ if !self.inside || self.overlong => {}
                _ if self.held.len() >= self.config.max_len => {
                    self.held.clear();
                    self.overlong = true;
                }
                _ => self.held.push(byte),
            }
        }
        if !bytes.is_empty() {
            self.last_byte_at = now;
        }
        frames
    }

    /// Ends a scan whose scanner has been silent for the idle time at `now`.
    pub fn idle(&mut self, now: u64) -> Option<Frame> {
        if self.deadline().is_none_or(|at| now < at) {
            return None;
        }
        let frame = self.end(true);
        self.inside = self.config.framing == Framing::Terminator;
        frame
    }

    /// When [`Framer::idle`] must be asked next, if a scan is under way.
    pub fn deadline(&self) -> Option<u64> {
        (self.overlong || !self.held.is_empty())
            .then(|| self.last_byte_at.saturating_add(self.config.idle_ms))
    }

    /// Forgets a scan under way: the cable was pulled, its rest will never come.
    pub fn reset(&mut self) {
        *self = Self::new(std::mem::take(&mut self.config));
    }

    fn end(&mut self, unterminated: bool) -> Option<Frame> {
        let bytes = std::mem::take(&mut self.held);
        if std::mem::take(&mut self.overlong) {
            return Some(Frame::Overlong);
        }
        if bytes.is_empty() {
            return None;
        }
        if self
            .config
            .no_read
            .as_ref()
            .is_some_and(|text| text.as_bytes() == bytes)
        {
            return Some(Frame::NoRead);
        }
        let silence_ends = self.config.silence_ends && self.config.framing == Framing::Terminator;
        if unterminated && !silence_ends {
            return Some(Frame::Torn { bytes });
        }
        Some(Frame::Scan {
            bytes,
            unterminated,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scan(text: &str) -> Frame {
        Frame::Scan {
            bytes: text.as_bytes().to_vec(),
            unterminated: false,
        }
    }

    #[test]
    fn a_line_feed_long_after_its_carriage_return_is_no_scan() {
        let mut framer = Framer::new(FramingConfig::default());
        assert_eq!(framer.push(0, b"6901234567892\r"), [scan("6901234567892")]);
        assert_eq!(framer.push(500, b"\n"), []);
        assert_eq!(framer.deadline(), None);
    }

    #[test]
    fn a_torn_stx_frame_is_shown_and_never_joined_to_the_next() {
        let config = FramingConfig {
            framing: Framing::StxEtx,
            ..FramingConfig::default()
        };
        let mut framer = Framer::new(config);
        let frames = framer.push(0, b"noise\x02YT12\x02YT99\x03\r\n");
        assert_eq!(
            frames,
            [
                Frame::Torn {
                    bytes: b"YT12".to_vec()
                },
                scan("YT99")
            ]
        );
    }

    #[test]
    fn a_scan_cut_short_is_torn_when_its_scanner_always_sends_a_terminator() {
        let config = FramingConfig {
            silence_ends: false,
            ..FramingConfig::default()
        };
        let mut framer = Framer::new(config);
        assert_eq!(framer.push(0, b"69012"), []);
        assert_eq!(framer.idle(79), None);
        assert_eq!(
            framer.idle(80),
            Some(Frame::Torn {
                bytes: b"69012".to_vec()
            })
        );
    }

    #[test]
    fn a_reader_that_could_not_read_is_not_a_code() {
        let config = FramingConfig {
            no_read: Some("NR".into()),
            ..FramingConfig::default()
        };
        assert_eq!(
            Framer::new(config).push(0, b"NR\rNRX\r"),
            [Frame::NoRead, scan("NRX")]
        );
    }

    proptest! {
        #[test]
        fn frames_do_not_depend_on_how_the_driver_cuts_the_bytes(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            cuts in prop::collection::vec(1usize..9, 1..200),
            framing in prop_oneof![Just(Framing::Terminator), Just(Framing::StxEtx)],
        ) {
            let config = FramingConfig { framing, max_len: 24, ..FramingConfig::default() };
            let mut whole = Framer::new(config.clone());
            let mut frames = whole.push(0, &bytes);
            frames.extend(whole.idle(1_000));

            let mut cut = Framer::new(config);
            let (mut pieces, mut rest, mut turn) = (Vec::new(), bytes.as_slice(), cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, tail) = rest.split_at(turn.next().copied().unwrap_or(1).min(rest.len()));
                pieces.extend(cut.push(0, piece));
                rest = tail;
            }
            pieces.extend(cut.idle(1_000));
            prop_assert_eq!(frames, pieces);
        }
    }
}
