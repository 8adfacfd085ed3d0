//! The bench card (工位卡): every command, digit and room as a barcode, for hands that hold a scanner.
//!
//! One sheet of paper beside each bench. What it says comes from the catalogue, what it codes from
//! [`own`](super::own); how it is set is the business of `paper`. The same card serves every bench:
//! it holds no station, no person and no secret.

use super::own::OwnCode;
use crate::task::Command;

/// A bench card, ready to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BenchCard {
    /// What stands above it.
    pub title: String,
    /// How it is used, in a line.
    pub hint: String,
    /// Its codes, group by group, each in reading order.
    pub groups: Vec<Vec<CardCode>>,
}

/// One code of a bench card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardCode {
    /// What it does.
    pub words: String,
    /// What its bars hold.
    pub code: String,
}

/// The commands of a card with the catalogue keys of their words; what is pressed most stands first.
const COMMANDS: [(Command, &str); 10] = [
    (Command::Ok, "scanner.card.ok"),
    (Command::Undo, "scanner.card.undo"),
    (Command::Next, "scanner.card.next"),
    (Command::Quantity, "scanner.card.quantity"),
    (Command::Damaged, "scanner.card.damaged"),
    (Command::Park, "scanner.card.park"),
    (Command::Supervisor, "scanner.card.supervisor"),
    (Command::Reprint, "scanner.card.reprint"),
    (Command::Back, "scanner.card.back"),
    (Command::Lock, "scanner.card.lock"),
];

/// Composes the card for the rooms of these nouns, in the language of `say`.
///
/// # Errors
/// The catalogue key that has no text, or the noun that bars of ours cannot hold.
pub fn bench_card(
    rooms: &[&str],
    say: impl Fn(&str) -> Option<String>,
) -> Result<BenchCard, String> {
    let words = |key: String| say(&key).ok_or(key);
    let coded = |words: String, code: OwnCode| match code.text() {
        Some(code) => Ok(CardCode { words, code }),
        None => Err(words),
    };
    let commands = COMMANDS
        .iter()
        .map(|(command, key)| coded(words((*key).to_owned())?, OwnCode::Command(*command)));
    let digits = (0..=9).map(|digit| coded(digit.to_string(), OwnCode::Digit(digit)));
    let doors = rooms.iter().map(|noun| {
        let words = words(format!("ui.room.{noun}"))?;
        coded(words, OwnCode::Room((*noun).to_owned()))
    });
    Ok(BenchCard {
        title: words("scanner.card.title".into())?,
        hint: words("scanner.card.hint".into())?,
        groups: vec![
            commands.collect::<Result<_, _>>()?,
            digits.collect::<Result<_, _>>()?,
            doors.collect::<Result<_, _>>()?,
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::{Meaning, Scan};

    #[test]
    fn every_code_of_a_card_means_what_stands_above_it() {
        let card = bench_card(&["intake", "gate"], |key| Some(key.to_owned())).unwrap();
        let meanings: Vec<String> = card
            .groups
            .iter()
            .flatten()
            .map(|cell| match Scan::new(format!("]C0{}", cell.code)).mean() {
                Meaning::Command(command) => format!("scanner.card.{}", command.name()),
                Meaning::Digit(digit) => digit.to_string(),
                Meaning::Room(noun) => format!("ui.room.{noun}"),
                other => panic!("{} is {other:?}", cell.code),
            })
            .collect();
        let words: Vec<&str> = card
            .groups
            .iter()
            .flatten()
            .map(|cell| cell.words.as_str())
            .collect();
        assert_eq!(meanings, words);
    }

    #[test]
    fn a_card_without_a_text_is_not_made() {
        let missing = bench_card(&[], |key| (key != "scanner.card.undo").then(String::new));
        assert_eq!(missing, Err("scanner.card.undo".to_owned()));
    }
}
