//! Orders as the authority last told them: where is this parcel?

use crate::App;
use crate::commands::Asker;
use crate::error::AppError;
use bondhouse_domain::ids::{FeedPos, OrderKey, OwnerId, WaybillKey};
use bondhouse_domain::orders::{HoldBy, State};
use bondhouse_domain::quantity::Quantity;
use serde::{Deserialize, Serialize};

/// `orders.find`
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindOrder {
    /// The number of an order or of its waybill.
    pub number: String,
}

/// An order as it stands.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct OrderLine {
    /// The order.
    pub order: OrderKey,
    /// The merchant.
    pub owner: OwnerId,
    /// Where it is.
    pub state: State,
    /// Who holds it back.
    pub holds: Vec<HoldBy>,
    /// Whether a cancellation was asked for.
    pub cancel_requested: bool,
    /// Its waybill, once one was made.
    pub waybill: Option<WaybillKey>,
    /// Customs' number of its list, once known.
    pub declaration_no: Option<String>,
    /// How many pieces it has.
    pub pieces: Quantity,
    /// As of which position of the feed.
    pub pos: FeedPos,
}

/// Every order with this number: platforms and carriers number for themselves.
pub(crate) fn find(app: &App, _: &Asker, req: FindOrder) -> Result<Vec<OrderLine>, AppError> {
    let number = req.number.trim();
    let found = app.store()?.read(|view| {
        let by_waybill = view.orders_by_waybill(number)?;
        if by_waybill.is_empty() {
            view.orders_by_number(number)
        } else {
            Ok(by_waybill)
        }
    })?;
    Ok(found
        .into_iter()
        .map(|found| OrderLine {
            order: found.news.order,
            owner: found.news.owner,
            state: found.news.state,
            holds: found.news.holds,
            cancel_requested: found.news.cancel_requested,
            waybill: found.news.waybill,
            declaration_no: found.news.declaration_no,
            pieces: found.news.pieces,
            pos: found.pos,
        })
        .collect())
}
