//! Where each fact stands on a label: boxes in millimetres, read from `assets/labels/*.json`.
//!
//! Boxes, not code, because carriers differ in paper and zones and a warehouse must be able to add
//! one without a new program. A template is checked whole when it is read, in words its author can
//! act on: a label that is wrong is found at the desk, not under a parcel.
//!
//! Every edge lies on the grid of a 203 dpi head (8 dots to the millimetre), so rules are as sharp
//! as bars. Boxes with content may not overlap, unless one of them is there only sometimes (`when`).
//!
//! Words come from the catalogue when the template is read, so one template serves every language.

use crate::canvas::{Area, Place, Style};
use crate::fonts::Face;
use crate::pattern::Pattern;
use bondhouse_domain::labels::FIELDS;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Facts of one goods line.
const GOODS_FIELDS: &[&str] = &["name", "quantity", "unit"];

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TemplateError {
    /// Not JSON of the expected shape.
    #[error("label template: {0}")]
    Shape(String),
    /// The catalogue has no such text.
    #[error("label template, item {item}: the catalogue has no text {key:?}")]
    NoSuchText {
        /// Position in `items`, counted from 1.
        item: usize,
        /// The catalogue key.
        key: String,
    },
    /// A placeholder names no fact.
    #[error("label template, item {item}: no fact is called {name:?}; known are {}", known.join(", "))]
    NoSuchField {
        /// Position in `items`, counted from 1.
        item: usize,
        /// The name in braces.
        name: String,
        /// The names that may stand there.
        known: &'static [&'static str],
    },
    /// A box does not lie inside the page, or off the grid of 0.125 mm.
    #[error("label template, item {item}: {why}")]
    Geometry {
        /// Position in `items`, counted from 1.
        item: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Two boxes with content overlap.
    #[error("label template, items {first} and {second} overlap")]
    Overlap {
        /// Position in `items`, counted from 1.
        first: usize,
        /// Position in `items`, counted from 1.
        second: usize,
    },
}

/// The resolution of a print head: the dot that every bar must be a whole number of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Head {
    /// 203 dpi, exactly 8 dots to the millimetre: most label printers.
    #[default]
    Dpi203,
    /// 300 dpi.
    Dpi300,
}

impl Head {
    /// The width of a dot in millimetres.
    pub(crate) const fn dot(self) -> f32 {
        match self {
            Self::Dpi203 => 0.125,
            Self::Dpi300 => 25.4 / 300.0,
        }
    }
}

/// A checked template with its words.
#[derive(Debug, Clone)]
pub struct Template {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) head: Head,
    pub(crate) items: Vec<Item>,
    /// What each fact is called, for refusals.
    names: BTreeMap<&'static str, String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) area: Area,
    /// Drawn only when this fact is not empty.
    pub(crate) when: Option<String>,
    pub(crate) mark: Mark,
}

#[derive(Debug, Clone)]
pub(crate) enum Mark {
    /// A black box: a rule when it is thin.
    Rule,
    Text {
        text: Pattern,
        style: Style,
        inverse: bool,
    },
    /// One line an item; what finds no room is counted in the last line.
    Goods {
        each: Pattern,
        more: Pattern,
        style: Style,
    },
    Code128 {
        value: Pattern,
        module: f32,
    },
    Qr {
        value: Pattern,
        module: f32,
    },
}

