//! Element tables and the one way of reading and writing by them.
//!
//! A [`Table`] says, for one kind of element, which child elements it has, in which order, how long
//! and how needed they are, and which field of the domain value each belongs to. Everything a message
//! needs to be known stands in `tables/`; nothing there is code.

use crate::fault::{Fatal, Wrong};
use crate::leaf::{Rule, Shape};
use crate::sink::Sink;
use crate::source::Source;
use bondhouse_domain::customs::{Extra, says};
use bondhouse_domain::message::Message as Said;
use bondhouse_domain::time::Zone;

/// How needed an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Without it the record means nothing: refused.
    Key,
    /// Mandatory by the standard, yet real messages lack it: doubted.
    Must,
    /// Mandatory in bonded mode only (the comparison checks it), or optional.
    May,
}

/// One element that holds a value.
pub(crate) struct Field<T: 'static> {
    pub(crate) name: &'static str,
    pub(crate) rule: Rule,
    /// [`Rule::lengths`], at hand: nearly every text is of the right one.
    pub(crate) lengths: (usize, usize),
    pub(crate) need: Need,
    pub(crate) zero_when_absent: bool,
    pub(crate) take: fn(&mut T, &str, Zone) -> Result<Shape, Wrong>,
    pub(crate) put: fn(&T, Rule, Zone, &mut String),
    pub(crate) mask: fn(&mut T, Rule),
}

/// One element that holds elements.
pub(crate) struct Child<T: 'static> {
    pub(crate) name: &'static str,
    pub(crate) many: bool,
    pub(crate) read: fn(&mut Source<'_>, &mut T) -> Result<(), Fatal>,
    pub(crate) write: fn(&T, &mut Sink),
    pub(crate) mask: fn(&mut T),
}

/// One kind of element.
pub(crate) struct Table<T: 'static> {
    /// The wrapper its leading fields stand in, empty when they stand in the node itself.
    pub(crate) head: &'static str,
    /// Its own element, where its value is that of the element around it: what is unknown in either is
    /// kept in one list and told apart by this. Else empty.
    pub(crate) part: &'static str,
    /// Its fields in order.
    pub(crate) fields: &'static [Field<T>],
    /// How many of them stand before the children; the others follow.
    pub(crate) leading: usize,
    /// Its children in order.
    pub(crate) children: &'static [Child<T>],
    pub(crate) extra: fn(&T) -> &Vec<Extra>,
    pub(crate) extra_mut: fn(&mut T) -> &mut Vec<Extra>,
}

