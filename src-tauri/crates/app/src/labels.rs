//! Labels: printed once the release is durable, again on request, never forgotten.
//!
//! The release puts a label into the print queue in its own transaction; here it becomes a PDF in
//! the spool folder, written whole or not at all, and `labels.printed` is recorded. Whatever is
//! still pending when the program starts is printed then. The consignee is masked before the data
//! reaches paper; the QR code carries the release token, so that the parcel itself proves its
//! release if this workstation's disk is lost.

use crate::error::AppError;
use crate::{App, Config};
use bondhouse_domain::facts::{Fact, LabelPrinted};
use bondhouse_domain::ids::{DeclarationNo, OrderKey, PersonId};
use bondhouse_domain::labels::{Consignee, GoodsLine, Phone, WaybillLabel};
use bondhouse_domain::personal::{PHONE_DIGITS_HIDDEN, mask_address, mask_name, mask_phone};
use bondhouse_domain::scanner::own::OwnCode;
use bondhouse_domain::scanner::token::{ReleaseToken, TokenKey};
use bondhouse_domain::station::says;
use bondhouse_domain::time::Zone;
use bondhouse_paper::{Fonts, PaperError, Template, render_waybill};
use bondhouse_store::{StoreError, View};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The template every carrier's label uses until a carrier asks for another.
const TEMPLATE: &str = "labels/waybill-100x150.json";
/// The language of the paper: carriers and customs read Chinese.
const PAPER_CATALOGUE: &str = "messages/zh.json";

/// Fonts and template, read once: parsing ten megabytes of glyphs is not for every label.
struct Press {
    fonts: Fonts,
    template: Template,
}

/// Where labels are made.
pub(crate) struct Printer {
    assets: PathBuf,
    spool: PathBuf,
    press: OnceLock<Result<Press, String>>,
    /// One label at a time: two writers of one file would give the printer a mixture.
    turn: Mutex<()>,
}

impl Printer {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            assets: config.assets.clone(),
            spool: config.data.join("labels"),
            press: OnceLock::new(),
            turn: Mutex::new(()),
        }
    }

    fn press(&self) -> Result<&Press, &String> {
        let press = self.press.get_or_init(|| Press::read(&self.assets));
        press.as_ref()
    }

    /// The typefaces every paper is set in.
    pub(crate) fn fonts(&self) -> Result<&Fonts, AppError> {
        let press = self.press();
        press
            .map(|press| &press.fonts)
            .map_err(|why| AppError::failed(says::storage("fonts").0, why))
    }

    /// Whether labels can be made at all.
    pub(crate) fn is_ready(&self) -> bool {
        self.press().is_ok()
    }
}

impl Press {
    fn read(assets: &Path) -> Result<Self, String> {
        let text =
            |path: &str| fs::read_to_string(assets.join(path)).map_err(|e| format!("{path}: {e}"));
        let catalogue: BTreeMap<String, String> =
            serde_json::from_str(&text(PAPER_CATALOGUE)?).map_err(|e| e.to_string())?;
        let fonts = Fonts::load(&assets.join("fonts")).map_err(|e| e.to_string())?;
        let template = Template::read(&text(TEMPLATE)?, |key| catalogue.get(key).cloned())
            .map_err(|e| e.to_string())?;
        Ok(Self { fonts, template })
    }
}

/// Reads fonts in the background and prints what an earlier run left pending.
pub(crate) fn resume(app: &Arc<App>) {
    let weak = Arc::downgrade(app);
    app.beside("labels", move || {
        let Some(app) = weak.upgrade() else { return };
        let ready = app.paper.is_ready();
        let Ok(store) = app.store() else { return };
        let pending = || store.read(|view| view.labels_pending()).unwrap_or_default();
        for label in pending().into_iter().filter(|_| ready) {
            // The bench may have printed it while the fonts were read.
            if !pending().contains(&label) {
                continue;
            }
            if let Err(error) = print(&app, &label.order, label.copy) {
                tracing::warn!(
                    ?error,
                    copy = label.copy,
                    "a pending label could not be printed"
                );
            }
        }
    });
}

