//! A report on A4: title, what it covers, verdict, tables, lines to sign on.
//!
//! Quiet like the window: one strong rule under the column heads, hairlines between rows, no boxes
//! and no shading, so that a photocopy loses nothing. Cells wrap and are never cut; the column heads
//! are repeated on every page; the page number says of how many, so that a missing sheet is noticed.

use crate::canvas::{Area, Canvas, Ink, Place};
use crate::error::PaperError;
use crate::fonts::{Face, Fonts};
use crate::pdf::pdf;
use crate::text::{self, LEADING, Line, MM_PER_PT, Unset};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::reports::{Align, Column, Report, Table, says};

/// A4, the shorter side first.
const A4: (f32, f32) = (210.0, 297.0);
const MARGIN: f32 = 15.0;
/// White between the columns.
const GUTTER: f32 = 3.0;
/// White above and below the text of a row.
const ROW_PADDING: f32 = 1.1;
const TITLE: f32 = 18.0;
const HEADING: f32 = 11.0;
const BODY: f32 = 8.5;
const SMALL: f32 = 7.5;
const STRONG_RULE: f32 = 0.5;
const HAIRLINE: f32 = 0.1;

/// A report as a PDF of A4 pages, laid sideways when its columns need it.
///
/// # Errors
/// [`PaperError::Refused`] when a character is in no typeface or a table does not fit A4.
pub fn render_report(fonts: &Fonts, report: &Report) -> Result<Vec<u8>, PaperError> {
    let natural = report.tables.iter().map(natural_width).fold(0.0, f32::max);
    let (width, height) = if natural <= A4.0 - 2.0 * MARGIN {
        A4
    } else {
        (A4.1, A4.0)
    };
    if natural > width - 2.0 * MARGIN {
        return Err(says::too_wide(&report.title).into());
    }
    let mut sheets = Sheets {
        fonts,
        report,
        width,
        height,
        done: Vec::new(),
        canvas: Canvas::new(width, height),
        y: MARGIN,
    };
    sheets.opening()?;
    for table in &report.tables {
        sheets.table(table)?;
    }
    sheets.signatures()?;
    let pages = sheets.numbered()?;
    pdf(fonts, &pages)
}

/// Pages being filled from the top.
struct Sheets<'a> {
    fonts: &'a Fonts,
    report: &'a Report,
    width: f32,
    height: f32,
    done: Vec<Canvas>,
    canvas: Canvas,
    /// Where the next thing goes.
    y: f32,
}

/// One row with its cells broken into lines.
struct Row {
    cells: Vec<Vec<Line>>,
    height: f32,
}

