//! A waybill label by its template.
//!
//! Bars and modules are the widest whole number of dots, up to the template's module, at which the
//! symbol with its quiet zones fits its box. Whatever cannot be printed in full refuses the label.

use crate::bitmap::{Bitmap, rasterise};
use crate::canvas::{Area, Canvas, Ink, Place, Style, count};
use crate::code128::code128;
use crate::error::PaperError;
use crate::fonts::Fonts;
use crate::pattern::Pattern;
use crate::pdf::pdf;
use crate::qr::qr;
use crate::symbol::Symbol;
use crate::template::{Head, Item, Mark, Template};
use crate::text::{self, Fitted, Unset};
use bondhouse_domain::labels::{Fault, GoodsLine, WaybillLabel, says};
use bondhouse_domain::message::Refusal;

/// The narrowest bar a hand scanner reads off thermal paper, in millimetres.
const LEAST_BAR: f32 = 0.25;
/// The narrowest QR module, in millimetres: 3 dots at 203 dpi, 4 at 300.
const LEAST_MODULE: f32 = 0.3385;
/// What a box keeps black beside inverse text, in millimetres.
const INVERSE_MARGIN: f32 = 0.5;

/// One label as a PDF of one page.
///
/// # Errors
/// [`PaperError::Refused`] when something on it could not be printed in full or is not masked.
pub fn render_waybill(
    fonts: &Fonts,
    template: &Template,
    label: &WaybillLabel,
) -> Result<Vec<u8>, PaperError> {
    render_waybills(fonts, template, std::slice::from_ref(label))
}

