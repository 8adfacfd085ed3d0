//! Which port a device is at, and opening it.
//!
//! A port's name is not a device: after a replug `ttyUSB0` may come back as `ttyUSB1`. So a device
//! is found by what it says of itself over USB; a typed path remains for what has no USB identity
//! (built-in ports, ptys, links under `/dev/serial/by-id`).

use bondhouse_domain::message::Refusal;
use bondhouse_domain::scanner::says;
use serde::{Deserialize, Serialize};
use serialport::{ErrorKind, SerialPort, SerialPortInfo, SerialPortType};
use std::path::Path;
use std::time::Duration;

/// How to find a device's port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortName {
    /// This path or port name, as typed.
    Path(String),
    /// Wherever this USB device is.
    Usb(UsbIdentity),
}

/// What a USB device says of itself; given fields must agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsbIdentity {
    /// Vendor id.
    pub vendor: u16,
    /// Product id.
    pub product: u16,
    /// Serial number, where the device has one.
    pub serial: Option<String>,
    /// The socket it is in (`1-1.4`), for devices without a serial number.
    pub socket: Option<String>,
}

impl PortName {
    /// For people: the path, or vendor and product in hexadecimal.
    pub fn shown(&self) -> String {
        match self {
            Self::Path(path) => path.clone(),
            Self::Usb(usb) => match &usb.serial {
                Some(serial) => format!("USB {:04x}:{:04x} {serial}", usb.vendor, usb.product),
                None => format!("USB {:04x}:{:04x}", usb.vendor, usb.product),
            },
        }
    }
}

/// How the line is set. USB devices ignore all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineSettings {
    /// Bits per second.
    pub baud: u32,
    /// Seven or eight data bits.
    pub data_bits: DataBits,
    /// Parity.
    pub parity: Parity,
    /// Whether the device waits for RTS.
    pub hardware_flow: bool,
}

/// Bits of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataBits {
    /// Seven.
    Seven,
    /// Eight.
    Eight,
}

/// The parity bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parity {
    /// None.
    None,
    /// Even.
    Even,
    /// Odd.
    Odd,
}

impl Default for LineSettings {
    fn default() -> Self {
        Self {
            baud: 9_600,
            data_bits: DataBits::Eight,
            parity: Parity::None,
            hardware_flow: false,
        }
    }
}

/// The path at which a USB device is.
///
/// # Errors
/// Missing, or several that look alike: then none is taken, since a wrong guess would book one
/// bench's scans at another.
pub fn find(name: &str, usb: &UsbIdentity, ports: &[SerialPortInfo]) -> Result<String, Refusal> {
    let fits = |port: &&SerialPortInfo| match &port.port_type {
        SerialPortType::UsbPort(info) => {
            (info.vid, info.pid) == (usb.vendor, usb.product)
                && (usb.serial.is_none() || usb.serial == info.serial_number)
                && usb.socket.as_ref().is_none_or(|socket| {
                    info.location.as_ref().map(ToString::to_string).as_ref() == Some(socket)
                })
        }
        _ => false,
    };
    let mut found = ports.iter().filter(fits);
    let shown = PortName::Usb(usb.clone()).shown();
    match (found.next(), found.next()) {
        (None, _) => Err(says::port_missing(name, shown)),
        (Some(port), None) => Ok(port.port_name.clone()),
        (Some(_), Some(_)) => Err(says::port_alike(name, shown)),
    }
}

/// Finds and opens the port of the device called `name`, and forgets what came while it was closed.
///
/// # Errors
/// Busy, missing, no right, or several alike, as a person would say it.
pub(crate) fn open(
    name: &str,
    port: &PortName,
    line: LineSettings,
) -> Result<(String, Box<dyn SerialPort>), Refusal> {
    let path = match port {
        PortName::Path(path) => path.clone(),
        PortName::Usb(usb) => find(
            name,
            usb,
            &serialport::available_ports().unwrap_or_default(),
        )?,
    };
    let opened = serialport::new(&path, line.baud)
        .data_bits(match line.data_bits {
            DataBits::Seven => serialport::DataBits::Seven,
            DataBits::Eight => serialport::DataBits::Eight,
        })
        .parity(match line.parity {
            Parity::None => serialport::Parity::None,
            Parity::Even => serialport::Parity::Even,
            Parity::Odd => serialport::Parity::Odd,
        })
        .flow_control(if line.hardware_flow {
            serialport::FlowControl::Hardware
        } else {
            serialport::FlowControl::None
        })
        // Scanners on USB often stay silent until the host raises DTR.
        .dtr_on_open(true)
        .timeout(Duration::from_millis(200))
        .open()
        .map_err(|error| refusal(name, &path, &error))?;
    // What was scanned while nobody listened must not be booked now.
    if let Err(error) = opened.clear(serialport::ClearBuffer::Input) {
        tracing::debug!(%path, %error, "input buffer not cleared");
    }
    Ok((path, opened))
}

fn refusal(name: &str, path: &str, error: &serialport::Error) -> Refusal {
    match error.kind() {
        // Windows answers "access is denied" for a port in use.
        ErrorKind::Io(std::io::ErrorKind::PermissionDenied) if !cfg!(windows) => {
            says::port_no_right(name, path)
        }
        ErrorKind::Io(std::io::ErrorKind::PermissionDenied) => says::port_busy(name, path),
        ErrorKind::Io(std::io::ErrorKind::NotFound) => says::port_missing(name, path),
        _ if Path::new(path).exists() => says::port_busy(name, path),
        _ => says::port_missing(name, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serialport::{Location, UsbPortInfo};

    fn at(path: &str, serial: Option<&str>, chain: &[u8]) -> SerialPortInfo {
        SerialPortInfo {
            port_name: path.into(),
            port_type: SerialPortType::UsbPort(UsbPortInfo {
                vid: 0x0c2e,
                pid: 0x0b6a,
                serial_number: serial.map(Into::into),
                manufacturer: None,
                product: None,
                location: Some(Location::new("1".into(), chain.to_vec())),
            }),
        }
    }

    fn wanted(serial: Option<&str>, socket: Option<&str>) -> UsbIdentity {
        UsbIdentity {
            vendor: 0x0c2e,
            product: 0x0b6a,
            serial: serial.map(Into::into),
            socket: socket.map(Into::into),
        }
    }

    #[test]
    fn a_scanner_is_found_under_whatever_name_it_came_back() {
        let ports = [
            at("/dev/ttyACM3", Some("S1"), &[4]),
            at("/dev/ttyACM0", Some("S2"), &[1, 2]),
        ];
        assert_eq!(
            find("bench", &wanted(Some("S1"), None), &ports).unwrap(),
            "/dev/ttyACM3"
        );
        assert_eq!(
            find("bench", &wanted(None, Some("1-1.2")), &ports).unwrap(),
            "/dev/ttyACM0"
        );
    }

    #[test]
    fn two_that_look_alike_are_not_guessed_between() {
        let ports = [
            at("/dev/ttyACM0", None, &[1]),
            at("/dev/ttyACM1", None, &[2]),
        ];
        let code = |identity| find("bench", &identity, &ports).unwrap_err().to_string();
        assert_eq!(code(wanted(None, None)), "scanner.port_alike");
        assert_eq!(code(wanted(Some("S9"), None)), "scanner.port_missing");
    }
}
