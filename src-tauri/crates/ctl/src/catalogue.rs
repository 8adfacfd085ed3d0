//! The one catalogue, in one language: codes and parameters become sentences.
//!
//! The same rules as the window's (`ui/src/i18n`): `{name}` placeholders, plurals as `key.one` and
//! `key.other` by the parameter `count`, Chinese without plural.

use anyhow::Context;
use bondhouse_app::WireError;
use bondhouse_domain::message::Message;
use std::collections::BTreeMap;
use std::path::Path;

/// A language the catalogue has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl Language {
    /// What the system speaks: Chinese, else English.
    pub(crate) fn of_the_system() -> Self {
        let named = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        match named {
            Some(name) if name.starts_with("zh") => Self::Zh,
            _ => Self::En,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }
}

/// All texts of one language.
pub(crate) struct Catalogue {
    language: Language,
    texts: BTreeMap<String, String>,
}

impl Catalogue {
    /// Reads a language from the assets folder.
    pub(crate) fn read(assets: &Path, language: Language) -> anyhow::Result<Self> {
        let file = assets
            .join("messages")
            .join(language.name())
            .with_extension("json");
        let text = std::fs::read(&file).with_context(|| file.display().to_string())?;
        Ok(Self {
            language,
            texts: serde_json::from_slice(&text)?,
        })
    }

    /// The template of a key, in the plural that `count` asks for.
    fn template(&self, key: &str, count: Option<&str>) -> Option<&str> {
        let one = (self.language == Language::En && count == Some("1"))
            .then(|| self.texts.get(&format!("{key}.one")))
            .flatten();
        one.or_else(|| self.texts.get(&format!("{key}.other")))
            .or_else(|| self.texts.get(key))
            .map(String::as_str)
    }

    /// The text of a key; the bare key when the catalogue is older than the program.
    pub(crate) fn text(&self, key: &str, params: &[(&str, &str)]) -> String {
        let value = |name: &str| params.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        match self.template(key, value("count")) {
            Some(template) => filled(template, value),
            None => key.to_owned(),
        }
    }

    /// What a message says.
    pub(crate) fn said(&self, message: &Message) -> String {
        self.part(message, "")
            .unwrap_or_else(|| message.code.to_string())
    }

    /// What a message says, why, and what next, as far as it says that.
    pub(crate) fn in_full(&self, message: &Message) -> String {
        let parts = ["", ".why", ".effect", ".next"];
        let said: Vec<String> = parts
            .into_iter()
            .filter_map(|part| self.part(message, part))
            .collect();
        match said.is_empty() {
            true => message.code.to_string(),
            false => said.join(match self.language {
                Language::Zh => "；",
                Language::En => ". ",
            }),
        }
    }

    /// What crossed the door, with its code.
    pub(crate) fn error(&self, error: &WireError) -> String {
        let said = self.in_full(&error.said);
        match error.refusal {
            true => format!("{said} [{}]", error.said.code),
            false => format!("{said} [{} {}]", error.said.code, error.trace_id),
        }
    }

    fn part(&self, message: &Message, part: &str) -> Option<String> {
        let template = self.template(&format!("{}{part}", message.code), message.param("count"))?;
        Some(filled(template, |name| message.param(name)))
    }
}

/// A template with its placeholders filled; one without a value stays, so that it is seen.
fn filled<'a>(template: &str, value: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let named = after.split_once('}');
        match named.and_then(|(name, after)| Some((value(name)?, after))) {
            Some((value, after)) => {
                text.push_str(value);
                rest = after;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(language: Language, texts: &[(&str, &str)]) -> Catalogue {
        Catalogue {
            language,
            texts: texts
                .iter()
                .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn placeholders_are_filled_and_an_unknown_one_is_left_to_be_seen() {
        let value = |name: &str| (name == "item").then_some("honey");
        assert_eq!(
            filled("{item} not on {order}", value),
            "honey not on {order}"
        );
        assert_eq!(filled("an open { brace", value), "an open { brace");
    }

    #[test]
    fn english_counts_one_and_many_chinese_does_not() {
        let texts = [("left.one", "one left"), ("left.other", "{count} left")];
        let english = catalogue(Language::En, &texts);
        assert_eq!(english.text("left", &[("count", "1")]), "one left");
        assert_eq!(english.text("left", &[("count", "2")]), "2 left");
        let chinese = catalogue(
            Language::Zh,
            &[("left.one", "?"), ("left.other", "还剩 {count}")],
        );
        assert_eq!(chinese.text("left", &[("count", "1")]), "还剩 1");
    }

    #[test]
    fn a_refusal_says_what_why_and_what_next() {
        let texts = [
            ("orders.unknown", "Unknown {order}"),
            ("orders.unknown.why", "No such order here"),
            ("orders.unknown.next", "Check the number"),
        ];
        let refusal = bondhouse_domain::orders::says::unknown("A1");
        let said = catalogue(Language::En, &texts).in_full(&refusal.0);
        assert_eq!(said, "Unknown A1. No such order here. Check the number");
    }
}