/// Many labels as one PDF, a page each: fonts are cut down once for all of them.
///
/// # Errors
/// [`PaperError::Refused`] for the first label that cannot be printed; then none is, so that what
/// lies in the printer is always what was asked for.
pub fn render_waybills(
    fonts: &Fonts,
    template: &Template,
    labels: &[WaybillLabel],
) -> Result<Vec<u8>, PaperError> {
    let pages = labels
        .iter()
        .map(|label| {
            Drawing {
                fonts,
                template,
                label,
            }
            .page()
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    pdf(fonts, &pages)
}

/// One label as the dots of the template's print head.
///
/// # Errors
/// [`PaperError::Refused`] when something on it could not be printed in full or is not masked.
pub fn rasterise_waybill(
    fonts: &Fonts,
    template: &Template,
    label: &WaybillLabel,
) -> Result<Bitmap, PaperError> {
    let page = Drawing {
        fonts,
        template,
        label,
    }
    .page()?;
    Ok(rasterise(fonts, &page, template.head))
}

struct Drawing<'a> {
    fonts: &'a Fonts,
    template: &'a Template,
    label: &'a WaybillLabel,
}

impl Drawing<'_> {
    fn page(&self) -> Result<Canvas, Refusal> {
        match self.label.fault() {
            Some(Fault::Missing(field)) => return Err(self.refuse(says::missing, field)),
            Some(Fault::NotMasked(field)) => return Err(self.refuse(says::not_masked, field)),
            None => {}
        }
        let mut canvas = Canvas::new(self.template.width, self.template.height);
        for item in &self.template.items {
            let empty = |field: &String| self.label.field(field).is_none_or(|text| text.is_empty());
            if !item.when.as_ref().is_some_and(empty) {
                self.item(&mut canvas, item)?;
            }
        }
        Ok(canvas)
    }

    fn item(&self, canvas: &mut Canvas, Item { area, mark, .. }: &Item) -> Result<(), Refusal> {
        let area = *area;
        match mark {
            Mark::Rule => canvas.fill(area, Ink::Black),
            Mark::Text {
                text,
                style,
                inverse,
            } => self.text(canvas, area, text, *style, *inverse)?,
            Mark::Goods { each, more, style } => self.goods(canvas, area, each, more, *style)?,
            Mark::Code128 { value, module } => {
                let symbol = code128(&self.filled(value))
                    .map_err(|_| self.refuse(says::not_encodable, value.subject()))?;
                let dots = Dots::fit(self.template.head, &symbol, area.width, *module, LEAST_BAR)
                    .ok_or_else(|| self.refuse(says::symbol_too_large, value.subject()))?;
                let x = dots.centred(area.x, area.width, symbol.columns);
                canvas.symbol(
                    &symbol,
                    x,
                    dots.snap(area.y),
                    dots.module(),
                    dots.snap(area.height),
                );
            }
            Mark::Qr { value, module } => {
                let too_large = || self.refuse(says::symbol_too_large, value.subject());
                let symbol = qr(&self.filled(value)).ok_or_else(too_large)?;
                let side = area.width.min(area.height);
                let dots = Dots::fit(self.template.head, &symbol, side, *module, LEAST_MODULE)
                    .ok_or_else(too_large)?;
                let x = dots.centred(area.x, area.width, symbol.columns);
                let y = dots.centred(area.y, area.height, symbol.rows);
                canvas.symbol(&symbol, x, y, dots.module(), dots.module());
            }
        }
        Ok(())
    }

    fn text(
        &self,
        canvas: &mut Canvas,
        area: Area,
        pattern: &Pattern,
        style: Style,
        inverse: bool,
    ) -> Result<(), Refusal> {
        let margin = if inverse { INVERSE_MARGIN } else { 0.0 };
        let fitted = text::measure(self.fonts, style.face, &self.filled(pattern))
            .and_then(|glyphs| text::fit(&glyphs, area.width - 2.0 * margin, area.height, style))
            .map_err(|unset| self.unset(unset, pattern.subject()))?;
        let ink = if inverse {
            canvas.fill(area, Ink::Black);
            Ink::White
        } else {
            Ink::Black
        };
        let inner = Area {
            x: area.x + margin,
            width: area.width - 2.0 * margin,
            ..area
        };
        let top = area.y + (area.height - fitted.height()) / 2.0;
        canvas.lines(&fitted.lines, fitted.size, inner, top, style.place, ink);
        Ok(())
    }

    /// All goods at the largest size that takes them; failing that, as many as fit at the smallest
    /// size and a last line that counts the rest. The courier needs the kind of goods, customs has the list.
    fn goods(
        &self,
        canvas: &mut Canvas,
        area: Area,
        each: &Pattern,
        more: &Pattern,
        style: Style,
    ) -> Result<(), Refusal> {
        let goods = &self.label.goods;
        let fitted = (0..=goods.len()).rev().find_map(|shown| {
            let size = if shown == goods.len() {
                style.size
            } else {
                style.min
            };
            match self.goods_set(area, goods, shown, each, more, Style { size, ..style }) {
                Err(Unset::TooLong) => None,
                settled => Some(settled),
            }
        });
        let fitted = fitted
            .unwrap_or(Err(Unset::TooLong))
            .map_err(|unset| self.unset(unset, "goods_lines"))?;
        canvas.lines(
            &fitted.lines,
            fitted.size,
            area,
            area.y,
            Place::Left,
            Ink::Black,
        );
        Ok(())
    }

    fn goods_set(
        &self,
        area: Area,
        goods: &[GoodsLine],
        shown: usize,
        each: &Pattern,
        more: &Pattern,
        style: Style,
    ) -> Result<Fitted, Unset> {
        let mut lines: Vec<String> = goods
            .iter()
            .take(shown)
            .map(|line| goods_line(each, line))
            .collect();
        if shown < goods.len() {
            lines.push(self.filled(more));
        }
        let glyphs = text::measure(self.fonts, style.face, &lines.join("\n"))?;
        text::fit(&glyphs, area.width, area.height, style)
    }

    fn filled(&self, pattern: &Pattern) -> String {
        pattern.fill(|field| self.label.field(field))
    }

    fn unset(&self, unset: Unset, field: &str) -> Refusal {
        match unset {
            Unset::TooLong => self.refuse(says::too_long, field),
            Unset::Missing(character) => {
                let code_point = format!("U+{:04X}", u32::from(character));
                says::missing_glyph(
                    &self.label.waybill_no,
                    self.template.name_of(field),
                    code_point,
                )
            }
        }
    }

    fn refuse(&self, say: fn(String, String) -> Refusal, field: &str) -> Refusal {
        say(self.label.waybill_no.clone(), self.template.name_of(field))
    }
}

fn goods_line(each: &Pattern, line: &GoodsLine) -> String {
    each.fill(|field| match field {
        "name" => Some(line.name.clone()),
        "quantity" => Some(line.quantity.to_string()),
        "unit" => Some(line.unit.clone()),
        _ => None,
    })
}
/// A module in whole dots of a head.
struct Dots {
    dot: f32,
    dots_per_module: u32,
}

impl Dots {
    /// The widest module up to `wanted` at which the symbol and its quiet zones take at most `space`.
    fn fit(head: Head, symbol: &Symbol, space: f32, wanted: f32, least: f32) -> Option<Self> {
        let dot = head.dot();
        let modules = count(symbol.columns + 2 * symbol.quiet);
        // A hundredth of a dot forgives what 25.4 / 300 loses in binary.
        (1..=32_u32)
            .rev()
            .map(|dots_per_module| Self {
                dot,
                dots_per_module,
            })
            .find(|dots| {
                dots.module() <= wanted + dot / 100.0
                    && dots.module() * modules <= space + dot / 100.0
            })
            .filter(|dots| dots.module() >= least)
    }

    fn module(&self) -> f32 {
        count(self.dots_per_module) * self.dot
    }

    /// The nearest whole dot.
    fn snap(&self, mm: f32) -> f32 {
        (mm / self.dot).round() * self.dot
    }

    fn centred(&self, from: f32, space: f32, modules: u32) -> f32 {
        self.snap(from + (space - count(modules) * self.module()) / 2.0)
    }
}
