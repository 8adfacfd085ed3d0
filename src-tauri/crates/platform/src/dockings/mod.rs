//! Dockings: where other systems call in, each with a key of its own and seeing only its own.
//!
//! | docking | who | may |
//! |---|---|---|
//! | [`shop`], [`sheets`], [`callbacks`] | an e-commerce platform | send, change and cancel its orders, see them, be told |
//! | [`payer`] | a payment institution | send its payments |
//! | [`carrier`] | a carrier | fill its number pool, fetch its waybills |
//! | [`forwarder`] | a freight forwarder | announce goods, report milestones |
//! | [`inspection`] | inspection and quarantine | fetch applications, order holds, releases and destruction |
//! | [`customs`] | customs' gateway | fetch what we declare, deliver receipts |
//! | [`merchant`] | a merchant | see its own orders, stock and clearance |
//! | [`admin`] | the operator | partners, master data, enrolment, decisions |
//! | [`workstation`] | enrolled workstations | enrol, sync |

pub(crate) mod admin;
pub(crate) mod asked;
pub(crate) mod callbacks;
pub(crate) mod carrier;
pub(crate) mod customs;
pub(crate) mod documents;
pub(crate) mod door;
pub(crate) mod forwarder;
pub(crate) mod inspection;
pub(crate) mod merchant;
pub(crate) mod payer;
pub(crate) mod sheets;
pub(crate) mod shop;
pub(crate) mod signature;
pub(crate) mod workstation;

use crate::authority::View;
use crate::error::{Error, Result};
use crate::orders::Taken;
use crate::rows::values;
use crate::says;
use axum::http::StatusCode;
use bondhouse_domain::ids::WarehouseId;
use bondhouse_domain::message::Message;
use data_encoding::HEXLOWER_PERMISSIVE;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

/// What a partner is to the warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// An e-commerce platform; its code is the `ebpCode` of its orders.
    Shop,
    /// A payment institution; its code is the `payCode` of its payments.
    Payer,
    /// A carrier; its code is the `logisticsCode` of its waybills.
    Carrier,
    /// A freight forwarder or overseas warehouse.
    Forwarder,
    /// The gateway to customs.
    Customs,
    /// Inspection and quarantine.
    Inspection,
    /// A merchant looking at its own; its code is the `ebcCode` of its goods.
    Merchant,
}

/// Who calls, once its signature was checked.
#[derive(Debug, Clone)]
pub(crate) struct Partner {
    /// The key id it signs with.
    pub(crate) id: String,
    /// The warehouse it deals with.
    pub(crate) warehouse: WarehouseId,
    /// What it is.
    pub(crate) kind: Kind,
    /// The registration code it speaks for.
    pub(crate) code: String,
    /// Whether its documents are handed on to customs for it.
    pub(crate) forwards: bool,
    /// Its own rate, where it has one.
    pub(crate) calls_per_second: Option<u32>,
    /// The largest body it may send, where it has a limit of its own.
    pub(crate) most_body: Option<usize>,
    /// The key it signs with; without one it signs with the secret.
    pub(crate) public_key: Option<VerifyingKey>,
}

/// A partner and its secret, by key id; only active ones.
pub(crate) fn find(view: &View<'_>, id: &str) -> Result<Option<(Partner, Vec<u8>)>> {
    let found = view.rows.one(
        "SELECT partner, warehouse, kind, code, forwards, secret, calls_per_second, most_body, public_key FROM partners \
         WHERE partner = ?1 AND active = 1",
        values![id],
        |row| {
            let partner = Partner {
                id: row.text(0)?,
                warehouse: WarehouseId::new(row.text(1)?),
                kind: crate::rows::named(row.text(2)?)?,
                code: row.text(3)?,
                forwards: row.flag(4)?,
                calls_per_second: row.maybe_int(6)?.and_then(|n| u32::try_from(n).ok()),
                most_body: row.maybe_int(7)?.and_then(|n| usize::try_from(n).ok()),
                public_key: row
                    .maybe_text(8)?
                    .map(|hex| read_key(&hex).ok_or_else(|| Error::broken("a stored key is no key")))
                    .transpose()?,
            };
            Ok((partner, row.bytes(5)?))
        },
    )?;
    found
        .map(|(partner, sealed)| {
            let secret = view.keys.unseal(&secret_place(&partner.id), &sealed)?;
            Ok((partner, secret))
        })
        .transpose()
}

/// An Ed25519 public key in hexadecimal; weak ones are none.
pub(crate) fn read_key(hex: &str) -> Option<VerifyingKey> {
    let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?;
    VerifyingKey::try_from(bytes.as_slice())
        .ok()
        .filter(|key| !key.is_weak())
}

pub(crate) fn secret_place(id: &str) -> String {
    format!("partners|secret|{id}")
}

impl Partner {
    /// Refuses a partner at another kind's docking.
    pub(crate) fn require(&self, kind: Kind) -> Result<()> {
        if self.kind == kind {
            return Ok(());
        }
        Err(Error::refused(StatusCode::FORBIDDEN, says::wrong_docking()))
    }
}

/// How one document of a call was taken.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Answer {
    /// Its natural number.
    number: String,
    /// `new`, `known`, `changed` or `refused`.
    taken: &'static str,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Message>,
}

impl Answer {
    /// The answer for a document; failures of ours are not answers and pass through.
    pub(crate) fn of(number: &str, taken: Result<Taken>) -> Result<Self> {
        let (taken, refusal) = match taken {
            Ok(Taken::New) => ("new", None),
            Ok(Taken::Known) => ("known", None),
            Ok(Taken::Changed) => ("changed", None),
            Err(Error::Refused { refusal, .. }) => ("refused", Some(refusal.0)),
            Err(failure) => return Err(failure),
        };
        Ok(Self {
            number: number.to_owned(),
            taken,
            refusal,
        })
    }
}

/// The answer to a call with one or more documents: 200 when all were taken, 422 when none was, else 207.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Answers {
    results: Vec<Answer>,
}

impl axum::response::IntoResponse for Answers {
    fn into_response(self) -> axum::response::Response {
        let refused = self.results.iter().filter(|a| a.refusal.is_some()).count();
        let status = match refused {
            0 => StatusCode::OK,
            n if n == self.results.len() => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::MULTI_STATUS,
        };
        (status, axum::Json(self)).into_response()
    }
}
