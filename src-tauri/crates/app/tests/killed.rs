//! The workstation's program killed at every sync of a shift, its disk failing, full, read-only or held
//! by somebody else: what a clerk was shown is still there, nothing is there twice, and the shift goes on.
//!
//! The test starts itself again as a workstation of its own process: the real command table over a copy
//! of the same evening. It notes each answer outside of the database. Whatever was done to it, another
//! process then repeats the call whose end nobody knows, under the same request id, and works on; both
//! must end where an undisturbed shift ends.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says what it saw"
)]

#[path = "../../store/tests/stories/world/mod.rs"]
mod world;
use crate::world::World;
use bondhouse_app::{App, Config, upkeep};
use bondhouse_domain::feed::{Location, News};
use bondhouse_domain::ids::{LocationId, RequestId};
use bondhouse_domain::scanner::own::OwnCode;
use bondhouse_domain::task::{Command as Key, Input};
use bondhouse_testkit::injected::{Injection, SYNCS, WRITES};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const TIN: &str = "]E09421901881276";
const CASE: &str = "]C10119421901881273";
const PIN: &str = "271828";
/// Exit code of a workstation that did not open.
const NOT_OPENED: i32 = 3;

/// Twenty tins are counted, short by two; one is put away; two orders are packed.
fn shift() -> Vec<(&'static str, Input)> {
    let scan = |raw: &str| Input::Scan {
        raw: raw.to_owned(),
        from: "typed".to_owned(),
    };
    let shelf = OwnCode::Location(LocationId::new("A-01-02"));
    vec![
        ("intake", scan("N-1")),
        ("intake", Input::quantity(12)),
        ("intake", scan(TIN)),
        ("intake", scan(CASE)),
        ("intake", Input::key(Key::Ok)),
        ("intake", Input::key(Key::Ok)),
        ("stock", scan(TIN)),
        ("stock", scan(&shelf.text().unwrap())),
        ("stock", Input::key(Key::Ok)),
        ("release", scan("YTB1")),
        ("release", scan(TIN)),
        ("release", scan("YTB1")),
        ("release", scan("YTB2")),
        ("release", scan(TIN)),
        ("release", scan("YTB2")),
    ]
}

fn open(data: &Path) -> Result<Arc<App>, String> {
    let config = Config {
        data: data.to_owned(),
        assets: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../assets"),
        platform_url: "http://127.0.0.1:1".into(),
        scanners: vec![],
        practice: false,
    };
    App::open(config, |_| {}).map_err(|error| match error {
        bondhouse_app::AppError::Failed { said, .. } => format!("{said} {:?}", said.params),
        bondhouse_app::AppError::Refused(refusal) => refusal.to_string(),
    })
}

fn call(app: &App, name: &str, id: RequestId, request: Value) -> Result<Value, String> {
    let answer = app.call(name, id, request);
    answer.map_err(|error| error.said.code.into_owned())
}

/// Works what is left of the shift. A call that is refused is noted and made again.
fn work(data: &Path, answered: &Path, refused: &Path, pause_after: Option<usize>) {
    let note = |file: &Path, what: &str| {
        let mut file = OpenOptions::new().append(true).create(true).open(file);
        // One small append, which a kill cannot tear.
        let line = format!("{what}\n");
        file.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
    };
    let app = match open(data) {
        Ok(app) => app,
        Err(code) => {
            note(refused, &code);
            std::process::exit(NOT_OPENED);
        }
    };
    let insist = |name: &str, id: RequestId, request: &Value| {
        for _ in 0..20 {
            match call(&app, name, id, request.clone()) {
                Ok(answer) => return answer,
                Err(code) => note(refused, &code),
            }
        }
        panic!("{name} does not recover");
    };
    let fresh = || RequestId(uuid::Uuid::now_v7());
    let who = json!({ "name": "周敏", "pin": PIN });
    insist("people.sign_in", fresh(), &who);
    let mut room_open = "";
    let begin = lines(answered).len();
    for (n, (room, input)) in shift().into_iter().enumerate().skip(begin) {
        if room != room_open {
            insist("room.open", fresh(), &json!({ "room": room }));
            room_open = room;
        }
        let id = RequestId(uuid::Uuid::from_u128(0x5417 + n as u128));
        let view = insist("task.input", id, &json!({ "room": room, "input": input }));
        let said = view["last"]["answer"]["message"]["code"].as_str();
        note(answered, said.unwrap());
        if pause_after == Some(n + 1) {
            until(|| data.join("go-on").exists());
        }
    }
    app.close();
}

