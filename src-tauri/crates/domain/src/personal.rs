//! Personal data: text about a living person that must never slip into a log.
//!
//! [`Personal`] prints masked, always. It has no `Serialize` of its own: a field that is to be sent
//! in clear says so where it is declared (`#[serde(with = "personal::clear")]`), so that every place
//! where personal data leaves memory can be found by one search. The masking functions are what
//! windows, labels and findings show.
//!
//! Not here: encryption at rest (the store's), deciding who may see what (the rooms').

use std::fmt;

/// How many digits of a telephone number are hidden unless a setting says otherwise.
pub const PHONE_DIGITS_HIDDEN: usize = 6;

/// Text about a person: a name, identity number, telephone number or address; empty when not given.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, ts_rs::TS)]
#[ts(type = "string")]
pub struct Personal(String);

impl Personal {
    /// Takes the text as it was sent.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text in clear. Call it only where the person's data is meant to go out.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text as it may be shown, by what it is.
    pub fn masked(&self, kind: PersonalKind) -> String {
        match kind {
            PersonalKind::Name => mask_name(&self.0),
            PersonalKind::Phone => mask_phone(&self.0, PHONE_DIGITS_HIDDEN),
            PersonalKind::IdNumber => mask_id_number(&self.0),
            PersonalKind::Address => mask_address(&self.0),
            PersonalKind::Other => mask_all(&self.0),
        }
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Personal({})", mask_all(&self.0))
    }
}

impl fmt::Display for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask_all(&self.0))
    }
}

/// Serialising in clear, on purpose: for documents sent to a party of the trade.
pub mod clear {
    use super::Personal;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the text in clear.
    ///
    /// # Errors
    /// The serializer's own.
    pub fn serialize<S: Serializer>(value: &Personal, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(value.reveal())
    }

    /// Reads text in clear.
    ///
    /// # Errors
    /// The deserializer's own.
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Personal, D::Error> {
        String::deserialize(d).map(Personal::new)
    }
}

/// What a personal text is; decides how it is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonalKind {
    /// A person's name: the surname stays.
    Name,
    /// A telephone number: the middle digits go.
    Phone,
    /// An identity document's number: only its length class and last character stay.
    IdNumber,
    /// An address: unit and room go.
    Address,
    /// Anything else: all of it goes.
    Other,
}

fn mask_all(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        "***".into()
    }
}

/// The surname (or first word) and one star: `欧阳修` gives `欧阳*`, `甲乙` gives `甲*`.
pub fn mask_name(name: &str) -> String {
    const TWO_CHARACTER_SURNAMES: &[&str] = &[
        "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯",
        "诸葛", "尉迟", "公羊", "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠",
        "公孙", "慕容", "仲孙", "钟离", "长孙", "宇文", "司徒", "鲜于", "司空", "令狐",
    ];
    let name = name.trim();
    if name.is_empty() {
        return String::new();
    }
    let surname = TWO_CHARACTER_SURNAMES
        .iter()
        .find(|s| name.starts_with(**s) && name.chars().count() > 2)
        .map_or_else(
            || name.chars().next().map(String::from).unwrap_or_default(),
            |s| (*s).to_owned(),
        );
    surname + "*"
}

/// Hides `hidden` digits in the middle of a telephone number: `13812345634` gives `138******34`.
///
/// A number with so few digits that none would stay at either end is hidden whole.
pub fn mask_phone(phone: &str, hidden: usize) -> String {
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let stays = digits.saturating_sub(hidden);
    if stays < 2 {
        return "*".repeat(phone.trim().chars().count());
    }
    // The head keeps the longer part: it names the network or the town, not the person.
    let head = stays.div_ceil(2);
    let mut seen = 0;
    phone
        .trim()
        .chars()
        .map(|c| {
            if !c.is_ascii_digit() {
                return c;
            }
            seen += 1;
            if seen > head && seen <= head + hidden {
                '*'
            } else {
                c
            }
        })
        .collect()
}

/// Only the last character of an identity number stays, and how long it is.
pub fn mask_id_number(number: &str) -> String {
    let number = number.trim();
    let length = number.chars().count();
    number
        .chars()
        .enumerate()
        .map(|(at, c)| if at + 1 < length { '*' } else { c })
        .collect()
}

/// Keeps an address down to street and house number; building, unit, floor and room become `***`.
///
/// The cut is after the last `路…号`-like house number, or where neither is found after the first
/// half, so that a free-form address is never shown whole.
pub fn mask_address(address: &str) -> String {
    const ENDS_OF_THE_PUBLIC_PART: &[char] = &[
        '省', '市', '区', '县', '旗', '镇', '乡', '路', '街', '道', '巷',
    ];
    let address = address.trim();
    let characters: Vec<char> = address.chars().collect();
    let house = characters
        .iter()
        .position(|c| matches!(c, '号' | '號' | '弄'));
    let street = characters
        .iter()
        .rposition(|c| ENDS_OF_THE_PUBLIC_PART.contains(c));
    let keep = match (house, street) {
        (Some(house), _) => house + 1,
        (None, Some(street)) => street + 1,
        (None, None) => characters.len() / 2,
    };
    if characters.is_empty() {
        return String::new();
    }
    let public: String = characters.iter().take(keep).collect();
    public + "***"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_person_never_prints_in_clear() {
        let name = Personal::new("甲子");
        assert_eq!(format!("{name} {name:?}"), "*** Personal(***)");
        assert_eq!(Personal::default().to_string(), "");
    }

    #[test]
    fn each_kind_keeps_what_a_clerk_needs_and_no_more() {
        assert_eq!(mask_phone("13812345634", 6), "138******34");
        assert_eq!(mask_phone("13812345634", 4), "1381****634");
        assert_eq!(mask_phone("029-8765432", 6), "02*-*****32");
        assert_eq!(mask_phone("110", 6), "***");
        assert_eq!(mask_name("欧阳甲"), "欧阳*");
        assert_eq!(mask_name("甲子"), "甲*");
        assert_eq!(mask_id_number("110101198102020031"), "*****************1");
        assert_eq!(
            mask_address("陕西省西安市高新区测试路1号3单元502室"),
            "陕西省西安市高新区测试路1号***"
        );
        assert_eq!(mask_address("哈布斯堡"), "哈布***");
    }

    proptest! {
        #[test]
        fn a_masked_phone_hides_at_least_the_asked_width(phone in "[0-9]{8,15}", hidden in 4_usize..=8) {
            let shown = mask_phone(&phone, hidden);
            prop_assert_eq!(shown.chars().count(), phone.len());
            prop_assert!(shown.matches('*').count() >= hidden);
        }
    }
}