impl Sheets<'_> {
    fn opening(&mut self) -> Result<(), Refusal> {
        let report = self.report;
        self.paragraph(Face::Bold, TITLE, &report.title)?;
        self.y += 1.5;
        for line in &report.subtitle {
            self.paragraph(Face::Regular, 9.0, line)?;
        }
        if let Some(verdict) = &report.verdict {
            self.y += 4.0;
            self.rule(STRONG_RULE);
            self.y += 2.5;
            // A full square holds, an open one does not: legible on the worst copier.
            let side = 4.0;
            let mark = Area {
                x: MARGIN,
                y: self.y,
                width: side,
                height: side,
            };
            self.canvas.fill(mark, Ink::Black);
            if !verdict.holds {
                let rim = 0.6;
                let inside = Area {
                    x: mark.x + rim,
                    y: mark.y + rim,
                    width: side - 2.0 * rim,
                    height: side - 2.0 * rim,
                };
                self.canvas.fill(inside, Ink::White);
            }
            let area = Area {
                x: MARGIN + side + 2.5,
                width: self.line_width() - side - 2.5,
                ..mark
            };
            let size = 12.0;
            let lines = self.wrapped(Face::Bold, size, &verdict.says, area.width)?;
            self.canvas
                .lines(&lines, size, area, self.y - 0.1, Place::Left, Ink::Black);
            self.y += text::height(lines.len(), size).max(side) + 2.5;
            self.rule(STRONG_RULE);
        }
        self.y += 3.0;
        Ok(())
    }

    fn table(&mut self, table: &Table) -> Result<(), Refusal> {
        // The last column needs no white on its right.
        let stretch = (self.line_width() + GUTTER) / natural_width(table).max(1.0);
        let widths: Vec<f32> = table
            .columns
            .iter()
            .map(|column| f32::from(column.width_mm) * stretch)
            .collect();
        let heads: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.head.as_str())
            .collect();
        let head = self.row(Face::Bold, &heads, &widths, 0, table)?;

        let heading_height = if table.heading.is_empty() {
            0.0
        } else {
            text::height(1, HEADING) + 5.5
        };
        let first = match table.rows.first() {
            Some(cells) => self.row(Face::Regular, cells, &widths, 1, table)?.height,
            None => text::height(1, BODY) + 2.0 * ROW_PADDING,
        };
        if self.y + heading_height + head.height + first > self.bottom() {
            self.next_page()?;
        }
        if !table.heading.is_empty() {
            self.y += 4.0;
            self.paragraph(Face::Bold, HEADING, &table.heading)?;
            self.y += 1.5;
        }
        self.head(&head, &widths, &table.columns);
        if table.rows.is_empty() && !table.when_empty.is_empty() {
            self.y += ROW_PADDING;
            self.paragraph(Face::Regular, BODY, &table.when_empty)?;
            self.y += ROW_PADDING;
            self.rule(HAIRLINE);
        }
        for (number, cells) in (1..).zip(&table.rows) {
            let row = self.row(Face::Regular, cells, &widths, number, table)?;
            self.place(&row, number, &head, &widths, &table.columns)?;
            self.rule(HAIRLINE);
        }
        if !table.totals.is_empty() {
            let number = table.rows.len() + 1;
            let row = self.row(Face::Bold, &table.totals, &widths, number, table)?;
            self.place(&row, number, &head, &widths, &table.columns)?;
            self.rule(STRONG_RULE);
        }
        self.y += 3.0;
        Ok(())
    }

    /// Draws a row, on the next page under a repeated head when this one is full.
    fn place(
        &mut self,
        row: &Row,
        number: usize,
        head: &Row,
        widths: &[f32],
        columns: &[Column],
    ) -> Result<(), Refusal> {
        if self.y + row.height > self.bottom() {
            self.next_page()?;
            self.head(head, widths, columns);
            if self.y + row.height > self.bottom() {
                return Err(says::too_tall(&self.report.title, number));
            }
        }
        self.draw(row, widths, columns);
        Ok(())
    }

    fn head(&mut self, head: &Row, widths: &[f32], columns: &[Column]) {
        self.draw(head, widths, columns);
        self.rule(STRONG_RULE);
    }

    fn draw(&mut self, row: &Row, widths: &[f32], columns: &[Column]) {
        let mut x = MARGIN;
        for ((lines, width), column) in row.cells.iter().zip(widths).zip(columns) {
            let place = match column.align {
                Align::Left => Place::Left,
                Align::Right => Place::Right,
            };
            let area = Area {
                x,
                y: self.y,
                width: width - GUTTER,
                height: row.height,
            };
            self.canvas
                .lines(lines, BODY, area, self.y + ROW_PADDING, place, Ink::Black);
            x += width;
        }
        self.y += row.height;
    }

    fn row<T: AsRef<str>>(
        &self,
        face: Face,
        cells: &[T],
        widths: &[f32],
        number: usize,
        table: &Table,
    ) -> Result<Row, Refusal> {
        if cells.len() != table.columns.len() {
            return Err(says::ragged(&self.report.title, number));
        }
        let cells = cells
            .iter()
            .zip(widths)
            .map(|(text, width)| self.wrapped(face, BODY, text.as_ref(), width - GUTTER))
            .collect::<Result<Vec<_>, _>>()?;
        let lines = cells.iter().map(Vec::len).max().unwrap_or_default();
        Ok(Row {
            cells,
            height: text::height(lines, BODY) + 2.0 * ROW_PADDING,
        })
    }

    fn signatures(&mut self) -> Result<(), Refusal> {
        const PER_LINE: usize = 3;
        let width = self.line_width() / 3.0;
        for captions in self.report.signatures.chunks(PER_LINE) {
            if self.y + 18.0 > self.bottom() {
                self.next_page()?;
            }
            self.y += 14.0;
            let mut x = MARGIN;
            for caption in captions {
                let area = Area {
                    x,
                    y: self.y,
                    width: width - 2.0 * GUTTER,
                    height: HAIRLINE,
                };
                self.canvas.fill(area, Ink::Black);
                let lines = self.wrapped(Face::Regular, BODY, caption, area.width)?;
                self.canvas
                    .lines(&lines, BODY, area, self.y + 1.0, Place::Left, Ink::Black);
                x += width;
            }
            self.y += text::height(1, BODY) + 1.0;
        }
        Ok(())
    }

    /// Closes the last page and writes the foot of every page, now that their number is known.
    fn numbered(mut self) -> Result<Vec<Canvas>, Refusal> {
        let last = std::mem::replace(&mut self.canvas, Canvas::new(self.width, self.height));
        let mut pages = std::mem::take(&mut self.done);
        pages.push(last);
        let of = pages.len().to_string();
        let y = self.height - MARGIN + 2.0;
        for (number, canvas) in (1_usize..).zip(&mut pages) {
            let area = Area {
                x: MARGIN,
                y,
                width: self.line_width(),
                height: HAIRLINE,
            };
            canvas.fill(area, Ink::Black);
            let page = self
                .report
                .page_of
                .replace("{page}", &number.to_string())
                .replace("{pages}", &of);
            let page = self.wrapped(Face::Regular, SMALL, &page, area.width)?;
            let foot = self.wrapped(Face::Regular, SMALL, &self.report.footer, area.width * 0.8)?;
            canvas.lines(&foot, SMALL, area, y + 1.2, Place::Left, Ink::Black);
            canvas.lines(&page, SMALL, area, y + 1.2, Place::Right, Ink::Black);
        }
        Ok(pages)
    }

    fn next_page(&mut self) -> Result<(), Refusal> {
        let full = std::mem::replace(&mut self.canvas, Canvas::new(self.width, self.height));
        self.done.push(full);
        self.y = MARGIN;
        self.paragraph(Face::Bold, 9.0, &self.report.title)?;
        self.y += 2.0;
        Ok(())
    }

    fn paragraph(&mut self, face: Face, size: f32, words: &str) -> Result<(), Refusal> {
        let area = Area {
            x: MARGIN,
            y: self.y,
            width: self.line_width(),
            height: 0.0,
        };
        let lines = self.wrapped(face, size, words, area.width)?;
        self.canvas
            .lines(&lines, size, area, self.y, Place::Left, Ink::Black);
        self.y += text::height(lines.len(), size) + (LEADING - 1.0) * size * MM_PER_PT;
        Ok(())
    }

    fn rule(&mut self, thickness: f32) {
        let area = Area {
            x: MARGIN,
            y: self.y,
            width: self.line_width(),
            height: thickness,
        };
        self.canvas.fill(area, Ink::Black);
        self.y += thickness;
    }

    fn wrapped(
        &self,
        face: Face,
        size: f32,
        words: &str,
        width: f32,
    ) -> Result<Vec<Line>, Refusal> {
        match text::measure(self.fonts, face, words) {
            Ok(glyphs) => Ok(text::wrap(&glyphs, width / (size * MM_PER_PT))),
            Err(Unset::Missing(character)) => Err(says::missing_glyph(
                &self.report.title,
                format!("U+{:04X}", u32::from(character)),
            )),
            Err(Unset::TooLong) => Err(says::too_wide(&self.report.title)),
        }
    }

    fn line_width(&self) -> f32 {
        self.width - 2.0 * MARGIN
    }

    fn bottom(&self) -> f32 {
        self.height - MARGIN
    }
}

fn natural_width(table: &Table) -> f32 {
    table
        .columns
        .iter()
        .map(|column| f32::from(column.width_mm))
        .sum()
}
