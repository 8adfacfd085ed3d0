//! A workstation without a window, for the stories: the real store, the real command table, and what
//! its window would be told. Zhou Min, its supervisor, is signed in.

#![allow(dead_code, reason = "each story uses its own part")]
#![allow(unreachable_pub, reason = "a module of test binaries, not a library")]

use crate::world::World;
use bondhouse_app::{App, AppEvent, Config, WireError};
use bondhouse_domain::ids::{LocationId, RequestId};
use bondhouse_domain::scanner::own::OwnCode;
use bondhouse_domain::task::view::RoomView;
use bondhouse_domain::task::{Command, Input, Outcome};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A tin, and a case of six, of the world's one item.
pub const TIN: &str = "]E09421901881276";
pub const CASE: &str = "]C10119421901881273";

/// How long a story waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Station {
    pub app: Arc<App>,
    pub data: PathBuf,
    pub world: World,
    events: Mutex<Receiver<AppEvent>>,
}

impl Station {
    /// The workstation of a world on its first day.
    pub fn begin(world: World) -> Self {
        Self::begin_with(world, vec![], false)
    }

    /// The same, with scanners given at the start, or for practice.
    pub fn begin_with(mut world: World, scanners: Vec<PathBuf>, practice: bool) -> Self {
        drop(world.store.take());
        let (signing, fields) = (vec![5; 32], vec![3; 32]);
        std::fs::write(
            world.folder.path().join("station.key"),
            json!({"signing": signing, "fields": fields}).to_string(),
        )
        .unwrap();
        let station = Self::open(world, scanners, practice);
        let first = json!({"name": "周敏", "pin": "271828"});
        station.call("people.first_supervisor", first).unwrap();
        station.sign_in();
        station
    }

    /// Starts the program; nobody is signed in.
    pub fn open(world: World, scanners: Vec<PathBuf>, practice: bool) -> Self {
        let data = world.folder.path().to_owned();
        let (tell, events) = channel();
        let tell = Mutex::new(tell);
        let app = App::open(
            Config {
                data: data.clone(),
                assets: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../assets"),
                platform_url: "http://127.0.0.1:1".into(),
                scanners,
                practice,
            },
            move |event| drop(tell.lock().unwrap().send(event)),
        )
        .unwrap();
        Self {
            app,
            events: Mutex::new(events),
            data,
            world,
        }
    }

    /// The machine is switched off and on.
    pub fn restart(self, scanners: Vec<PathBuf>) -> Self {
        Self::open(self.close(), scanners, false)
    }

    /// Ends the program: background threads let go of the database.
    pub fn close(self) -> World {
        self.app.close();
        drop(self.app);
        self.world
    }

    pub fn call(&self, name: &str, req: Value) -> Result<Value, WireError> {
        self.app.call(name, RequestId(uuid::Uuid::now_v7()), req)
    }

    pub fn refused(&self, name: &str, req: Value) -> String {
        self.call(name, req).unwrap_err().said.code.into_owned()
    }

    pub fn sign_in(&self) {
        self.call("people.sign_in", json!({"name": "周敏", "pin": "271828"}))
            .unwrap();
    }

    pub fn go_to(&self, room: &str) -> RoomView {
        serde_json::from_value(self.call("room.open", json!({"room": room})).unwrap()).unwrap()
    }

    pub fn give(&self, room: &str, input: &Input) -> RoomView {
        let req = json!({"room": room, "input": input});
        serde_json::from_value(self.call("task.input", req).unwrap()).unwrap()
    }

    pub fn scan(&self, room: &str, raw: &str) -> RoomView {
        let (raw, from) = (raw.into(), "typed".into());
        self.give(room, &Input::Scan { raw, from })
    }

    pub fn press(&self, room: &str, command: Command) -> RoomView {
        self.give(room, &Input::key(command))
    }

    /// Types a quantity, then scans: many of one kind at once.
    pub fn scan_many(&self, room: &str, count: u32, raw: &str) -> RoomView {
        self.give(room, &Input::quantity(count));
        self.scan(room, raw)
    }

    /// A digit of the bench card.
    pub fn digit(&self, room: &str, digit: u8) -> RoomView {
        self.scan(room, &OwnCode::Digit(digit).text().unwrap())
    }

    /// From now on two equal scans are two, however close.
    pub fn tell_all_scans_apart(&self) {
        self.call("scanner.set_repeat_window", json!({"ms": 0}))
            .unwrap();
    }

    /// The next thing the window is told that a story waits for.
    pub fn event<T>(&self, wanted: impl Fn(AppEvent) -> Option<T>) -> T {
        loop {
            let event = self.events.lock().unwrap().recv_timeout(PATIENCE);
            if let Some(found) = wanted(event.expect("an event")) {
                return found;
            }
        }
    }

    pub fn next_answer(&self) -> RoomView {
        self.event(|event| match event {
            AppEvent::Answered(view) => Some(*view),
            AppEvent::Changed(_) | AppEvent::Unclaimed(_) | AppEvent::Opened(_) => None,
        })
    }

    pub fn next_unclaimed(&self) -> String {
        self.event(|event| match event {
            AppEvent::Unclaimed(raw) => Some(raw),
            AppEvent::Changed(_) | AppEvent::Answered(_) | AppEvent::Opened(_) => None,
        })
    }

    /// Until the scanner is open, its bytes would be taken for stale and cleared.
    pub fn wait_until_scanner_is(&self, connected: bool) {
        until("the scanner", || {
            let status = self.call("station.status", json!({})).unwrap();
            status["scanners"][0]["connected"] == connected
        });
    }

    pub fn on_hand(&self) -> String {
        let report = self.call("stock.report", json!({})).unwrap();
        let on_hand = report["totals"][0]["on_hand"].as_str();
        on_hand.unwrap_or("0").to_owned()
    }

    pub fn evidence(&self) -> Vec<Value> {
        let lines = self.call("scanner.evidence", json!({})).unwrap();
        lines.as_array().unwrap().clone()
    }
}

/// Waits for a condition, not for a time.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn said(view: &RoomView) -> (Outcome, &str) {
    let last = view.last.as_ref().expect("an answer");
    (last.answer.outcome, &last.answer.message.code)
}

pub fn done(view: &RoomView) -> String {
    view.prompt.tally.unwrap().done.to_string()
}

pub fn own_code(location: &str) -> String {
    OwnCode::Location(LocationId::new(location)).text().unwrap()
}
