//! How much goes into one call: few enough to answer at once, many enough to drain a day.

use bondhouse_domain::feed::Entry;
use bondhouse_domain::journal::Event;

/// At most this many events or entries in one call.
pub const MOST: usize = 500;
/// At most this many bytes of bodies in one call.
pub const MOST_BYTES: usize = 1024 * 1024;

/// Something with a body that takes room in a call.
pub trait Weighs {
    /// Bytes, roughly.
    fn weight(&self) -> usize;
}

impl Weighs for Event {
    fn weight(&self) -> usize {
        self.body.len().saturating_add(400)
    }
}

impl Weighs for Entry {
    fn weight(&self) -> usize {
        self.body.len().saturating_add(300)
    }
}

/// The first page of a list: never empty unless the list is, so that one large item cannot block.
pub fn first<T: Weighs>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut bytes = 0usize;
    let mut page = Vec::new();
    for item in all.into_iter().take(MOST) {
        bytes = bytes.saturating_add(item.weight());
        if bytes > MOST_BYTES && !page.is_empty() {
            break;
        }
        page.push(item);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Weighs for usize {
        fn weight(&self) -> usize {
            *self
        }
    }

    #[test]
    fn a_page_ends_at_five_hundred_or_one_mebibyte_but_is_never_stuck() {
        assert_eq!(first(vec![1usize; 700]).len(), 500);
        assert_eq!(first(vec![600_000usize; 3]).len(), 1);
        assert_eq!(first(vec![9_000_000usize]).len(), 1);
    }
}
