//! Calls and answers on their way: lost, doubled, late and out of order.

use bondhouse_domain::ids::{FeedPos, Fence, OrderKey, Seq};
use bondhouse_domain::journal::{Hash, Series};
use bondhouse_domain::personal::Personal;
use bondhouse_domain::time::Instant;
use bondhouse_protocol::versions::Range;
use bondhouse_protocol::wire::{
    Cursor, Digest, Held, Outcome, Push, SyncRequest, SyncResponse, Verdict as Judged,
};
use bondhouse_store::{Acked, Consignee, Contact, Grant, Page, Revoke, Verdict};

/// A call, as far as the protocol's core speaks of it.
#[derive(Clone)]
pub(super) struct Call {
    /// Which machine made it: where the answer goes.
    pub(super) machine: usize,
    pub(super) nonce: u64,
    /// What its program speaks.
    pub(super) proto: Range,
    pub(super) series: Series,
    pub(super) epoch: u32,
    pub(super) push: Push,
    pub(super) cursor: (FeedPos, Hash),
    pub(super) held: Vec<(OrderKey, Fence)>,
    pub(super) want: usize,
    /// Its view, to be compared.
    pub(super) digest: Option<Digest>,
}

impl Call {
    /// The call as it is sent.
    pub(super) fn request(&self) -> SyncRequest {
        SyncRequest {
            proto: self.proto,
            app: "simulated".to_owned(),
            series: self.series.clone(),
            authority_epoch: self.epoch,
            nonce: format!("nonce-{:016}", self.nonce),
            boot_ms: 0,
            wall: Instant::from_millis(0),
            push: self.push.clone(),
            cursor: Cursor {
                pos: self.cursor.0,
                hash: self.cursor.1,
            },
            held: self
                .held
                .iter()
                .map(|(order, fence)| Held {
                    order: order.clone(),
                    fence: *fence,
                })
                .collect(),
            want_orders: u32::try_from(self.want).unwrap_or(u32::MAX),
            acts: Vec::new(),
            digest: self.digest.clone(),
        }
    }
}

/// An answer.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) nonce: u64,
    pub(super) said: Said,
}

/// What was answered.
#[derive(Clone)]
pub(super) enum Said {
    /// The call was worked through.
    Done {
        server_time: Instant,
        epoch: u32,
        page: Box<Page>,
        need_from: Option<Seq>,
        resnapshot: bool,
        /// Whether the views agree, where they were compared.
        agrees: Option<bool>,
    },
    /// The caller's program is too old or too new: it must be changed before it is heard.
    TooOld,
    /// This life of the store may not call any more.
    Stopped,
}

/// The platform's answer, as a workstation's books take it in.
pub(super) fn page_of(answer: SyncResponse) -> Said {
    let grants = answer.grants.into_iter().map(|grant| Grant {
        lease: grant.lease,
        consignee: grant.consignee.map(|consignee| Consignee {
            name: consignee.name,
            phone: consignee.phone,
            address: consignee.address,
            salt: Personal::new(consignee.salt),
        }),
    });
    let revokes = answer.revokes.into_iter().map(|revoke| Revoke {
        order: revoke.order,
        fence: revoke.fence,
    });
    let page = Page {
        entries: answer.feed,
        grants: grants.collect(),
        revokes: revokes.collect(),
        acked: Some(Acked {
            seq: answer.acked.position.seq,
            hash: answer.acked.position.hash,
            pos: answer.acked.pos,
            signature: answer.acked.receipt,
        }),
        verdicts: answer.verdicts.iter().map(verdict).collect(),
        contact: Contact::Reached {
            at: answer.server_time,
            customs_fresh_at: answer.customs_fresh_at,
        },
    };
    Said::Done {
        server_time: answer.server_time,
        epoch: answer.authority_epoch,
        page: Box::new(page),
        need_from: answer.need_from,
        resnapshot: answer.resnapshot,
        agrees: answer.digest_ok,
    }
}

fn verdict(judged: &Judged) -> Verdict {
    match judged.outcome {
        Outcome::Applied => Verdict::Applied(judged.seq),
        Outcome::AppliedWithException { code } => Verdict::Exception(judged.seq, code),
        Outcome::Parked => Verdict::Parked(judged.seq),
    }
}

/// Something on its way.
#[derive(Clone)]
pub(super) enum Packet {
    Call(Box<Call>),
    Answer(usize, Box<Answer>),
}
