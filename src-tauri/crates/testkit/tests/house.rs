//! The house itself: which room may see which, what each file owes its reader.
//!
//! ARCHITECTURE.md says it in words, this keeps it true. When a rule here stops
//! somebody, the rule or the change is wrong: argue it in `docs/decisions`, do not widen it in passing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the shipped code of each crate may depend on inside the workspace, beside `domain`.
const MAY_SEE: &[(&str, &[&str])] = &[
    ("bondhouse", &["app"]),
    (
        "bondhouse-app",
        &["store", "paper", "devices", "protocol", "customs"],
    ),
    ("bondhouse-ctl", &["app", "customs", "paper", "testkit"]),
    ("bondhouse-customs", &[]),
    ("bondhouse-devices", &[]),
    ("bondhouse-disk", &[]),
    ("bondhouse-domain", &[]),
    ("bondhouse-paper", &[]),
    ("bondhouse-platform", &["disk", "protocol", "customs"]),
    ("bondhouse-protocol", &[]),
    ("bondhouse-store", &["disk"]),
    // Only under its feature `sim`: docs/decisions/0017.
    (
        "bondhouse-testkit",
        &["disk", "platform", "protocol", "store"],
    ),
    ("bondhouse-town", &["customs"]),
];

/// Libraries that bring the outside in, and the only crates that may hold them.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("tauri", &["bondhouse"]),
    ("tauri-build", &["bondhouse"]),
    (
        "rusqlite",
        &[
            "bondhouse-disk",
            "bondhouse-store",
            "bondhouse-platform",
            "bondhouse-testkit",
        ],
    ),
    ("serialport", &["bondhouse-devices"]),
    ("printpdf", &["bondhouse-paper"]),
    ("quick-xml", &["bondhouse-customs"]),
    ("sm2", &["bondhouse-customs"]),
    ("axum", &["bondhouse-platform", "bondhouse-town"]),
];

/// What the rules are made of. Nothing here reads a file, a socket, a clock or a die.
const DOMAIN_IS_MADE_OF: &[&str] = &[
    "chrono",
    "data-encoding",
    "ed25519-dalek",
    "hmac",
    "rust_decimal",
    "schemars",
    "serde",
    "serde_json",
    "sha2",
    "thiserror",
    "ts-rs",
    "uuid",
];

const LONGEST_FILE: usize = 800;
const LONGEST_SHELL: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(3)
        .unwrap()
        .to_path_buf()
}

fn house() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".into()])
        .exec()
        .unwrap()
}

/// The dependencies of what ships: tests may look into any room.
fn shipped(package: &Package) -> impl Iterator<Item = &str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| dependency.name.as_str())
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every shipped source file: the `src` of the shell and of each crate.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    rust_files(&root().join("src-tauri/src"), &mut found);
    for entry in std::fs::read_dir(root().join("src-tauri/crates")).unwrap() {
        rust_files(&entry.unwrap().path().join("src"), &mut found);
    }
    assert!(found.len() > 20, "the sources were not found");
    found.sort();
    found
}