fn lines(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn until(mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "waited in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Not a test: the workstation in a process of its own, on the folder its environment names.
#[test]
#[ignore = "the tests below start it in a process of its own"]
fn the_workstation() {
    let Ok(folder) = std::env::var("FOLDER") else {
        return;
    };
    let folder = Path::new(&folder);
    let pause = std::env::var("PAUSE_AFTER").ok();
    let pause = pause.and_then(|after| after.parse().ok());
    work(
        folder,
        &folder.join("answered"),
        &folder.join("refused"),
        pause,
    );
}

/// The evening before: goods on the shelf, twenty more to be counted, two orders leased.
struct Evening(TempDir);

impl Evening {
    fn come() -> Self {
        let mut world = World::with_leases(&["B1", "B2"]);
        world.hear(vec![News::Location(Location {
            location: LocationId::new("QUARANTINE"),
            kind: "quarantine".into(),
        })]);
        drop(world.store.take());
        let folder = TempDir::new().unwrap();
        let path = folder.path();
        std::fs::copy(world.path(), path.join("station.db")).unwrap();
        let keys = json!({ "signing": vec![5; 32], "fields": vec![3; 32] });
        std::fs::write(path.join("station.key"), keys.to_string()).unwrap();
        let app = open(path).unwrap();
        let id = RequestId(uuid::Uuid::now_v7());
        let first = json!({ "name": "周敏", "pin": PIN });
        call(&app, "people.first_supervisor", id, first).unwrap();
        app.close();
        drop(app);
        until(|| unlocked(path));
        Self(folder)
    }

    fn folder(&self) -> TempDir {
        let folder = TempDir::new().unwrap();
        for file in ["station.db", "station.key"] {
            std::fs::copy(self.0.path().join(file), folder.path().join(file)).unwrap();
        }
        folder
    }

    fn undisturbed(&self) -> Outcome {
        let folder = self.folder();
        go_on(folder.path());
        let outcome = Outcome::of(folder.path());
        assert_eq!(outcome.answers.len(), shift().len());
        assert_eq!(outcome.facts["release.released"], 2, "{outcome:?}");
        outcome
    }
}

fn unlocked(data: &Path) -> bool {
    let lock = OpenOptions::new()
        .write(true)
        .open(data.join("station.db.lock"));
    lock.unwrap().try_lock().is_ok()
}

fn start(folder: &Path, fault: Option<&Injection>, pause_after: Option<usize>) -> Child {
    let own = std::env::current_exe().unwrap();
    let mut command = match fault {
        None => Command::new(own),
        Some(fault) => fault.command(&own, &[]),
    };
    command
        .args(["the_workstation", "--exact", "--ignored", "--nocapture"])
        .env("FOLDER", folder)
        .envs(pause_after.map(|after| ("PAUSE_AFTER", after.to_string())))
        .stdout(std::fs::File::create(folder.join("said")).unwrap())
        .stderr(std::fs::File::create(folder.join("complained")).unwrap());
    command.spawn().unwrap()
}

/// The rest of the shift, undisturbed: it must come to its end.
fn go_on(folder: &Path) {
    let ended = workstation(folder, None);
    let complained = std::fs::read_to_string(folder.join("complained")).unwrap();
    let told = (
        lines(&folder.join("answered")),
        lines(&folder.join("refused")),
    );
    assert!(ended.success(), "{ended}: {complained}{told:?}");
}

/// The rest of the shift in a process of its own.
fn workstation(folder: &Path, fault: Option<&Injection>) -> ExitStatus {
    start(folder, fault, None).wait().unwrap()
}

/// What a shift leaves behind, as far as it does not depend on how often the program was started.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// What the clerk was told, in order.
    answers: Vec<String>,
    /// Facts of the journal by kind, without who came and went, and without labels: these are printed
    /// once at least.
    facts: BTreeMap<String, i64>,
    /// What lies where.
    stock: BTreeMap<String, i64>,
}

impl Outcome {
    fn of(data: &Path) -> Self {
        let database = data.join("station.db");
        let findings = upkeep::verify(&database).unwrap();
        let broken: Vec<_> = findings.iter().filter(|one| !one.holds()).collect();
        assert!(broken.is_empty(), "{broken:?}");
        let db = rusqlite::Connection::open(&database).unwrap();
        let counted = |sql: &str| -> BTreeMap<String, i64> {
            let mut statement = db.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
            rows.unwrap().map(Result::unwrap).collect()
        };
        let answers = lines(&data.join("answered")).into_iter();
        // All is verified whether its label could be made or not: that can be had again.
        let plain = |code: String| match code.as_str() {
            "station.no_label" | "station.storage" | "station.disk_full" => {
                "release.all_verified".to_owned()
            }
            _ => code,
        };
        Self {
            answers: answers.map(plain).collect(),
            facts: counted(
                "SELECT kind, count(*) FROM journal \
                 WHERE kind NOT LIKE 'people.%' AND kind NOT LIKE 'labels.%' GROUP BY kind",
            ),
            stock: counted(
                "SELECT location_id || ' ' || bucket, sum(qty) FROM stock GROUP BY location_id, bucket",
            ),
        }
    }
}

/// One story at a time: a child that another one starts holds a copy of every lock for a moment, and a
/// database that was just closed would still be in use.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn possible() -> bool {
    let possible = Injection::is_possible();
    if !possible {
        println!("skipped: no strace");
    }
    possible
}

