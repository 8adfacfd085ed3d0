//! Which port a device is at, and opening it.
//!
//! A port's name is not a device: after a replug `ttyUSB0` may come back as `ttyUSB1`. So a device
//! is found by what it says of itself over USB; a typed path remains for what has no USB identity
//! (built-in ports, ptys, links under `/dev/serial/by-id`).

use bondhouse_domain::message::Refusal;
use bondhouse_domain::peripheral::{DataBits, LineSettings, Parity, PortName, UsbIdentity};
use bondhouse_domain::scanner::says;
use serialport::{ErrorKind, SerialPort, SerialPortInfo, SerialPortType, UsbPortInfo};
use std::path::Path;
use std::time::Duration;

/// A port somebody could bind now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenPort {
    /// Where it is at this moment.
    pub path: String,
    /// How it will be found again.
    pub port: PortName,
    /// What the device calls itself.
    pub product: Option<String>,
}

/// Every serial port the system lists, by path. Pseudo-terminals are never among them.
pub fn seen() -> Vec<SeenPort> {
    identified(&serialport::available_ports().unwrap_or_default())
}

/// Gives each port the least that tells it from the others: a serial number, or else the socket.
fn identified(ports: &[SerialPortInfo]) -> Vec<SeenPort> {
    let alike = |one: &UsbPortInfo| {
        ports
            .iter()
            .filter(|port| {
                matches!(&port.port_type, SerialPortType::UsbPort(other)
                    if (other.vid, other.pid, &other.serial_number) == (one.vid, one.pid, &one.serial_number))
            })
            .count()
            > 1
    };
    let mut seen: Vec<SeenPort> = ports
        .iter()
        .map(|port| match &port.port_type {
            SerialPortType::UsbPort(usb) => SeenPort {
                path: port.port_name.clone(),
                port: PortName::Usb(UsbIdentity {
                    vendor: usb.vid,
                    product: usb.pid,
                    serial: usb.serial_number.clone(),
                    socket: usb
                        .location
                        .as_ref()
                        .filter(|_| usb.serial_number.is_none() || alike(usb))
                        .map(ToString::to_string),
                }),
                product: usb.product.clone(),
            },
            SerialPortType::PciPort | SerialPortType::BluetoothPort | SerialPortType::Unknown => {
                SeenPort {
                    path: port.port_name.clone(),
                    port: PortName::Path(port.port_name.clone()),
                    product: None,
                }
            }
        })
        .collect();
    seen.sort_by(|one, other| one.path.cmp(&other.path));
    seen
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
    use serialport::Location;

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

    #[test]
    fn what_is_seen_is_named_by_what_stays_when_it_is_plugged_in_elsewhere() {
        let ports = [
            at("/dev/ttyACM1", None, &[2]),
            at("/dev/ttyACM0", Some("S1"), &[1]),
            at("/dev/ttyACM2", Some("CLONE"), &[3]),
            at("/dev/ttyACM3", Some("CLONE"), &[4]),
        ];
        let seen = identified(&ports);
        let identity = |place: usize| match &seen[place].port {
            PortName::Usb(usb) => (usb.serial.as_deref(), usb.socket.as_deref()),
            PortName::Path(_) => (None, None),
        };
        assert_eq!(identity(0), (Some("S1"), None));
        assert_eq!(identity(1), (None, Some("1-2")));
        // Cheap scanners share one serial number: then the socket decides, so both can be bound.
        assert_eq!(identity(3), (Some("CLONE"), Some("1-4")));
        for (port, found) in seen.iter().zip(["/dev/ttyACM0", "/dev/ttyACM1"]) {
            let PortName::Usb(usb) = &port.port else {
                continue;
            };
            assert_eq!(find("gun", usb, &ports).unwrap(), found);
        }
    }
}
