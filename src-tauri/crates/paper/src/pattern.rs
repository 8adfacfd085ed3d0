//! Texts with `{facts}` to be filled in: as the catalogue and templates write them.

/// A text with `{facts}` in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Field(String),
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{')
            && let Some((name, tail)) = after.split_once('}')
        {
            parts.extend([Part::Words(before.to_owned()), Part::Field(name.to_owned())]);
            rest = tail;
        }
        parts.push(Part::Words(rest.to_owned()));
        parts.retain(|part| *part != Part::Words(String::new()));
        Self(parts)
    }

    /// What a refusal about this text names: its first fact, or its words when it has none.
    pub(crate) fn subject(&self) -> &str {
        let words = self
            .0
            .first()
            .map_or("", |(Part::Words(text) | Part::Field(text))| text);
        self.fields().next().unwrap_or(words)
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Field(name) => Some(name.as_str()),
            Part::Words(_) => None,
        })
    }

    /// Fills in the facts.
    pub(crate) fn fill<T: AsRef<str>>(&self, field: impl Fn(&str) -> Option<T>) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Words(words) => out.push_str(words),
                Part::Field(name) => {
                    if let Some(text) = field(name) {
                        out.push_str(text.as_ref());
                    }
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_filled_in_and_a_lone_brace_is_a_brace() {
        let pattern = Pattern::parse("清单 {no}，{day} {");
        assert_eq!(pattern.fields().collect::<Vec<_>>(), ["no", "day"]);
        let filled = pattern.fill(|name| (name == "no").then_some("31"));
        assert_eq!(filled, "清单 31， {");
        assert_eq!(pattern.subject(), "no");
        assert_eq!(Pattern::parse("收").subject(), "收");
    }
}
