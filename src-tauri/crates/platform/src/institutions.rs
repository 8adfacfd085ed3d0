//! Payment institutions in their own words: what each calls a trade, and what its states mean.
//!
//! Every institution may push CEB411. Three also push the notice of a trade as they send it to shops,
//! each with field names, states, units and times of its own; the table below is all that is known of
//! them here, and reading a notice yields a CEB411, a trade that was closed, or money given back.
//!
//! | `payCode` | institution | amount | paid | given back | closed | not yet | failed |
//! |---|---|---|---|---|---|---|---|
//! | `312226T001` | 支付宝 Alipay | yuan | `TRADE_SUCCESS`, `TRADE_FINISHED` | `refund_fee` beside them | `TRADE_CLOSED` | `WAIT_BUYER_PAY` | – |
//! | `440316T004` | 财付通 Tenpay (WeChat) | fen | `SUCCESS` | `REFUND` | `CLOSED`, `REVOKED` | `NOTPAY`, `USERPAYING` | `PAYERROR` |
//! | `110896T004` | 网银在线 Chinabank | yuan | `20` | `40` | `50` | `10` | `30` |
//!
//! Codes are of the spec's section 3.2; field names follow the institutions' public interfaces and are
//! to be tried against their sandboxes before use. A state that is not in the table is refused and
//! never guessed at. A new institution is a row here.

use crate::error::{Error, Result};
use crate::says;
use axum::http::StatusCode;
use bondhouse_domain::customs::{Filing, Payment};
use bondhouse_domain::personal::Personal;
use bondhouse_domain::quantity::Money;
use bondhouse_domain::time::{Instant, Zone};
use chrono::{DateTime, NaiveDateTime};
use serde_json::Value;

/// In what an institution counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// Yuan with at most two decimals.
    Yuan,
    /// Whole fen; a decimal point is a mistake.
    Fen,
}

/// What a state means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Paid,
    Back,
    Closed,
    /// Nothing has happened yet, or nothing ever will.
    Nothing,
}

/// One institution's words. Fields are JSON pointers into its notice.
#[derive(Debug)]
pub(crate) struct Institution {
    pay_code: &'static str,
    name: &'static str,
    unit: Unit,
    trade: &'static str,
    order: &'static str,
    state: &'static str,
    amount: &'static str,
    /// What was given back, where a notice says it beside what was paid.
    back: &'static str,
    back_no: &'static str,
    currency: &'static str,
    /// What it calls yuan.
    yuan: &'static [&'static str],
    paid_at: &'static str,
    payer_name: &'static str,
    payer_id: &'static str,
    states: &'static [(&'static str, Meaning)],
}

/// Every institution whose words are known.
pub(crate) const INSTITUTIONS: &[Institution] = &[
    Institution {
        pay_code: "312226T001",
        name: "支付宝",
        unit: Unit::Yuan,
        trade: "/trade_no",
        order: "/out_trade_no",
        state: "/trade_status",
        amount: "/total_amount",
        back: "/refund_fee",
        back_no: "/out_biz_no",
        currency: "/trans_currency",
        yuan: &["CNY"],
        paid_at: "/gmt_payment",
        payer_name: "/buyer_info/name",
        payer_id: "/buyer_info/cert_no",
        states: &[
            ("WAIT_BUYER_PAY", Meaning::Nothing),
            ("TRADE_SUCCESS", Meaning::Paid),
            ("TRADE_FINISHED", Meaning::Paid),
            ("TRADE_CLOSED", Meaning::Closed),
        ],
    },
    Institution {
        pay_code: "440316T004",
        name: "财付通",
        unit: Unit::Fen,
        trade: "/transaction_id",
        order: "/out_trade_no",
        state: "/trade_state",
        amount: "/amount/total",
        back: "/amount/refund",
        back_no: "/out_refund_no",
        currency: "/amount/currency",
        yuan: &["CNY"],
        paid_at: "/success_time",
        payer_name: "/payer/name",
        payer_id: "/payer/cert_id",
        states: &[
            ("NOTPAY", Meaning::Nothing),
            ("USERPAYING", Meaning::Nothing),
            ("PAYERROR", Meaning::Nothing),
            ("SUCCESS", Meaning::Paid),
            ("REFUND", Meaning::Back),
            ("CLOSED", Meaning::Closed),
            ("REVOKED", Meaning::Closed),
        ],
    },
    Institution {
        pay_code: "110896T004",
        name: "网银在线",
        unit: Unit::Yuan,
        trade: "/v_idx",
        order: "/v_oid",
        state: "/v_pstatus",
        amount: "/v_amount",
        back: "/v_refamount",
        back_no: "/v_refno",
        currency: "/v_moneytype",
        yuan: &["CNY", "0"],
        paid_at: "/v_paytime",
        payer_name: "/v_payername",
        payer_id: "/v_payerid",
        states: &[
            ("10", Meaning::Nothing),
            ("20", Meaning::Paid),
            ("30", Meaning::Nothing),
            ("40", Meaning::Back),
            ("50", Meaning::Closed),
        ],
    },
];

