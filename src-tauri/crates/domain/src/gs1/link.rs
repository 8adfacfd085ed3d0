//! GS1 Digital Link: the same identifiers as a web address, both ways.
//!
//! The path ends with a primary key and its qualifiers in a fixed order, everything else stands in
//! the query: `https://id.gs1.org/01/09520123456788/10/ABC1?17=180426`. Only the shape is read;
//! nothing is ever fetched. Words like `gtin` and short GTINs were allowed in early versions and
//! are read only when asked for.

use super::elements::{Element, ElementString, Unknown, take};
use super::pairs::Required;
use super::{Fault, Gtin, symbol, table};

/// Where links point when no other stem is given.
pub const STEM: &str = "https://id.gs1.org";

/// Old habits that may be forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgive {
    /// GTINs of 8, 12 or 13 digits.
    pub short_gtins: bool,
    /// `gtin`, `lot` … instead of identifiers.
    pub words: bool,
}

/// What a link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Key, qualifiers, then attributes, as they stood.
    pub elements: ElementString,
    /// Query parameters that are not GS1's.
    pub ignored: Vec<String>,
}

/// The words of version 1.0, with what stands for them since.
const WORDS: [(&str, &str); 22] = [
    ("cpid", "8010"),
    ("cpsn", "8011"),
    ("cpv", "22"),
    ("gcn", "255"),
    ("gdti", "253"),
    ("giai", "8004"),
    ("ginc", "401"),
    ("gln", "414"),
    ("glnx", "254"),
    ("gmn", "8013"),
    ("grai", "8003"),
    ("gsin", "402"),
    ("gsrn", "8018"),
    ("gsrnp", "8017"),
    ("gtin", "01"),
    ("itip", "8006"),
    ("lot", "10"),
    ("party", "417"),
    ("refno", "8020"),
    ("ser", "21"),
    ("srin", "8019"),
    ("sscc", "00"),
];

/// Whether `text` begins as a link must: the scheme all lower or all upper case.
pub fn is_link(text: &str) -> bool {
    after_scheme(text).is_some()
}

