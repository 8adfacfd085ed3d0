//! Bytes to text: UTF-8 first, the GB encodings where they are declared and really used.
//!
//! Real receipts declare `gb2312` over UTF-8 bytes as often as over GB ones, so the bytes decide
//! and the declaration is only a hint. UTF-16 is refused: no customs system sends it.

use crate::fault::{Fault, Place};
use bondhouse_domain::customs::says;
use std::borrow::Cow;

/// The text of a message, and the encoding it claimed when that was another one.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<String>), Fault> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let declared = declared_encoding(bytes);
    let gb = declared.as_deref().is_some_and(|name| {
        matches!(
            name.to_ascii_lowercase().as_str(),
            "gb2312" | "gbk" | "gb18030" | "gb_2312-80" | "cp936"
        )
    });
    // On Chinese text this check is faster than the standard library's; nothing is copied either.
    match encoding_rs::UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => {
            let lied = declared.filter(|_| gb && !text.is_ascii());
            Ok((text, lied))
        }
        None if gb => {
            let (text, _, broken) = encoding_rs::GB18030.decode(bytes);
            if broken {
                Err(not_text(bytes))
            } else {
                Ok((text, None))
            }
        }
        None => Err(not_text(bytes)),
    }
}

fn not_text(bytes: &[u8]) -> Fault {
    let valid = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
    let before = bytes.get(..valid).unwrap_or_default();
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
    let place = Place {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
    };
    Fault {
        refusal: says::not_text(place.line, place.column),
        place,
        record: None,
    }
}

/// The `encoding` of an XML declaration, which is ASCII in every encoding admitted here.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(200))?;
    let head = head.strip_prefix(b"<?xml")?;
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let head = std::str::from_utf8(head.get(..end)?).ok()?;
    let (_, value) = head.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, _) = value.get(1..)?.split_once(quote)?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_decide_and_the_declaration_is_a_hint() {
        let utf8 = "<?xml version=\"1.0\" encoding=\"gb2312\"?><a>放行</a>";
        let (text, lied) = decode(utf8.as_bytes()).unwrap();
        assert!(text.contains("放行"));
        assert_eq!(lied.as_deref(), Some("gb2312"));

        let (gb, _, _) = encoding_rs::GB18030.encode(utf8);
        let (text, lied) = decode(&gb).unwrap();
        assert!(text.contains("放行"));
        assert_eq!(lied, None);
    }

    #[test]
    fn bytes_of_no_known_encoding_are_refused_with_their_place() {
        let fault = decode(b"<a>\n\xFF\xFE</a>").unwrap_err();
        assert_eq!(fault.code(), "customs.not_text");
        assert_eq!(fault.place, Place { line: 2, column: 1 });
    }
}
