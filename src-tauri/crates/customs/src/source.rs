//! The one reading core: pulls elements out of untrusted XML and never builds a tree of it.
//!
//! Names are matched by namespace and local name. A document type definition, an entity beyond the
//! five of XML, too much depth, too many attributes or too many items stop reading at once; what is
//! wrong with one value spoils its record only.
//!
//! Nineteen of twenty elements are a name in the root's prefix around plain text. Those are seen by
//! [`Source::plain`] in one walk over their bytes; whatever is not exactly that goes to the parser.

use crate::fault::{Fatal, Flaw, Stop, Wrong};
use crate::read::Limits;
use bondhouse_domain::customs::{Extra, says};
use bondhouse_domain::message::Message as Said;
use bondhouse_domain::personal::Personal;
use bondhouse_domain::time::Zone;
use quick_xml::XmlVersion;
use quick_xml::errors::{Error, SyntaxError};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};
use quick_xml::reader::Reader;
use std::borrow::Cow;
use std::io::BufRead as _;

/// How many doubts of one record are told one by one.
const DOUBTS_TOLD: usize = 50;

pub(crate) struct Source<'a> {
    xml: Reader<&'a [u8]>,
    names: NamespaceResolver,
    text: &'a str,
    limits: Limits,
    pub(crate) zone: Zone,
    depth: usize,
    items: usize,
    /// Prefix and namespace of the root.
    home: Option<(String, String)>,
    /// Whether any element below the root binds a prefix.
    rebound: bool,
    /// Whether the parser stands right behind a tag and owes nothing: only there bytes may be taken past it.
    between: bool,
    flaw: Option<Flaw>,
    doubts: Vec<(usize, Said)>,
    doubts_untold: usize,
}

/// What comes next between elements.
pub(crate) enum Token<'a> {
    /// An element opens.
    Open(Open<'a>),
    /// Text that is no white space stands where only elements belong.
    Stray(usize),
    /// The element around closes.
    Close,
    /// The document is over.
    End,
}

/// A whole element: the root's prefix, no attributes, text without anything to resolve.
pub(crate) struct Plain<'a> {
    pub(crate) name: &'a str,
    /// It has the name that was expected.
    pub(crate) is_expected: bool,
    /// Trimmed, as [`Source::leaf`] would give it.
    pub(crate) text: &'a str,
    pub(crate) at: usize,
    end: usize,
}

/// The start of an element.
pub(crate) struct Open<'a> {
    start: BytesStart<'a>,
    /// Where its local name begins.
    local: usize,
    pub(crate) at: usize,
    /// Whether it stands in the namespace of the root.
    pub(crate) ours: bool,
}