#[test]
fn killed_at_any_sync_of_a_shift_the_workstation_keeps_what_it_answered_and_once() {
    let _alone = alone();
    if !possible() {
        return;
    }
    let evening = Evening::come();
    let whole = evening.undisturbed();
    let mut killed = 0;
    loop {
        let folder = evening.folder();
        let fault = Injection::killed_at_sync(killed + 1);
        let ended = workstation(folder.path(), Some(&fault));
        if ended.success() {
            assert_eq!(Outcome::of(folder.path()), whole);
            break;
        }
        let signal = std::os::unix::process::ExitStatusExt::signal(&ended);
        assert_eq!(signal, Some(9), "sync {}: {ended}", killed + 1);
        killed += 1;
        go_on(folder.path());
        assert_eq!(Outcome::of(folder.path()), whole, "killed at sync {killed}");
    }
    println!("killed at {killed} syncs");
    assert!(killed > shift().len(), "{killed}");
}

#[test]
fn a_disk_that_fills_up_or_fails_for_a_while_is_said_and_the_shift_goes_on() {
    let _alone = alone();
    if !possible() {
        return;
    }
    let evening = Evening::come();
    let whole = evening.undisturbed();
    let mut refusals = BTreeMap::new();
    for (calls, error, step) in [
        (WRITES, "ENOSPC", 13),
        (WRITES, "EIO", 13),
        (SYNCS, "EIO", 4),
    ] {
        for first in (1..step * 6).step_by(step) {
            let folder = evening.folder();
            let fault = Injection::failing(calls, error, first, first + 1);
            let ended = workstation(folder.path(), Some(&fault));
            for code in lines(&folder.path().join("refused")) {
                *refusals.entry((error, code)).or_insert(0) += 1;
            }
            if !ended.success() {
                assert_eq!(ended.code(), Some(NOT_OPENED), "{calls} {error} {first}");
                go_on(folder.path());
            }
            assert_eq!(Outcome::of(folder.path()), whole, "{calls} {error} {first}");
        }
    }
    println!("refusals: {refusals:?}");
    for (error, code) in refusals.keys() {
        // Where SQLite cannot lengthen its index of the log it does not say why.
        let full = *error == "ENOSPC" && code == "station.disk_full";
        assert!(
            full || code.starts_with("station.storage"),
            "{error}: {code}"
        );
    }
    let full = ("ENOSPC", "station.disk_full".to_owned());
    assert!(refusals[&full] > 3, "{refusals:?}");
    assert!(refusals.values().sum::<i32>() > 12, "{refusals:?}");
}

#[test]
fn on_a_disk_that_became_read_only_the_workstation_does_not_open_and_says_why() {
    let _alone = alone();
    if !possible() {
        return;
    }
    let evening = Evening::come();
    let folder = evening.folder();
    let before = std::fs::read(folder.path().join("station.db")).unwrap();
    let fault = Injection::always_failing("openat", "EROFS");
    let own = std::env::current_exe().unwrap();
    let database = folder.path().join("station.db");
    let ended = fault
        .command(&own, &[&database])
        .args(["the_workstation", "--exact", "--ignored"])
        .env("FOLDER", folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(ended.code(), Some(NOT_OPENED));
    let said = lines(&folder.path().join("refused"));
    assert_eq!(said, ["station.storage {\"what\": \"read-only\"}"]);
    assert_eq!(std::fs::read(database).unwrap(), before);
}

#[test]
fn while_a_backup_tool_holds_the_database_a_scan_is_refused_by_name_and_counts_when_repeated() {
    let _alone = alone();
    let evening = Evening::come();
    let whole = evening.undisturbed();
    let folder = evening.folder();
    let mut station = start(folder.path(), None, Some(3));
    until(|| lines(&folder.path().join("answered")).len() == 3);
    let tool = rusqlite::Connection::open(folder.path().join("station.db")).unwrap();
    tool.busy_timeout(Duration::from_secs(5)).unwrap();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::fs::write(folder.path().join("go-on"), "").unwrap();
    until(|| !lines(&folder.path().join("refused")).is_empty());
    tool.execute_batch("ROLLBACK").unwrap();
    drop(tool);
    assert!(station.wait().unwrap().success());
    let said = lines(&folder.path().join("refused"));
    assert!(
        said.iter().all(|code| code == "station.disk_busy"),
        "{said:?}"
    );
    assert_eq!(Outcome::of(folder.path()), whole);
}

#[test]
fn a_database_of_a_newer_workstation_is_refused_by_name_and_left_as_it_is() {
    let _alone = alone();
    let evening = Evening::come();
    let folder = evening.folder();
    let database = folder.path().join("station.db");
    let db = rusqlite::Connection::open(&database).unwrap();
    let step = "INSERT INTO schema_migrations (name, sha, at) VALUES ('299901010000-later', '', 0)";
    db.execute(step, []).unwrap();
    drop(db);
    let before = std::fs::read(&database).unwrap();
    assert_eq!(workstation(folder.path(), None).code(), Some(NOT_OPENED));
    let said = lines(&folder.path().join("refused"));
    assert_eq!(said, ["station.newer_database {}"]);
    assert_eq!(std::fs::read(&database).unwrap(), before);
}
