//! A scanner on a cable, from bytes to events: framing, bursts, unplugging, two at once.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use bondhouse_devices::scanner::{Reading, Scanner, ScannerConfig, ScannerEvent, ScannerState};
use bondhouse_domain::framing::{Frame, FramingConfig};
use bondhouse_domain::peripheral::{BAUDS, LineSettings, PortName};
use bondhouse_testkit::virtual_scanner::VirtualScanner;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

fn clock() -> u64 {
    u64::try_from(STARTED.elapsed().as_millis()).unwrap()
}

fn reads(
    name: &str,
    path: &Path,
    framing: FramingConfig,
    queue: &SyncSender<ScannerEvent>,
) -> Scanner {
    let config = ScannerConfig {
        name: name.into(),
        port: PortName::Path(path.to_str().unwrap().into()),
        line: LineSettings::default(),
        framing,
    };
    Scanner::start(config, queue.clone(), clock).unwrap()
}

fn next(events: &Receiver<ScannerEvent>) -> ScannerEvent {
    events
        .recv_timeout(Duration::from_secs(10))
        .expect("nothing arrived")
}

fn connected(events: &Receiver<ScannerEvent>) {
    match next(events) {
        ScannerEvent::State(ScannerState {
            connected: Ok(_), ..
        }) => {}
        other => panic!("not connected: {other:?}"),
    }
}

fn lost(events: &Receiver<ScannerEvent>) -> String {
    match next(events) {
        ScannerEvent::State(ScannerState {
            connected: Err(reason),
            ..
        }) => reason.to_string(),
        other => panic!("not lost: {other:?}"),
    }
}

fn reading(events: &Receiver<ScannerEvent>) -> Reading {
    match next(events) {
        ScannerEvent::Read(reading) => reading,
        other => panic!("no reading: {other:?}"),
    }
}

fn scanned(events: &Receiver<ScannerEvent>) -> String {
    match reading(events).frame {
        Frame::Scan { bytes, .. } => String::from_utf8(bytes).unwrap(),
        other => panic!("no scan: {other:?}"),
    }
}

#[test]
fn a_scan_arrives_whole_with_its_separators_and_its_scanner() {
    let mut gun = VirtualScanner::plug_in().unwrap();
    let (queue, events) = sync_channel(16);
    let _scanner = reads("blue gun", gun.path(), FramingConfig::default(), &queue);
    connected(&events);
    gun.terminator = b"\r\n".to_vec();
    gun.scan("]C1010690123456789210LOT\u{1d}17280131").unwrap();
    let reading = reading(&events);
    assert_eq!(reading.scanner, "blue gun");
    let bytes = b"]C1010690123456789210LOT\x1d17280131".to_vec();
    assert_eq!(
        reading.frame,
        Frame::Scan {
            bytes,
            unterminated: false
        }
    );
}

/// Fifty scans a second for two seconds, or for the whole minute in the long form of the tests.
fn burst() -> usize {
    if std::env::var_os("BONDHOUSE_LONG").is_some() {
        50 * 60
    } else {
        100
    }
}

#[test]
fn fifty_scans_a_second_arrive_once_each_in_order_through_a_queue_of_four() {
    let mut gun = VirtualScanner::plug_in().unwrap();
    let (queue, events) = sync_channel(4);
    let _scanner = reads("gun", gun.path(), FramingConfig::default(), &queue);
    connected(&events);
    let scanning = std::thread::spawn(move || {
        for number in 0..burst() {
            gun.scan(&format!("YT{number:013}")).unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
        gun
    });
    for number in 0..burst() {
        assert_eq!(scanned(&events), format!("YT{number:013}"));
    }
    // Kept: dropping it would pull the cable, which is news of its own.
    let _plugged_in = scanning.join().unwrap();
    assert_eq!(events.try_recv().ok(), None);
}

#[test]
fn a_burst_waits_for_a_slow_reader_and_loses_nothing() {
    let mut gun = VirtualScanner::plug_in().unwrap();
    let (queue, events) = sync_channel(1);
    let _scanner = reads("gun", gun.path(), FramingConfig::default(), &queue);
    connected(&events);
    // Far more than queue and port hold: the cable itself must wait.
    let scanning = std::thread::spawn(move || {
        for number in 0..2_000 {
            gun.scan(&format!("YT{number:013}")).unwrap();
        }
        gun
    });
    for number in 0..2_000 {
        if number % 500 == 0 {
            std::thread::sleep(Duration::from_millis(30));
        }
        assert_eq!(scanned(&events), format!("YT{number:013}"));
    }
    scanning.join().unwrap();
}

#[test]
fn pulling_the_cable_is_told_and_plugging_in_elsewhere_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("gun");
    let mut gun = VirtualScanner::plug_in_as(&link).unwrap();
    let (queue, events) = sync_channel(16);
    let _scanner = reads("gun", &link, FramingConfig::default(), &queue);
    connected(&events);
    gun.scan("YT1").unwrap();
    assert_eq!(scanned(&events), "YT1");
    gun.send(b"YT-half").unwrap();
    drop(gun);
    assert_eq!(lost(&events), "scanner.port_missing");

    // Another terminal under the same stable name, as after a replug into another socket.
    let holds_the_old_number = VirtualScanner::plug_in().unwrap();
    let mut gun = VirtualScanner::plug_in_as(&link).unwrap();
    connected(&events);
    gun.scan("YT2").unwrap();
    assert_eq!(scanned(&events), "YT2");
    drop(holds_the_old_number);
}

