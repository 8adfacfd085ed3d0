//! The scanner clinic (扫描枪诊断): what a scanner does to a code on its way to us.
//!
//! A scanner lies quietly: it drops the separator between two fields, turns letters around, adds a
//! prefix somebody set years ago, or sends everything twice. So the clinic knows what stands in its
//! test symbols and compares byte by byte with what arrived. It looks at raw bytes and not at frames,
//! because a frame has lost what is in question here: the ending and the pauses.
//!
//! Not here: drawing the symbols (`paper`), and how a maker's scanner is put right: that stands in
//! the maker's manual, and the page names it.

use crate::message::Message;
use crate::peripheral::{Ending, ScannerProfile};
use serde::Serialize;

const NUL: u8 = 0;
const STX: u8 = 2;
const ETX: u8 = 3;
const TAB: u8 = 9;
const LF: u8 = 10;
const CR: u8 = 13;
const GS: u8 = 0x1d;

/// Silence after which what follows belongs to another trigger pull. Longer than any framing waits,
/// so that a scanner that stutters is seen stuttering.
const APART_MS: u64 = 700;

/// A symbol of the test page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum TestSymbol {
    /// GS1-128 with a field of variable length in the middle.
    Gs1,
    /// Code 128 with capitals, small letters and the signs that keyboards mix up.
    Letters,
    /// A QR code with a Chinese character, for imagers.
    Qr,
}

impl TestSymbol {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Gs1, Self::Letters, Self::Qr];

    /// What stands in it, GS where an FNC1 ends a field.
    pub const fn content(self) -> &'static str {
        match self {
            Self::Gs1 => "010690123456789210aB-12\u{1d}17281231",
            Self::Letters => "BHTEST aZ-09$%+./",
            Self::Qr => "BHTEST 2D 仓",
        }
    }

    /// The AIM identifier that belongs to it.
    pub const fn aim(self) -> &'static str {
        match self {
            Self::Gs1 => "]C1",
            Self::Letters => "]C0",
            Self::Qr => "]Q1",
        }
    }

    /// The beginning of its content, by which it is recognised whatever became of the rest.
    const fn mark(self) -> &'static [u8] {
        match self {
            Self::Gs1 => b"0106901234567892",
            Self::Letters => b"BHTEST AZ",
            Self::Qr => b"BHTEST 2D",
        }
    }
}

/// Bytes of one read, with the time they arrived (milliseconds of any clock that does not jump).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// When.
    pub at_ms: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// What one trigger pull brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// When its first byte came.
    pub at_ms: u64,
    /// From the first byte to the last.
    pub took_ms: u64,
    /// The longest time between two reads within it.
    pub pause_ms: u64,
    /// Everything, ending included.
    pub bytes: Vec<u8>,
    /// Which of the test symbols it is.
    pub symbol: Option<TestSymbol>,
    /// Prefix, AIM identifier, content, ending.
    parts: Parts,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Parts {
    prefix: Vec<u8>,
    aim: Option<String>,
    content: Vec<u8>,
    ending: Vec<u8>,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The separator between two fields of a GS1 symbol.
    Gs,
    /// The AIM identifier.
    Aim,
    /// Letters and signs.
    Letters,
    /// Characters beyond ASCII.
    Charset,
    /// What comes before the data.
    Prefix,
    /// What comes after it.
    Suffix,
    /// Whether a scan arrives in one piece.
    Speed,
    /// Whether one pull is one scan.
    Repeats,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Nothing was scanned that could tell.
    Open,
    /// As it should be.
    Good,
    /// It must be put right; what is said also says how.
    Bad,
}

/// One check with what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub struct Verdict {
    /// What was looked at.
    pub check: Check,
    /// How it stands.
    pub finding: Finding,
    /// What is said of it.
    pub said: Message,
}

/// A byte as people read it: its character, or the name of the control character it is.
pub fn byte_name(byte: u8) -> String {
    const CONTROLS: [&str; 33] = [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF",
        "CR", "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM",
        "SUB", "ESC", "FS", "GS", "RS", "US", "SP",
    ];
    match (CONTROLS.get(usize::from(byte)), byte) {
        (Some(name), _) => (*name).to_owned(),
        (None, 0x7f) => "DEL".to_owned(),
        (None, 0x21..=0x7e) => char::from(byte).to_string(),
        (None, _) => format!("{byte:02X}"),
    }
}

