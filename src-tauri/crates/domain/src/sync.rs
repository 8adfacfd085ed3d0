//! Sync, as people are told about it; the transport is the `protocol` crate's.

/// What sync may say.
pub mod says {
    crate::messages! {
        yes {
            /// Journal and feed are level with the authority.
            up_to_date() = "sync.up_to_date";
        }
        no {
            /// The feed speaks of something this version does not know.
            update_needed(kind) = "sync.update_needed";
            /// The authority refuses this workstation.
            refused(status) = "sync.refused";
            /// Signature or chain of the answer is wrong: nothing of it was used.
            bad_answer() = "sync.bad_answer";
            /// The answer is of an earlier life of the authority than we have heard of.
            old_authority() = "sync.old_authority";
            /// The authority holds another journal of this workstation.
            forked() = "sync.forked";
        }
    }
}
