//! How far orders are, as their shop, their merchant and the operator see it.
//!
//! A page of orders asks each table once, not once an order: every enquiry counts on that.

use crate::authority::View;
use crate::clearance;
use crate::error::{Error, Result};
use crate::orders::{self, Record};
use crate::parcels::{self, ParcelWeight};
use crate::payments::{self, Paid};
use crate::returns::{self, Returned};
use crate::taxes::{self, Reckoned};
use crate::waybills::{self, Told};
use bondhouse_domain::clearance::{Standing, standing};
use bondhouse_domain::comparison::Finding;
use bondhouse_domain::message::Message;
use bondhouse_domain::orders::HoldBy;
use bondhouse_domain::time::Instant;
use serde::Serialize;

/// How far an order is, as its shop or merchant sees it.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Progress {
    platform: String,
    order_no: String,
    state: &'static str,
    received_at: Instant,
    held_by: Vec<HoldBy>,
    cancel_requested: bool,
    carrier: Option<String>,
    waybill_no: Option<String>,
    declaration_no: Option<String>,
    customs: Option<Standing>,
    waits_for: Vec<Message>,
    differences: Vec<Finding>,
    /// What tax is due, by whose word, and where customs came to another amount than we.
    tax: taxes::Taxed,
    taxes: Vec<taxes::Due>,
    parcel: Option<ParcelWeight>,
    /// Every payment that names it.
    paid: Vec<Paid>,
    /// What its carrier said of the parcel.
    tracking: Vec<Told>,
    returns: Vec<Returned>,
}

impl Progress {
    /// The progress of one order at one moment.
    pub(crate) fn of(view: &View<'_>, order: Record) -> Result<Self> {
        Self::of_all(view, vec![order])?
            .pop()
            .ok_or_else(|| Error::broken("an order without progress"))
    }

    /// The progress of orders at one moment, in their order.
    pub(crate) fn of_all(view: &View<'_>, orders: Vec<Record>) -> Result<Vec<Self>> {
        let lists: Vec<_> = orders
            .iter()
            .filter_map(|o| o.cop_no.as_deref())
            .map(|no| [no])
            .collect();
        let declared = orders.iter().filter_map(|o| o.declaration_no.as_deref());
        let declared: Vec<_> = declared.map(|no| [no]).collect();
        let keys = orders::named(orders.iter().map(|order| &order.life.key));
        let mut logs = clearance::logs(view, &lists)?;
        let mut bills = taxes::of_lists(view, &declared)?;
        let reckoned = Reckoned::of(view, &lists, bills.values().flatten())?;
        let mut returns = returns::of_orders(view, &keys)?;
        let mut paid = payments::of_orders(view, &keys)?;
        let mut tracking =
            waybills::told_of(view, orders.iter().filter_map(|o| o.waybill.as_ref()))?;
        let mut parcels = parcels::weights(view, &keys)?;
        let each = orders.into_iter().map(|order| {
            let taxes = order
                .declaration_no
                .as_ref()
                .and_then(|no| bills.remove(no))
                .unwrap_or_default();
            let key = &order.life.key;
            Ok(Self {
                customs: order
                    .cop_no
                    .as_ref()
                    .map(|no| standing(&logs.remove(no).unwrap_or_default())),
                tax: reckoned.taxed(&order, &taxes)?,
                taxes,
                parcel: parcels.remove(key),
                paid: paid.remove(key).unwrap_or_default(),
                tracking: order
                    .waybill
                    .as_ref()
                    .and_then(|key| tracking.remove(key))
                    .unwrap_or_default(),
                returns: returns.remove(key).unwrap_or_default(),
                state: order.life.state.name(),
                received_at: order.received_at,
                held_by: order.life.holds.into_keys().collect(),
                cancel_requested: order.life.cancel_requested.is_some(),
                carrier: order.waybill.as_ref().map(|way| way.carrier.clone()),
                waybill_no: order.waybill.map(|way| way.waybill_no),
                declaration_no: order.declaration_no,
                waits_for: order.findings,
                differences: order.differences,
                platform: order.life.key.platform,
                order_no: order.life.key.order_no,
            })
        });
        each.collect()
    }
}