fn named(bytes: &[u8]) -> String {
    let names: Vec<String> = bytes.iter().copied().map(byte_name).collect();
    names.join(" ")
}

/// Cuts what came into trigger pulls: at an ending, and where the line was long silent.
pub fn arrivals(chunks: &[Chunk]) -> Vec<Arrival> {
    let mut found: Vec<Arrival> = Vec::new();
    let mut last_at = 0u64;
    for chunk in chunks {
        let pause = chunk.at_ms.saturating_sub(last_at);
        last_at = chunk.at_ms;
        for (place, byte) in chunk.bytes.iter().copied().enumerate() {
            let pause = if place == 0 { pause } else { 0 };
            let goes_on = found.last().is_some_and(|arrival| {
                pause < APART_MS && (!is_ended(&arrival.bytes) || continues(&arrival.bytes, byte))
            });
            match found.last_mut() {
                Some(arrival) if goes_on => {
                    // An ending in a read of its own is no stutter of the data.
                    if !is_ending(byte) {
                        arrival.pause_ms = arrival.pause_ms.max(pause);
                    }
                    arrival.took_ms = chunk.at_ms.saturating_sub(arrival.at_ms);
                    arrival.bytes.push(byte);
                }
                // Noise of a cable being plugged in begins nothing.
                _ if byte == NUL => {}
                _ => found.push(Arrival {
                    at_ms: chunk.at_ms,
                    took_ms: 0,
                    pause_ms: 0,
                    bytes: vec![byte],
                    symbol: None,
                    parts: Parts::default(),
                }),
            }
        }
    }
    for arrival in &mut found {
        arrival.symbol = symbol_in(&arrival.bytes);
        arrival.parts = parts(&arrival.bytes, arrival.symbol);
    }
    found
}

const fn is_ending(byte: u8) -> bool {
    matches!(byte, CR | LF | ETX | TAB)
}

fn is_ended(bytes: &[u8]) -> bool {
    bytes.last().copied().is_some_and(is_ending)
}

/// A second character of an ending: LF after CR, either after ETX.
fn continues(bytes: &[u8], byte: u8) -> bool {
    matches!(
        (bytes.last(), byte),
        (Some(&CR), LF) | (Some(&(ETX | TAB)), CR) | (Some(&ETX), LF)
    )
}

fn place_of(mark: &[u8], bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(mark.len())
        .position(|window| window.eq_ignore_ascii_case(mark))
}

fn symbol_in(bytes: &[u8]) -> Option<TestSymbol> {
    TestSymbol::ALL
        .into_iter()
        .find(|symbol| place_of(symbol.mark(), bytes).is_some())
}

fn parts(bytes: &[u8], symbol: Option<TestSymbol>) -> Parts {
    let tail = bytes
        .iter()
        .rev()
        .take_while(|byte| is_ending(**byte))
        .count();
    let (body, ending) = bytes.split_at(bytes.len().saturating_sub(tail));
    let begins = symbol.and_then(|symbol| place_of(symbol.mark(), body));
    let (before, content) = body.split_at(begins.unwrap_or(0));
    let (prefix, aim) = match before {
        [prefix @ .., b']', kind, modifier] if kind.is_ascii_alphabetic() => {
            let aim = [b']', *kind, *modifier].map(char::from).iter().collect();
            (prefix, Some(aim))
        }
        prefix => (prefix, None),
    };
    Parts {
        prefix: prefix.to_vec(),
        aim,
        content: content.to_vec(),
        ending: ending.to_vec(),
    }
}