fn after_scheme(text: &str) -> Option<&str> {
    ["https://", "http://", "HTTPS://", "HTTP://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
}

/// Reads a link.
///
/// # Errors
/// All faults of the first kind found, at their offsets in `text`.
pub fn read(text: &str, required: Required, forgive: Forgive) -> Result<Link, Vec<Fault>> {
    let (link, places) = shape(text, forgive).map_err(|fault| vec![fault])?;
    let elements = symbol::judged(link.elements, &places, required)?;
    Ok(Link { elements, ..link })
}

fn shape(text: &str, forgive: Forgive) -> Result<(Link, Vec<usize>), Fault> {
    let Some(after) = after_scheme(text) else {
        return Err(Fault::new("not_a_link", 0, text.len()));
    };
    if let Some(at) = text.bytes().position(|byte| !in_address(byte)) {
        return Err(Fault::new("character_not_allowed_in_link", at, 1));
    }
    let address = after.split('#').next().unwrap_or_default();
    let (location, query) = address
        .split_once('?')
        .map_or((address, None), |(path, query)| (path, Some(query)));
    let (host, path) =
        location
            .split_once('/')
            .ok_or(Fault::new("link_without_path", text.len(), 0))?;
    if host.is_empty()
        || !host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'))
    {
        return Err(Fault::new(
            "bad_host",
            text.len().saturating_sub(after.len()),
            host.len(),
        ));
    }
    let path_at = text
        .len()
        .saturating_sub(after.len())
        .saturating_add(host.len())
        .saturating_add(1);

    let mut found = Vec::new();
    for (place, name, value) in
        from_key(path, forgive).ok_or(Fault::new("link_without_key", path_at, path.len()))?
    {
        let place = path_at.saturating_add(place);
        found.push((
            place,
            element(&name, &unescape_path(value), place, forgive)?,
        ));
    }
    let codes: Vec<&str> = found
        .iter()
        .map(|(_, element)| element.ai.as_str())
        .collect();
    if !is_key_path(&codes) {
        return Err(Fault::new("qualifiers_out_of_order", path_at, path.len()));
    }
    let mut ignored = Vec::new();
    let mut at = path_at.saturating_add(path.len()).saturating_add(1);
    for parameter in query
        .unwrap_or_default()
        .split(['&', ';'])
        .filter(|parameter| !parameter.is_empty())
    {
        let place = at;
        at = at.saturating_add(parameter.len()).saturating_add(1);
        let attribute = parameter
            .split_once('=')
            .filter(|(name, _)| name.bytes().all(|byte| byte.is_ascii_digit()));
        let Some((name, value)) = attribute.filter(|(name, _)| !name.is_empty()) else {
            ignored.push(parameter.to_owned());
            continue;
        };
        if !table::get(name).is_some_and(|ai| ai.link_attribute) {
            return Err(Fault::new("not_an_attribute", place, name.len()));
        }
        if found.iter().any(|(_, element)| element.ai == name) {
            return Err(Fault::new("repeated_in_link", place, name.len()));
        }
        found.push((
            place,
            element(name, &unescape_query(value), place, forgive)?,
        ));
    }
    let (places, elements) = found.into_iter().unzip();
    Ok((
        Link {
            elements: ElementString::from_elements(elements),
            ignored,
        },
        places,
    ))
}

/// The pairs of the path from its rightmost primary key on: place, identifier, value.
fn from_key(path: &str, forgive: Forgive) -> Option<Vec<(usize, String, &str)>> {
    let mut pairs = Vec::new();
    let mut rest = path;
    loop {
        let (before, value) = rest.rsplit_once('/')?;
        let name_at = before.rfind('/').map_or(0, |slash| slash.saturating_add(1));
        let name = named(before.get(name_at..)?, forgive);
        let is_key = table::get(&name).is_some_and(|ai| ai.key.is_some());
        pairs.push((name_at, name, value));
        if is_key {
            pairs.reverse();
            return Some(pairs);
        }
        rest = before.get(..name_at.checked_sub(1)?)?;
    }
}

fn named(name: &str, forgive: Forgive) -> String {
    let word = WORDS
        .iter()
        .find(|(word, _)| forgive.words && *word == name);
    word.map_or(name, |(_, code)| code).to_owned()
}

fn element(name: &str, value: &str, place: usize, forgive: Forgive) -> Result<Element, Fault> {
    let ai = table::get(name).ok_or(Fault::new("unknown_ai", place, name.len()))?;
    let short = forgive.short_gtins && name == "01";
    let value = match Gtin::new(value).filter(|_| short) {
        Some(gtin) => gtin.to_string(),
        None => value.to_owned(),
    };
    let value_at = place.saturating_add(name.len()).saturating_add(1);
    let used = take(ai, &value).map_err(|fault| fault.moved(value_at))?;
    if used < value.len() {
        return Err(Fault::new("value_too_long", value_at, value.len()));
    }
    Ok(Element {
        ai: name.to_owned(),
        value,
    })
}

/// Whether these identifiers are a key and qualifiers of it in their order.
pub fn is_key_path(codes: &[&str]) -> bool {
    let Some((key, qualifiers)) = codes.split_first() else {
        return false;
    };
    let Some(lists) = table::get(key).and_then(|ai| ai.key.as_ref()) else {
        return false;
    };
    let in_order = |list: &Vec<&str>| {
        let mut order = list.iter();
        qualifiers
            .iter()
            .all(|qualifier| order.any(|listed| listed == qualifier))
    };
    qualifiers.is_empty() || lists.iter().any(in_order)
}

/// Writes elements as a link below `stem`. The first primary key leads; of alternative lists of
/// qualifiers, the one with most of them present.
///
/// # Errors
/// The element that can stand nowhere, by its index in `at`.
pub fn write(elements: &ElementString, stem: &str) -> Result<String, Fault> {
    let all = elements.elements();
    let key_lists = |element: &Element| table::get(&element.ai).and_then(|ai| ai.key.as_ref());
    let (key, lists) = all
        .iter()
        .find_map(|element| key_lists(element).map(|lists| (element, lists)))
        .ok_or(Fault::new("link_without_key", 0, 0))?;
    let present = |list: &&Vec<&str>| {
        list.iter()
            .filter(|code| elements.get(code).is_some())
            .count()
    };
    // `max_by_key` keeps the last of equals; reversed, that is the first list.
    let qualifiers = lists
        .iter()
        .rev()
        .max_by_key(present)
        .map_or(&[][..], Vec::as_slice);
    let mut link = stem.trim_end_matches('/').to_owned();
    let path = std::iter::once(key).chain(
        qualifiers
            .iter()
            .filter_map(|code| all.iter().find(|element| element.ai == *code)),
    );
    for element in path.clone() {
        link = format!("{link}/{}/{}", element.ai, escape_path(&element.value));
    }
    // Attributes of fixed length lead, as in the examples of the standard.
    let mut attributes: Vec<(usize, &Element)> = all
        .iter()
        .enumerate()
        .filter(|(_, element)| !path.clone().any(|placed| placed == *element))
        .collect();
    attributes.sort_by_key(|(_, element)| !table::get(&element.ai).is_some_and(|ai| ai.predefined));
    let mut separator = '?';
    for (index, element) in attributes {
        if !table::get(&element.ai).is_some_and(|ai| ai.link_attribute) {
            return Err(Fault::new("not_an_attribute", index, 1));
        }
        link = format!(
            "{link}{separator}{}={}",
            element.ai,
            escape_query(&element.value)
        );
        separator = '&';
    }
    Ok(link)
}

/// Reads bracketed text and writes it as a link: what a label's designer asks for.
///
/// # Errors
/// The first fault of the text, or of its shape as a link.
pub fn from_bracketed(text: &str, stem: &str) -> Result<String, Fault> {
    write(
        &ElementString::read_bracketed(text, Unknown::Refused)?,
        stem,
    )
}

/// What may stand in an address (RFC 3986): unreserved, reserved, percent.
fn in_address(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

/// `%41` to `A` in a path.
pub fn unescape_path(text: &str) -> String {
    unescape(text, false)
}

/// `%41` to `A` in a query, where `+` is a space.
pub fn unescape_query(text: &str) -> String {
    unescape(text, true)
}

fn unescape(text: &str, plus: bool) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let byte = rest
            .strip_prefix('%')
            .and_then(|hex| hex.get(..2))
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        if let Some(byte) = byte.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(char::from(byte));
            rest = rest.get(3..).unwrap_or_default();
            continue;
        }
        out.push(if plus && character == '+' {
            ' '
        } else {
            character
        });
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    out
}

/// What a path may not hold as it is, as `%XX`.
pub fn escape_path(text: &str) -> String {
    escape(text, "%20")
}

/// As [`escape_path`], a space as `+`.
pub fn escape_query(text: &str) -> String {
    escape(text, "+")
}

fn escape(text: &str, space: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push_str(space),
            _ if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
