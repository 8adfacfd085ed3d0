//! Scanners and scales over serial ports: the only crate that touches hardware.
//!
//! One thread per port does blocking reads and hands whole frames to one ordered queue; what a
//! frame means is decided in `domain`, which knows no port. Nothing is dropped: a full queue makes
//! the thread wait, and the port's own buffer holds what comes meanwhile.
//!
//! | module | what it does |
//! |---|---|
//! | [`port`] | finds a port by path or by the USB device behind it, and opens it |
//! | [`scanner`] | reads a scanner, reconnects, says when it is gone |
//! | [`scale`] | reads a scale, continuously or on demand |
//! | [`profiles`] | how scanners leave the factory, by maker |
//!
//! It speaks no maker's packet protocol (SSI, HID-POS): every such scanner can be set to plain
//! serial by a configuration barcode.

#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test stops at the first surprise"
    )
)]

mod connection;
pub mod port;
pub mod profiles;
pub mod scale;
pub mod scanner;