/// Every check, over everything a scanner sent since the examination began.
///
/// `profile` is how the station expects it to send. The newest scan of a symbol counts, so that a
/// scanner that was put right shows it at once.
pub fn examine(chunks: &[Chunk], profile: &ScannerProfile) -> Vec<Verdict> {
    let all = arrivals(chunks);
    let newest = |symbol| {
        let of_it = |arrival: &&Arrival| arrival.symbol == Some(symbol);
        all.iter().rev().find(of_it)
    };
    let latest = all.iter().rev().find(|arrival| arrival.symbol.is_some());
    let verdict = |check, found: Option<Result<Message, Message>>| match found {
        None => Verdict {
            check,
            finding: Finding::Open,
            said: says::open(),
        },
        Some(Ok(said)) => Verdict {
            check,
            finding: Finding::Good,
            said,
        },
        Some(Err(said)) => Verdict {
            check,
            finding: Finding::Bad,
            said,
        },
    };
    vec![
        verdict(Check::Gs, newest(TestSymbol::Gs1).map(separator)),
        verdict(Check::Aim, latest.map(identifier)),
        verdict(Check::Letters, newest(TestSymbol::Letters).map(letters)),
        verdict(Check::Charset, newest(TestSymbol::Qr).map(charset)),
        verdict(
            Check::Prefix,
            latest.map(|arrival| prefix(arrival, profile)),
        ),
        verdict(
            Check::Suffix,
            latest.map(|arrival| suffix(arrival, profile)),
        ),
        verdict(Check::Speed, latest.map(|arrival| speed(arrival, profile))),
        verdict(Check::Repeats, repeats(&all)),
    ]
}

fn separator(arrival: &Arrival) -> Result<Message, Message> {
    let content = &arrival.parts.content;
    let until = b"010690123456789210aB-12".len();
    let (_, rest) = content.split_at(until.min(content.len()));
    match rest.strip_suffix(b"17281231") {
        Some([GS]) => Ok(says::gs_kept()),
        Some([]) => Err(says::gs_lost().0),
        Some(other) => Err(says::gs_replaced(named(other)).0),
        None => Err(says::garbled(named(content)).0),
    }
}

fn identifier(arrival: &Arrival) -> Result<Message, Message> {
    let due = arrival.symbol.map(TestSymbol::aim).unwrap_or_default();
    match arrival.parts.aim.as_deref() {
        Some(aim) if aim == due => Ok(says::aim_sent(aim)),
        Some(aim) => Err(says::aim_other(aim, due).0),
        None => Err(says::aim_missing(due).0),
    }
}

fn letters(arrival: &Arrival) -> Result<Message, Message> {
    let content = &arrival.parts.content;
    let due = TestSymbol::Letters.content().as_bytes();
    if is_whole(content, due) {
        return Ok(says::letters_kept());
    }
    if content.eq_ignore_ascii_case(due) {
        return Err(says::case_changed().0);
    }
    Err(says::garbled(named(content)).0)
}

fn charset(arrival: &Arrival) -> Result<Message, Message> {
    let due = TestSymbol::Qr.content();
    // 仓 in the national character set (GBK), the other one that scanners are sold with.
    let gbk = [b"BHTEST 2D ".as_slice(), &[0xb2, 0xd6]].concat();
    let content = &arrival.parts.content;
    if is_whole(content, due.as_bytes()) {
        Ok(says::utf8_sent())
    } else if is_whole(content, &gbk) {
        Err(says::gbk_sent().0)
    } else {
        Err(says::garbled(named(content)).0)
    }
}

/// The content once, or several times over: that is the business of another check.
fn is_whole(content: &[u8], due: &[u8]) -> bool {
    content == due
        || content
            .strip_prefix(due)
            .is_some_and(|rest| place_of(due, rest).is_some())
}

fn prefix(arrival: &Arrival, profile: &ScannerProfile) -> Result<Message, Message> {
    match (arrival.parts.prefix.as_slice(), profile.ends) {
        ([STX], Ending::StxEtx) => Ok(says::prefix_stx()),
        ([], Ending::StxEtx) => Err(says::prefix_due("STX").0),
        ([], _) => Ok(says::no_prefix()),
        (other, _) => Err(says::prefix_sent(named(other)).0),
    }
}

fn suffix(arrival: &Arrival, profile: &ScannerProfile) -> Result<Message, Message> {
    let sent = arrival.parts.ending.as_slice();
    let named = || named(sent);
    match (sent, profile.ends) {
        ([], Ending::Silence) => Err(says::suffix_none().0),
        ([], _) => Err(says::suffix_due(ending_name(profile.ends)).0),
        ([ETX, ..], Ending::StxEtx) => Ok(says::suffix_sent(named())),
        (_, Ending::StxEtx) => Err(says::suffix_other(named(), "ETX").0),
        ([CR] | [LF] | [CR, LF], _) => Ok(says::suffix_sent(named())),
        (_, ends) => Err(says::suffix_other(named(), ending_name(ends)).0),
    }
}

