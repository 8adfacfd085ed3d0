//! Bulk upload: orders and declaration lists from a spreadsheet, with every wrong cell named.
//!
//! Rows with the same order number are one document with a line each. Nothing is half taken: a document
//! with a wrong cell is left out and the cell told, by sheet, cell, heading, why and what next; the
//! others come out as the same values the JSON docking takes. Codes may be filled in as customs' units
//! are called (件). Sums that a template does not ask for are reckoned: goods, what was paid, unit price.
//!
//! Not here: storing anything. Reading alone is the dry run.

mod grid;
mod templates;
mod units;

pub use grid::SheetLimits;

use crate::codes::CodeTable;
use crate::fault::Wrong;
use crate::leaf::Rule;
use crate::table::{Field, Need};
use bondhouse_domain::customs::{DeclarationLine, DeclarationList, Order, OrderLine, says};
use bondhouse_domain::message::{Message as Said, Refusal};
use bondhouse_domain::quantity::{Money, Quantity};
use bondhouse_domain::time::Zone;
use grid::{Grid, Held, name_of};
use rust_decimal::RoundingStrategy;
use serde::Serialize;
use std::collections::BTreeMap;
use templates::{Column, LISTS, NUMBER, ORDERS, Template};

/// A workbook as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The worksheet.
    pub sheet: String,
    /// What it holds.
    pub documents: Uploaded,
    /// Every cell that is wrong, in the order of the sheet.
    pub errors: Vec<CellError>,
    /// Headings that no message carries or that are not known.
    pub passed_over: Vec<String>,
}

/// The documents without a wrong cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uploaded {
    /// By the template of orders.
    Orders(Vec<Order>),
    /// By the template of declaration lists.
    Lists(Vec<DeclarationList>),
}

/// A wrong cell. What it holds is not repeated: it may be a person's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct CellError {
    /// The worksheet.
    pub sheet: String,
    /// The cell as on screen: `K7`.
    pub cell: String,
    /// The heading above it.
    pub heading: String,
    /// What is wrong, why, and what next.
    pub said: Said,
}

/// Reads the first worksheet of a workbook (xlsx) by whichever template its headings are.
///
/// # Errors
/// A [`Refusal`] when the file is no workbook, too large, or its headings are of neither template.
pub fn read_workbook(bytes: &[u8], limits: SheetLimits) -> Result<Upload, Refusal> {
    let grid = grid::read(bytes, limits)?;
    let headings = headings(&grid);
    let has = |heading: &str| headings.contains_key(heading);
    if !has(NUMBER) {
        return Err(says::sheet_unknown());
    }
    // What only one of them asks for tells them apart.
    if has("物流运单编号") {
        let taken = Rows::of(&grid, &headings, &LISTS)?.read();
        let lists = taken
            .documents
            .into_iter()
            .map(|(list, lines)| finished_list(list, lines));
        Ok(Upload {
            documents: Uploaded::Lists(lists.collect()),
            sheet: grid.sheet,
            errors: taken.errors,
            passed_over: taken.passed_over,
        })
    } else if has("企业商品货号") {
        let mut taken = Rows::of(&grid, &headings, &ORDERS)?.read();
        let mut orders = Vec::with_capacity(taken.documents.len());
        for (order, lines) in taken.documents {
            match finished_order(order, lines) {
                Some(order) => orders.push(order),
                None => taken.errors.push(CellError {
                    sheet: grid.sheet.clone(),
                    cell: String::new(),
                    heading: "总价".to_owned(),
                    said: says::sheet_sum().0,
                }),
            }
        }
        Ok(Upload {
            documents: Uploaded::Orders(orders),
            sheet: grid.sheet,
            errors: taken.errors,
            passed_over: taken.passed_over,
        })
    } else {
        Err(says::sheet_unknown())
    }
}

/// Column by heading, from the first row.
fn headings(grid: &Grid) -> BTreeMap<String, u32> {
    let first = grid.rows.first_key_value();
    let cells = first.into_iter().flat_map(|(_, cells)| cells);
    let named = cells.filter_map(|(column, held)| match held {
        Held::Text(heading) => Some((heading.clone(), *column)),
        Held::Number(_) | Held::Other => None,
    });
    named.collect()
}

