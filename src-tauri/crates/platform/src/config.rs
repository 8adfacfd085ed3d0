//! What is decided before the start: where to listen, where to keep things, and the warehouse.
//!
//! The warehouse's settings are read from the file at the first start and then live in the database;
//! later changes come through the admin docking (`/v1/admin/settings`), so that they are on record. Everything has a
//! default that makes a believable warehouse, so that a newcomer starts with no file at all.

use crate::clock::Clock;
use crate::connections::Patience;
use crate::tls::Tls;
use bondhouse_domain::customs::Party;
use bondhouse_domain::ids::{LedgerNo, WarehouseId};
use bondhouse_domain::labels::Sender;
use bondhouse_domain::time::{Span, Zone};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Storage {
    /// A file in the data folder, this program's alone.
    Embedded,
    /// A PostgreSQL database shared by several nodes, by its `postgres://` address.
    Postgres(String),
}

/// How a platform is started.
#[derive(Clone)]
pub struct Config {
    /// Folder of the keys, and of the database where it is a file; made when missing.
    pub data: PathBuf,
    /// Where the database is.
    pub storage: Storage,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The warehouse to set up at the first start.
    pub settings: Settings,
    /// What time it is.
    pub clock: Clock,
    /// The single-window client's folders, when customs is reached through them and not by HTTP.
    pub folders: Option<Folders>,
    /// The certificate it shows, where no proxy in front of it does.
    pub tls: Option<Tls>,
    /// How patient it is with whoever connects.
    pub patience: Patience,
    /// Whose signatures what customs sends must carry; without them it is believed for the way it came.
    pub certificates: Option<Certificates>,
}

/// Whose signatures are believed on what comes from customs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificates {
    /// PEM file with one certificate or several, so that the next may stand beside the one in force.
    pub file: PathBuf,
    /// Whether receipts of the bonded family may come unsigned: no genuine sample of them is signed.
    pub bonded_unsigned: bool,
}

/// How customs is reached through a single-window client on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Holds `OutBox`, `SentBox`, `FailBox` and `InBox`; on one disk, because files are renamed between them.
    pub root: PathBuf,
    /// The exchange's address of customs, when each message is to travel in its envelope (`DxpMsg`).
    pub envelope_to: Option<String>,
    /// `http://` address of whoever holds the U-key and signs; without one files are handed over unsigned.
    pub signer: Option<String>,
}

impl Config {
    /// A platform of its own in `data`, listening on a free port of this machine.
    pub fn at(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            storage: Storage::Embedded,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            settings: Settings::default(),
            clock: Clock::system(),
            folders: None,
            tls: None,
            patience: Patience::default(),
            certificates: None,
        }
    }
}

/// A warehouse as the authority knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Its name in every key.
    pub warehouse: WarehouseId,
    /// The name people say.
    pub name: String,
    /// Customs office of declaration (申报海关), 4 digits.
    pub customs_code: String,
    /// Customs office of the port (口岸海关), 4 digits.
    pub port_code: String,
    /// The ledger new items are booked in unless they name another (账册).
    pub ledger: LedgerNo,
    /// The firm in the zone: the warehouse itself (区内企业).
    pub area: Party,
    /// Who stands on labels as the sender, and takes undelivered parcels back.
    pub sender: Sender,
    /// The firm that declares (申报企业); often the warehouse's customs arm.
    pub declarant: Party,
    /// Who guarantees the tax (担保企业编号).
    pub assure_code: String,
    /// The declarant's number in the exchange (`dxpId`).
    pub dxp_id: String,
    /// Supervision mode of lists and outbound notes (监管方式).
    pub trade_mode: String,
    /// Supervision mode of inbound notes.
    pub inbound_mode: String,
    /// Mode of transport of lists (运输方式).
    pub transport_mode: String,
    /// The zone in which its days begin.
    pub zone: Zone,
    /// What is allowed and when.
    pub policy: Policy,
}

