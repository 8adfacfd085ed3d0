//! A scale on a cable: continuous and on demand, moving and at rest.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use bondhouse_devices::scale::{Scale, ScaleConfig};
use bondhouse_domain::peripheral::{LineSettings, PortName};
use bondhouse_domain::scale::ScaleLanguage;
use bondhouse_testkit::virtual_scanner::VirtualScanner;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

fn scale(cable: &VirtualScanner, language: ScaleLanguage) -> Scale {
    Scale::start(ScaleConfig {
        name: "bench scale".into(),
        port: PortName::Path(cable.path().to_str().unwrap().into()),
        line: LineSettings::default(),
        language,
    })
    .unwrap()
}

fn toledo(moving: bool, grams: u32) -> Vec<u8> {
    let status = if moving { 0x38 } else { 0x30 };
    [
        &[2, 0x2d, status, 0x20][..],
        format!("{grams:06}000000\r").as_bytes(),
    ]
    .concat()
}

/// Runs the scale's side of the cable until told to stop.
fn plays(
    mut cable: VirtualScanner,
    mut turn: impl FnMut(&mut VirtualScanner) + Send + 'static,
) -> (Arc<AtomicBool>, JoinHandle<()>) {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = std::thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            turn(&mut cable);
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    (stop, thread)
}

#[test]
fn a_parcel_still_swinging_is_waited_for_until_it_rests() {
    let cable = VirtualScanner::plug_in().unwrap();
    let scale = scale(&cable, ScaleLanguage::ToledoContinuous { checksum: false });
    let mut shown = 0;
    let (stop, thread) = plays(cable, move |cable| {
        shown += 1;
        cable
            .send(&toledo(shown < 20, 1_180 + shown.min(20) * 5))
            .unwrap();
    });
    let weighing = scale.weigh(Duration::from_secs(10)).unwrap();
    assert_eq!(weighing.weight.to_string(), "1.28");
    stop.store(true, Ordering::Relaxed);
    thread.join().unwrap();
}

#[test]
fn a_parcel_that_never_rests_is_refused_and_so_is_a_silent_scale() {
    let cable = VirtualScanner::plug_in().unwrap();
    let scale = scale(&cable, ScaleLanguage::ToledoContinuous { checksum: false });
    assert_eq!(
        scale
            .weigh(Duration::from_millis(300))
            .unwrap_err()
            .to_string(),
        "scale.silent"
    );
    let (stop, thread) = plays(cable, |cable| cable.send(&toledo(true, 900)).unwrap());
    assert_eq!(
        scale
            .weigh(Duration::from_millis(600))
            .unwrap_err()
            .to_string(),
        "scale.moving"
    );
    stop.store(true, Ordering::Relaxed);
    thread.join().unwrap();
}

#[test]
fn a_scale_on_demand_is_asked_only_while_a_weight_is_wanted() {
    let cable = VirtualScanner::plug_in().unwrap();
    let scale = scale(&cable, ScaleLanguage::SicsOnDemand);
    let mut asked = 0;
    let (stop, thread) = plays(cable, move |cable| {
        for _ in cable
            .heard()
            .unwrap()
            .split(|byte| *byte == b'\n')
            .filter(|line| line.starts_with(b"SI"))
        {
            asked += 1;
            let state = if asked < 3 { 'D' } else { 'S' };
            cable
                .send(format!("S {state}     0.735 kg\r\n").as_bytes())
                .unwrap();
        }
    });
    let weighing = scale.weigh(Duration::from_secs(10)).unwrap();
    assert_eq!(
        (weighing.weight.to_string(), weighing.stable),
        ("0.735".into(), true)
    );
    stop.store(true, Ordering::Relaxed);
    thread.join().unwrap();
}

#[test]
fn a_scale_whose_cable_is_out_says_so_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let scale = Scale::start(ScaleConfig {
        name: "bench scale".into(),
        port: PortName::Path(folder.path().join("none").to_str().unwrap().into()),
        line: LineSettings::default(),
        language: ScaleLanguage::SicsOnDemand,
    })
    .unwrap();
    assert_eq!(
        scale
            .weigh(Duration::from_secs(10))
            .unwrap_err()
            .to_string(),
        "scanner.port_missing"
    );
}