impl Open<'_> {
    pub(crate) fn name(&self) -> &str {
        self.start.name().0.get(self.local..).unwrap_or_default()
    }

    /// An attribute without a namespace, unescaped.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let found = self.start.try_get_attribute(name).ok().flatten()?;
        found
            .normalized_value(XmlVersion::Implicit1_0)
            .ok()
            .map(Cow::into_owned)
    }
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str, limits: Limits, zone: Zone) -> Self {
        let mut xml = Reader::from_str(text);
        let config = xml.config_mut();
        config.expand_empty_elements = true;
        // White space between elements would be a third of all events; values switch it on again.
        config.trim_text_start = true;
        config.check_end_names = true;
        config.allow_unmatched_ends = false;
        config.allow_dangling_amp = false;
        Self {
            xml,
            names: NamespaceResolver::default(),
            text,
            limits,
            zone,
            depth: 0,
            items: 0,
            home: None,
            rebound: false,
            between: false,
            flaw: None,
            doubts: Vec::new(),
            doubts_untold: 0,
        }
    }

    /// Where reading stands: just behind the last event.
    pub(crate) fn at(&self) -> usize {
        usize::try_from(self.xml.buffer_position()).unwrap_or(usize::MAX)
    }

    /// Whether a plain element comes next. Nothing is taken until [`Source::pass`] is called with it.
    ///
    /// It walks over bytes: every place it stops at is an ASCII character's.
    pub(crate) fn plain(&self, expected: &str) -> Option<Plain<'a>> {
        let (prefix, _) = self.home.as_ref()?;
        if !self.between || self.rebound || self.depth >= self.limits.depth {
            return None;
        }
        let bytes = self.text.as_bytes();
        let place = |rest: &[u8]| bytes.len() - rest.len();
        let mut rest = bytes.get(self.at()..)?;
        while let [b' ' | b'\t' | b'\n' | b'\r', later @ ..] = rest {
            rest = later;
        }
        let at = place(rest);
        let full = rest.strip_prefix(b"<")?;
        let tag = full.strip_prefix(prefix.as_bytes())?;
        let named = place(tag);
        // Nearly always it is the table's next one, and its name need not be looked for.
        let next = tag.strip_prefix(expected.as_bytes());
        let (rest, is_expected) = match next {
            Some(rest @ [b'>' | b'/', ..]) if !expected.is_empty() => (rest, true),
            _ => {
                let length = tag.iter().position(|b| !is_name_byte(*b))?;
                if length == 0 || tag.first()?.is_ascii_digit() {
                    return None;
                }
                (tag.get(length..)?, false)
            }
        };
        let name = self.text.get(named..place(rest))?;
        let (text, rest) = match rest {
            [b'/', b'>', rest @ ..] => ("", rest),
            [b'>', rest @ ..] => {
                let length = plain_length(rest)?;
                let (from, rest) = (place(rest), rest.get(length..)?.strip_prefix(b"</")?);
                let opened = full.get(..prefix.len() + name.len())?;
                let rest = rest.strip_prefix(opened)?.strip_prefix(b">")?;
                (self.text.get(from..from + length)?, rest)
            }
            _ => return None,
        };
        Some(Plain {
            name,
            is_expected,
            text: trim(text),
            at,
            end: place(rest),
        })
    }

    /// Takes a plain element.
    pub(crate) fn pass(&mut self, plain: &Plain<'_>) {
        let ahead = plain.end.saturating_sub(self.at());
        self.xml.stream().consume(ahead);
    }

    /// The parser gave an end tag.
    fn closed(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.names.pop();
        self.between = true;
    }

    /// The next element start or end; white space, comments and processing instructions are passed over.
    pub(crate) fn next(&mut self) -> Result<Token<'a>, Fatal> {
        self.between = false;
        loop {
            let at = self.at();
            let event = match self.xml.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.broken(&error)),
            };
            match event {
                Event::Start(start) => return Ok(Token::Open(self.opened(start)?)),
                Event::End(_) => {
                    self.closed();
                    return Ok(Token::Close);
                }
                Event::Text(text) => {
                    if !text.bytes().all(|b| b.is_ascii_whitespace()) {
                        return self.stray(at);
                    }
                }
                Event::CData(_) => return self.stray(at),
                Event::GeneralRef(reference) => {
                    resolve(&reference).ok_or(Fatal {
                        why: Stop::Entity,
                        at,
                    })?;
                    return self.stray(at);
                }
                Event::DocType(_) => return Err(Fatal { why: Stop::Dtd, at }),
                Event::Decl(_) if at != 0 => {
                    return Err(Fatal {
                        why: Stop::NotWellFormed,
                        at,
                    });
                }
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                Event::Eof if self.depth == 0 => return Ok(Token::End),
                Event::Eof => {
                    return Err(Fatal {
                        why: Stop::Truncated,
                        at,
                    });
                }
                Event::Empty(_) => {
                    return Err(Fatal {
                        why: Stop::NotWellFormed,
                        at,
                    });
                }
            }
        }
    }

    /// The next element inside the one just opened; none where that closes. Text between elements is a doubt.
    pub(crate) fn element(&mut self) -> Result<Option<Open<'a>>, Fatal> {
        loop {
            match self.next()? {
                Token::Open(open) => return Ok(Some(open)),
                Token::Stray(at) => self.doubt(at, says::doubt_stray_text()),
                Token::Close | Token::End => return Ok(None),
            }
        }
    }

    fn opened(&mut self, start: BytesStart<'a>) -> Result<Open<'a>, Fatal> {
        let at = self.start_of(&start);
        self.enter(&start, at)?;
        let name = start.name().0;
        let local = name.find(':').map_or(0, |colon| colon + 1);
        let prefix = name.get(..local).unwrap_or_default();
        let ours = match &self.home {
            None => {
                self.home = Some((prefix.to_owned(), self.namespace_of(&start)));
                true
            }
            // Nearly every element carries the root's own prefix, and nothing binds it anew.
            Some((root, _)) if !self.rebound && prefix == root => true,
            Some(_) => self.is_home(&start),
        };
        Ok(Open {
            start,
            local,
            at,
            ours,
        })
    }

    /// Where the tag just read begins; white space before it is not an event of its own.
    fn start_of(&self, start: &BytesStart<'_>) -> usize {
        let at = self.at().saturating_sub(start.len() + 2);
        // `<x/>` is a byte longer than `<x>`.
        if self.text.as_bytes().get(at) == Some(&b'<') {
            at
        } else {
            at.saturating_sub(1)
        }
    }

    fn stray(&self, at: usize) -> Result<Token<'a>, Fatal> {
        if self.depth == 0 {
            Err(Fatal {
                why: Stop::NotWellFormed,
                at,
            })
        } else {
            Ok(Token::Stray(at))
        }
    }

    /// The namespace of the root, empty when it has none.
    pub(crate) fn home(&self) -> &str {
        self.home.as_ref().map_or("", |(_, namespace)| namespace)
    }

    fn enter(&mut self, start: &BytesStart<'a>, at: usize) -> Result<(), Fatal> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(Fatal {
                why: Stop::TooDeep(self.limits.depth),
                at,
            });
        }
        self.names.push(start).map_err(|_| Fatal {
            why: Stop::NotWellFormed,
            at,
        })?;
        // Behind `<x/>` the parser still owes the end tag.
        let before = self.at().saturating_sub(2);
        self.between = self.text.as_bytes().get(before) != Some(&b'/');
        if start.attributes_raw().is_empty() {
            return Ok(());
        }
        for (count, attribute) in start.attributes().enumerate() {
            if count >= self.limits.attributes {
                return Err(Fatal {
                    why: Stop::TooManyAttributes(self.limits.attributes),
                    at,
                });
            }
            let attribute = attribute.map_err(|_| Fatal {
                why: Stop::NotWellFormed,
                at,
            })?;
            self.rebound |= self.home.is_some() && attribute.key.as_namespace_binding().is_some();
            if attribute.value.contains('<') {
                return Err(Fatal {
                    why: Stop::NotWellFormed,
                    at,
                });
            }
            if attribute.value.contains('&')
                && attribute.normalized_value(XmlVersion::Implicit1_0).is_err()
            {
                return Err(Fatal {
                    why: Stop::Entity,
                    at,
                });
            }
        }
        Ok(())
    }

    /// The text of the element just opened, trimmed; `field` names it should it be unusable.
    pub(crate) fn leaf(&mut self, field: &'static str) -> Result<Cow<'a, str>, Fatal> {
        self.xml.config_mut().trim_text_start = false;
        let value = self.value(field);
        self.xml.config_mut().trim_text_start = true;
        value
    }

    fn value(&mut self, field: &'static str) -> Result<Cow<'a, str>, Fatal> {
        let mut value: Cow<'a, str> = Cow::Borrowed("");
        let began = self.at();
        loop {
            let at = self.at();
            let event = match self.xml.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.broken(&error)),
            };
            let piece = match event {
                Event::Text(text) => plain_newlines(text.into_inner()),
                Event::CData(text) => plain_newlines(text.into_inner()),
                Event::GeneralRef(reference) => {
                    let c = resolve(&reference).ok_or(Fatal {
                        why: Stop::Entity,
                        at,
                    })?;
                    Cow::Owned(c.to_string())
                }
                Event::End(_) => {
                    self.closed();
                    break;
                }
                Event::Start(start) => {
                    self.enter(&start, at)?;
                    self.flaw(Wrong::Nested, field, at);
                    self.skip()?;
                    continue;
                }
                Event::Comment(_) | Event::PI(_) => continue,
                Event::DocType(_) => return Err(Fatal { why: Stop::Dtd, at }),
                Event::Eof => {
                    return Err(Fatal {
                        why: Stop::Truncated,
                        at,
                    });
                }
                Event::Decl(_) | Event::Empty(_) => {
                    return Err(Fatal {
                        why: Stop::NotWellFormed,
                        at,
                    });
                }
            };
            if value.is_empty() {
                value = piece;
            } else {
                value.to_mut().push_str(&piece);
            }
        }
        if holds_forbidden(&value) {
            self.flaw(Wrong::BadCharacter, field, began);
            return Ok(Cow::Borrowed(""));
        }
        Ok(match value {
            Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
            Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
        })
    }

    /// Passes over the rest of the element just opened; answers whether it held any text.
    pub(crate) fn skip(&mut self) -> Result<bool, Fatal> {
        let mut inside = 1_usize;
        let mut text = false;
        while inside > 0 {
            match self.next()? {
                Token::Open(_) => inside += 1,
                Token::Close => inside -= 1,
                Token::Stray(_) => text = true,
                Token::End => break,
            }
        }
        Ok(text)
    }

    /// Keeps the element just opened, with all it contains.
    pub(crate) fn extra(
        &mut self,
        open: &Open<'_>,
        within: &str,
        after: &str,
    ) -> Result<Extra, Fatal> {
        self.xml.config_mut().trim_text_start = false;
        let extra = self.kept(open, within, after);
        self.xml.config_mut().trim_text_start = true;
        extra
    }

    fn kept(&mut self, open: &Open<'_>, within: &str, after: &str) -> Result<Extra, Fatal> {
        self.item(open.at)?;
        let mut extra = Extra {
            within: within.to_owned(),
            after: after.to_owned(),
            namespace: (!open.ours).then(|| self.namespace_of(&open.start)),
            name: open.name().to_owned(),
            ..Extra::default()
        };
        for attribute in open.start.attributes().flatten() {
            if attribute.key.as_namespace_binding().is_none() {
                let value = attribute
                    .normalized_value(XmlVersion::Implicit1_0)
                    .map_err(|_| Fatal {
                        why: Stop::Entity,
                        at: open.at,
                    })?;
                extra.attributes.push((
                    attribute.key.local_name().into_inner().to_owned(),
                    value.into_owned(),
                ));
            }
        }
        let mut text = String::new();
        loop {
            let at = self.at();
            let event = match self.xml.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.broken(&error)),
            };
            match event {
                Event::Text(piece) => text.push_str(&plain_newlines(piece.into_inner())),
                Event::CData(piece) => text.push_str(&plain_newlines(piece.into_inner())),
                Event::GeneralRef(reference) => {
                    text.push(resolve(&reference).ok_or(Fatal {
                        why: Stop::Entity,
                        at,
                    })?);
                }
                Event::Start(start) => {
                    let open = self.opened(start)?;
                    let child = self.kept(&open, "", "")?;
                    extra.children.push(child);
                }
                Event::End(_) => {
                    self.closed();
                    break;
                }
                Event::Comment(_) | Event::PI(_) => {}
                Event::DocType(_) => return Err(Fatal { why: Stop::Dtd, at }),
                Event::Eof => {
                    return Err(Fatal {
                        why: Stop::Truncated,
                        at,
                    });
                }
                Event::Decl(_) | Event::Empty(_) => {
                    return Err(Fatal {
                        why: Stop::NotWellFormed,
                        at,
                    });
                }
            }
        }
        text.retain(|c| !is_forbidden(c));
        extra.text = Personal::new(trim(&text));
        Ok(extra)
    }

    fn is_home(&self, start: &BytesStart<'_>) -> bool {
        match self.names.resolve_element(start.name()).0 {
            ResolveResult::Bound(found) => found.0 == self.home(),
            ResolveResult::Unbound => self.home().is_empty(),
            ResolveResult::Unknown(_) => false,
        }
    }

    fn namespace_of(&self, start: &BytesStart<'_>) -> String {
        match self.names.resolve_element(start.name()).0 {
            ResolveResult::Bound(found) => found.0.to_owned(),
            _ => String::new(),
        }
    }

    /// Counts a record, line or unknown element against the limit.
    pub(crate) fn item(&mut self, at: usize) -> Result<(), Fatal> {
        self.items += 1;
        if self.items > self.limits.items {
            return Err(Fatal {
                why: Stop::TooManyItems(self.limits.items),
                at,
            });
        }
        Ok(())
    }

    /// Spoils the record being read; the first reason counts.
    pub(crate) fn flaw(&mut self, why: Wrong, field: &'static str, at: usize) {
        self.flaw.get_or_insert(Flaw { why, field, at });
    }

    pub(crate) fn doubt(&mut self, at: usize, message: Said) {
        if self.doubts.len() < DOUBTS_TOLD {
            self.doubts.push((at, message));
        } else {
            self.doubts_untold += 1;
        }
    }

    /// What was found wrong or doubtful since the last call.
    pub(crate) fn findings(&mut self) -> (Option<Flaw>, Vec<(usize, Said)>, usize) {
        (
            self.flaw.take(),
            std::mem::take(&mut self.doubts),
            std::mem::take(&mut self.doubts_untold),
        )
    }

    fn broken(&self, error: &Error) -> Fatal {
        let why = match error {
            Error::Syntax(SyntaxError::InvalidBangMarkup) => Stop::NotWellFormed,
            Error::Syntax(_) => Stop::Truncated,
            _ => Stop::NotWellFormed,
        };
        Fatal {
            why,
            at: usize::try_from(self.xml.error_position()).unwrap_or(usize::MAX),
        }
    }
}