impl Mark {
    /// The patterns in it, each with the names they may use.
    fn patterns(&self) -> Vec<(&Pattern, &'static [&'static str])> {
        match self {
            Self::Rule => vec![],
            Self::Text { text, .. } => vec![(text, FIELDS)],
            Self::Goods { each, more, .. } => vec![(each, GOODS_FIELDS), (more, FIELDS)],
            Self::Code128 { value, .. } | Self::Qr { value, .. } => vec![(value, FIELDS)],
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// What it is for, in words; not used.
    #[serde(rename = "name")]
    _name: String,
    width: f32,
    height: f32,
    items: Vec<FileItem>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum FileItem {
    Rule {
        #[serde(rename = "box")]
        area: [f32; 4],
        when: Option<String>,
    },
    Text {
        #[serde(rename = "box")]
        area: [f32; 4],
        when: Option<String>,
        text: Option<String>,
        say: Option<String>,
        #[serde(default)]
        face: Face,
        size: f32,
        min: Option<f32>,
        lines: Option<usize>,
        #[serde(default)]
        place: Place,
        #[serde(default)]
        inverse: bool,
    },
    Goods {
        #[serde(rename = "box")]
        area: [f32; 4],
        each: String,
        more: String,
        #[serde(default)]
        face: Face,
        size: f32,
        min: Option<f32>,
    },
    Code128 {
        #[serde(rename = "box")]
        area: [f32; 4],
        value: String,
        module: f32,
    },
    Qr {
        #[serde(rename = "box")]
        area: [f32; 4],
        value: String,
        module: f32,
    },
}

impl Template {
    /// Reads and checks a template; `say` answers a catalogue key with its text.
    ///
    /// # Errors
    /// [`TemplateError`], naming the item.
    pub fn read(json: &str, say: impl Fn(&str) -> Option<String>) -> Result<Self, TemplateError> {
        let file: File =
            serde_json::from_str(json).map_err(|e| TemplateError::Shape(e.to_string()))?;
        let mut items = Vec::new();
        for (item, raw) in (1..).zip(file.items) {
            let words = |key: &str| {
                say(key).map(|text| Pattern::parse(&text)).ok_or_else(|| {
                    TemplateError::NoSuchText {
                        item,
                        key: key.to_owned(),
                    }
                })
            };
            items.push(read_item(item, raw, words)?);
        }
        let name = |field: &'static str| {
            let key = format!("labels.field.{field}");
            say(&key)
                .map(|text| (field, text))
                .ok_or(TemplateError::NoSuchText { item: 0, key })
        };
        let names = FIELDS
            .iter()
            .map(|field| name(field))
            .collect::<Result<_, _>>()?;
        let template = Self {
            width: file.width,
            height: file.height,
            head: Head::default(),
            items,
            names,
        };
        template.check()?;
        Ok(template)
    }

    /// The same template for another print head.
    #[must_use]
    pub fn for_head(self, head: Head) -> Self {
        Self { head, ..self }
    }

    /// What a fact is called, for a refusal.
    pub(crate) fn name_of(&self, field: &str) -> String {
        self.names
            .get(field)
            .map_or_else(|| field.to_owned(), Clone::clone)
    }

    fn check(&self) -> Result<(), TemplateError> {
        for (item, Item { area, when, mark }) in (1..).zip(&self.items) {
            let off = |why: String| TemplateError::Geometry { item, why };
            if area.x < 0.0
                || area.y < 0.0
                || area.right() > self.width
                || area.bottom() > self.height
            {
                return Err(off(format!(
                    "its box reaches beyond the paper of {} x {} mm",
                    self.width, self.height
                )));
            }
            if area.width <= 0.0 || area.height <= 0.0 {
                return Err(off("its box is empty".into()));
            }
            if ![area.x, area.y, area.width, area.height]
                .into_iter()
                .all(on_grid)
            {
                return Err(off(
                    "its box is not on the grid of 0.125 mm (one dot at 203 dpi)".into(),
                ));
            }
            if let Mark::Text { style, .. } | Mark::Goods { style, .. } = mark
                && !(style.min > 0.0 && style.min <= style.size)
            {
                return Err(off("0 < min <= size does not hold".into()));
            }
            if let Mark::Code128 { module, .. } | Mark::Qr { module, .. } = mark
                && !(on_grid(*module) && *module > 0.0)
            {
                return Err(off(
                    "its module is not a whole number of dots of 0.125 mm".into()
                ));
            }
            let named = mark
                .patterns()
                .into_iter()
                .flat_map(|(pattern, known)| pattern.fields().map(move |name| (name, known)))
                .chain(when.iter().map(|name| (name.as_str(), FIELDS)));
            for (name, known) in named {
                if !known.contains(&name) {
                    return Err(TemplateError::NoSuchField {
                        item,
                        name: name.to_owned(),
                        known,
                    });
                }
            }
        }
        self.check_overlaps()
    }

    fn check_overlaps(&self) -> Result<(), TemplateError> {
        let always = || {
            (1..)
                .zip(&self.items)
                .filter(|(_, item)| item.when.is_none())
        };
        for (first, a) in always() {
            for (second, b) in always().filter(|(second, _)| *second > first) {
                let apart = a.area.right() <= b.area.x
                    || b.area.right() <= a.area.x
                    || a.area.bottom() <= b.area.y
                    || b.area.bottom() <= a.area.y;
                if !apart {
                    return Err(TemplateError::Overlap { first, second });
                }
            }
        }
        Ok(())
    }
}

fn read_item(
    item: usize,
    raw: FileItem,
    words: impl Fn(&str) -> Result<Pattern, TemplateError>,
) -> Result<Item, TemplateError> {
    let of = |[x, y, width, height]: [f32; 4]| Area {
        x,
        y,
        width,
        height,
    };
    Ok(match raw {
        FileItem::Rule { area, when } => Item {
            area: of(area),
            when,
            mark: Mark::Rule,
        },
        FileItem::Text {
            area,
            when,
            text,
            say,
            face,
            size,
            min,
            lines,
            place,
            inverse,
        } => {
            let text = match (text, say) {
                (Some(text), None) => Pattern::parse(&text),
                (None, Some(key)) => words(&key)?,
                _ => {
                    let why = "it needs either text or say, not both".into();
                    return Err(TemplateError::Geometry { item, why });
                }
            };
            let style = Style {
                face,
                size,
                min: min.unwrap_or(size),
                lines: lines.unwrap_or(usize::MAX),
                place,
            };
            Item {
                area: of(area),
                when,
                mark: Mark::Text {
                    text,
                    style,
                    inverse,
                },
            }
        }
        FileItem::Goods {
            area,
            each,
            more,
            face,
            size,
            min,
        } => {
            let style = Style {
                face,
                size,
                min: min.unwrap_or(size),
                lines: usize::MAX,
                place: Place::Left,
            };
            let (each, more) = (words(&each)?, words(&more)?);
            Item {
                area: of(area),
                when: None,
                mark: Mark::Goods { each, more, style },
            }
        }
        FileItem::Code128 {
            area,
            value,
            module,
        } => Item {
            area: of(area),
            when: None,
            mark: Mark::Code128 {
                value: Pattern::parse(&value),
                module,
            },
        },
        FileItem::Qr {
            area,
            value,
            module,
        } => Item {
            area: of(area),
            when: None,
            mark: Mark::Qr {
                value: Pattern::parse(&value),
                module,
            },
        },
    })
}

/// Multiples of an eighth are exact in binary, so this needs no tolerance.
fn on_grid(mm: f32) -> bool {
    (mm * 8.0).fract() == 0.0
}
