//! The sync transport: how a workstation and its authority talk.
//!
//! One endpoint, `POST /v1/sync`. Every call is self-contained and may be repeated: it pushes the
//! journal's tail, pulls the feed, takes grants and revocations, asks for online acts and compares
//! digests. A lost reply costs nothing but the repetition.
//!
//! * [`wire`] — what is said, as JSON;
//! * [`envelope`] — how it travels: zstd with a cap, and a signature over the exact bytes;
//! * [`page`] — how much goes into one call;
//! * [`push`] — the server's rule for a pushed tail, pure;
//! * [`checkpoint`] — what a feed had come to when a day ended, signed for others to keep;
//! * [`versions`] — which protocol numbers understand each other.
//!
//! Not here: HTTP itself, storage, and judging what facts mean.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test stops at the first surprise"
    )
)]

pub mod checkpoint;
pub mod envelope;
pub mod page;
pub mod push;
pub mod versions;
pub mod wire;