const fn ending_name(ends: Ending) -> &'static str {
    match ends {
        Ending::Cr | Ending::Silence => "CR",
        Ending::Lf => "LF",
        Ending::CrLf => "CR LF",
        Ending::StxEtx => "ETX",
    }
}

fn speed(arrival: &Arrival, profile: &ScannerProfile) -> Result<Message, Message> {
    let count = arrival.bytes.len();
    if arrival.pause_ms >= u64::from(profile.idle_ms) {
        return Err(says::pauses(arrival.pause_ms, profile.idle_ms).0);
    }
    Ok(says::speed_is(count, arrival.took_ms, arrival.pause_ms))
}

/// Whether any pull brought its symbol more than once: within one arrival, or as two close ones.
fn repeats(all: &[Arrival]) -> Option<Result<Message, Message>> {
    let scans = all.iter().filter(|arrival| arrival.symbol.is_some());
    let count = scans.clone().count();
    if count == 0 {
        return None;
    }
    let inside = scans.clone().any(|arrival| {
        arrival.symbol.is_some_and(|symbol| {
            let mark = symbol.mark();
            arrival
                .parts
                .content
                .get(1..)
                .is_some_and(|rest| place_of(mark, rest).is_some())
        })
    });
    let close = all.iter().zip(all.iter().skip(1)).find_map(|(one, next)| {
        let gap = next
            .at_ms
            .saturating_sub(one.at_ms.saturating_add(one.took_ms));
        (one.symbol.is_some() && one.symbol == next.symbol && gap < APART_MS).then_some(gap)
    });
    Some(match (inside, close) {
        (false, None) => Ok(says::once(count)),
        (true, _) => Err(says::sent_twice(0).0),
        (false, Some(gap)) => Err(says::sent_twice(gap).0),
    })
}

/// What the clinic may say.
pub mod says {
    crate::messages! {
        yes {
            /// Nothing was scanned yet that could tell.
            open() = "clinic.open";
            /// The separator arrives as GS.
            gs_kept() = "clinic.gs_kept";
            /// The right AIM identifier is sent.
            aim_sent(aim) = "clinic.aim_sent";
            /// Letters and signs arrive as printed.
            letters_kept() = "clinic.letters_kept";
            /// Text arrives as UTF-8.
            utf8_sent() = "clinic.utf8_sent";
            /// Nothing comes before the data.
            no_prefix() = "clinic.no_prefix";
            /// STX comes before the data, as it should.
            prefix_stx() = "clinic.prefix_stx";
            /// An ending comes after the data.
            suffix_sent(suffix) = "clinic.suffix_sent";
            /// How fast a scan arrived, in bytes and milliseconds.
            speed_is(bytes, took, pause) = "clinic.speed_is";
            /// Each pull is one scan.
            once(count) = "clinic.once";
        }
        no {
            /// The separator is swallowed: two fields run into one.
            gs_lost() = "clinic.gs_lost";
            /// Something else stands where the separator was.
            gs_replaced(by) = "clinic.gs_replaced";
            /// The content is not what is printed.
            garbled(arrived) = "clinic.garbled";
            /// No AIM identifier is sent.
            aim_missing(due) = "clinic.aim_missing";
            /// Another AIM identifier than the symbol's is sent.
            aim_other(aim, due) = "clinic.aim_other";
            /// Capitals and small letters are turned around.
            case_changed() = "clinic.case_changed";
            /// Text arrives in the national character set.
            gbk_sent() = "clinic.gbk_sent";
            /// Something comes before the data.
            prefix_sent(prefix) = "clinic.prefix_sent";
            /// What should come before the data does not.
            prefix_due(due) = "clinic.prefix_due";
            /// Nothing comes after the data; only silence ends a scan.
            suffix_none() = "clinic.suffix_none";
            /// The ending the station waits for does not come.
            suffix_due(due) = "clinic.suffix_due";
            /// Another ending comes than the one the station waits for.
            suffix_other(suffix, due) = "clinic.suffix_other";
            /// The scanner pauses in the middle for longer than the station waits.
            pauses(pause, idle) = "clinic.pauses";
            /// One pull of the trigger is sent twice.
            sent_twice(gap) = "clinic.sent_twice";
        }
    }
}

#[cfg(test)]
mod tests;
