//! The seeded simulator, the simulated disk and the virtual scanner: what the tests of every crate share.

pub mod chaos;
pub mod dice;
pub mod injected;

#[cfg(feature = "sim")]
pub mod sim;

#[cfg(feature = "simulated-disk")]
pub mod simulated_disk;

#[cfg(unix)]
pub mod virtual_scanner;