/// Makes one label and records that it went to print.
pub(crate) fn print(app: &App, order: &OrderKey, copy: u32) -> Result<(), AppError> {
    let _turn = app
        .paper
        .turn
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let store = app.store()?;
    let now = app.estimate().now;
    let label = store.read(|view| compose(view, order, copy, now))?;
    let no_label = |lacks, why: &dyn std::fmt::Display| {
        AppError::failed(says::no_label(&order.order_no, lacks).0, why)
    };
    let press = app.paper.press().map_err(|why| no_label("fonts", why))?;
    let pdf =
        render_waybill(&press.fonts, &press.template, &label).map_err(|error| match error {
            PaperError::Refused(refusal) => AppError::Refused(refusal),
            other => no_label("paper", &other),
        })?;
    let name = match copy {
        0 => format!("{}.pdf", safe(&label.waybill_no)),
        n => format!("{}-{n}.pdf", safe(&label.waybill_no)),
    };
    write_whole(&app.paper.spool, &name, &pdf).map_err(|error| no_label("spool", &error))?;
    let waybill = store.read(|view| {
        Ok(view
            .lease_ever(order)?
            .order()
            .map(|right| right.waybill.clone()))
    })?;
    let Some(waybill) = waybill else {
        return Ok(());
    };
    let fact = Fact::LabelPrinted(LabelPrinted {
        order: order.clone(),
        waybill,
        copy,
    });
    let actor = app
        .session()
        .as_ref()
        .map_or_else(|| PersonId::new("station"), |s| s.person.clone());
    let done = store.write(
        app.request("labels.print", app.fresh_id(), &actor),
        move |tx| {
            tx.record(&fact)?;
            Ok(())
        },
    )?;
    app.touched(done.touched);
    Ok(())
}

fn compose(
    view: &View<'_>,
    order: &OrderKey,
    copy: u32,
    now: bondhouse_domain::time::Instant,
) -> Result<WaybillLabel, StoreError> {
    let lacks = |what: &str| StoreError::Refused(says::no_label(&order.order_no, what));
    let lease = view.lease_ever(order)?;
    let right = lease.order().ok_or_else(|| lacks("lease"))?.clone();
    let job = view.job(order)?.ok_or_else(|| lacks("release"))?;
    let consignee = view.consignee(order)?.ok_or_else(|| lacks("consignee"))?;
    let series = view.series().clone();
    let key = <[u8; 32]>::try_from(view.token_key()?.as_slice()).map_err(|_| lacks("token key"))?;
    let token = ReleaseToken {
        warehouse: series.warehouse.clone(),
        order: order.clone(),
        device: series.device.clone(),
        incarnation: series.incarnation,
        seq: job.changed_seq,
    };
    let qr = token
        .sign(&TokenKey(key))
        .and_then(|signed| OwnCode::ReleaseToken(signed).text())
        .ok_or_else(|| lacks("token"))?;
    let mut goods = Vec::new();
    for line in &right.lines {
        let item = view.item(&line.goods.owner, &line.goods.item)?;
        goods.push(GoodsLine {
            name: item
                .as_ref()
                .map_or_else(|| line.goods.item.to_string(), |i| i.name.clone()),
            quantity: line.qty,
            unit: "件".into(),
        });
    }
    Ok(WaybillLabel {
        carrier: right.carrier_name,
        waybill_no: right.waybill.waybill_no,
        sort_code: right.sort_code,
        hub: right.hub,
        consignee: Consignee {
            name: mask_name(consignee.name.reveal()),
            phone: Phone::Masked(mask_phone(consignee.phone.reveal(), PHONE_DIGITS_HIDDEN)),
            address: mask_address(consignee.address.reveal()),
        },
        sender: right.sender,
        goods,
        weight: (right.gross_weight.is_positive()).then_some(right.gross_weight),
        order_no: order.order_no.clone(),
        declaration_no: DeclarationNo::new(right.clearance.declaration_no),
        cleared_on: Zone::SHANGHAI.date_at(right.clearance.released_at),
        qr,
        station: series.device,
        printed_at: Zone::SHANGHAI.civil(now),
        copy: u16::try_from(copy).unwrap_or(u16::MAX),
    })
}

/// A file appears whole or not at all: a half-written label must never reach a printer.
pub(crate) fn write_whole(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let (part, whole) = (folder.join(format!(".{name}.part")), folder.join(name));
    let mut file = fs::File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, &whole)?;
    Ok(whole)
}

/// A number as a file name: whatever a carrier puts into it, it stays inside the folder.
fn safe(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect()
}
