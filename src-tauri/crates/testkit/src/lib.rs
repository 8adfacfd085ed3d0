//! Personas, builders and the virtual scanner for tests.

#[cfg(feature = "simulated-disk")]
pub mod simulated_disk;

#[cfg(unix)]
pub mod virtual_scanner;
