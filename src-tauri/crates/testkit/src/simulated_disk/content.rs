//! What stands in a file, in pages that copies of it share until one of them is written.
//!
//! A simulated disk is copied at each power cut, backup and clone, and beside each file stands what of
//! it is synced. With whole files a history spent most of its time on copies of bytes that nobody had
//! changed; so a copy costs a count a page, and a write copies the one page it changes.

use std::sync::Arc;

/// As long as a page of SQLite, so that a page of a database is a page here.
const PAGE: usize = 4096;

/// The bytes of a file.
#[derive(Debug, Clone, Default)]
pub struct Content {
    pages: Vec<Arc<[u8; PAGE]>>,
    length: usize,
}

/// Where a byte stands: in which page, and at which place of it.
const fn place(offset: usize) -> (usize, usize) {
    (offset / PAGE, offset % PAGE)
}

impl Content {
    /// How many bytes there are.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// All of them in a row.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.length];
        self.read_at(0, &mut bytes);
        bytes
    }

    /// Copies what stands from `offset` into `buffer`; answers with how much of it there was.
    pub(super) fn read_at(&self, offset: usize, buffer: &mut [u8]) -> usize {
        let there = self.length.saturating_sub(offset).min(buffer.len());
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..there).filter(|rest| !rest.is_empty()) {
            let (page, from) = place(offset + done);
            let Some(bytes) = self.pages.get(page).and_then(|page| page.get(from..)) else {
                break;
            };
            let length = bytes.len().min(rest.len());
            if let (Some(to), Some(from)) = (rest.get_mut(..length), bytes.get(..length)) {
                to.copy_from_slice(from);
            }
            done += length;
        }
        there
    }

    /// Writes `data` at `offset`; what lies between the end and `offset` becomes zeroes.
    pub(super) fn write_at(&mut self, offset: usize, data: &[u8]) {
        self.length = self.length.max(offset + data.len());
        if let Some(missing) = self.length.div_ceil(PAGE).checked_sub(self.pages.len()) {
            // Pages of zeroes are one page until they are written.
            let zeroes = Arc::new([0; PAGE]);
            self.pages.extend((0..missing).map(|_| Arc::clone(&zeroes)));
        }
        let mut rest = data;
        while !rest.is_empty() {
            let (page, from) = place(offset + data.len() - rest.len());
            let (now, later) = rest.split_at(rest.len().min(PAGE - from));
            let Some(page) = self.pages.get_mut(page) else {
                return;
            };
            if now.len() == PAGE
                && let Ok(whole) = <[u8; PAGE]>::try_from(now)
                && Arc::get_mut(page).is_none()
            {
                // What is replaced altogether need not be copied first.
                *page = Arc::new(whole);
            } else if let Some(place) = Arc::make_mut(page).get_mut(from..from + now.len()) {
                place.copy_from_slice(now);
            }
            rest = later;
        }
    }

    /// Forgets what stands behind the first `length` bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        if length >= self.length {
            return;
        }
        self.length = length;
        self.pages.truncate(length.div_ceil(PAGE));
        // Whoever writes further on finds zeroes before it.
        let (page, from) = place(length);
        if let Some(page) = self.pages.get_mut(page)
            && let Some(tail) = Arc::make_mut(page).get_mut(from..)
        {
            tail.fill(0);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::indexing_slicing,
        reason = "a test stops at the first surprise"
    )]

    use super::Content;
    use crate::dice::Dice;

    /// The same as a row of bytes.
    fn write_at(file: &mut Vec<u8>, offset: usize, data: &[u8]) {
        let end = offset + data.len();
        if file.len() < end {
            file.resize(end, 0);
        }
        file[offset..end].copy_from_slice(data);
    }

    #[test]
    fn pages_hold_what_a_row_of_bytes_holds_and_copies_stay_as_they_were() {
        for seed in 0..40 {
            let mut dice = Dice::new(seed);
            let mut at_most = |n: u64| usize::try_from(dice.below(n)).unwrap_or(0);
            let (mut pages, mut bytes) = (Content::default(), Vec::new());
            let mut copies = Vec::new();
            for step in 0..200_u64 {
                match at_most(8) {
                    0 => {
                        let length = at_most(30_000);
                        pages.truncate(length);
                        bytes.truncate(length);
                    }
                    1 => copies.push((pages.clone(), bytes.clone())),
                    kind => {
                        let offset = if kind == 2 {
                            at_most(6) * 4096
                        } else {
                            at_most(25_000)
                        };
                        let length = if kind < 4 { 4096 } else { at_most(9_000) };
                        let data: Vec<u8> = (step..).map(|n| n as u8).take(length).collect();
                        pages.write_at(offset, &data);
                        write_at(&mut bytes, offset, &data);
                    }
                }
                let (offset, mut found) = (at_most(30_000), vec![0; at_most(9_000)]);
                let there = pages.read_at(offset, &mut found);
                let expected = bytes.get(offset..).unwrap_or_default();
                assert_eq!(there, expected.len().min(found.len()));
                assert_eq!(found[..there], expected[..there]);
            }
            copies.push((pages, bytes));
            for (pages, bytes) in copies {
                assert_eq!(pages.len(), bytes.len());
                assert_eq!(pages.to_vec(), bytes);
            }
        }
    }
}