/// A worksheet read by a template.
struct Rows<'a, D: 'static, L: 'static> {
    grid: &'a Grid,
    headings: &'a BTreeMap<String, u32>,
    template: &'static Template<D, L>,
    errors: Vec<CellError>,
}

/// A document being put together, and the row each of its values came from.
struct Part<D, L> {
    document: D,
    lines: Vec<L>,
    row: u32,
    spoiled: bool,
}

/// What reading came to: documents with their lines, before their sums are reckoned.
struct Taken<D, L> {
    documents: Vec<(D, Vec<L>)>,
    errors: Vec<CellError>,
    passed_over: Vec<String>,
}

impl<'a, D: Default + PartialEq, L: Default> Rows<'a, D, L> {
    fn of(
        grid: &'a Grid,
        headings: &'a BTreeMap<String, u32>,
        template: &'static Template<D, L>,
    ) -> Result<Self, Refusal> {
        let needed = |need: Need| need != Need::May;
        let document = template.document.iter().map(|c| (c.heading, c.field.need));
        let line = template.line.iter().map(|c| (c.heading, c.field.need));
        let missing: Vec<&str> = document
            .chain(line)
            .filter(|(heading, need)| needed(*need) && !headings.contains_key(*heading))
            .map(|(heading, _)| heading)
            .collect();
        if !missing.is_empty() {
            return Err(says::sheet_headings(missing.join("、")));
        }
        Ok(Self {
            grid,
            headings,
            template,
            errors: Vec::new(),
        })
    }

    fn read(mut self) -> Taken<D, L> {
        let mut parts: Vec<Part<D, L>> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for (row, cells) in self.grid.rows.iter().skip(1) {
            let (mut document, mut line) = (D::default(), L::default());
            let template = self.template;
            let told = self.errors.len();
            for column in template.document {
                self.take(column, *row, cells, &mut document);
            }
            for column in template.line {
                self.take(column, *row, cells, &mut line);
            }
            let number = self
                .headings
                .get(NUMBER)
                .and_then(|column| match cells.get(column) {
                    Some(Held::Text(number) | Held::Number(number)) => Some(number.clone()),
                    _ => None,
                });
            let spoiled = self.errors.len() > told;
            let known = number
                .as_ref()
                .and_then(|number| places.get(number).copied());
            if let Some(part) = known.and_then(|index| parts.get_mut(index)) {
                let differs = self.differs(part.row, *row, &part.document, &document);
                part.spoiled |= spoiled || differs;
                part.lines.push(line);
                continue;
            }
            if let Some(number) = number {
                places.insert(number, parts.len());
            }
            parts.push(Part {
                document,
                lines: vec![line],
                row: *row,
                spoiled,
            });
        }
        let whole = parts.into_iter().filter(|part| !part.spoiled);
        let whole = whole.map(|part| (part.document, part.lines)).collect();
        let known = |heading: &String| {
            let heading = heading.as_str();
            self.template.document.iter().any(|c| c.heading == heading)
                || self.template.line.iter().any(|c| c.heading == heading)
        };
        let passed_over = self
            .headings
            .keys()
            .filter(|heading| !known(heading))
            .cloned();
        Taken {
            passed_over: passed_over.collect(),
            documents: whole,
            errors: self.errors,
        }
    }

    /// Later rows of a document must say of it what its first row said; answers whether one does not.
    fn differs(&mut self, first: u32, row: u32, known: &D, document: &D) -> bool {
        if known == document {
            return false;
        }
        let before = self.errors.len();
        for column in self.template.document {
            let text = |value: &D| {
                let mut out = String::new();
                (column.field.put)(value, column.field.rule, Zone::SHANGHAI, &mut out);
                out
            };
            if text(known) != text(document)
                && let Some(at) = self.headings.get(column.heading)
            {
                self.tell(row, *at, column.heading, says::sheet_differs(first + 1));
            }
        }
        self.errors.len() > before
    }

    fn tell(&mut self, row: u32, column: u32, heading: &str, why: Refusal) {
        self.errors.push(CellError {
            sheet: self.grid.sheet.clone(),
            cell: name_of(row, column),
            heading: heading.to_owned(),
            said: why.0,
        });
    }

