//! What must hold for any bytes. Shared by the fuzzer and by the test that replays its corpus.

use bondhouse_domain::framing::{Frame, Framer, Framing, FramingConfig};
use bondhouse_domain::gs1::elements::{ElementString, Unknown};
use bondhouse_domain::gs1::lines;
use bondhouse_domain::gs1::link::{self, Forgive};
use bondhouse_domain::gs1::pairs::Required;
use bondhouse_domain::gs1::symbol::{self, Carried};
use bondhouse_domain::scanner::{Meaning, Scan, bytes_of, text_of};

/// A serial line: two bytes of settings, then pieces of `wait, length, bytes`.
pub fn framer(data: &[u8]) {
    let [settings, longest, line @ ..] = data else {
        return;
    };
    let framing = if settings & 1 == 0 {
        Framing::Terminator
    } else {
        Framing::StxEtx
    };
    let max_len = usize::from(*longest);
    let mut framer = Framer::new(FramingConfig {
        framing,
        silence_ends: settings & 2 == 0,
        max_len,
        no_read: (settings & 4 != 0).then(|| "NR".to_owned()),
        ..FramingConfig::default()
    });
    let (mut now, mut sent, mut frames) = (0, 0, Vec::new());
    let mut rest = line;
    while let [wait, length, after @ ..] = rest {
        let (piece, left) = after.split_at(usize::from(*length).min(after.len()));
        now += u64::from(*wait);
        if *wait == u8::MAX {
            framer.reset();
        }
        frames.extend(framer.push(now, piece));
        sent += piece.len();
        rest = left;
    }
    frames.extend(framer.deadline().and_then(|at| framer.idle(at)));
    assert_eq!(
        framer.deadline(),
        None,
        "nothing is held once the line has been silent"
    );
    let mut framed = 0;
    for frame in &frames {
        let bytes = match frame {
            Frame::Scan { bytes, .. } | Frame::Torn { bytes } => bytes.as_slice(),
            Frame::NoRead | Frame::Overlong => &[],
        };
        framed += bytes.len();
        assert!(bytes.len() <= max_len, "a frame longer than any scan");
        assert!(!bytes.contains(&0), "NUL is no part of a scan");
        if framing == Framing::Terminator {
            assert!(
                !bytes.iter().any(|b| b"\r\n".contains(b)),
                "a terminator inside a frame"
            );
        }
        let _ = Meaning::from(frame);
    }
    assert!(framed <= sent, "bytes nobody sent");
}

/// A scan, as evidence, as GS1 and as a meaning.
pub fn parser(data: &[u8]) {
    let raw = text_of(data);
    assert_eq!(bytes_of(&raw), data, "evidence must give the bytes back");
    let _ = Scan::new(raw.as_str()).mean();
    for required in [Required::Here, Required::Later] {
        match symbol::read(&raw, required) {
            Ok(Carried::Elements(elements)) => read_back(&elements),
            Ok(Carried::Gtin(_, Some(added))) => read_back(&added),
            Ok(Carried::Gtin(_, None) | Carried::Link(_) | Carried::Text(_)) => {}
            Err(faults) => {
                assert!(!faults.is_empty(), "refused without a fault");
                assert!(
                    faults.iter().all(|fault| fault.at <= raw.len()),
                    "a fault beside the scan"
                );
            }
        }
    }
    if let Ok(elements) = ElementString::read_bracketed(&raw, Unknown::Refused) {
        read_back(&elements);
    }
    let line = serde_json::json!({ "id": 1, "input": raw }).to_string();
    lines::parse(&line, Required::Here).expect("a question is answered");
    lines::mean(&line, &[]).expect("a question is answered");
    lines::check(&line).expect("a question is answered");
}

/// What was read is written and read again as the same.
fn read_back(elements: &ElementString) {
    assert_eq!(
        ElementString::read(&elements.to_data(), Unknown::Refused).as_ref(),
        Ok(elements)
    );
    let bracketed = ElementString::read_bracketed(&elements.to_bracketed(), Unknown::Refused);
    assert_eq!(bracketed.as_ref(), Ok(elements));
}

/// A web address, and what it says written as another.
pub fn link(data: &[u8]) {
    let text = text_of(data);
    for forgive in [
        Forgive::default(),
        Forgive {
            short_gtins: true,
            words: true,
        },
    ] {
        let Ok(read) = link::read(&text, Required::Later, forgive) else {
            continue;
        };
        read_back(&read.elements);
        let written = link::write(&read.elements, link::STEM).expect("what was a link makes one");
        let again =
            link::read(&written, Required::Later, Forgive::default()).expect("ours is read");
        let sorted = |elements: &ElementString| {
            let mut sorted = elements.elements().to_vec();
            sorted.sort();
            sorted
        };
        assert_eq!(sorted(&again.elements), sorted(&read.elements));
    }
}
