//! Why a message or record was refused, and what else looked doubtful, each with its place.
//!
//! Values never appear in either: a field may hold a person's data.

use bondhouse_domain::customs::says;
use bondhouse_domain::message::{Message as Said, Refusal};
use bondhouse_domain::quantity::AmountError;

/// A place in the text of a message, counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// A refusal of a whole message or of one of its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is said; its parameters hold field, line and column.
    pub refusal: Refusal,
    /// Where.
    pub place: Place,
    /// Which record, counted from 1; `None` when the whole message is refused.
    pub record: Option<u32>,
}

impl Fault {
    /// The catalogued code.
    pub fn code(&self) -> &str {
        &self.refusal.0.code
    }

    /// The element it is about, by its own name.
    pub fn field(&self) -> Option<&str> {
        self.refusal.0.param("field")
    }
}

/// Something that was accepted but should be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// What is said.
    pub message: Said,
    /// Where.
    pub place: Place,
}

/// What is wrong with the text as a whole: reading stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fatal {
    pub(crate) why: Stop,
    pub(crate) at: usize,
}

/// Why reading stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    NotWellFormed,
    Truncated,
    Dtd,
    Entity,
    TooDeep(usize),
    TooManyAttributes(usize),
    TooManyItems(usize),
    UnknownMessage(String),
    WrongNamespace(String),
    NothingInside,
    Envelope,
}

impl Stop {
    pub(crate) fn refusal(&self, place: Place) -> Refusal {
        let Place { line, column } = place;
        match self {
            Self::NotWellFormed => says::not_well_formed(line, column),
            Self::Truncated => says::truncated(line, column),
            Self::Dtd => says::dtd(line, column),
            Self::Entity => says::entity(line, column),
            Self::TooDeep(limit) => says::too_deep(limit, line, column),
            Self::TooManyAttributes(limit) => says::too_many_attributes(limit, line, column),
            Self::TooManyItems(limit) => says::too_many_items(limit, line, column),
            Self::UnknownMessage(root) => says::unknown_message(root, line, column),
            Self::WrongNamespace(root) => says::wrong_namespace(root, line, column),
            Self::NothingInside => says::nothing_inside(line, column),
            Self::Envelope => says::envelope(line, column),
        }
    }
}

/// What is wrong with one record: the others are read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) why: Wrong,
    pub(crate) field: &'static str,
    pub(crate) at: usize,
}

/// Why a record is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    Missing,
    Repeated,
    Nested,
    BadCharacter,
    BadNumber,
    TooFine,
    NumberTooLarge,
    BadTime,
    BadDate,
}

impl Wrong {
    pub(crate) fn refusal(self, field: &str, place: Place) -> Refusal {
        let Place { line, column } = place;
        match self {
            Self::Missing => says::missing(field, line, column),
            Self::Repeated => says::repeated(field, line, column),
            Self::Nested => says::nested(field, line, column),
            Self::BadCharacter => says::bad_character(field, line, column),
            Self::BadNumber => says::bad_number(field, line, column),
            Self::TooFine => says::too_fine(field, line, column),
            Self::NumberTooLarge => says::number_too_large(field, line, column),
            Self::BadTime => says::bad_time(field, line, column),
            Self::BadDate => says::bad_date(field, line, column),
        }
    }
}

impl From<AmountError> for Wrong {
    fn from(error: AmountError) -> Self {
        match error {
            AmountError::NotANumber => Self::BadNumber,
            AmountError::TooFine => Self::TooFine,
            AmountError::TooLarge => Self::NumberTooLarge,
        }
    }
}

/// Turns byte offsets into places, walking the text forward.
///
/// Going back restarts at the mark, so that a record full of doubts costs its own length and not
/// that of all before it.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    text: &'a str,
    now: (usize, Place),
    mark: (usize, Place),
}

impl<'a> Places<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let start = (0, Place { line: 1, column: 1 });
        Self {
            text,
            now: start,
            mark: start,
        }
    }

    /// The place of an offset, from which later look-backs restart.
    pub(crate) fn marked(&mut self, offset: usize) -> Place {
        let place = self.of(offset);
        self.mark = self.now;
        place
    }

    pub(crate) fn of(&mut self, offset: usize) -> Place {
        let offset = self.text.floor_char_boundary(offset);
        if offset < self.now.0 {
            self.now = if offset < self.mark.0 {
                Self::new(self.text).now
            } else {
                self.mark
            };
        }
        let (at, mut place) = self.now;
        let passed = self.text.get(at..offset).unwrap_or_default();
        // Bytes are counted, not characters, save on the last line: places are asked for often.
        let lines = newlines(passed.as_bytes());
        if lines > 0 {
            place = Place {
                line: place.line.saturating_add(as_u32(lines)),
                column: 1,
            };
        }
        let last_line = passed.rsplit('\n').next().unwrap_or_default();
        place.column = place
            .column
            .saturating_add(as_u32(last_line.chars().count()));
        self.now = (offset, place);
        place
    }
}

/// Counted in pieces short enough for a byte, which the processor then does many at a time.
fn newlines(bytes: &[u8]) -> usize {
    let few = |piece: &[u8]| {
        piece
            .iter()
            .map(|byte| u8::from(*byte == b'\n'))
            .sum::<u8>()
    };
    bytes.chunks(255).map(|piece| usize::from(few(piece))).sum()
}

fn as_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let mut places = Places::new("甲乙<\n 丙x");
        assert_eq!(places.of(6), Place { line: 1, column: 3 });
        assert_eq!(places.of(12), Place { line: 2, column: 3 });
        assert_eq!(places.of(0), Place { line: 1, column: 1 });
    }
}
