//! Stock report and zero-drift certificate as tables: the answers of the command table, in words.
//!
//! The same rows as the window shows, so that paper and screen cannot differ in a digit.

use crate::catalogue::Catalogue;
use bondhouse_domain::ids::{ItemId, LocationId, OwnerId};
use bondhouse_domain::ledger::LedgerItem;
use bondhouse_domain::orders::CaseCode;
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::reports::{Align, Column, Report, Table, Verdict};
use bondhouse_domain::stock::{Bucket, Goods, Spot};
use bondhouse_domain::time::{Instant, Zone};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Who issues a paper.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Issuer {
    warehouse: String,
    station: String,
}

/// The moment a report is true of.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AsOf {
    pos: u64,
    at: Option<Instant>,
    unsent: u64,
}

/// The answer of `stock.report`.
#[derive(Debug, Deserialize)]
pub(crate) struct Stock {
    as_of: AsOf,
    pub(crate) rows: Vec<StockRow>,
}

/// One row of it.
#[derive(Debug, Deserialize)]
pub(crate) struct StockRow {
    owner_name: String,
    item_name: String,
    pub(crate) lying: Lying,
}

/// What lies where.
#[derive(Debug, Deserialize)]
pub(crate) struct Lying {
    pub(crate) goods: Goods,
    pub(crate) spot: Spot,
    pub(crate) bucket: Bucket,
    pub(crate) qty: Quantity,
}

/// The answer of `ledger.certificate`.
#[derive(Debug, Deserialize)]
pub(crate) struct Certificate {
    pub(crate) holds: bool,
    as_of: AsOf,
    pub(crate) lines: Vec<CertificateLine>,
    pub(crate) open_cases: Vec<OpenCase>,
}

/// One ledger item of it.
#[derive(Debug, Deserialize)]
pub(crate) struct CertificateLine {
    item: LedgerItem,
    expected: Quantity,
    on_hand: Quantity,
    pub(crate) drift: Quantity,
}

/// A difference that has a name.
#[derive(Debug, Deserialize)]
pub(crate) struct OpenCase {
    code: CaseCode,
    about: String,
    since: Instant,
}

/// Where one kind of goods lies, with its name and merchant; a line of the printed report.
type Place = (String, OwnerId, ItemId, String, String, String, LocationId);

/// The stock report on paper.
pub(crate) fn stock(words: &Catalogue, issuer: &Issuer, stock: &Stock) -> Report {
    let mut lines: BTreeMap<Place, BTreeMap<Bucket, Quantity>> = BTreeMap::new();
    for row in &stock.rows {
        let goods = &row.lying.goods;
        let place = (
            row.owner_name.clone(),
            goods.owner.clone(),
            goods.item.clone(),
            row.item_name.clone(),
            goods.lot.clone().unwrap_or_default(),
            goods
                .expiry
                .map_or_else(String::new, |date| date.to_string()),
            row.lying.spot.location.clone(),
        );
        let sum = lines
            .entry(place)
            .or_default()
            .entry(row.lying.bucket)
            .or_default();
        *sum = sum.plus(row.lying.qty).unwrap_or(*sum);
    }
    const BUCKETS: [Bucket; 5] = [
        Bucket::Available,
        Bucket::Reserved,
        Bucket::InDoubt,
        Bucket::Staging,
        Bucket::Blocked,
    ];
    let figures = |buckets: &BTreeMap<Bucket, Quantity>| {
        let each = BUCKETS.map(|bucket| buckets.get(&bucket).copied().unwrap_or_default());
        let on_hand = Quantity::sum(each).unwrap_or_default();
        std::iter::once(on_hand)
            .chain(each)
            .map(figure)
            .collect::<Vec<_>>()
    };
    let mut sums: BTreeMap<Bucket, Quantity> = BTreeMap::new();
    for (bucket, qty) in lines.values().flatten() {
        let sum = sums.entry(*bucket).or_default();
        *sum = sum.plus(*qty).unwrap_or(*sum);
    }
    let rows = lines
        .iter()
        .map(|((owner, _, item, name, lot, expiry, location), buckets)| {
            let texts = [owner, item.as_str(), name, lot, expiry, location.as_str()];
            texts
                .map(str::to_owned)
                .into_iter()
                .chain(figures(buckets))
                .collect()
        })
        .collect();
    let total = words.text("reports.paper.total", &[]);
    let totals = std::iter::once(total)
        .chain(std::iter::repeat_n(String::new(), 5))
        .chain(figures(&sums))
        .collect();
    let left = |key, width_mm| column(words, key, width_mm, Align::Left);
    let right = |key| column(words, key, 17, Align::Right);
    Report {
        title: words.text("reports.paper.stock", &[]),
        tables: vec![Table {
            columns: vec![
                left("reports.paper.owner", 24),
                left("reports.paper.item", 28),
                left("reports.paper.name", 46),
                left("reports.paper.lot", 22),
                left("reports.paper.expiry", 21),
                left("reports.paper.location", 22),
                right("reports.paper.on_hand"),
                right("reports.paper.available"),
                right("reports.paper.reserved"),
                right("reports.paper.in_doubt"),
                right("reports.paper.staging"),
                right("reports.paper.blocked"),
            ],
            rows,
            totals,
            when_empty: words.text("reports.paper.none", &[]),
            ..Table::default()
        }],
        ..frame(words, issuer, &stock.as_of)
    }
}

