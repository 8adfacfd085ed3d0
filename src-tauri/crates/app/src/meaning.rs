//! What a scan names at this workstation: which item, parcel, notice, pass or location.
//!
//! `domain::scanner` says what a code *is*; here it is looked up. What names nothing is said so with
//! the raw code, and what could be two things is said to be both: nothing is chosen for the clerk.
//! A number that merchants share names all their items; the task decides by its document, or asks.

use crate::App;
use crate::error::AppError;
use crate::rooms::Task;
use bondhouse_domain::facts::ScanEvidence;
use bondhouse_domain::feed::{Item, OrderNews};
use bondhouse_domain::gs1::ElementString;
use bondhouse_domain::ids::{GatePassNo, ItemId, LocationId, NoticeNo, WaybillKey};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::scanner::serial::Serial;
use bondhouse_domain::scanner::waybill::{self, Named};
use bondhouse_domain::scanner::{Meaning, Plain, says, shown};
use bondhouse_domain::station::says as station_says;
use bondhouse_domain::task::{Command, Heard, Input, ItemRead, Means, PieceRead, Reading};
use bondhouse_domain::time::Zone;
use bondhouse_store::{StoreError, View};

/// What an input says to a task: keys as they are, scans with everything they may name here.
///
/// `meaning` is what the scan was found to be; a badge or a room's code is answered by the floor
/// and never comes here.
pub(crate) fn hear(
    app: &App,
    input: &Input,
    meaning: Meaning,
    task: Option<&Task>,
) -> Result<Heard, AppError> {
    let (raw, from) = match input {
        Input::Command { command, n: None } => return Ok(Heard::Command(*command)),
        Input::Command {
            command: Command::Quantity,
            n: Some(n),
        } => return Ok(Heard::Number(*n)),
        Input::Command { .. } => return Err(station_says::bad_request("n").into()),
        Input::Scan { raw, from } => (raw, from),
    };
    let means = match meaning {
        Meaning::Command(command) => return Ok(Heard::Command(command)),
        Meaning::Digit(digit) => return Ok(Heard::Digit(digit)),
        Meaning::NoRead => Means::NoRead,
        Meaning::Refused(refusal) => Means::Damaged(refusal),
        Meaning::Badge(_) | Meaning::Station(_) | Meaning::Room(_) => Means::Nothing,
        looked_up => app.store()?.read(|view| named(view, looked_up, task))?,
    };
    let evidence = evidence(raw, from);
    Ok(Heard::Scan(Reading { evidence, means }))
}

/// How a code reached us.
pub(crate) fn evidence(raw: &str, from: &str) -> ScanEvidence {
    ScanEvidence {
        raw: raw.to_owned(),
        symbology: raw.starts_with(']').then(|| raw.chars().take(3).collect()),
        from: from.to_owned(),
    }
}

fn named(view: &View<'_>, meaning: Meaning, task: Option<&Task>) -> Result<Means, StoreError> {
    match meaning {
        Meaning::Item { gtin, elements } => items(view, gtin.as_str(), Some(&elements), task),
        // A pallet's or second label names its content and how many of it there are, or a lot alone.
        Meaning::LicencePlate { elements, .. } | Meaning::Elements(elements) => {
            match elements.content() {
                Some(gtin) => items(view, gtin.as_str(), Some(&elements), task),
                None => Ok(label(&elements)),
            }
        }
        Meaning::Location(location) => located(view, location),
        Meaning::ReleaseToken(token) => {
            let order = token.claims().order.clone();
            let waybill = view.order(&order)?.and_then(|o| o.news.waybill);
            Ok(waybill.map_or(Means::Nothing, |waybill| Means::Parcel { waybill, order }))
        }
        Meaning::Plain(plain) => plainly(view, &plain, task),
        Meaning::Badge(_)
        | Meaning::Command(_)
        | Meaning::Digit(_)
        | Meaning::Room(_)
        | Meaning::Station(_)
        | Meaning::NoRead
        | Meaning::Refused(_) => Ok(Means::Nothing),
    }
}