#[test]
fn two_scanners_share_one_queue_and_neither_waits_for_the_other() {
    let (mut left, mut right) = (
        VirtualScanner::plug_in().unwrap(),
        VirtualScanner::plug_in().unwrap(),
    );
    let (queue, events) = sync_channel(16);
    let _left = reads("left", left.path(), FramingConfig::default(), &queue);
    connected(&events);
    let _right = reads("right", right.path(), FramingConfig::default(), &queue);
    connected(&events);
    left.send(b"YT-half").unwrap();
    right.scan("YT2").unwrap();
    let first = reading(&events);
    assert_eq!(
        (first.scanner.as_str(), first.frame),
        (
            "right",
            Frame::Scan {
                bytes: b"YT2".to_vec(),
                unterminated: false
            }
        )
    );
    left.scan("-and-half").unwrap();
    // The pause may have ended the first half; either way every byte is there, in order.
    let second = reading(&events);
    assert_eq!(second.scanner, "left");
    assert!(second.at_boottime_ms >= first.at_boottime_ms);
}

#[test]
fn what_was_scanned_before_the_port_was_open_is_not_booked() {
    let mut gun = VirtualScanner::plug_in().unwrap();
    gun.scan("YESTERDAY").unwrap();
    let (queue, events) = sync_channel(16);
    let _scanner = reads("gun", gun.path(), FramingConfig::default(), &queue);
    connected(&events);
    gun.scan("TODAY").unwrap();
    assert_eq!(scanned(&events), "TODAY");
}

#[test]
fn noise_and_a_stuck_key_never_become_a_code() {
    let mut gun = VirtualScanner::plug_in().unwrap();
    let (queue, events) = sync_channel(16);
    let framing = FramingConfig {
        silence_ends: false,
        no_read: Some("NR".into()),
        ..FramingConfig::default()
    };
    let _scanner = reads("gun", gun.path(), framing, &queue);
    connected(&events);
    gun.send(b"\0\0\r\n\0YT1\0\r").unwrap();
    assert_eq!(scanned(&events), "YT1");
    gun.send(&[vec![b'X'; 3_000], b"\r".to_vec()].concat())
        .unwrap();
    assert_eq!(reading(&events).frame, Frame::Overlong);
    gun.scan("NR").unwrap();
    assert_eq!(reading(&events).frame, Frame::NoRead);
    gun.send(b"CUT SHO").unwrap();
    assert_eq!(
        reading(&events).frame,
        Frame::Torn {
            bytes: b"CUT SHO".to_vec()
        }
    );
    gun.send(b"\xff\xfe\r").unwrap();
    assert_eq!(
        reading(&events).frame,
        Frame::Scan {
            bytes: vec![0xff, 0xfe],
            unterminated: false
        }
    );
}

#[test]
fn a_scanner_that_is_not_there_is_told_once_and_awaited() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("gun");
    let (queue, events) = sync_channel(16);
    let _scanner = reads("gun", &link, FramingConfig::default(), &queue);
    assert_eq!(lost(&events), "scanner.port_missing");
    assert_eq!(
        events.recv_timeout(Duration::from_millis(900)),
        Err(RecvTimeoutError::Timeout)
    );
    let mut gun = VirtualScanner::plug_in_as(&link).unwrap();
    connected(&events);
    gun.scan("YT1").unwrap();
    assert_eq!(scanned(&events), "YT1");
}

#[test]
fn a_port_another_program_holds_is_busy_until_it_lets_go() {
    let gun = VirtualScanner::plug_in().unwrap();
    let (queue, events) = sync_channel(16);
    let other_program = reads("other", gun.path(), FramingConfig::default(), &queue);
    connected(&events);
    let _scanner = reads("gun", gun.path(), FramingConfig::default(), &queue);
    assert_eq!(lost(&events), "scanner.port_busy");
    drop(other_program);
    connected(&events);
}

#[test]
fn every_speed_a_supervisor_may_choose_opens_and_reads() {
    let (queue, events) = sync_channel(16);
    for baud in BAUDS {
        let mut gun = VirtualScanner::plug_in().unwrap();
        let config = ScannerConfig {
            name: "gun".into(),
            port: PortName::Path(gun.path().to_str().unwrap().into()),
            line: LineSettings {
                baud,
                ..LineSettings::default()
            },
            framing: FramingConfig::default(),
        };
        let scanner = Scanner::start(config, queue.clone(), clock).unwrap();
        connected(&events);
        gun.scan("YT1").unwrap();
        assert_eq!(scanned(&events), "YT1", "{baud}");
        drop(scanner);
    }
}

#[test]
fn a_scanner_that_is_listened_to_hands_over_every_byte_before_the_frame_it_becomes() {
    let mut gun = VirtualScanner::plug_in().unwrap();
    let (queue, events) = sync_channel(16);
    let scanner = reads("gun", gun.path(), FramingConfig::default(), &queue);
    connected(&events);
    gun.scan("UNHEARD").unwrap();
    assert_eq!(scanned(&events), "UNHEARD");
    scanner.listen(true);
    gun.send(b"\x02YT1\x1d\0\r\n").unwrap();
    let mut heard = Vec::new();
    loop {
        match next(&events) {
            ScannerEvent::Heard(some) => heard.extend(some.bytes),
            ScannerEvent::Read(_) => break,
            ScannerEvent::State(state) => panic!("{state:?}"),
        }
    }
    assert_eq!(heard.first(), Some(&2));
    assert!(heard.contains(&0x1d) && heard.contains(&b'\r'));
}