/// Declares a table. Columns: element, field, form, need.
macro_rules! table {
    (
        $(#[$doc:meta])*
        $name:ident: $type:ident $(in $head:literal)? $(part $part:literal)?, extra $extra:ident $(. $extra_rest:ident)* {
            $($element:ident: $path:ident $(. $rest:ident)*, $rule:expr, $need:ident;)*
        }
        $(children { $($how:ident $child:ident: $child_path:ident $(. $child_rest:ident)* => $child_table:ident;)* })?
        $(after { $($late:ident: $late_path:ident $(. $late_rest:ident)*, $late_rule:expr, $late_need:ident;)* })?
    ) => {
        $(#[$doc])*
        pub(crate) static $name: $crate::table::Table<$type> = $crate::table::Table {
            head: concat!("" $(, $head)?),
            part: concat!("" $(, $part)?),
            fields: &[
                $($crate::table::field!($type, $element, ($path $(. $rest)*), $rule, $need),)*
                $($($crate::table::field!($type, $late, ($late_path $(. $late_rest)*), $late_rule, $late_need),)*)?
            ],
            leading: <[&str]>::len(&[$(stringify!($element)),*]),
            children: &[$($($crate::table::child!($how $type, $child, ($child_path $(. $child_rest)*), $child_table),)*)?],
            extra: |value| &value.$extra $(. $extra_rest)*,
            extra_mut: |value| &mut value.$extra $(. $extra_rest)*,
        };
    };
}

macro_rules! field {
    ($type:ty, $element:ident, ($($path:ident).+), $rule:expr, $need:ident) => {
        $crate::table::Field::<$type> {
            name: stringify!($element),
            rule: $rule,
            lengths: $crate::leaf::Rule::lengths($rule),
            need: $crate::table::Need::$need,
            zero_when_absent: $crate::leaf::zero_when_absent(|value: &$type| &value.$($path).+),
            take: |value, text, zone| $crate::leaf::Leaf::take(&mut value.$($path).+, text, zone),
            put: |value, rule, zone, out| $crate::leaf::Leaf::put(&value.$($path).+, rule, zone, out),
            mask: |value, rule| $crate::leaf::Leaf::mask(&mut value.$($path).+, rule),
        }
    };
}

macro_rules! child {
    (many $type:ty, $element:ident, ($($path:ident).+), $table:ident) => {
        $crate::table::Child::<$type> {
            name: stringify!($element),
            many: true,
            read: |source, value| {
                let mut line = Default::default();
                $crate::table::read_node(source, &$table, &mut line)?;
                value.$($path).+.push(line);
                Ok(())
            },
            write: |value, sink| value.$($path).+.iter().for_each(|line| $crate::table::write_node(sink, stringify!($element), &$table, line)),
            mask: |value| value.$($path).+.iter_mut().for_each(|line| $crate::table::mask(&$table, line)),
        }
    };
    (one $type:ty, $element:ident, ($($path:ident).+), $table:ident) => {
        $crate::table::Child::<$type> {
            name: stringify!($element),
            many: false,
            read: |source, value| $crate::table::read_node(source, &$table, &mut value.$($path).+),
            write: |value, sink| $crate::table::write_node(sink, stringify!($element), &$table, &value.$($path).+),
            mask: |value| $crate::table::mask(&$table, &mut value.$($path).+),
        }
    };
    (maybe $type:ty, $element:ident, ($($path:ident).+), $table:ident) => {
        $crate::table::Child::<$type> {
            name: stringify!($element),
            many: false,
            read: |source, value| {
                $crate::table::read_node(source, &$table, value.$($path).+.get_or_insert_default())
            },
            write: |value, sink| value.$($path).+.iter().for_each(|inner| $crate::table::write_node(sink, stringify!($element), &$table, inner)),
            mask: |value| value.$($path).+.iter_mut().for_each(|inner| $crate::table::mask(&$table, inner)),
        }
    };
    // A wrapper around texts of one name; the fourth column is that name.
    (texts $type:ty, $element:ident, ($($path:ident).+), $item:ident) => {
        $crate::table::Child::<$type> {
            name: stringify!($element),
            many: false,
            read: |source, value| {
                let names = (stringify!($element), stringify!($item));
                $crate::table::read_texts(source, names, &mut value.$($path).+, &mut value.extra)
            },
            write: |value, sink| {
                sink.open(stringify!($element));
                value.$($path).+.iter().for_each(|text| sink.text_leaf(stringify!($item), text, false));
                value.extra.iter().filter(|e| e.within == stringify!($element)).for_each(|e| sink.extra(e));
                sink.close(stringify!($element));
            },
            mask: |_| {},
        }
    };
    // A wrapper whose fields belong to the value around it; written when any of them is given.
    (part $type:ty, $element:ident, ($path:ident), $table:ident) => {
        $crate::table::Child::<$type> {
            name: stringify!($element),
            many: false,
            read: |source, value| $crate::table::read_node(source, &$table, value),
            write: |value, sink| if !value.$path.is_empty() {
                $crate::table::write_node(sink, stringify!($element), &$table, value);
            },
            mask: |_| {},
        }
    };
}

pub(crate) use {child, field, table};

impl<T> Table<T> {
    /// Elements nearly always stand in the table's order, so the next one is looked at first. Senders
    /// differ in the case of letters (`passID`, `passId`); an exact match counts first.
    fn find_field(&self, from: usize, name: &str) -> Option<(usize, &'static Field<T>)> {
        let (behind, ahead) = self
            .fields
            .split_at_checked(from)
            .unwrap_or((self.fields, &[]));
        // Most names differ in length or in their first letter: no call is needed to see that.
        let first = name.as_bytes().first();
        let same = |field: &Field<T>| {
            field.name.len() == name.len()
                && field.name.as_bytes().first() == first
                && field.name == name
        };
        let like = |field: &Field<T>| field.name.eq_ignore_ascii_case(name);
        let index = (ahead.iter().position(same).map(|at| at + behind.len()))
            .or_else(|| behind.iter().position(same))
            .or_else(|| self.fields.iter().position(like))?;
        Some((index, self.fields.get(index)?))
    }

    fn knows(&self, name: &str) -> bool {
        name == self.head
            || self.fields.iter().any(|f| f.name == name)
            || self.children.iter().any(|c| c.name == name)
    }
}

/// Reads the element just opened into `into`, up to its end.
///
/// Order does not matter, a wrapper inside itself is looked through, and what is not in the table is
/// kept. What is wrong with a value is noted on `source` and reading goes on.
pub(crate) fn read_node<T>(
    source: &mut Source<'_>,
    table: &Table<T>,
    into: &mut T,
) -> Result<(), Fatal> {
    let began = source.at();
    source.item(began)?;
    let (mut cursor, mut seen, mut given, mut children_seen) = (0, 0_u128, 0_u128, 0_u64);
    let mut wrappers = 0_usize;
    let mut after = "";
    loop {
        let expected = table.fields.get(cursor);
        let name = expected.map_or("", |field| field.name);
        if let Some(plain) = source.plain(name)
            && let Some((index, field)) = match expected {
                Some(field) if plain.is_expected => Some((cursor, field)),
                _ => table.find_field(cursor, plain.name),
            }
        {
            source.pass(&plain);
            let bit = 1_u128 << index.min(127);
            if seen & bit != 0 {
                source.flaw(Wrong::Repeated, field.name, plain.at);
            }
            seen |= bit;
            if !plain.text.is_empty() {
                given |= bit;
                take(source, field, into, plain.text, plain.at);
            }
            (cursor, after) = (index + 1, field.name);
            continue;
        }
        let Some(open) = source.element()? else {
            if wrappers == 0 {
                break;
            }
            wrappers -= 1;
            after = table.head;
            continue;
        };
        if open.ours {
            if let Some((index, field)) = table.find_field(cursor, open.name()) {
                let bit = 1_u128 << index.min(127);
                if seen & bit != 0 {
                    source.flaw(Wrong::Repeated, field.name, open.at);
                }
                seen |= bit;
                let text = source.leaf(field.name)?;
                if !text.is_empty() {
                    given |= bit;
                    take(source, field, into, &text, open.at);
                }
                (cursor, after) = (index + 1, field.name);
                continue;
            }
            if let Some((index, child)) = table
                .children
                .iter()
                .enumerate()
                .find(|(_, c)| c.name == open.name())
            {
                let bit = 1_u64 << index.min(63);
                if !child.many && children_seen & bit != 0 {
                    source.flaw(Wrong::Repeated, child.name, open.at);
                }
                children_seen |= bit;
                (child.read)(source, into)?;
                after = child.name;
                continue;
            }
            if !table.head.is_empty() && open.name() == table.head {
                if wrappers > 0 {
                    source.doubt(open.at, says::doubt_wrapper(table.head));
                }
                wrappers += 1;
                continue;
            }
        }
        source.doubt(open.at, says::doubt_unknown(shown(open.name())));
        let within = if wrappers > 0 { table.head } else { table.part };
        let extra = source.extra(&open, within, after)?;
        (table.extra_mut)(into).push(extra);
    }
    for (index, field) in table.fields.iter().enumerate() {
        if given & (1_u128 << index.min(127)) == 0 {
            match field.need {
                Need::Key => source.flaw(Wrong::Missing, field.name, began),
                Need::Must if field.zero_when_absent => {
                    source.doubt(began, says::doubt_zero(field.name))
                }
                Need::Must => source.doubt(began, says::doubt_missing(field.name)),
                Need::May => {}
            }
        }
    }
    Ok(())
}

fn take<T>(source: &mut Source<'_>, field: &Field<T>, into: &mut T, text: &str, at: usize) {
    match (field.take)(into, text, source.zone) {
        Ok(Shape::AsExpected) => {}
        Ok(Shape::DateWithTime) => source.doubt(at, says::doubt_date_with_time(field.name)),
        Ok(Shape::TimeWithoutHours) => source.doubt(at, says::doubt_time_without_hours(field.name)),
        Err(why) => source.flaw(why, field.name, at),
    }
    let (least, most) = field.lengths;
    let doubt = match (least..=most).contains(&text.len()) {
        true => field.rule.doubt_code(text, field.name),
        // Customs counts characters, and no text has more of them than bytes.
        false => field.rule.doubt_length(text, field.name),
    };
    if let Some(doubt) = doubt {
        source.doubt(at, doubt);
    }
}

/// A name from outside, short enough to show.
fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

/// Reads the texts inside the wrapper just opened; what else stands there is kept.
pub(crate) fn read_texts(
    source: &mut Source<'_>,
    (wrapper, item): (&'static str, &'static str),
    into: &mut Vec<String>,
    extra: &mut Vec<Extra>,
) -> Result<(), Fatal> {
    while let Some(open) = source.element()? {
        if open.ours && open.name() == item {
            source.item(open.at)?;
            into.push(source.leaf(item)?.into_owned());
        } else {
            source.doubt(open.at, says::doubt_unknown(shown(open.name())));
            extra.push(source.extra(&open, wrapper, "")?);
        }
    }
    Ok(())
}

/// Writes `value` as the element `node`, in the table's order.
///
/// An element that is needed is written even when empty, as customs' own clients do.
pub(crate) fn write_node<T>(sink: &mut Sink, node: &str, table: &Table<T>, value: &T) {
    let extra = (table.extra)(value);
    let is_head = |e: &Extra| !table.head.is_empty() && e.within == table.head;
    let is_ours = |e: &Extra| e.within == table.part || is_head(e);
    let follow = |sink: &mut Sink, name: &str| {
        extra
            .iter()
            .filter(|e| is_ours(e) && !e.after.is_empty() && e.after == name)
            .for_each(|e| sink.extra(e));
    };
    let first = |sink: &mut Sink, within: &str| {
        extra
            .iter()
            .filter(|e| e.after.is_empty() && e.within == within)
            .for_each(|e| sink.extra(e));
    };
    let one = |sink: &mut Sink, field: &Field<T>| {
        sink.leaf(field.name, field.need != Need::May, |zone, out| {
            (field.put)(value, field.rule, zone, out)
        });
        follow(sink, field.name);
    };
    let fields = |sink: &mut Sink, within: &str, fields: &[Field<T>]| match sink.order_of(within) {
        None => fields.iter().for_each(|field| one(sink, field)),
        Some(order) => order
            .sorted(fields, |field| field.name)
            .for_each(|field| one(sink, field)),
    };
    let (leading, late) = table.fields.split_at(table.leading.min(table.fields.len()));
    sink.open(node);
    first(sink, table.part);
    if table.head.is_empty() {
        fields(sink, node, leading);
    } else {
        sink.open(table.head);
        first(sink, table.head);
        fields(sink, table.head, leading);
        sink.close(table.head);
        follow(sink, table.head);
    }
    for child in table.children {
        (child.write)(value, sink);
        follow(sink, child.name);
    }
    fields(sink, node, late);
    let homeless = |e: &&Extra| match is_ours(e) {
        true => !e.after.is_empty() && !table.knows(&e.after),
        // A part leaves what is not its own to the element around it.
        false => table.part.is_empty() && table.children.iter().all(|child| child.name != e.within),
    };
    extra.iter().filter(homeless).for_each(|e| sink.extra(e));
    sink.close(node);
}

/// Replaces every personal text by what may be shown.
pub(crate) fn mask<T>(table: &Table<T>, value: &mut T) {
    table
        .fields
        .iter()
        .for_each(|field| (field.mask)(value, field.rule));
    table.children.iter().for_each(|child| (child.mask)(value));
    (table.extra_mut)(value).clear();
}

/// What the standard would object to in a value about to be written.
pub(crate) fn objections<T>(table: &Table<T>, value: &T, zone: Zone, out: &mut Vec<Said>) {
    let mut text = String::new();
    for field in table.fields {
        text.clear();
        (field.put)(value, field.rule, zone, &mut text);
        if text.is_empty() {
            if field.need != Need::May {
                out.push(says::doubt_missing(field.name));
            }
        } else {
            out.extend(field.rule.doubt_length(&text, field.name));
        }
    }
}