/// Lot and expiry that stand in a barcode of their own.
fn label(elements: &ElementString) -> Means {
    let today = Zone::SHANGHAI.date_at(crate::clock::read_machine().wall);
    let (lot, expiry) = (elements.lot().map(str::to_owned), elements.expiry(today));
    match (&lot, expiry) {
        (None, None) => Means::Nothing,
        _ => Means::Label { lot, expiry },
    }
}

/// Text that says of itself nothing: a number known here, or an item's. Known as both, or readable
/// only as GS1 data whose symbol the scanner did not tell, it is shown as ambiguous.
fn plainly(view: &View<'_>, plain: &Plain, task: Option<&Task>) -> Result<Means, StoreError> {
    let (number, looks_like) = by_number(view, &plain.text, task)?;
    let item = match &plain.gtin {
        Some(gtin) => items(view, gtin.as_str(), None, task)?,
        None => items(view, &plain.text, None, task)?,
    };
    Ok(match (number, item, &plain.elements) {
        (Means::Nothing, Means::Nothing, Some(elements)) => {
            let meant = elements.to_bracketed();
            Means::Damaged(says::ambiguous(shown(&plain.text), meant))
        }
        // A mere likeness is no reading beside what is known.
        (Means::Nothing, Means::Nothing, None) => looks_like.map_or(Means::Nothing, Means::Damaged),
        (Means::Nothing, item, _) => item,
        (number, Means::Nothing, _) => number,
        (_, Means::Items(items), _) => {
            let meant = items.first().map_or("", |item| &item.name);
            Means::Damaged(says::ambiguous(shown(&plain.text), meant))
        }
        (number, _, _) => number,
    })
}

/// Every merchant's item with this code: a GTIN in 14 digits, a merchant's own code, or the number
/// of the item itself (料号).
fn items(
    view: &View<'_>,
    code: &str,
    elements: Option<&ElementString>,
    task: Option<&Task>,
) -> Result<Means, StoreError> {
    let mut found = view.items_by_barcode(code)?;
    if found.is_empty() {
        for merchant in view.merchants()? {
            found.extend(view.item(&merchant.owner, &ItemId::new(code))?);
        }
    }
    let today = Zone::SHANGHAI.date_at(crate::clock::read_machine().wall);
    let expiry = elements.and_then(|e| e.expiry(today));
    let piece = match elements.and_then(serial) {
        Some(serial) => Some(PieceRead {
            seen: view.piece(&serial)?,
            serial,
        }),
        None => None,
    };
    let mut reads: Vec<ItemRead> = found
        .into_iter()
        .filter_map(|item| read_of(item, code, elements))
        .map(|read| ItemRead {
            expiry,
            piece: piece.clone(),
            ..read
        })
        .collect();
    // The document at hand names the merchant: of items that share a code, its own come first.
    let wanted = task.and_then(Task::owner);
    reads.sort_by_key(|read| wanted.as_ref().is_some_and(|owner| &read.owner != owner));
    Ok(if reads.is_empty() {
        Means::Nothing
    } else {
        Means::Items(reads)
    })
}

/// The single piece that a label names.
fn serial(elements: &ElementString) -> Option<Serial> {
    Some(Serial {
        gtin: elements.gtin()?.as_str().to_owned(),
        number: elements.serial()?.to_owned(),
    })
}

/// One item as the code names it, its expiry and serial number left to be read; `None` when its count does not fit a quantity.
fn read_of(item: Item, code: &str, elements: Option<&ElementString>) -> Option<ItemRead> {
    let barcode = item.barcodes.iter().find(|barcode| barcode.code == code);
    let holds = match barcode {
        Some(barcode) => barcode.holds,
        None => Quantity::whole(1)?,
    };
    // (02) names what a pallet contains and (37) how many: cases count as their content too.
    let count = elements.and_then(|e| e.content().and(e.count()));
    let holds = match count {
        Some(count) => Quantity::from_units(holds.units().checked_mul(i64::from(count))?),
        None => holds,
    };
    Some(ItemRead {
        owner: item.owner,
        item: item.item,
        name: item.name,
        holds,
        lot: elements.and_then(|e| e.lot().map(str::to_owned)),
        expiry: None,
        piece: None,
    })
}

fn located(view: &View<'_>, location: LocationId) -> Result<Means, StoreError> {
    Ok(view
        .location(&location)?
        .map_or(Means::Nothing, |found| Means::Location {
            location: found.location,
            kind: found.kind,
        }))
}

