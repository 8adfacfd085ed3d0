//! Where things are and who else there is: locations, carriers, payment institutions, shops.

use bondhouse_domain::feed::Location;
use bondhouse_domain::ids::LocationId;
use bondhouse_domain::stock::{QUARANTINE, RECEIVING, STAGING};
use serde::Serialize;

/// A firm of the town with an own key at the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Firm {
    /// Its name in the town's own memory.
    pub id: &'static str,
    /// What it is to the platform.
    pub kind: &'static str,
    /// Customs registration code it speaks for.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Whether the platform hands its documents on to customs; else it declares them itself.
    pub forwards: bool,
}

const fn firm(
    id: &'static str,
    kind: &'static str,
    code: &'static str,
    name: &'static str,
) -> Firm {
    Firm {
        id,
        kind,
        code,
        name,
        forwards: true,
    }
}

/// A marketplace where every merchant sells.
pub const MARKETPLACE: Firm = firm("marketplace", "shop", "3302960M01", "海棠全球购");
/// The first merchant's own shop.
pub const OWN_SHOP: Firm = firm("own_shop", "shop", "3302960A01", "北岸乳品官方商城");
/// Payment institutions; the last declares its payments to customs itself.
pub const PAYERS: [Firm; 3] = [
    firm("tide_pay", "payer", "330226T901", "潮汐支付"),
    firm("spruce_pay", "payer", "330226T902", "云杉支付"),
    Firm {
        forwards: false,
        ..firm("sail_pay", "payer", "330226T903", "帆船支付")
    },
];
/// Carriers; the first serves the east, the second everywhere.
pub const CARRIERS: [Firm; 2] = [
    firm("petrel_express", "carrier", "3302980C01", "海燕速递"),
    firm("gale_express", "carrier", "3302980C02", "长风快运"),
];
/// The freight forwarder.
pub const FORWARDER: Firm = firm("forwarder", "forwarder", "3302980F01", "远帆国际货运");
/// Customs' gateway.
pub const CUSTOMS: Firm = firm("customs", "customs", "3105", "示例海关");

/// The desk of inspection and quarantine.
pub const INSPECTION: Firm = firm("inspection", "inspection", "3105CIQ", "示例检验检疫");

/// Every firm, in the order they register: waybills are asked of the first carrier first.
pub fn firms() -> impl Iterator<Item = Firm> {
    [MARKETPLACE, OWN_SHOP]
        .into_iter()
        .chain(PAYERS)
        .chain(CARRIERS)
        .chain([FORWARDER, CUSTOMS, INSPECTION])
}

/// One line of a carrier's sorting table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Route {
    pub(crate) district: &'static str,
    pub(crate) sort_code: &'static str,
    pub(crate) hub: &'static str,
    pub(crate) lane: &'static str,
}

const fn route(
    district: &'static str,
    sort_code: &'static str,
    hub: &'static str,
    lane: &'static str,
) -> Route {
    Route {
        district,
        sort_code,
        hub,
        lane,
    }
}

const EAST: &[Route] = &[
    route("31", "021-A12-007", "上海虹桥", "L1"),
    route("32", "025-B03-114", "南京禄口", "L1"),
    route("33", "0574-C08-026", "宁波北仑", "L2"),
    route("34", "0551-D11-090", "合肥新桥", "L2"),
    route("35", "0592-E05-031", "厦门高崎", "L2"),
];
const EVERYWHERE: &[Route] = &[
    route("", "571-900-01", "杭州萧山", "L3"),
    route("11", "571-010-22", "北京顺义", "L3"),
    route("44", "571-020-45", "广州白云", "L4"),
    route("51", "571-028-63", "成都双流", "L4"),
];

/// The sorting table of a carrier, by the beginning of the administrative division.
pub(crate) fn routes(carrier: &str) -> &'static [Route] {
    if carrier == "petrel_express" {
        EAST
    } else {
        EVERYWHERE
    }
}

/// How the waybills of a carrier look when they are scanned.
pub(crate) fn waybill_format(carrier: &str) -> String {
    format!("{}{}", prefix(carrier), "#".repeat(12))
}

fn prefix(carrier: &str) -> &'static str {
    if carrier == "petrel_express" {
        "HY"
    } else {
        "CF"
    }
}

/// The `n`-th waybill number of a carrier, with the check digit carriers put last.
pub(crate) fn waybill_no(carrier: &str, seed: u64, n: u64) -> String {
    let prefix = prefix(carrier);
    let digits = format!("{:02}{n:09}", seed % 100);
    let check = super::items::check_digit(&digits).unwrap_or(0);
    format!("{prefix}{digits}{check}")
}

/// The places of the building: forty shelves and the three zones every warehouse has.
pub(crate) fn locations() -> Vec<Location> {
    let place = |name: &str, kind: &str| Location {
        location: LocationId::new(name),
        kind: kind.to_owned(),
    };
    let mut all = vec![
        place(RECEIVING, "receiving"),
        place(STAGING, "staging"),
        place(QUARANTINE, "quarantine"),
    ];
    for aisle in ["A", "B"] {
        for rack in 1..=5 {
            all.extend((1..=4).map(|level| place(&format!("{aisle}-{rack:02}-{level}"), "shelf")));
        }
    }
    all
}
