//! The platform's own program killed at every sync, and its disk failing under it: what it has
//! acknowledged is still there, and its doctor finds nothing.
//!
//! `strace` kills or fails the program at the n-th call, for every n until nothing happens any more.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use bondhouse_domain::facts::{Fact, Signed};
use bondhouse_protocol::envelope::{self, SIGNATURE_HEADER, SIGNER_HEADER};
use bondhouse_protocol::wire::{Enrolled, SyncResponse};
use data_encoding::HEXLOWER;
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::station::Station;
use tempfile::TempDir;

/// The program, perhaps under `strace`.
struct Program {
    child: Child,
    url: String,
}

impl Program {
    /// Starts it with this injection; nothing when it did not live to say where it listens.
    fn start(data: &Path, inject: Option<&str>) -> Option<Self> {
        let platform = env!("CARGO_BIN_EXE_bondhouse-platform");
        let mut command = match inject {
            None => Command::new(platform),
            Some(inject) => {
                let mut strace = Command::new("strace");
                strace.args(["-f", "-qq", "-o", "/dev/null"]);
                strace
                    .args(["-e", &format!("inject={inject}")])
                    .arg(platform);
                strace
            }
        };
        command.arg("--data").arg(data);
        command.args(["--listen", "127.0.0.1:0"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let Ok(said) = serde_json::from_str::<Value>(&line) else {
            child.wait().unwrap();
            return None;
        };
        let url = format!("http://{}", said["listening"].as_str().unwrap());
        Some(Self { child, url })
    }

    /// Waits for a program that was killed to be gone: its last connection breaks a moment before.
    fn is_gone(&mut self) -> bool {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            match self.child.try_wait().unwrap() {
                Some(_) => return true,
                None if Instant::now() > end => return false,
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Ends it without a warning.
    fn end(mut self) {
        let killed = self.child.try_wait().unwrap().is_some();
        if !killed {
            let id = self.child.id();
            let below = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
            // Under strace the program is its child, and outlives a killed strace.
            for id in below.unwrap_or_default().split_whitespace() {
                Command::new("kill").args(["-9", id]).status().unwrap();
            }
            let _ = self.child.kill();
            self.child.wait().unwrap();
        }
    }
}

/// What has been acknowledged so far.
#[derive(Default)]
struct Told {
    locations: usize,
    station: Option<Station>,
    acked: u64,
}

/// A short morning; stops at the first call that is not answered.
async fn work(url: &str, data: &Path, told: &mut Told) -> Option<()> {
    let http = client();
    let admin = std::fs::read_to_string(data.join("admin.key")).ok()?;
    let call = |path: &'static str, body: Value| {
        let request = http.post(format!("{url}{path}"));
        let request = request.bearer_auth(admin.trim()).body(body.to_string());
        async move {
            let response = request.send().await.ok()?;
            let good = response.status().is_success();
            let body = response.json::<Value>().await.unwrap_or_default();
            good.then_some(body)
        }
    };
    for n in 0..3 {
        let place = json!([{ "location": format!("A-01-{n:02}"), "kind": "shelf" }]);
        call("/v1/admin/locations", place).await?;
        told.locations += 1;
    }
    let code = call("/v1/admin/enrolments", Value::Null).await?;
    let key = SigningKey::from_bytes(&[7; 32]);
    let asked = json!({ "code": code["code"], "station": "打包台", "public_key": HEXLOWER.encode(key.verifying_key().as_bytes()) });
    let enrolled = http.post(format!("{url}/v1/enrol")).body(asked.to_string());
    let enrolled: Enrolled = enrolled.send().await.ok()?.json().await.ok()?;
    told.station = Some(Station::of(enrolled, 7));
    for n in 0..5 {
        let station = told.station.as_mut()?;
        station.record(Fact::Signed(Signed {
            signed_in: n % 2 == 0,
        }));
        let answer = sync(url, station).await?;
        station.acked = answer.acked.position.seq.0;
        told.acked = station.acked;
    }
    Some(())
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

async fn sync(url: &str, station: &mut Station) -> Option<SyncResponse> {
    let mut request = station.request(0, vec![]);
    request.nonce = uuid::Uuid::now_v7().to_string();
    let sealed = envelope::seal(&request, &station.key).unwrap();
    let signer = format!("{}/{}", station.series.device, station.series.incarnation.0);
    let response = client()
        .post(format!("{url}/v1/sync"))
        .header(SIGNER_HEADER, signer)
        .header(SIGNATURE_HEADER, sealed.signature)
        .body(sealed.body)
        .send()
        .await
        .ok()?;
    if !response.status().is_success() {
        return None;
    }
    let signature = response.headers()[SIGNATURE_HEADER]
        .to_str()
        .ok()?
        .to_owned();
    let body = response.bytes().await.ok()?;
    let key: VerifyingKey = station.authority_key();
    envelope::open(&body, &signature, &key).ok()
}

/// The next start works, knows all it acknowledged, and takes the rest again.
async fn assert_kept(data: &Path, told: &mut Told) {
    let program = Program::start(data, None).expect("the next start succeeds");
    if let Some(station) = &mut told.station {
        let journal = station.journal.len() as u64;
        station.acked = 0;
        let answer = sync(&program.url, station).await.expect("answered");
        assert!(answer.need_from.is_none());
        assert_eq!(answer.acked.position.seq.0, journal);
        let known = answer
            .feed
            .iter()
            .filter(|entry| entry.kind == "locations.listed")
            .count();
        assert!(known >= told.locations, "{known} of {}", told.locations);
        assert!(journal >= told.acked);
    }
    program.end();
    let findings = bondhouse_platform::examine(&bondhouse_platform::Config::at(data)).unwrap();
    assert!(findings.wrong.is_empty(), "{:?}", findings.wrong);
}

fn strace_works() -> bool {
    let works = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "true"])
        .status()
        .is_ok_and(|status| status.success());
    if !works {
        println!("skipped: no strace");
    }
    works
}

#[test]
fn killed_at_any_sync_the_platform_keeps_what_it_acknowledged() {
    if !strace_works() {
        return;
    }
    let rt = tokio::runtime::Runtime::new().unwrap();
    let mut killed = 0;
    for number in 1.. {
        assert!(number < 500, "it must come to an end");
        let data = TempDir::new().unwrap();
        let mut told = Told::default();
        let inject = format!("fdatasync,fsync:signal=KILL:when={number}");
        let ended = match Program::start(data.path(), Some(&inject)) {
            None => true,
            Some(mut program) => {
                let whole = rt.block_on(work(&program.url, data.path(), &mut told));
                let gone = whole.is_none() && program.is_gone();
                program.end();
                gone
            }
        };
        if data.path().join("platform.db").exists() {
            rt.block_on(assert_kept(data.path(), &mut told));
        }
        if !ended {
            assert_eq!(told.acked, 5, "undisturbed, the morning is whole");
            break;
        }
        killed += 1;
    }
    println!("killed at {killed} syncs");
    assert!(killed > 15, "{killed}");
}

#[test]
fn a_disk_that_fills_or_fails_stops_the_platform_from_acknowledging_not_from_keeping() {
    if !strace_works() {
        return;
    }
    let rt = tokio::runtime::Runtime::new().unwrap();
    let mut stopped = 0;
    for (call, error) in [
        ("pwrite64", "ENOSPC"),
        ("fdatasync", "EIO"),
        ("pwrite64", "EIO"),
    ] {
        for number in [5, 20, 40, 60, 90] {
            let data = TempDir::new().unwrap();
            let mut told = Told::default();
            let inject = format!("{call}:error={error}:when={number}+");
            if let Some(program) = Program::start(data.path(), Some(&inject)) {
                let whole = rt.block_on(work(&program.url, data.path(), &mut told));
                stopped += u32::from(whole.is_none());
                program.end();
            } else {
                stopped += 1;
            }
            rt.block_on(assert_kept(data.path(), &mut told));
        }
    }
    assert!(stopped > 5, "{stopped}");
}
