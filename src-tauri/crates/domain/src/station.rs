//! The workstation itself: enrolment, disk, ports; what it may say when something is in the way.

/// What a workstation may say of itself.
pub mod says {
    crate::messages! {
        yes {
            /// Enrolled.
            enrolled(station) = "station.enrolled";
        }
        no {
            /// The journal cannot be read to its end: a new life is needed.
            renew_needed() = "station.renew_needed";
            /// The code or copy is of another workstation.
            other_station(device) = "station.other_station";
            /// The copy does not pass its own checks.
            copy_unsound() = "station.copy_unsound";
            /// The enrolment code is not valid.
            bad_code() = "station.bad_code";
            /// Nothing can be done before enrolment.
            not_enrolled() = "station.not_enrolled";
            /// The platform does not answer.
            unreachable(address) = "station.unreachable";
            /// Nobody the system trusts vouches for the platform's certificate.
            unknown_certificate(address) = "station.unknown_certificate";
            /// Not the certificate that the address says to expect.
            wrong_certificate(address, expected) = "station.wrong_certificate";
            /// What stands behind the address is no fingerprint.
            bad_fingerprint(text) = "station.bad_fingerprint";
            /// A look at every page of the database found damage.
            damaged() = "station.damaged";
            /// A second instance on the same database.
            in_use() = "station.in_use";
            /// No room on the disk.
            disk_full() = "station.disk_full";
            /// Another program holds the database.
            disk_busy() = "station.disk_busy";
            /// The disk failed.
            storage(what) = "station.storage";
            /// The database is newer than the program.
            newer_database() = "station.newer_database";
            /// The door knows no such command.
            unknown_command(name) = "station.unknown_command";
            /// The request does not have the right form.
            bad_request(field) = "station.bad_request";
            /// A serial port is not there.
            port_missing(port) = "station.port_missing";
            /// The label of a released order could not be made.
            no_label(order, what) = "station.no_label";
        }
    }
}
