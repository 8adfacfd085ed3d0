//! A worksheet as text by row and column, taken from an untrusted file within limits.
//!
//! What a spreadsheet holds as a number comes as a binary one; its shortest decimal form is what was
//! typed, and is read exactly from there on. A workbook is measured before it is opened (how much it
//! unpacks to) and its cells are taken one by one: a file of a kilobyte may claim billions of them.

use bondhouse_domain::customs::says;
use bondhouse_domain::message::Refusal;
use calamine::{DataRef, Reader as _, Xlsx, open_workbook_from_rs};
use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, copy, sink};

/// How much a workbook may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetLimits {
    /// Size of the file in bytes.
    pub bytes: usize,
    /// Size of all it holds, unpacked.
    pub unpacked: u64,
    /// Cells that hold something.
    pub cells: usize,
}

impl Default for SheetLimits {
    fn default() -> Self {
        Self {
            bytes: 4 << 20,
            unpacked: 64 << 20,
            cells: 200_000,
        }
    }
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    /// Text, trimmed, not empty.
    Text(String),
    /// A number, in its shortest decimal form.
    Number(String),
    /// A date, a truth value or an error: nothing a template asks for.
    Other,
}

/// The first worksheet: its name, and what each cell holds by row and column, both from 0.
pub(super) struct Grid {
    pub(super) sheet: String,
    pub(super) rows: BTreeMap<u32, BTreeMap<u32, Held>>,
}

pub(super) fn read(bytes: &[u8], limits: SheetLimits) -> Result<Grid, Refusal> {
    if bytes.len() > limits.bytes {
        return Err(says::too_large(limits.bytes));
    }
    measure(bytes, limits.unpacked)?;
    let unreadable = |_| says::sheet_unreadable();
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).map_err(unreadable)?;
    let sheet = book
        .sheet_names()
        .into_iter()
        .next()
        .ok_or_else(says::sheet_unreadable)?;
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(unreadable)?;
    let (mut rows, mut count) = (BTreeMap::<u32, BTreeMap<u32, Held>>::new(), 0_usize);
    while let Some(cell) = cells.next_cell().map_err(unreadable)? {
        let Some(held) = held(cell.get_value()) else {
            continue;
        };
        count += 1;
        if count > limits.cells {
            return Err(says::sheet_too_many_cells(limits.cells));
        }
        let (row, column) = cell.get_position();
        rows.entry(row).or_default().insert(column, held);
    }
    Ok(Grid { sheet, rows })
}

/// Unpacks everything once into nothing: what an archive says of its own size is not believed.
fn measure(bytes: &[u8], most: u64) -> Result<(), Refusal> {
    let unreadable = |_| says::sheet_unreadable();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let mut left = most;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(unreadable)?;
        let mut some = file.take(left.saturating_add(1));
        let unpacked = copy(&mut some, &mut sink()).map_err(|_| says::sheet_unreadable())?;
        left = left
            .checked_sub(unpacked)
            .ok_or_else(|| says::too_large(most))?;
    }
    Ok(())
}

fn held(data: &DataRef<'_>) -> Option<Held> {
    let text = |text: &str| {
        let text = text.trim();
        (!text.is_empty()).then(|| Held::Text(text.to_owned()))
    };
    match data {
        DataRef::Empty => None,
        DataRef::String(found) => text(found),
        DataRef::SharedString(found) => text(found),
        DataRef::Int(number) => Some(Held::Number(number.to_string())),
        DataRef::Float(number) if number.is_finite() => Some(Held::Number(number.to_string())),
        DataRef::Float(_)
        | DataRef::Bool(_)
        | DataRef::DateTime(_)
        | DataRef::DateTimeIso(_)
        | DataRef::DurationIso(_)
        | DataRef::Error(_) => Some(Held::Other),
    }
}

/// A cell as people call it: `AB7`.
pub(super) fn name_of(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    let letters: String = letters.into_iter().rev().collect();
    format!("{letters}{}", row + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_on_screen() {
        assert_eq!(name_of(0, 0), "A1");
        assert_eq!(name_of(6, 25), "Z7");
        assert_eq!(name_of(6, 27), "AB7");
        assert_eq!(name_of(1_048_575, 16_383), "XFD1048576");
    }
}
