//! What the product says: a code and its parameters, never a sentence.
//!
//! Sentences stand in one catalogue, `assets/messages/{zh,en}.json`, read by the window, `bondctl`,
//! the platform and printed documents. Each room declares the codes it may say with
//! [`messages!`](crate::messages); the build of `app` compares [`all`] with the catalogue and stops
//! when a text or a parameter is missing in either language.
//!
//! Keys of one code: `code` (what happened), and for everything that refuses also `code.why`,
//! `code.next` and, where stock could be thought to have changed, `code.effect`.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// A catalogued code with its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
pub struct Message {
    /// The key in the catalogue, for instance `release.not_in_order`.
    #[ts(type = "string")]
    pub code: Cow<'static, str>,
    /// Values for the `{placeholders}` of its texts; never personal data.
    #[ts(type = "Record<string, string>")]
    pub params: BTreeMap<Cow<'static, str>, String>,
}

impl Message {
    /// The value of one parameter, if it was given.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }
}

impl fmt::Display for Message {
    /// For logs only: the bare code. People read the catalogue's sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)
    }
}

/// A message that says no: a result of the rules, not a failure of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Refusal(pub Message);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refusal {}

/// Whether a code says no, and so owes the reader a `why` and a `next`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Something went as asked, or is asked for: one sentence is enough.
    Yes,
    /// A refusal: the catalogue must say what, why and what next.
    No,
}

/// One code as its room declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared {
    /// The catalogue key.
    pub code: &'static str,
    /// The parameters its texts may use, and must receive.
    pub params: &'static [&'static str],
    /// Whether it refuses.
    pub says: Says,
}

/// Declares the codes of a room: constructor functions and the list [`all`] gathers.
///
/// ```
/// bondhouse_domain::messages! {
///     yes {
///         /// The item was counted.
///         counted(item, left) = "example.counted";
///     }
///     no {
///         /// The item belongs to another order.
///         not_in_order(item) = "example.not_in_order";
///     }
/// }
/// assert_eq!(not_in_order("9421901881276").0.param("item"), Some("9421901881276"));
/// assert_eq!(MESSAGES.len(), 2);
/// ```
#[macro_export]
macro_rules! messages {
    (
        yes { $($(#[$ydoc:meta])* $yname:ident ( $($yparam:ident),* ) = $ycode:literal;)* }
        no { $($(#[$ndoc:meta])* $nname:ident ( $($nparam:ident),* ) = $ncode:literal;)* }
    ) => {
        $(
            $(#[$ydoc])*
            pub fn $yname($($yparam: impl ::std::string::ToString),*) -> $crate::message::Message {
                $crate::message::Message {
                    code: ::std::borrow::Cow::Borrowed($ycode),
                    params: [$((::std::borrow::Cow::Borrowed(stringify!($yparam)), $yparam.to_string())),*]
                        .into_iter()
                        .collect(),
                }
            }
        )*
        $(
            $(#[$ndoc])*
            pub fn $nname($($nparam: impl ::std::string::ToString),*) -> $crate::message::Refusal {
                $crate::message::Refusal($crate::message::Message {
                    code: ::std::borrow::Cow::Borrowed($ncode),
                    params: [$((::std::borrow::Cow::Borrowed(stringify!($nparam)), $nparam.to_string())),*]
                        .into_iter()
                        .collect(),
                })
            }
        )*
        /// Every code this room may say.
        pub const MESSAGES: &[$crate::message::Declared] = &[
            $($crate::message::Declared {
                code: $ycode,
                params: &[$(stringify!($yparam)),*],
                says: $crate::message::Says::Yes,
            },)*
            $($crate::message::Declared {
                code: $ncode,
                params: &[$(stringify!($nparam)),*],
                says: $crate::message::Says::No,
            },)*
        ];
    };
}

/// Every code the product may say, room by room.
pub fn all() -> impl Iterator<Item = &'static Declared> {
    [
        crate::cases::says::MESSAGES,
        crate::clearance::says::MESSAGES,
        crate::clearance::reasons::says::MESSAGES,
        crate::comparison::says::MESSAGES,
        crate::customs::says::MESSAGES,
        crate::labels::says::MESSAGES,
        crate::ledger::reconciliation::says::MESSAGES,
        crate::reports::says::MESSAGES,
        crate::leases::says::MESSAGES,
        crate::offline::says::MESSAGES,
        crate::orders::says::MESSAGES,
        crate::scale::says::MESSAGES,
        crate::scanner::says::MESSAGES,
        crate::peripheral::says::MESSAGES,
        crate::scanner::clinic::says::MESSAGES,
        crate::intake::says::MESSAGES,
        crate::release::says::MESSAGES,
        crate::gate::says::MESSAGES,
        crate::stock::put_away::says::MESSAGES,
        crate::people::says::MESSAGES,
        crate::settlement::says::MESSAGES,
        crate::station::says::MESSAGES,
        crate::sync::says::MESSAGES,
        crate::task::says::MESSAGES,
        crate::tax::says::MESSAGES,
    ]
    .into_iter()
    .flatten()
}
