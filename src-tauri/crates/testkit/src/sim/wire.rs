//! Calls and answers on their way: lost, doubled, late and out of order.

use bondhouse_domain::ids::{FeedPos, Fence, OrderKey, Seq};
use bondhouse_domain::journal::{Hash, Series};
use bondhouse_domain::time::Instant;
use bondhouse_protocol::wire::Push;
use bondhouse_store::Page;

/// A call, as far as the protocol's core speaks of it.
#[derive(Clone)]
pub(super) struct Call {
    /// Which machine made it: where the answer goes.
    pub(super) machine: usize,
    pub(super) nonce: u64,
    pub(super) series: Series,
    pub(super) epoch: u32,
    pub(super) push: Push,
    pub(super) cursor: (FeedPos, Hash),
    pub(super) held: Vec<(OrderKey, Fence)>,
    pub(super) want: usize,
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
    },
    /// This life of the store may not call any more.
    Stopped,
}

/// Something on its way.
#[derive(Clone)]
pub(super) enum Packet {
    Call(Box<Call>),
    Answer(usize, Box<Answer>),
}