pub(crate) fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    if reference.is_char_ref() {
        return reference.resolve_char_ref().ok().flatten();
    }
    match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// Characters XML 1.0 does not allow in any form.
fn is_forbidden(c: char) -> bool {
    (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

/// Whether a text holds a forbidden character; bytes are looked at first, as nearly all are plain.
pub(crate) fn holds_forbidden(text: &str) -> bool {
    let suspicious =
        |byte: u8| (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0xEF;
    text.bytes().any(suspicious) && text.chars().any(is_forbidden)
}

/// What XML calls white space.
const WHITE: [char; 4] = [' ', '\t', '\n', '\r'];

fn trim(text: &str) -> &str {
    let white = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t' | b'\n' | b'\r'));
    let bytes = text.as_bytes();
    // Most values stand between their tags without any.
    if white(bytes.first()) || white(bytes.last()) {
        text.trim_matches(WHITE)
    } else {
        text
    }
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// How many bytes of plain text come before the next tag; `None` when they need a closer look.
fn plain_length(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = bytes.get(from..)?;
        let at = special(rest)?;
        match rest.get(at..)? {
            [b'<', ..] => return Some(from + at),
            [b'\t' | b'\n', ..] => from += at + 1,
            // Full-width punctuation begins with the same byte as the two characters XML forbids.
            [0xEF, second, third, ..] if (*second, *third) < (0xBF, 0xBE) => from += at + 3,
            _ => return None,
        }
    }
}

/// Where the first byte stands that is not simply text: `<`, `&`, 0xEF or a control character.
fn special(bytes: &[u8]) -> Option<usize> {
    // Eight bytes at once. A byte below `n` borrows from its own highest bit; the borrow may mark bytes
    // behind it as well, but none before, and the first is all that is asked for.
    const ONES: u64 = 0x0101_0101_0101_0101;
    let below = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word & (ONES << 7);
    let equal = |word: u64, byte: u64| below(word ^ (ONES * byte), 1);
    let (words, rest) = bytes.as_chunks::<8>();
    for (n, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = below(word, 0x20) | equal(word, 0x3C) | equal(word, 0x26) | equal(word, 0xEF);
        if found != 0 {
            return Some(n * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'<' | b'&' | 0xEF) || *byte < b' ';
    let at = rest.iter().position(is_special)?;
    Some(words.len() * 8 + at)
}

/// Line ends as XML wants them told.
fn plain_newlines(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn eight_bytes_at_once_stop_where_one_by_one_stops(
            bytes in proptest::collection::vec(
                prop_oneof![4 => any::<u8>(), 4 => b' '..=b'~', 1 => Just(b'<'), 1 => Just(0xEF)],
                0..40,
            )
        ) {
            let one_by_one = bytes.iter().position(|b| matches!(b, b'<' | b'&' | 0xEF) || *b < b' ');
            prop_assert_eq!(special(&bytes), one_by_one);
        }
    }
}