/// What a notice comes to.
#[derive(Debug)]
pub(crate) enum Trade {
    /// The buyer paid.
    Paid(Box<Payment>),
    /// The buyer got so much back, under this number.
    Back {
        transaction: String,
        refund_no: String,
        amount: Money,
    },
    /// The trade was closed: what was paid of it is not.
    Closed { transaction: String },
    /// Nothing that matters here has happened.
    Nothing { transaction: String },
}

impl Trade {
    /// The institution's number of the trade.
    pub(crate) fn transaction(&self) -> &str {
        match self {
            Self::Paid(payment) => &payment.pay_transaction_id,
            Self::Back { transaction, .. }
            | Self::Closed { transaction }
            | Self::Nothing { transaction } => transaction,
        }
    }
}

/// The institution that has a code.
///
/// # Errors
/// A refusal when its words are not known: it pushes CEB411 then.
pub(crate) fn of(pay_code: &str) -> Result<&'static Institution> {
    INSTITUTIONS
        .iter()
        .find(|institution| institution.pay_code == pay_code)
        .ok_or_else(|| refused(says::unknown_institution(pay_code)))
}

fn refused(refusal: bondhouse_domain::message::Refusal) -> Error {
    Error::refused(StatusCode::UNPROCESSABLE_ENTITY, refusal)
}

impl Institution {
    /// Reads a notice. `platform` is the shop's code, which the institution knows by an account of its own.
    ///
    /// # Errors
    /// A refusal when something is missing, in another currency, or no state of this institution.
    pub(crate) fn read(&self, notice: &Value, zone: Zone) -> Result<Trade> {
        let transaction = self.needed(notice, self.trade)?;
        let state = self.needed(notice, self.state)?;
        let meaning = self.states.iter().find(|(name, _)| *name == state);
        let Some((_, meaning)) = meaning else {
            return Err(refused(says::unknown_trade_state(&transaction, state)));
        };
        match meaning {
            Meaning::Nothing => Ok(Trade::Nothing { transaction }),
            Meaning::Closed => Ok(Trade::Closed { transaction }),
            Meaning::Back => self.back(notice, transaction),
            // The same state goes on while money is given back in parts.
            Meaning::Paid if text(notice, self.back).is_some() => self.back(notice, transaction),
            Meaning::Paid => self.paid(notice, transaction, zone),
        }
    }

    fn back(&self, notice: &Value, transaction: String) -> Result<Trade> {
        Ok(Trade::Back {
            refund_no: self.needed(notice, self.back_no)?,
            amount: self.money(notice, self.back)?,
            transaction,
        })
    }

