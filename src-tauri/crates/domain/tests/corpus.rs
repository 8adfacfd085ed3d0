//! The fuzzer's corpus, file by file, on the stable toolchain: what was once found stays mended.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

#[path = "../../../../fuzz/targets.rs"]
#[allow(unreachable_pub, reason = "a file the fuzz crate shares")]
mod targets;

use proptest::prelude::*;
use std::path::Path;

fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../fuzz/corpus")
        .join(name);
    let mut replayed = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let survived = std::panic::catch_unwind(|| target(&bytes));
        assert!(survived.is_ok(), "{}", path.display());
        replayed += 1;
    }
    assert!(
        replayed >= 8,
        "only {replayed} files in {}",
        folder.display()
    );
}

#[test]
fn any_serial_line_is_framed() {
    replay("framer", targets::framer);
}

#[test]
fn any_scan_is_read() {
    replay("parser", targets::parser);
}

#[test]
fn any_address_is_read() {
    replay("link", targets::link);
}

proptest! {
    #[test]
    fn bytes_nobody_thought_of_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        targets::framer(&bytes);
        targets::parser(&bytes);
        targets::link(&bytes);
    }

    #[test]
    fn what_almost_is_a_code_is_survived(
        seed in prop::sample::select(seeds()),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = seed;
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        targets::framer(&bytes);
        targets::parser(&bytes);
        targets::link(&bytes);
    }
}

/// Every file of the corpus that has at least a byte.
fn seeds() -> Vec<Vec<u8>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus");
    let files = std::fs::read_dir(corpus).unwrap().flat_map(|folder| {
        std::fs::read_dir(folder.unwrap().path())
            .unwrap()
            .map(|file| file.unwrap().path())
    });
    let mut paths: Vec<_> = files.collect();
    paths.sort();
    let seeds = paths.iter().map(|path| std::fs::read(path).unwrap());
    seeds.filter(|bytes| !bytes.is_empty()).collect()
}