#[test]
fn dependencies_point_inward() {
    let may_see: BTreeMap<_, _> = MAY_SEE.iter().copied().collect();
    let house = house();
    let mut wrong = Vec::new();
    for package in house.workspace_packages() {
        let allowed = may_see
            .get(package.name.as_str())
            .unwrap_or_else(|| panic!("{} has no place in the house yet", package.name));
        for seen in shipped(package).filter_map(|name| name.strip_prefix("bondhouse-")) {
            let inward = seen == "domain" && package.name.as_str() != "bondhouse-domain";
            if !inward && !allowed.contains(&seen) {
                wrong.push(format!("{} must not see {seen}", package.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        house.workspace_packages().len(),
        MAY_SEE.len(),
        "a crate named here is gone"
    );
}

/// What the town shares with the platform is the form of documents and plain values. Comparison, tax, clearance
/// and the order's life are judgement, and the town's is its own.
#[test]
fn the_town_judges_by_rules_of_its_own() {
    const FORMS: &[&str] = &[
        "customs", "feed", "ids", "ledger", "personal", "quantity", "scanner", "stock", "time",
    ];
    let town = root().join("src-tauri/crates/town/src");
    let mut files = Vec::new();
    rust_files(&town, &mut files);
    assert!(files.len() > 10, "the town was not found");
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for used in text.split("bondhouse_domain::").skip(1) {
            let room = used.split(|c: char| !c.is_alphanumeric()).next().unwrap();
            if !FORMS.contains(&room) {
                wrong.push(format!("{} sees domain::{room}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_touches_the_outside_stays_where_it_belongs() {
    let only_in: BTreeMap<_, _> = ONLY_IN.iter().copied().collect();
    let house = house();
    let mut wrong = Vec::new();
    for package in house.workspace_packages() {
        for name in shipped(package) {
            let Some(homes) = only_in.get(name) else {
                continue;
            };
            if !homes.contains(&package.name.as_str()) {
                wrong.push(format!("{name} does not belong in {}", package.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_rules_know_no_io_and_no_clock() {
    let house = house();
    let domain = house
        .workspace_packages()
        .into_iter()
        .find(|package| package.name.as_str() == "bondhouse-domain")
        .unwrap();
    let strangers: Vec<_> = shipped(domain)
        .filter(|name| !DOMAIN_IS_MADE_OF.contains(name))
        .collect();
    assert!(strangers.is_empty(), "domain took in {strangers:?}");

    let chrono = domain
        .dependencies
        .iter()
        .find(|dependency| dependency.name == "chrono")
        .unwrap();
    assert!(
        !chrono.uses_default_features,
        "chrono's default features bring a clock"
    );
    for feature in ["clock", "now"] {
        assert!(
            !chrono.features.iter().any(|f| f == feature),
            "the rules are given the time"
        );
    }
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|path| !std::fs::read_to_string(path).unwrap().starts_with("//! "))
        .collect();
    assert!(silent.is_empty(), "no module doc: {silent:#?}");
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let lines = |path: &Path| std::fs::read_to_string(path).unwrap().lines().count();
    let long: Vec<_> = sources()
        .into_iter()
        .filter(|path| lines(path) > LONGEST_FILE)
        .collect();
    assert!(long.is_empty(), "over {LONGEST_FILE} lines: {long:#?}");

    let mut shell = Vec::new();
    rust_files(&root().join("src-tauri/src"), &mut shell);
    let total: usize = shell.iter().map(|path| lines(path)).sum();
    assert!(
        total <= LONGEST_SHELL,
        "the shell has {total} lines: what can move to `app`?"
    );
}

#[test]
fn the_page_reaches_tauri_through_one_file() {
    let mut stack = vec![root().join("ui/src")];
    let mut importers = Vec::new();
    while let Some(folder) = stack.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else if std::fs::read_to_string(&path).is_ok_and(|text| text.contains("@tauri-apps/"))
            {
                importers.push(path);
            }
        }
    }
    let may = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.ends_with("lib/backend.ts") || name.split('.').any(|part| part == "test")
    };
    let strangers: Vec<_> = importers.into_iter().filter(|path| !may(path)).collect();
    assert!(
        strangers.is_empty(),
        "only lib/backend.ts may import Tauri: {strangers:#?}"
    );
}

#[test]
fn every_room_people_work_in_has_its_page() {
    const NOUNS: &[&str] = &[
        "intake",
        "stock",
        "orders",
        "clearance",
        "release",
        "gate",
        "ledger",
        "counts",
        "returns",
        "cases",
        "labels",
        "scanner",
        "sync",
        "reports",
        "people",
        "station",
    ];
    let exists = |noun: &str| {
        root()
            .join(format!("src-tauri/crates/app/src/{noun}.rs"))
            .exists()
    };
    let page = |noun: &str| root().join(format!("docs/rooms/{noun}.md")).exists();
    let missing: Vec<_> = NOUNS
        .iter()
        .filter(|noun| exists(noun) && !page(noun))
        .collect();
    assert!(
        missing.is_empty(),
        "write docs/rooms/<noun>.md for {missing:?}"
    );
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let mut documents: Vec<_> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    for folder in ["docs", "docs/rooms", "docs/decisions", "docs/integrators"] {
        let entries = std::fs::read_dir(root().join(folder)).unwrap();
        documents.extend(entries.map(|entry| entry.unwrap().path()));
    }
    let mut broken = Vec::new();
    for path in documents
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
    {
        let text = std::fs::read_to_string(path).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next())
        {
            let outside = link.is_empty() || link.contains("://");
            if !outside && !path.parent().unwrap().join(link).exists() {
                broken.push(format!("{} -> {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn what_simulates_and_every_planted_mutant_stays_out_of_packages() {
    // Packages are built with `--no-default-features`, so the manifests decide what they can hold.
    let house = house();
    for package in house.workspace_packages() {
        for dependency in &package.dependencies {
            let shipped = dependency.kind != DependencyKind::Development;
            if shipped && dependency.name == "bondhouse-testkit" {
                assert_eq!(
                    package.name.as_str(),
                    "bondhouse-ctl",
                    "only bondctl simulates"
                );
                assert!(dependency.optional, "a package would hold the simulator");
            }
        }
        for (feature, wants) in &package.features {
            let simulates = wants.iter().any(|wanted| wanted.contains("testkit"));
            assert!(
                !simulates || feature == "sim",
                "{} {feature} simulates",
                package.name
            );
        }
    }
    let mut planted = Vec::new();
    for path in sources() {
        let inside = path.components().any(|part| part.as_os_str() == "testkit");
        if !inside && std::fs::read_to_string(&path).unwrap().contains("Mutant::") {
            let tool = path.ends_with("ctl/src/sim.rs");
            planted.extend((!tool).then_some(path));
        }
    }
    assert!(
        planted.is_empty(),
        "mutants outside the simulator: {planted:#?}"
    );
    let module = std::fs::read_to_string(root().join("src-tauri/crates/ctl/src/lib.rs")).unwrap();
    assert!(module.contains("#[cfg(feature = \"sim\")]\nmod sim;"));
}

#[test]
fn every_loss_that_others_had_names_a_test_that_is_there() {
    // Rows of recovery make the same promise.
    let table: String = ["docs/losses.md", "docs/operation/recovery.md"]
        .map(|page| std::fs::read_to_string(root().join(page)).unwrap())
        .concat();
    let named = || {
        let quoted = table.lines().filter(|line| line.starts_with("| "));
        quoted.flat_map(|line| line.split('`').filter(|part| part.contains(".rs::")))
    };
    assert!(named().count() > 30, "the table has shrunk");
    let missing: Vec<_> = named()
        .filter(|test| {
            let (path, name) = test.split_once("::").unwrap();
            let file = root().join("src-tauri/crates").join(path);
            !is_run(&file, name)
        })
        .collect();
    assert!(
        missing.is_empty(),
        "no such test, or none that is run: {missing:#?}"
    );
}

/// Whether a file holds this test, marked as one, without a condition, and in the program of its folder.
fn is_run(file: &Path, name: &str) -> bool {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else {
        return false;
    };
    // What stands between the item before and the function.
    let marks = before.rsplit("\n}\n").next().unwrap_or_default();
    let marks = marks.replace("#[cfg(test)]", "");
    let main = file.with_file_name("main.rs");
    let module = file.file_stem().unwrap_or_default().to_string_lossy();
    let alone = !main.exists() || main == file;
    (marks.contains("#[test]") || marks.contains("#[tokio::test"))
        && !marks.contains("#[ignore")
        && !marks.contains("#[cfg(")
        && (alone
            || std::fs::read_to_string(main)
                .unwrap()
                .contains(&format!("mod {module};")))
}