impl Settings {
    /// These settings with one of them changed; of those that have parts, the parts that are named. `None`
    /// when there is none of this name, it cannot be that, or it is the warehouse's name, which is in every key.
    pub(crate) fn with(&self, name: &str, value: &Value) -> Option<Self> {
        let mut all = serde_json::to_value(self).ok()?;
        let known = all.get_mut(name).filter(|_| name != "warehouse")?;
        match (known.as_object_mut(), value.as_object()) {
            (Some(parts), Some(changed)) if changed.keys().all(|part| parts.contains_key(part)) => {
                parts.extend(changed.clone());
            }
            (Some(_), _) => return None,
            (None, _) => *known = value.clone(),
        }
        serde_json::from_value(all).ok()
    }
}

/// Rules of one warehouse that are numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// How long a workstation may release without contact, in minutes; 0 only in contact, 24 h at most.
    /// Until the operator decides what holds without contact (`offline`).
    pub work_until_minutes: u32,
    /// How long after that its orders are called in doubt, in minutes: covers clocks that differ.
    pub silent_margin_minutes: u32,
    /// How many orders one workstation may hold, until the same decision.
    pub most_leases: u32,
    /// How old customs' last contact may be when parcels are loaded, in minutes.
    pub customs_fresh_minutes: u32,
    /// Bundle by itself once this many parcels are released; 0 is only on request.
    pub bundle_at: u32,
    /// The vehicle of bundles made by themselves.
    pub vehicle: String,
    /// What a vehicle that nobody listed is declared to weigh without goods, in kg.
    pub vehicle_weight_kg: u32,
    /// How many calls a second one partner may make.
    pub calls_per_second: u32,
    /// How many it may make at once after a pause.
    pub calls_at_once: u32,
    /// How long a shop may take to answer a call-back, in milliseconds. At most 15 s.
    pub callback_patience_ms: u32,
}

impl Policy {
    /// How long after its end a silent holder is given up on.
    pub(crate) fn silent_margin(&self) -> Span {
        Span::minutes(self.silent_margin_minutes.into())
    }

    /// How long a shop may take to answer: shorter than a page is one node's to send.
    pub(crate) fn callback_patience(&self) -> Duration {
        const LONGEST_MS: u32 = 15_000;
        Duration::from_millis(self.callback_patience_ms.min(LONGEST_MS).into())
    }

    /// How old customs' last contact may be.
    pub(crate) fn customs_fresh(&self) -> Span {
        Span::minutes(self.customs_fresh_minutes.into())
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            work_until_minutes: 240,
            silent_margin_minutes: 10,
            most_leases: 300,
            customs_fresh_minutes: 15,
            bundle_at: 0,
            vehicle: "浙B12345".to_owned(),
            vehicle_weight_kg: 3_000,
            calls_per_second: 200,
            calls_at_once: 1_000,
            callback_patience_ms: 10_000,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let keeper = Party {
            code: "3302461B01".to_owned(),
            credit_code: "91330201MA2B0ND01X".to_owned(),
            name: "宁波示例保税仓储有限公司".to_owned(),
        };
        Self {
            warehouse: WarehouseId::new("NB01"),
            name: "宁波一号保税仓".to_owned(),
            customs_code: "3105".to_owned(),
            port_code: "3105".to_owned(),
            ledger: LedgerNo::new("T3105W000076"),
            area: keeper.clone(),
            sender: Sender {
                name: keeper.name.clone(),
                phone: "400-000-0000".to_owned(),
                address: "浙江省宁波市北仑区保税东区示范路1号".to_owned(),
            },
            assure_code: keeper.code.clone(),
            declarant: keeper,
            dxp_id: "DXPENT0000018755".to_owned(),
            trade_mode: "1210".to_owned(),
            inbound_mode: "1210".to_owned(),
            transport_mode: "W".to_owned(),
            zone: Zone::SHANGHAI,
            policy: Policy::default(),
        }
    }
}
