//! The Application Identifiers: a data file, read once.
//!
//! The file is the project's own (its head explains the format) and is held against the GS1 Syntax
//! Dictionary by a test. Identifiers are prefix-free, so reading never has to choose.

use super::checks::{self, Check};
use std::collections::BTreeMap;
use std::sync::LazyLock;

const FILE: &str = include_str!("application_identifiers.txt");

/// The character sets GS1 data may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// Digits.
    Digits,
    /// Set 82: the invariant part of ISO/IEC 646.
    Set82,
    /// Set 39: upper case, digits, `#`, `-`, `/`.
    Set39,
    /// Set 64: base64 with the alphabet for file names, padded.
    Set64,
}

/// One part of a value.
#[derive(Debug, Clone)]
pub struct Part {
    /// What characters it may have.
    pub charset: Charset,
    /// Fewest characters.
    pub min: usize,
    /// Most characters; equal to `min` for all but a last part.
    pub max: usize,
    /// Whether it may be missing.
    pub optional: bool,
    /// What it must satisfy beyond its characters, by the names of the GS1 syntax tests.
    pub checks: Vec<(&'static str, Check)>,
}

/// One Application Identifier (应用标识符).
#[derive(Debug, Clone)]
pub struct Ai {
    /// Two to four digits.
    pub code: String,
    /// Predefined length: no separator follows it.
    pub predefined: bool,
    /// May be a data attribute in the query of a Digital Link.
    pub link_attribute: bool,
    /// Its value.
    pub parts: Vec<Part>,
    /// Each entry must hold: one of its groups must be on the same goods, whole.
    pub with: Vec<Vec<Vec<&'static str>>>,
    /// None of these may be on the same goods; `n` stands for any digit.
    pub not: Vec<&'static str>,
    /// A primary key of Digital Links, with its alternative lists of qualifiers in order.
    pub key: Option<Vec<Vec<&'static str>>>,
    /// Its data title, printed beside the value.
    pub title: &'static str,
}

/// Whether `code` is `pattern`, in which `n` stands for any digit.
pub fn matches(pattern: &str, code: &str) -> bool {
    pattern.len() == code.len()
        && pattern
            .bytes()
            .zip(code.bytes())
            .all(|(p, c)| p == c || (p == b'n' && c.is_ascii_digit()))
}

static TABLE: LazyLock<BTreeMap<String, Ai>> = LazyLock::new(|| {
    FILE.lines()
        .filter_map(line)
        .flatten()
        .map(|ai| (ai.code.clone(), ai))
        .collect()
});

/// The identifiers by their first two digits, which also tell how many digits there are: every scan
/// looks here several times.
static BY_PREFIX: LazyLock<Vec<Vec<&'static Ai>>> = LazyLock::new(|| {
    let mut prefixes = vec![Vec::new(); 100];
    for ai in TABLE.values() {
        if let Some(alike) = prefix(&ai.code).and_then(|at| prefixes.get_mut(at)) {
            alike.push(ai);
        }
    }
    prefixes
});

fn prefix(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] => {
            let digit = |byte: u8| usize::from(byte.wrapping_sub(b'0'));
            Some(digit(*tens).wrapping_mul(10).wrapping_add(digit(*ones)))
        }
        _ => None,
    }
}

fn alike(text: &str) -> &'static [&'static Ai] {
    prefix(text)
        .and_then(|at| BY_PREFIX.get(at))
        .map_or(&[], Vec::as_slice)
}

/// The identifier of exactly this code.
pub fn get(code: &str) -> Option<&'static Ai> {
    alike(code).iter().find(|ai| ai.code == code).copied()
}

/// The identifier with which `data` begins.
pub fn leading(data: &str) -> Option<&'static Ai> {
    get(data.get(..code_length(data)?)?)
}

/// How many digits identifiers beginning like `data` have, if any are allocated there.
pub fn code_length(data: &str) -> Option<usize> {
    alike(data).first().map(|ai| ai.code.len())
}

/// All identifiers in order of their codes.
pub fn all() -> impl Iterator<Item = &'static Ai> {
    TABLE.values()
}

fn line(text: &'static str) -> Option<Vec<Ai>> {
    if text.starts_with('#') {
        return None;
    }
    let mut columns = text.splitn(5, '|').map(str::trim);
    let (codes, marks, value, rules) = (
        columns.next()?,
        columns.next()?,
        columns.next()?,
        columns.next()?,
    );
    let title = columns.next()?;
    let (first, last) = codes.split_once('-').unwrap_or((codes, codes));
    let (mut with, mut not, mut key) = (Vec::new(), Vec::new(), None);
    for rule in rules.split(", ").filter(|rule| !rule.is_empty()) {
        let mut words = rule.split(' ');
        match words.next()? {
            "with" => with.push(words.map(|group| group.split('+').collect()).collect()),
            "not" => not.extend(words),
            "key" => key = Some(words.map(|list| list.split('>').collect()).collect()),
            _ => return None,
        }
    }
    let ai = Ai {
        code: String::new(),
        predefined: marks.contains('='),
        link_attribute: !marks.contains('~'),
        parts: value.split(' ').map(part).collect::<Option<_>>()?,
        with,
        not,
        key,
        title,
    };
    (first.parse::<u32>().ok()?..=last.parse().ok()?)
        .map(|code| {
            Some(Ai {
                code: format!("{code:0width$}", width = first.len()),
                ..ai.clone()
            })
        })
        .collect()
}

