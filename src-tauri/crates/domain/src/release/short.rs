//! An order that is set aside half verified: what is missing is not where the books have it.
//!
//! It is told once a lease, whatever is tried afterwards; nothing is picked instead, because another lot
//! was never reserved (sync protocol, section 2.3).

use super::Release;
use crate::facts::{CaseRaised, Fact};
use crate::ids::CaseId;
use crate::orders::CaseCode;

impl Release {
    /// What a supervisor is told of an order that is set aside now, when some of it was verified and some
    /// is missing.
    pub(super) fn short(&self) -> Option<Fact> {
        let begun = self.lines.iter().any(|line| line.verified.is_positive());
        let missing = self.lines.iter().any(|line| line.open().is_positive());
        let (order, fence) = (&self.right.order, self.fence.0);
        (begun && missing).then(|| {
            Fact::CaseRaised(CaseRaised {
                case: CaseId::new(format!("{order}/{fence}/short")),
                code: CaseCode::ShortPick,
                room: "release".into(),
                about: order.to_string(),
            })
        })
    }
}
