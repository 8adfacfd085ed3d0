//! Canonical XML: the one form of bytes a signature is made over, inclusive and exclusive, without comments.
//!
//! Covers what signed customs messages use: a whole document less its own signature, and the part of the
//! signature that is itself signed. The document is walked by the parser and never built as a tree.
//! What would need more is refused rather than guessed at: `xml:` attributes that a part would inherit.
//! Rules: Canonical XML 1.0 (W3C, 2001) and Exclusive XML Canonicalization 1.0 (W3C, 2002).

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::collections::BTreeMap;

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Every namespace in scope is written where it begins.
    Inclusive,
    /// A namespace is written where it is used.
    Exclusive,
}

/// What of a document; elements are named by where their tag begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All but one element.
    Without(usize),
    /// One element alone.
    Only(usize),
}

/// Prefix to namespace; the default one under the empty prefix.
type Names = BTreeMap<String, String>;

/// The canonical bytes, or nothing when the text is not well-formed or needs what is not done here.
pub(crate) fn canonical(text: &str, part: Part, form: Form) -> Option<String> {
    let mut walk = Walk {
        form,
        out: String::new(),
        scopes: vec![Names::new()],
        written: vec![Names::new()],
        inside: matches!(part, Part::Without(_)),
        rooted: false,
    };
    let mut xml = Reader::from_str(text);
    xml.config_mut().expand_empty_elements = true;
    // Depth at which the element in question began.
    let mut began: Option<usize> = None;
    loop {
        let before = place(&xml);
        let event = xml.read_event().ok()?;
        match event {
            Event::Start(start) => {
                let at = before_tag(text, before);
                match part {
                    Part::Without(left_out) if left_out == at => {
                        (began, walk.inside) = (Some(walk.depth()), false)
                    }
                    Part::Only(only) if only == at => {
                        (began, walk.inside) = (Some(walk.depth()), true)
                    }
                    Part::Without(_) | Part::Only(_) => {}
                }
                walk.start(&start, matches!(part, Part::Only(_)) && began.is_none())?;
            }
            Event::End(end) => {
                walk.end(end.name().0);
                if began == Some(walk.depth()) {
                    match part {
                        Part::Without(_) => (began, walk.inside) = (None, true),
                        Part::Only(_) => return Some(walk.out),
                    }
                }
            }
            Event::Text(piece) => walk.text(&ends_of_lines(&piece.into_inner())),
            Event::CData(piece) => walk.text(&ends_of_lines(&piece.into_inner())),
            Event::GeneralRef(reference) => {
                walk.text(&crate::source::resolve(&reference)?.to_string())
            }
            Event::PI(instruction) => walk.instruction(&instruction.into_inner()),
            Event::Decl(_) | Event::Comment(_) => {}
            Event::DocType(_) | Event::Empty(_) => return None,
            Event::Eof => return matches!(part, Part::Without(_)).then_some(walk.out),
        }
    }
}

fn place(xml: &Reader<&[u8]>) -> usize {
    usize::try_from(xml.buffer_position()).unwrap_or(usize::MAX)
}

/// Where the tag at or after a place begins: text before it is an event of its own.
fn before_tag(text: &str, from: usize) -> usize {
    let gap = text.get(from..).and_then(|rest| rest.find('<'));
    from.saturating_add(gap.unwrap_or_default())
}

struct Walk {
    form: Form,
    out: String,
    /// Namespaces in scope, element by element.
    scopes: Vec<Names>,
    /// Namespaces written, element by element.
    written: Vec<Names>,
    /// Whether what is walked belongs to the part.
    inside: bool,
    /// Whether the root element was written.
    rooted: bool,
}

impl Walk {
    fn depth(&self) -> usize {
        self.scopes.len()
    }

    fn start(&mut self, start: &BytesStart<'_>, ancestor: bool) -> Option<()> {
        let mut scope = self.scopes.last().cloned().unwrap_or_default();
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .ok()?
                .into_owned();
            let name = attribute.key.0;
            match name.split_once(':') {
                None if name == "xmlns" => drop(scope.insert(String::new(), value)),
                Some(("xmlns", prefix)) => drop(scope.insert(prefix.to_owned(), value)),
                // The part below would inherit it.
                Some(("xml", _)) if ancestor => return None,
                _ => attributes.push((name.to_owned(), value)),
            }
        }
        let written = self.written.last().cloned().unwrap_or_default();
        if self.inside {
            let written = self.tag(start.name().0, &scope, written, attributes)?;
            self.written.push(written);
            self.rooted = true;
        } else {
            self.written.push(written);
        }
        self.scopes.push(scope);
        Some(())
    }

    /// Writes a start tag; answers what namespaces stand written below it.
    fn tag(
        &mut self,
        name: &str,
        scope: &Names,
        mut written: Names,
        attributes: Vec<(String, String)>,
    ) -> Option<Names> {
        self.out.push('<');
        self.out.push_str(name);
        let prefix_of = |name: &str| name.split_once(':').map(|(prefix, _)| prefix.to_owned());
        let used = |prefix: &str| {
            prefix_of(name).unwrap_or_default() == prefix
                || attributes
                    .iter()
                    .any(|(name, _)| prefix_of(name).as_deref() == Some(prefix))
        };
        for (prefix, namespace) in scope {
            let known = written.get(prefix).map_or("", String::as_str);
            if known == namespace
                || prefix == "xml"
                || (self.form == Form::Exclusive && !used(prefix))
            {
                continue;
            }
            let key = if prefix.is_empty() {
                "xmlns".to_owned()
            } else {
                format!("xmlns:{prefix}")
            };
            self.attribute(&key, namespace);
            written.insert(prefix.clone(), namespace.clone());
        }
        let mut sorted = BTreeMap::new();
        for (name, value) in attributes {
            let (namespace, local) = match name.split_once(':') {
                None => (String::new(), name.clone()),
                Some(("xml", local)) => (
                    "http://www.w3.org/XML/1998/namespace".to_owned(),
                    local.to_owned(),
                ),
                Some((prefix, local)) => (scope.get(prefix)?.clone(), local.to_owned()),
            };
            sorted.insert((namespace, local), (name, value));
        }
        for (name, value) in sorted.values() {
            self.attribute(name, value);
        }
        self.out.push('>');
        Some(written)
    }

    fn end(&mut self, name: &str) {
        self.scopes.pop();
        self.written.pop();
        if self.inside {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    fn text(&mut self, text: &str) {
        // Outside the root there is only white space, which is no part of the form.
        if !self.inside || self.depth() < 2 {
            return;
        }
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '\r' => self.out.push_str("&#xD;"),
                _ => self.out.push(c),
            }
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        for c in value.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '"' => self.out.push_str("&quot;"),
                '\t' => self.out.push_str("&#x9;"),
                '\n' => self.out.push_str("&#xA;"),
                '\r' => self.out.push_str("&#xD;"),
                _ => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    /// A processing instruction; beside the root it stands on a line of its own.
    fn instruction(&mut self, content: &str) {
        if !self.inside {
            return;
        }
        let beside = self.depth() < 2;
        if beside && self.rooted {
            self.out.push('\n');
        }
        let (target, data) = content
            .split_once([' ', '\t', '\n', '\r'])
            .unwrap_or((content, ""));
        let data = ends_of_lines(data.trim_start_matches([' ', '\t', '\n', '\r']));
        self.out.push_str("<?");
        self.out.push_str(target);
        if !data.is_empty() {
            self.out.push(' ');
            self.out.push_str(&data);
        }
        self.out.push_str("?>");
        if beside && !self.rooted {
            self.out.push('\n');
        }
    }
}

fn ends_of_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}