fn part(text: &'static str) -> Option<Part> {
    let mut pieces = text.split(':');
    let shape = pieces.next()?;
    let (shape, optional) = match shape.strip_prefix('[') {
        Some(inner) => (inner.strip_suffix(']')?, true),
        None => (shape, false),
    };
    let (charset, length) = shape.split_at_checked(1)?;
    let charset = match charset {
        "N" => Charset::Digits,
        "X" => Charset::Set82,
        "Y" => Charset::Set39,
        "Z" => Charset::Set64,
        _ => return None,
    };
    let (min, max) = match length.strip_prefix("..") {
        Some(max) => (1, max.parse().ok()?),
        None => (length.parse().ok()?, length.parse().ok()?),
    };
    let checks = pieces
        .map(|name| Some((name, checks::named(name)?)))
        .collect::<Option<_>>()?;
    Some(Part {
        charset,
        min,
        max,
        optional,
        checks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_understood() {
        for text in FILE.lines().filter(|text| !text.starts_with('#')) {
            assert!(line(text).is_some(), "{text}");
        }
        assert_eq!(all().count(), 541);
    }

    #[test]
    fn no_identifier_begins_like_another() {
        for ai in all() {
            assert!(!all().any(|other| other.code != ai.code && other.code.starts_with(&ai.code)));
            assert_eq!(code_length(&ai.code), Some(ai.code.len()), "{}", ai.code);
        }
    }

    #[test]
    fn the_table_says_what_the_syntax_dictionary_says() {
        let Some(dictionary) = crate::gs1::samples("ai_table.tsv") else {
            return;
        };
        let mut seen = 0;
        for row in dictionary.lines().skip(1) {
            let c: Vec<&str> = row.split('\t').collect();
            let ai = get(c[0]).unwrap_or_else(|| panic!("{} is missing", c[0]));
            let whole = |shortest: bool| -> usize {
                let parts = ai.parts.iter().filter(|part| !shortest || !part.optional);
                parts
                    .map(|part| if shortest { part.min } else { part.max })
                    .sum()
            };
            assert_eq!(
                (
                    ai.predefined,
                    ai.link_attribute,
                    whole(true),
                    whole(false),
                    ai.title
                ),
                (
                    c[1] == "0",
                    c[2] == "1",
                    c[3].parse().unwrap(),
                    c[4].parse().unwrap(),
                    c[7]
                ),
                "{row}"
            );
            assert_eq!(
                (spec(ai), attributes(ai)),
                (c[5].to_owned(), sorted(c[6])),
                "{row}"
            );
            seen += 1;
        }
        assert_eq!(seen, all().count());
    }

    fn spec(ai: &Ai) -> String {
        let part = |part: &Part| {
            let letter = match part.charset {
                Charset::Digits => 'N',
                Charset::Set82 => 'X',
                Charset::Set39 => 'Y',
                Charset::Set64 => 'Z',
            };
            let length = if part.min == part.max {
                part.max.to_string()
            } else {
                format!("..{}", part.max)
            };
            let shape = format!("{letter}{length}");
            let shape = if part.optional {
                format!("[{shape}]")
            } else {
                shape
            };
            part.checks
                .iter()
                .fold(shape, |text, (name, _)| format!("{text},{name}"))
        };
        ai.parts.iter().map(part).collect::<Vec<_>>().join(" ")
    }

    fn attributes(ai: &Ai) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for groups in &ai.with {
            out.push(format!(
                "req={}",
                groups
                    .iter()
                    .map(|g| g.join("+"))
                    .collect::<Vec<_>>()
                    .join(",")
            ));
        }
        if !ai.not.is_empty() {
            out.push(format!("ex={}", ai.not.join(",")));
        }
        if let Some(lists) = &ai.key {
            let lists = lists
                .iter()
                .map(|list| list.join(","))
                .collect::<Vec<_>>()
                .join("|");
            out.push(if lists.is_empty() {
                "dlpkey".into()
            } else {
                format!("dlpkey={lists}")
            });
        }
        out.sort();
        out
    }

    fn sorted(attributes: &str) -> Vec<String> {
        let mut out: Vec<String> = attributes.split_whitespace().map(str::to_owned).collect();
        out.sort();
        out
    }
}