/// A bare text: a waybill, an order, a notice, a pass or a location, whichever is known here; and what
/// it looks like, should it be none of them.
fn by_number(
    view: &View<'_>,
    text: &str,
    task: Option<&Task>,
) -> Result<(Means, Option<Refusal>), StoreError> {
    let (waybill, looks_like) = by_waybill(view, text, task)?;
    if waybill != Means::Nothing {
        return Ok((waybill, None));
    }
    // Platforms number for themselves: one number may be two orders', and then names neither.
    let mut orders = view.orders_by_number(text)?;
    orders.retain(|order| order.news.waybill.is_some());
    if orders.len() > 1 && orders.iter().any(|order| at_hand(task, &order.news)) {
        orders.retain(|order| at_hand(task, &order.news));
    }
    if orders.len() > 1 {
        let meant: Vec<String> = orders.iter().map(|o| o.news.order.to_string()).collect();
        let said = says::ambiguous_order(shown(text), meant.join(", "));
        return Ok((Means::Damaged(said), None));
    }
    if let Some((order, waybill)) = orders
        .pop()
        .and_then(|o| o.news.waybill.map(|w| (o.news.order, w)))
    {
        return Ok((Means::Parcel { waybill, order }, None));
    }
    let notice = NoticeNo::new(text);
    if view.notice(&notice)?.is_some() {
        return Ok((Means::Notice(notice), None));
    }
    let pass = GatePassNo::new(text);
    if view.pass(&pass)?.is_some() {
        return Ok((Means::Pass(pass), None));
    }
    // A shelf's name as it is written on it: typed when its code is damaged.
    Ok((located(view, LocationId::new(text))?, looks_like))
}

fn at_hand(task: Option<&Task>, order: &OrderNews) -> bool {
    let waybill = order.waybill.as_ref();
    task.zip(waybill).is_some_and(|(task, key)| task.names(key))
}

/// A waybill by the number itself, or by whatever else its carrier prints around it.
fn by_waybill(
    view: &View<'_>,
    text: &str,
    task: Option<&Task>,
) -> Result<(Means, Option<Refusal>), StoreError> {
    let carriers = view.carriers()?;
    let fits = waybill::looks_like(&carriers, text);
    let mut orders = view.orders_by_waybill(text)?;
    for key in &fits {
        // Under the bare number all carriers' orders were found already.
        if key.waybill_no != text {
            let found = view.orders_by_waybill(&key.waybill_no)?.into_iter();
            orders.extend(found.filter(|order| order.news.waybill.as_ref() == Some(key)));
        }
    }
    let known = orders
        .iter()
        .filter_map(|o| o.news.waybill.clone())
        .collect();
    let fits: Vec<WaybillKey> = fits.into_iter().collect();
    let at_hand = |key: &WaybillKey| task.is_some_and(|task| task.names(key));
    let name = |key: &WaybillKey| {
        let listed = carriers.iter().find(|one| one.carrier == key.carrier);
        listed.map_or_else(|| key.carrier.clone(), |carrier| carrier.name.clone())
    };
    let names = |keys: &[WaybillKey]| keys.iter().map(name).collect::<Vec<_>>().join(", ");
    let fits = fits.into_iter().collect();
    let nothing = |looks_like| (Means::Nothing, looks_like);
    Ok(match waybill::decide(known, fits, at_hand) {
        Named::Nothing => nothing(None),
        Named::One(key) => match orders
            .into_iter()
            .find(|o| o.news.waybill.as_ref() == Some(&key))
        {
            None => nothing(Some(says::unknown_waybill(shown(text), name(&key)))),
            Some(found) => {
                let order = found.news.order;
                (
                    Means::Parcel {
                        waybill: key,
                        order,
                    },
                    None,
                )
            }
        },
        Named::Several(keys) => {
            let said = says::ambiguous_waybill(shown(text), names(&keys));
            (Means::Damaged(said), None)
        }
        Named::Unknown(keys) => nothing(Some(match keys.as_slice() {
            [only] => says::unknown_waybill(shown(text), name(only)),
            _ => says::ambiguous_waybill(shown(text), names(&keys)),
        })),
    })
}