    fn take<T>(&mut self, column: &Column<T>, row: u32, cells: &BTreeMap<u32, Held>, into: &mut T) {
        let Some(at) = self.headings.get(column.heading).copied() else {
            return;
        };
        if let Err(why) = taken(&column.field, cells.get(&at), into) {
            self.tell(row, at, column.heading, why);
        }
    }
}

/// Puts what a cell holds into its field.
fn taken<T>(field: &Field<T>, held: Option<&Held>, into: &mut T) -> Result<(), Refusal> {
    let text = match held {
        None if field.need == Need::May => return Ok(()),
        None => return Err(says::sheet_empty()),
        Some(Held::Other) => return Err(says::sheet_type()),
        Some(Held::Text(text)) => text.clone(),
        Some(Held::Number(number)) => as_typed(field.rule, number)?,
    };
    let text = match field.rule {
        Rule::Code(CodeTable::Unit) => units::code_of(&text).map_or(text, str::to_owned),
        _ => text,
    };
    if let Rule::Code(table) = field.rule
        && !table.holds(&text)
        // Offices are newer than the table; units and countries are not.
        && (table != CodeTable::Office || text.len() != table.digits())
    {
        return Err(says::sheet_code());
    }
    if let Some(doubt) = field.rule.doubt_length(&text, field.name) {
        let limit = doubt
            .param("limit")
            .or(doubt.param("length"))
            .unwrap_or_default();
        return Err(says::sheet_length(limit));
    }
    if crate::source::holds_forbidden(&text) {
        return Err(says::sheet_type());
    }
    match (field.take)(into, &text, Zone::SHANGHAI) {
        Ok(_) => Ok(()),
        Err(Wrong::TooFine) => Err(says::sheet_too_fine()),
        Err(_) => Err(says::sheet_number()),
    }
}

/// A cell that holds a number where digits are a name: the spreadsheet drops leading zeros and, beyond
/// fifteen digits, the last ones.
fn as_typed(rule: Rule, number: &str) -> Result<String, Refusal> {
    if rule == Rule::Number {
        return Ok(number.to_owned());
    }
    if number.len() > 15 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(says::sheet_as_text());
    }
    let digits = match rule {
        Rule::Code(table) => table.digits(),
        Rule::C(digits) => digits,
        _ => 0,
    };
    Ok(format!("{number:0>digits$}"))
}

/// The sums a template leaves out; nothing when they do not fit.
fn finished_order(order: Order, lines: Vec<OrderLine>) -> Option<Order> {
    let lines: Vec<OrderLine> = (1..)
        .zip(lines)
        .map(|(gnum, line)| OrderLine {
            gnum,
            currency: "142".to_owned(),
            price: unit_price(line.total_price, line.qty),
            ..line
        })
        .collect();
    let goods_value = Money::sum(lines.iter().map(|line| line.total_price))?;
    let actual_paid =
        Money::sum([goods_value, order.freight, order.tax_total])?.minus(order.discount)?;
    Some(Order {
        order_type: "I".to_owned(),
        goods_value,
        actual_paid,
        currency: "142".to_owned(),
        buyer_id_type: "1".to_owned(),
        lines,
        ..order
    })
}

fn finished_list(list: DeclarationList, lines: Vec<DeclarationLine>) -> DeclarationList {
    let lines = (1..).zip(lines).map(|(gnum, line)| DeclarationLine {
        gnum,
        item_name: line.gname.clone(),
        currency: "142".to_owned(),
        price: unit_price(line.total_price, line.qty),
        ..line
    });
    DeclarationList {
        ie_flag: "I".to_owned(),
        trade_mode: "1210".to_owned(),
        country: "142".to_owned(),
        currency: "142".to_owned(),
        buyer_id_type: "1".to_owned(),
        pack_no: 1,
        lines: lines.collect(),
        ..list
    }
}

/// Rounded to five decimals, within what the comparison of papers tolerates.
fn unit_price(total: Money, qty: Quantity) -> Option<Money> {
    let price = total.to_decimal().checked_div(qty.to_decimal())?;
    Money::from_decimal(price.round_dp_with_strategy(5, RoundingStrategy::MidpointAwayFromZero))
        .ok()
}