/// The zero-drift certificate on paper.
pub(crate) fn certificate(words: &Catalogue, issuer: &Issuer, certificate: &Certificate) -> Report {
    let left = |key, width_mm| column(words, key, width_mm, Align::Left);
    let right = |key| column(words, key, 24, Align::Right);
    let cases = certificate.open_cases.len().to_string();
    let differing = certificate
        .lines
        .iter()
        .filter(|line| line.drift != Quantity::ZERO)
        .count();
    let verdict = match certificate.holds {
        true => words.text("reports.paper.holds", &[("cases", &cases)]),
        false => words.text("reports.paper.drifts", &[("count", &differing.to_string())]),
    };
    let items = Table {
        heading: words.text("reports.paper.book_and_stock", &[]),
        columns: vec![
            left("reports.paper.ledger", 34),
            left("reports.paper.item_no", 24),
            right("reports.paper.book"),
            right("reports.paper.physical"),
            right("reports.paper.drift"),
        ],
        rows: certificate
            .lines
            .iter()
            .map(|line| {
                vec![
                    line.item.ledger.to_string(),
                    line.item.item_no.clone(),
                    line.expected.to_string(),
                    line.on_hand.to_string(),
                    figure(line.drift),
                ]
            })
            .collect(),
        when_empty: words.text("reports.paper.none", &[]),
        ..Table::default()
    };
    let open = Table {
        heading: words.text("reports.paper.open_cases", &[]),
        columns: vec![
            left("reports.paper.case", 50),
            left("reports.paper.about", 90),
            left("reports.paper.since", 40),
        ],
        rows: certificate
            .open_cases
            .iter()
            .map(|case| vec![name_of(case.code), case.about.clone(), moment(case.since)])
            .collect(),
        when_empty: words.text("reports.paper.none", &[]),
        ..Table::default()
    };
    Report {
        title: words.text("reports.paper.certificate", &[]),
        verdict: Some(Verdict {
            says: verdict,
            holds: certificate.holds,
        }),
        tables: vec![items, open],
        signatures: [
            "reports.paper.supervisor",
            "reports.paper.checked_by",
            "reports.paper.date",
        ]
        .map(|key| words.text(key, &[]))
        .to_vec(),
        ..frame(words, issuer, &certificate.as_of)
    }
}

/// What every paper of the warehouse says about itself.
fn frame(words: &Catalogue, issuer: &Issuer, as_of: &AsOf) -> Report {
    let at = as_of.at.map_or_else(String::new, moment);
    let (pos, unsent) = (as_of.pos.to_string(), as_of.unsent.to_string());
    Report {
        subtitle: vec![
            words.text(
                "reports.paper.warehouse",
                &[("warehouse", &issuer.warehouse)],
            ),
            words.text(
                "reports.paper.as_of",
                &[("at", &at), ("pos", &pos), ("unsent", &unsent)],
            ),
        ],
        footer: words.text(
            "reports.paper.issued_by",
            &[
                ("warehouse", &issuer.warehouse),
                ("station", &issuer.station),
            ],
        ),
        page_of: words.text(
            "reports.paper.page_of",
            &[("page", "{page}"), ("pages", "{pages}")],
        ),
        ..Report::default()
    }
}

fn column(words: &Catalogue, key: &str, width_mm: u16, align: Align) -> Column {
    Column {
        head: words.text(key, &[]),
        width_mm,
        align,
    }
}

/// A figure; nothing is a dash, so that what is there stands out.
fn figure(qty: Quantity) -> String {
    match qty {
        Quantity::ZERO => "—".to_owned(),
        qty => qty.to_string(),
    }
}

fn moment(at: Instant) -> String {
    Zone::SHANGHAI
        .civil(at)
        .format("%Y-%m-%d %H:%M")
        .to_string()
}

/// The case's name in the closed list.
fn name_of(code: CaseCode) -> String {
    serde_json::to_value(code)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}
