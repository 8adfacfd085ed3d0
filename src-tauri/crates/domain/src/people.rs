//! People: who may do what, and how often a wrong PIN may be tried.
//!
//! A badge identifies, a PIN proves; a PIN alone counts only on an enrolled workstation, whose key
//! is the second factor (OWASP ASVS 5.0, 6.3.3). Failed tries lock the *person*, with growing
//! waits that survive a restart. Hashing and storing are not here.

use crate::message::Refusal;
use crate::time::{Instant, Span};
use serde::{Deserialize, Serialize};

/// What someone is allowed, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees, and changes nothing.
    Auditor,
    /// Works on the floor.
    Clerk,
    /// Decides cases, counts, people.
    Supervisor,
}

impl Role {
    /// The name in the catalogue and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::Clerk => "clerk",
            Self::Supervisor => "supervisor",
        }
    }

    /// Reads the name back.
    pub fn read(name: &str) -> Option<Self> {
        [Self::Auditor, Self::Clerk, Self::Supervisor]
            .into_iter()
            .find(|role| role.name() == name)
    }
}

/// Wrong tries that are free.
pub const FREE_TRIES: u32 = 5;
/// Minutes of waiting after the free tries, then after each further one.
const WAITS: [i64; 4] = [1, 5, 15, 60];

/// Someone's wrong tries so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tries {
    /// In a row.
    pub failures: u32,
    /// No try counts before this.
    pub locked_until: Instant,
}

impl Tries {
    /// Whether a try counts now.
    ///
    /// # Errors
    /// The refusal that says how long to wait.
    pub fn admit(&self, now: Instant) -> Result<(), Refusal> {
        let left = self.locked_until.since(now).as_millis();
        if left > 0 {
            return Err(says::locked(left.div_euclid(60_000).saturating_add(1)));
        }
        Ok(())
    }

    /// A wrong try.
    #[must_use]
    pub fn failed(self, now: Instant) -> Self {
        let failures = self.failures.saturating_add(1);
        let beyond = failures
            .checked_sub(FREE_TRIES)
            .and_then(|n| usize::try_from(n).ok());
        let locked_until = match beyond {
            Some(n) => {
                let minutes = WAITS.get(n).or(WAITS.last()).copied().unwrap_or(60);
                now.plus(Span::minutes(minutes))
            }
            None => self.locked_until,
        };
        Self {
            failures,
            locked_until,
        }
    }

    /// Free tries that are left.
    pub fn left(&self) -> u32 {
        FREE_TRIES.saturating_sub(self.failures)
    }
}

/// Whether a PIN is one that cannot be guessed at a glance: 6 to 12 digits, neither all equal nor a run.
///
/// # Errors
/// The refusal that says the rule.
pub fn check_pin(pin: &str) -> Result<(), Refusal> {
    let digits: Vec<u8> = pin.bytes().collect();
    let only_digits = digits.iter().all(u8::is_ascii_digit);
    let steps: Vec<i16> = digits
        .windows(2)
        .filter_map(|w| match w {
            [a, b] => Some(i16::from(*b).saturating_sub(i16::from(*a))),
            _ => None,
        })
        .collect();
    let monotone = [0, 1, -1]
        .into_iter()
        .any(|step| steps.iter().all(|s| *s == step));
    if !(6..=12).contains(&digits.len()) || !only_digits || monotone {
        return Err(says::weak_pin());
    }
    Ok(())
}

/// What people may be told about themselves.
pub mod says {
    crate::messages! {
        yes {
            /// Signed in.
            signed_in(name) = "people.signed_in";
            /// Signed out.
            signed_out(name) = "people.signed_out";
            /// The badge of who is signed in anyway.
            here_already(name) = "people.here_already";
        }
        no {
            /// Nobody is signed in.
            sign_in_first() = "people.sign_in_first";
            /// The PIN is wrong.
            wrong_pin(left) = "people.wrong_pin";
            /// Too many wrong tries.
            locked(minutes) = "people.locked";
            /// A badge said who; the PIN must prove it.
            enter_pin(name) = "people.enter_pin";
            /// The badge is nobody's here.
            unknown_badge() = "people.unknown_badge";
            /// No such person here.
            unknown(name) = "people.unknown";
            /// The role does not allow it.
            not_allowed(command, role) = "people.not_allowed";
            /// The PIN is too easy.
            weak_pin() = "people.weak_pin";
            /// There are people already.
            exists() = "people.exists";
            /// A name is needed.
            bad_name() = "people.bad_name";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_tries_are_free_then_the_waits_grow() {
        let mut tries = Tries::default();
        let now = Instant::from_millis(0);
        let mut waits = Vec::new();
        for _ in 0..9 {
            tries = tries.failed(now);
            waits.push(tries.locked_until.as_millis().max(0) / 60_000);
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 5, 15, 60, 60]);
        assert!(tries.admit(now).is_err());
    }

    #[test]
    fn runs_and_repetitions_are_no_pins() {
        for weak in [
            "123456",
            "987654",
            "111111",
            "12345",
            "1234567890123",
            "13579a",
        ] {
            assert!(check_pin(weak).is_err(), "{weak}");
        }
        assert!(check_pin("271828").is_ok());
    }
}
