//! Looking after a workstation from a prompt: copy, restore, examine, verify, also what is damaged.

#![cfg(feature = "sim")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use bondhouse_platform::{Config, Platform};
use bondhouse_testkit::injected::{Injection, WRITES};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const PIN: &str = "271828";

/// What a run came to.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn ran(mut command: Command) -> Ran {
    let output = command.env("BONDHOUSE_PIN", PIN).output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_bondctl"))
}

fn bondctl(arguments: &[&str]) -> Ran {
    let mut command = Command::new(program());
    command.args(["--lang", "en"]).args(arguments);
    ran(command)
}

/// A workstation in a folder, enrolled at a real platform and level with it.
struct Station {
    _rt: Runtime,
    _platform: Platform,
    folder: TempDir,
}

impl Station {
    fn enrolled() -> Self {
        let rt = Runtime::new().unwrap();
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("platform");
        let platform = rt.block_on(Platform::start(Config::at(&data))).unwrap();
        let station = Self {
            _rt: rt,
            folder,
            _platform: platform,
        };
        let (url, key) = (station._platform.url(), data.join("admin.key"));
        let key = key.to_str().unwrap();
        let code = bondctl(&["enrolment", "--platform", &url, "--admin-key", key]);
        assert_eq!(code.code, 0, "{code:?}");
        let enrol =
            json!({ "code": code.out.trim(), "station_name": "打包台", "platform_url": url });
        station.call("station.enrol", &enrol, &[]);
        let first = json!({ "name": "周敏", "pin": PIN });
        station.call("people.first_supervisor", &first, &[]);
        let told = station.call("sync.now", &json!({}), &["--name", "周敏"]);
        assert_eq!(told["online"], true, "{told}");
        station
    }

