//! The command table as TypeScript: `ui/src/lib/schema.gen.ts`.
//!
//! Written by a test that rewrites the file when it is stale and then fails, so that a change of a
//! type is seen in review.

use crate::commands::TABLE;
use crate::error::WireError;
use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use ts_rs::{Config, TS, TypeVisitor};

/// Gathers declarations of every type the table reaches.
#[derive(Default)]
pub(crate) struct Schema {
    declared: BTreeMap<String, String>,
    seen: BTreeSet<TypeId>,
}

fn config() -> Config {
    Config::new().with_large_int("number")
}

impl Schema {
    /// The TypeScript for a type, with everything it reaches declared.
    pub(crate) fn reference<T: TS + 'static + ?Sized>(&mut self) -> String {
        self.visit::<T>();
        T::name(&config())
    }
}

impl TypeVisitor for Schema {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
        // Only types with a file of their own have a declaration; numbers and lists have none.
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            self.declared.insert(
                T::ident(&config()),
                format!("{docs}export {}", T::decl(&config())),
            );
        }
    }
}

/// The whole schema file.
pub fn typescript() -> String {
    let mut schema = Schema::default();
    let commands: Vec<String> = TABLE
        .iter()
        .map(|command| {
            let (req, resp) = (command.types)(&mut schema);
            format!(
                "  /** {} */\n  '{}': [{req}, {resp}];",
                command.doc.trim(),
                command.name
            )
        })
        .collect();
    schema.visit::<WireError>();
    let types: Vec<&str> = schema.declared.values().map(String::as_str).collect();
    format!(
        "// Generated from the command table (src-tauri/crates/app/src/commands.rs). Do not edit.\n\n\
         /** Every command: its request and its answer. */\nexport interface Commands {{\n{}\n}}\n\n{}\n",
        commands.join("\n"),
        types.join("\n\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_pages_types_are_the_tables() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../ui/src/lib/schema.gen.ts");
        let fresh = typescript();
        let current = std::fs::read_to_string(&file).unwrap_or_default();
        if current != fresh {
            std::fs::write(&file, fresh).unwrap();
            panic!("schema.gen.ts was stale and has been rewritten: look at it and commit it");
        }
    }
}