    fn paid(&self, notice: &Value, transaction: String, zone: Zone) -> Result<Trade> {
        // Where an institution leaves the currency out it is yuan: it knows no other without saying so.
        if let Some(currency) = text(notice, self.currency)
            && !self.yuan.contains(&currency.as_str())
        {
            return Err(refused(says::payment_currency(&transaction, currency)));
        }
        let paid_at = self.needed(notice, self.paid_at)?;
        let pay_time = instant(&paid_at, zone)
            .ok_or_else(|| refused(says::incomplete(self.field(self.paid_at))))?;
        Ok(Trade::Paid(Box::new(Payment {
            filing: Filing {
                app_type: "1".to_owned(),
                app_time: Some(pay_time),
                app_status: "2".to_owned(),
                ..Filing::default()
            },
            pay_code: self.pay_code.to_owned(),
            pay_name: self.name.to_owned(),
            pay_transaction_id: transaction,
            order_no: self.needed(notice, self.order)?,
            ebp_code: self.needed(notice, "/ebp_code")?,
            ebp_name: text(notice, "/ebp_name").unwrap_or_default(),
            payer_id_type: "1".to_owned(),
            payer_id_number: Personal::new(self.needed(notice, self.payer_id)?),
            payer_name: Personal::new(self.needed(notice, self.payer_name)?),
            amount_paid: self.money(notice, self.amount)?,
            currency: "142".to_owned(),
            pay_time: Some(pay_time),
            ..Payment::default()
        })))
    }

    fn field(&self, pointer: &'static str) -> &'static str {
        pointer.trim_start_matches('/')
    }

    fn needed(&self, notice: &Value, pointer: &'static str) -> Result<String> {
        text(notice, pointer).ok_or_else(|| refused(says::incomplete(self.field(pointer))))
    }

    /// An amount in the institution's unit, exactly.
    fn money(&self, notice: &Value, pointer: &'static str) -> Result<Money> {
        let said = self.needed(notice, pointer)?;
        let wrong = || refused(says::trade_amount(self.field(pointer), self.name));
        let units = said.parse::<Money>().map_err(|_| wrong())?.units();
        // A yuan is 100 000 units, a fen 1 000.
        match self.unit {
            Unit::Yuan if units % 1_000 == 0 => Ok(Money::from_units(units)),
            Unit::Fen if units % 100_000 == 0 => Ok(Money::from_units(units / 100)),
            Unit::Yuan | Unit::Fen => Err(wrong()),
        }
    }
}

/// A text or number of a notice as text; nothing when it is absent or empty.
fn text(notice: &Value, pointer: &str) -> Option<String> {
    match notice.pointer(pointer)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `2026-11-22 10:00:00` in the institution's zone, `20261122100000`, or a time that names its own.
fn instant(text: &str, zone: Zone) -> Option<Instant> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(Instant::from_millis(at.timestamp_millis()));
    }
    ["%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .and_then(|civil| zone.instant(civil))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_institutions_share_a_code_and_no_state_means_two_things() {
        let codes: BTreeSet<_> = INSTITUTIONS.iter().map(|one| one.pay_code).collect();
        assert_eq!(codes.len(), INSTITUTIONS.len());
        for one in INSTITUTIONS {
            let states: BTreeSet<_> = one.states.iter().map(|(state, _)| state).collect();
            assert_eq!(states.len(), one.states.len(), "{}", one.name);
            assert!(
                one.states
                    .iter()
                    .any(|(_, meaning)| *meaning == Meaning::Paid)
            );
        }
    }

    #[test]
    fn times_are_read_in_the_zone_they_are_said_in() {
        let ten = instant("2026-11-22 10:00:00", Zone::SHANGHAI).unwrap();
        for same in [
            "2026-11-22T10:00:00+08:00",
            "2026-11-22T02:00:00Z",
            "20261122100000",
        ] {
            assert_eq!(instant(same, Zone::SHANGHAI), Some(ten), "{same}");
        }
        assert_eq!(
            instant("Mon Aug 06 10:26:43 CST 2018", Zone::SHANGHAI),
            None
        );
    }
}
