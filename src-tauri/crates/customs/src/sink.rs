//! The one writing core: elements in, indented UTF-8 XML out.
//!
//! Nothing is escaped twice and nothing forbidden is written: a control character spoils the whole
//! message, named by the element that held it.

use crate::source::holds_forbidden;
use crate::unverified::{Elements, Order};
use bondhouse_domain::customs::Extra;
use bondhouse_domain::time::Zone;

pub(crate) struct Sink {
    out: String,
    zone: Zone,
    prefix: &'static str,
    depth: usize,
    value: String,
    spoiled: Option<String>,
    /// Where a file says in which order elements stand, and not their tables.
    orders: Option<&'static Elements>,
}

impl Sink {
    /// `prefix` stands before every element of the message's own namespace (`ceb:`), or is empty.
    pub(crate) fn new(prefix: &'static str, zone: Zone) -> Self {
        let out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        Self {
            out,
            zone,
            prefix,
            depth: 0,
            value: String::new(),
            spoiled: None,
            orders: None,
        }
    }

    /// Elements in the order a file gives.
    pub(crate) fn ordered_by(self, orders: Option<&'static Elements>) -> Self {
        Self { orders, ..self }
    }

    /// The order of what stands in an element, where it is not its table's.
    pub(crate) fn order_of(&self, element: &str) -> Option<&'static Order> {
        self.orders?.get(element)
    }

    pub(crate) fn open(&mut self, name: &str) {
        self.open_with(name, &[]);
    }

    pub(crate) fn open_with(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        self.out.push('<');
        self.out.push_str(self.prefix);
        self.out.push_str(name);
        for (key, value) in attributes {
            self.attribute(key, value);
        }
        self.out.push_str(">\n");
        self.depth += 1;
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.indent();
        self.end(self.prefix, name);
    }

    /// Writes a value; an empty one only when `always`.
    pub(crate) fn leaf(&mut self, name: &str, always: bool, put: impl FnOnce(Zone, &mut String)) {
        let mut value = std::mem::take(&mut self.value);
        value.clear();
        put(self.zone, &mut value);
        if !value.is_empty() {
            self.indent();
            self.start(self.prefix, name);
            self.text(name, &value);
            self.end(self.prefix, name);
        } else if always {
            self.indent();
            self.out.push('<');
            self.out.push_str(self.prefix);
            self.out.push_str(name);
            self.out.push_str("/>\n");
        }
        self.value = value;
    }

    pub(crate) fn text_leaf(&mut self, name: &str, value: &str, always: bool) {
        self.leaf(name, always, |_, out| out.push_str(value));
    }

    /// Writes back an element the standard does not name.
    pub(crate) fn extra(&mut self, extra: &Extra) {
        self.indent();
        let prefix = if extra.namespace.is_some() {
            ""
        } else {
            self.prefix
        };
        self.out.push('<');
        self.out.push_str(prefix);
        self.name(&extra.name);
        if let Some(namespace) = &extra.namespace {
            self.attribute("xmlns", namespace);
        }
        for (key, value) in &extra.attributes {
            self.attribute(key, value);
        }
        self.out.push('>');
        self.text(&extra.name, extra.text.reveal());
        if !extra.children.is_empty() {
            self.out.push('\n');
            self.depth += 1;
            extra.children.iter().for_each(|child| self.extra(child));
            self.depth -= 1;
            self.indent();
        }
        self.end(prefix, &extra.name);
    }

    /// The finished text, or the element that cannot be written.
    pub(crate) fn finish(self) -> Result<String, String> {
        match self.spoiled {
            Some(name) => Err(name),
            None => Ok(self.out),
        }
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
    }

    fn start(&mut self, prefix: &str, name: &str) {
        self.out.push('<');
        self.out.push_str(prefix);
        self.out.push_str(name);
        self.out.push('>');
    }

    fn end(&mut self, prefix: &str, name: &str) {
        self.out.push_str("</");
        self.out.push_str(prefix);
        self.out.push_str(name);
        self.out.push_str(">\n");
    }

    /// A name that came from outside (JSON): anything that is no XML name spoils the message.
    fn name(&mut self, name: &str) {
        let mut characters = name.chars();
        let good = characters
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_')
            && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if !good {
            self.spoil(name);
        }
        self.out.push_str(name);
    }

    fn attribute(&mut self, key: &str, value: &str) {
        self.out.push(' ');
        if key == "xmlns" || key.starts_with("xmlns:") {
            self.out.push_str(key);
        } else {
            self.name(key);
        }
        self.out.push_str("=\"");
        self.text(key, value);
        self.out.push('"');
    }

    fn text(&mut self, name: &str, text: &str) {
        if holds_forbidden(text) {
            self.spoil(name);
        }
        if !text.contains(['&', '<', '>', '"', '\r']) {
            self.out.push_str(text);
            return;
        }
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\r' => self.out.push_str("&#13;"),
                _ => self.out.push(c),
            }
        }
    }

    fn spoil(&mut self, name: &str) {
        self.spoiled
            .get_or_insert_with(|| name.chars().take(64).collect());
    }
}