    fn data(&self) -> String {
        self.at("station")
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn call(&self, name: &str, request: &Value, who: &[&str]) -> Value {
        let (data, request) = (self.data(), request.to_string());
        let ran = bondctl(&[&["call", name, &request, "--data", &data], who].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap()
    }

    fn copy(&self, name: &str) -> String {
        let copy = self.at(name);
        let made = bondctl(&["backup", "--data", &self.data(), "--to", &copy]);
        assert_eq!(made.code, 0, "{made:?}");
        copy
    }

    fn export(&self) -> Vec<String> {
        let ran = bondctl(&["journal", "export", &self.data()]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let lines: Vec<String> = ran.out.lines().map(str::to_owned).collect();
        assert!(lines.len() >= 2, "{lines:?}");
        lines
    }

    /// Verifies evidence that somebody had in hands.
    fn verified(&self, lines: &[String]) -> Ran {
        let file = self.at("evidence.jsonl");
        std::fs::write(&file, lines.join("\n")).unwrap();
        bondctl(&["verify", &file])
    }
}

/// Overwrites a few bytes at a part of the file.
fn scratch(file: &str, tenths: u64) {
    use std::io::{Seek, SeekFrom, Write};
    let size = std::fs::metadata(file).unwrap().len();
    let mut file = std::fs::File::options().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(size / 10 * tenths)).unwrap();
    file.write_all(&[0x5a; 4096]).unwrap();
}

#[test]
fn a_copy_is_made_put_back_and_examined_and_a_bad_one_is_not_used() {
    let station = Station::enrolled();
    let (data, copy) = (station.data(), station.copy("copy.db"));
    let sound = bondctl(&["verify", &copy]);
    assert_eq!(sound.code, 0, "{sound:?}");
    station.call("people.sign_out", &json!({}), &["--name", "周敏"]);
    let back = bondctl(&["restore", "--data", &data, "--from", &copy]);
    assert_eq!(back.code, 0, "{back:?}");
    assert!(back.out.contains("set-aside-1"), "{back:?}");
    assert!(Path::new(&data).join("station.db.set-aside-1").exists());
    let told = station.call("sync.now", &json!({}), &["--name", "周敏"]);
    assert_eq!(
        (&told["online"], &told["head"]),
        (&json!(true), &told["acked"])
    );
    // Only one thing is missing, and the doctor names it: no copy of its own yet.
    let examined = bondctl(&["doctor", "--data", &data]);
    assert_eq!(examined.code, 1, "{examined:?}");
    let wrong: Vec<_> = examined
        .out
        .lines()
        .filter(|l| l.starts_with("WRONG"))
        .collect();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains("copy of the last day"), "{wrong:?}");
    // A copy that went bad is refused, and what is there stays.
    for tenths in [1, 5, 9] {
        let bad = station.copy("bad.db");
        scratch(&bad, tenths);
        let refused = bondctl(&["restore", "--data", &data, "--from", &bad]);
        assert_eq!(refused.code, 1, "{tenths}: {refused:?}");
        assert!(!Path::new(&data).join("station.db.set-aside-2").exists());
    }
    assert_eq!(bondctl(&["verify", &data]).code, 0);
}

#[test]
fn an_examiner_with_damaged_evidence_is_told_what_does_not_hold_or_that_it_cannot_be_read() {
    let station = Station::enrolled();
    for _ in 0..2 {
        station.call("people.sign_out", &json!({}), &["--name", "周敏"]);
    }
    let whole = station.export();
    assert_eq!(station.verified(&whole).code, 0);
    let without_the_first = station.verified(&whole[1..]);
    assert_eq!(without_the_first.code, 1, "{without_the_first:?}");
    assert!(
        without_the_first.out.contains("I6"),
        "{without_the_first:?}"
    );
    let mut swapped = whole.clone();
    swapped.swap(0, 1);
    assert_eq!(station.verified(&swapped).code, 1);
    let mut edited = whole.clone();
    edited[0] = edited[0].replacen("\"actor\":\"", "\"actor\":\"x", 1);
    let edited = station.verified(&edited);
    assert_eq!(edited.code, 1, "{edited:?}");
    assert!(edited.out.contains("BROKEN"), "{edited:?}");
    let mut cut = whole.clone();
    let half = cut[1].len() / 2;
    cut[1].truncate(half);
    let cut = station.verified(&cut);
    assert_eq!(cut.code, 2, "{cut:?}");
    assert!(cut.err.contains("line 2"), "{cut:?}");
    assert_eq!(station.verified(&[]).code, 2);
    assert_eq!(station.verified(&["{}".to_owned()]).code, 2);
    // Databases: scratched anywhere, cut short, or a few bytes long.
    for tenths in [1, 3, 5, 7, 9] {
        let scratched = station.copy("scratched.db");
        scratch(&scratched, tenths);
        let said = bondctl(&["verify", &scratched]);
        assert!([1, 2].contains(&said.code), "{tenths}: {said:?}");
    }
    let short = PathBuf::from(station.copy("short.db"));
    let size = std::fs::metadata(&short).unwrap().len();
    for left in [size / 2, 4096, 100, 20, 0] {
        let file = std::fs::File::options().write(true).open(&short).unwrap();
        file.set_len(left).unwrap();
        let said = bondctl(&["verify", short.to_str().unwrap()]);
        assert_eq!(said.code, 2, "{left} bytes: {said:?}");
        assert!(!said.err.contains("panicked"), "{said:?}");
    }
    let json = bondctl(&["verify", "--json", short.to_str().unwrap()]);
    let told: Value = serde_json::from_str(&json.out).unwrap();
    assert!(told["error"].is_string(), "{told}");
}

#[test]
fn a_full_disk_costs_the_copy_says_so_and_leaves_nothing_of_it() {
    if !Injection::is_possible() {
        return;
    }
    let station = Station::enrolled();
    let (data, copy) = (station.data(), PathBuf::from(station.at("copy.db")));
    let part = PathBuf::from(station.at("copy.db.part"));
    for first in [1, 3] {
        let full = Injection::failing(WRITES, "ENOSPC", first, 10_000);
        let mut command = full.command(program(), &[&part]);
        command.args(["--lang", "en", "backup", "--data", &data, "--to"]);
        let said = ran({
            command.arg(&copy);
            command
        });
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains("[station.disk_full"), "{said:?}");
        assert!(!copy.exists() && !part.exists());
    }
    station.copy("copy.db");
    assert_eq!(bondctl(&["verify", copy.to_str().unwrap()]).code, 0);
}
