//! The GS1 reference vectors, replayed, and laws that hold for any data.

use super::elements::{GS, Unknown};
use super::link::{self, Forgive};
use super::pairs::{self, Required};
use super::scanned::{Printed, scanned};
use super::symbol::{self, Carried, Symbology};
use super::{ElementString, Fault, lines, samples, table};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Replays a file of vectors; `judge` answers whether it knows the operation and what it says.
fn replay(file: &str, judge: impl Fn(&Value) -> (bool, Value)) {
    let Some(vectors) = samples(file) else { return };
    for line in vectors.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        let (ok, said) = judge(&vector);
        assert_eq!(ok, vector["ok"] == true, "{line}\n{said}");
        if !vector["expect"].is_null() && vector["ok"] == true {
            assert_eq!(said, vector["expect"], "{line}");
        }
    }
}

fn input(vector: &Value) -> &str {
    vector["input"].as_str().unwrap_or_default()
}

fn unknown(vector: &Value) -> Unknown {
    if vector["opts"]["permit_unknown_ais"] == true {
        Unknown::Kept
    } else {
        Unknown::Refused
    }
}

/// An answer: whether it went well, and what was said or what was wrong.
fn said<T, E: std::fmt::Debug>(answer: Result<T, E>, show: impl Fn(T) -> Value) -> (bool, Value) {
    match answer {
        Ok(value) => (true, show(value)),
        Err(error) => (false, json!(format!("{error:?}"))),
    }
}

/// Data as label designers write it: `^` for FNC1, `|` between the parts of a composite.
fn data(text: &str, unknown: Unknown) -> Result<ElementString, super::Fault> {
    let mut elements = Vec::new();
    for part in text.split('|') {
        let part = part
            .strip_prefix('^')
            .ok_or(super::Fault::new("no_fnc1", 0, 0))?;
        let part = ElementString::read(&part.replace('^', "\u{1d}"), unknown)?;
        elements.extend_from_slice(part.elements());
    }
    Ok(ElementString::from_elements(elements))
}

#[test]
fn element_strings_are_judged_as_the_reference_engine_does() {
    replay("element_strings.jsonl", |vector| {
        let bracketed = |unknown| ElementString::read_bracketed(input(vector), unknown);
        match vector["op"].as_str().unwrap() {
            "bracketed_to_unbracketed" => said(bracketed(Unknown::Refused), |string| {
                json!(lines::caret(&string))
            }),
            "element_string_valid" => said(data(input(vector), Unknown::Refused), |_| Value::Null),
            "ai_association" => {
                let faults = pairs::faults(&bracketed(unknown(vector)).unwrap(), Required::Here);
                let wanted: &[&str] = match vector["check"].as_str().unwrap() {
                    "repeats_agree" => &["repeated_ai_differs"],
                    "exclusive_pairs" => &["excluded_ai"],
                    "required_pairs" => &["required_ai_missing"],
                    "digsig_needs_serial" => &["serial_missing"],
                    check => panic!("{check}"),
                };
                let found: Vec<_> = faults
                    .into_iter()
                    .filter(|fault| wanted.contains(&fault.code))
                    .collect();
                said(if found.is_empty() { Ok(()) } else { Err(found) }, |()| {
                    Value::Null
                })
            }
            "ai_value_rules" => {
                let answer = bracketed(Unknown::Refused);
                if let Err(fault) = &answer {
                    assert_eq!(vector["error"], fault.code, "{vector}");
                }
                said(answer, |_| Value::Null)
            }
            "classify_data" | "classify_bracketed" => classified(vector),
            op => panic!("{op}"),
        }
    });
}

/// The engine's view of data of any kind: element string, link or plain text, with all rules.
fn classified(vector: &Value) -> (bool, Value) {
    let text = input(vector);
    let mut ignored = Vec::new();
    let elements = if text.starts_with('(') {
        ElementString::read_bracketed(text, unknown(vector)).map_err(|fault| vec![fault])
    } else if link::is_link(text) {
        link::read(text, Required::Later, Forgive::default()).map(|link| {
            ignored = link.ignored;
            link.elements
        })
    } else if text.starts_with('^') {
        data(text, unknown(vector)).map_err(|fault| vec![fault])
    } else {
        let expected = &vector["expect"]["has_ai_data"];
        let plain = json!({ "data": text });
        return (
            true,
            if expected.is_null() {
                plain
            } else {
                json!({ "data": text, "has_ai_data": false })
            },
        );
    };
    let elements = match elements {
        Ok(elements) if pairs::faults(&elements, Required::Later).is_empty() => elements,
        other => return (false, json!(format!("{other:?}"))),
    };
    let known = json!({
        "bracketed": elements.to_bracketed(),
        "data": lines::caret(&elements),
        "hri": elements.interpretation(),
        "hri_joined": elements.interpretation().join("|"),
        "ignored_query_params": ignored,
        "scan_data": scanned(Printed::Gs1128, text),
        "symbology": "GS1_128_CCA",
    });
    let asked = vector["expect"].as_object().into_iter().flatten();
    (
        true,
        Value::Object(
            asked
                .map(|(key, _)| (key.clone(), known[key].clone()))
                .collect(),
        ),
    )
}

fn printed(name: &str) -> Option<Printed> {
    Some(match name {
        "QR" => Printed::Qr,
        "DM" => Printed::DataMatrix,
        "DotCode" => Printed::DotCode,
        "DataBarExpanded" => Printed::DataBarExpanded,
        "DataBarLimited" => Printed::DataBarLimited,
        "GS1_128_CCA" | "GS1_128_CCC" => Printed::Gs1128,
        "EAN13" => Printed::Ean13,
        "UPCA" | "UPCE" => Printed::Upc,
        "EAN8" => Printed::Ean8,
        _ => return None,
    })
}

#[test]
fn what_scanners_send_is_read_and_foretold_as_the_reference_engine_does() {
    replay("scan_data.jsonl", |vector| {
        match vector["op"].as_str().unwrap() {
            "scan_data_build" => {
                let text = if vector["opts"]["add_check_digit"] == true && input(vector).len() == 12
                {
                    super::checks::with_check_digit(&format!("{}0", input(vector))).unwrap()
                } else {
                    input(vector).to_owned()
                };
                let sent = printed(vector["symbology"].as_str().unwrap())
                    .and_then(|kind| scanned(kind, &text));
                (sent.is_some(), json!(sent))
            }
            "scan_data_parse" => {
                let (symbology, _) = symbol::split(input(vector));
                let answer = symbol::read(input(vector), Required::Later);
                if answer.is_ok() {
                    assert_eq!(vector["symbology"], engine_name(symbology), "{vector}");
                }
                said(answer, |carried| json!(engine_data(input(vector), carried)))
            }
            "classify_scan" => said(
                symbol::read(input(vector), Required::Later),
                |carried| json!({ "data": engine_data(input(vector), carried) }),
            ),
            op => panic!("{op}"),
        }
    });
}

fn engine_name(symbology: Symbology) -> &'static str {
    match symbology {
        Symbology::Gs1128 => "GS1_128_CCA",
        Symbology::Gs1DataMatrix | Symbology::DataMatrix => "DM",
        Symbology::Gs1Qr | Symbology::Qr => "QR",
        Symbology::Gs1DotCode | Symbology::DotCode => "DotCode",
        Symbology::DataBar => "DataBarExpanded",
        Symbology::Ean13 => "EAN13",
        Symbology::Ean8 => "EAN8",
        _ => "other",
    }
}

/// How the engine writes what it read: `^` for FNC1, and a backslash before a `^` that is text.
fn engine_data(raw: &str, carried: Carried) -> String {
    match carried {
        Carried::Elements(elements) => lines::caret(&elements),
        Carried::Link(_) => symbol::split(raw).1.to_owned(),
        Carried::Gtin(_, added) => {
            let digits = symbol::split(raw).1.split('|').next().unwrap();
            added.map_or(digits.to_owned(), |added| {
                format!("{digits}|{}", lines::caret(&added))
            })
        }
        Carried::Text(text) if text.trim_start_matches('\\').starts_with('^') => {
            format!("\\{text}")
        }
        Carried::Text(text) => text,
    }
}

#[test]
fn links_are_read_and_written_as_the_reference_engine_does() {
    replay("digital_link.jsonl", |vector| {
        let text = input(vector);
        match vector["op"].as_str().unwrap() {
            "digital_link_parse" => {
                let answer: Value =
                    serde_json::from_str(&lines::link(&vector.to_string()).unwrap()).unwrap();
                (answer["ok"] == true, answer["data"].clone())
            }
            "digital_link_build" => {
                let answer: Value =
                    serde_json::from_str(&lines::link(&vector.to_string()).unwrap()).unwrap();
                (answer["ok"] == true, answer["link"].clone())
            }
            "digital_link_key_path" => {
                let codes: Vec<&str> = vector["input"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|c| c.as_str().unwrap())
                    .collect();
                (link::is_key_path(&codes), Value::Null)
            }
            "uri_unescape" => (
                true,
                json!({ "path": link::unescape_path(text), "query": link::unescape_query(text) }),
            ),
            "uri_escape" => (
                true,
                json!({ "path": link::escape_path(text), "query": link::escape_query(text) }),
            ),
            op => panic!("{op}"),
        }
    });
}

#[test]
fn scans_of_a_bonded_warehouse_are_judged_as_the_reference_engine_does() {
    let Some(vectors) = samples("scan_random.jsonl") else {
        return;
    };
    for line in vectors.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        for (required, verdict) in [
            (Required::Here, "ok_strict"),
            (Required::Later, "ok_without_required_pairs"),
        ] {
            let answer: Value =
                serde_json::from_str(&lines::parse(line, required).unwrap()).unwrap();
            assert_eq!(answer["ok"], vector[verdict], "{line}\n{answer}");
            assert_eq!(
                answer["errors"].as_array().unwrap().is_empty(),
                answer["ok"] == true,
                "{answer}"
            );
            if answer["ok"] == true {
                assert_eq!(answer["elements"], vector["ais"], "{line}");
            }
        }
    }
}

#[test]
fn a_fault_is_shown_where_it_stands() {
    let ask = |raw: &str| {
        let line = json!({ "id": 7, "input": raw }).to_string();
        lines::parse(&line, Required::Here).unwrap()
    };
    assert_eq!(
        ask("]C1010690123456789317280131"),
        r#"{"id":7,"ok":false,"symbology":"GS1-128","elements":[],"errors":[{"code":"INCORRECT_CHECK_DIGIT","at":18}]}"#
    );
    assert_eq!(
        ask("]C110LOT\u{1d}37144"),
        r#"{"id":7,"ok":false,"symbology":"GS1-128","elements":[],"errors":[{"code":"REQUIRED_AI_MISSING","at":3},{"code":"REQUIRED_AI_MISSING","at":9}]}"#
    );
    assert_eq!(
        ask("]C0YT9705232792820"),
        r#"{"id":7,"ok":false,"symbology":"Code 128","elements":[],"errors":[{"code":"NOT_GS1","at":0}]}"#
    );
    assert_eq!(
        ask("]E06901234567892"),
        r#"{"id":7,"ok":true,"symbology":"EAN-13","elements":[],"gtin":"06901234567892","errors":[]}"#
    );
}

#[test]
fn every_aim_identifier_is_named_and_only_gs1_symbols_are_gs1() {
    let item = "0106901234567892";
    let told = [
        ("]C1", item, "GS1-128", true),
        ("]e0", item, "GS1 DataBar", true),
        ("]d2", item, "GS1 DataMatrix", true),
        ("]Q3", item, "GS1 QR", true),
        ("]J1", item, "GS1 DotCode", true),
        ("]E0", "6901234567892", "EAN-13", true),
        ("]E4", "96385074", "EAN-8", true),
        ("]d1", item, "DataMatrix", true),
        ("]Q1", item, "QR", true),
        ("]J0", item, "DotCode", true),
        ("]E3", "690123456789212", "EAN-13 add-on", false),
        ("]C0", item, "Code 128", false),
        ("]C2", item, "Code 128", false),
        ("]A0", item, "Code 39", false),
        ("]I1", "16901234567899", "ITF", false),
        ("]L0", item, "PDF417", false),
        ("]X0", item, "other", false),
        ("]e1", item, "other", false),
        ("", item, "unknown", false),
        ("", "(01)06901234567892", "unknown", false),
    ];
    for (aim, data, symbology, ok) in told {
        let raw = format!("{aim}{data}");
        let line = json!({ "id": 1, "input": raw }).to_string();
        let answer: Value =
            serde_json::from_str(&lines::parse(&line, Required::Here).unwrap()).unwrap();
        assert_eq!(
            (&answer["symbology"], &answer["ok"]),
            (&json!(symbology), &json!(ok)),
            "{raw}"
        );
        if !ok {
            assert_eq!(answer["errors"][0]["code"], "NOT_GS1", "{raw}");
        }
    }
}

/// A value any check passes, for each check whose answer cannot be found by chance.
fn passing(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "yymmd0" => &["260200", "991231", "240229"],
        "yymmdd" => &["260228", "991231"],
        "yyyymmd0" => &["20260200", "19991231"],
        "yyyymmdd" => &["20260228", "20240229"],
        "hh" => &["00", "23"],
        "hhmi" => &["0000", "2359"],
        "mi" | "ss" => &["00", "59"],
        "iso3166" | "iso3166999" => &["156", "276"],
        "iso3166alpha2" => &["CN", "DE"],
        "iso4217" => &["156", "978"],
        "iso5218" => &["0", "1", "2", "9"],
        "iban" => &["DE89370400440532013000"],
        "importeridx" => &["A", "7"],
        "latitude" => &["0000000000", "1800000000"],
        "longitude" => &["0000000000", "3600000000"],
        "mediatype" => &["01", "80"],
        "packagetype" => &["1A", "CT"],
        "pieceoftotal" => &["0102", "0303"],
        "posinseqslash" => &["1/2", "3/3"],
        "winding" => &["0", "1", "9"],
        "yesno" => &["0", "1"],
        "zero" => &["0"],
        "hyphen" => &["-"],
        _ => return None,
    })
}

/// A component that its checks pass; `None` when this one needs data we do not make up (coupons).
fn component(part: &table::Part) -> Option<BoxedStrategy<String>> {
    let checks: Vec<_> = part
        .checks
        .iter()
        .map(|(name, check)| (*name, *check))
        .collect();
    if checks
        .iter()
        .any(|(name, _)| matches!(*name, "couponcode" | "couponposoffer" | "csumalpha"))
    {
        return None;
    }
    let fits = {
        let checks = checks.clone();
        move |text: &String| checks.iter().all(|(_, check)| check(text).is_ok())
    };
    if let Some(known) = checks.iter().find_map(|(name, _)| passing(name)) {
        let long_enough: Vec<String> = known
            .iter()
            .filter(|value| (part.min..=part.max).contains(&value.len()))
            .map(|value| (*value).to_owned())
            .filter(|value| fits(value))
            .collect();
        return (!long_enough.is_empty()).then(|| prop::sample::select(long_enough).boxed());
    }
    let begins_with_company = checks.iter().any(|(name, _)| name.starts_with("gcppos"));
    let characters = match part.charset {
        _ if begins_with_company => "[0-9]",
        table::Charset::Digits => "[0-9]",
        table::Charset::Set39 => "[A-Z0-9#/-]",
        table::Charset::Set64 => "[A-Za-z0-9_-]",
        // Where percent signs begin escapes they are left out.
        table::Charset::Set82 if checks.iter().any(|(name, _)| *name == "pcenc") => "[A-Za-z0-9+-]",
        table::Charset::Set82 => "[A-Za-z0-9!%&'()*+,./:;<=>?_-]",
    };
    let shape = format!("{characters}{{{},{}}}", part.min, part.max);
    let right_sum = checks.iter().any(|(name, _)| *name == "csum");
    let text = prop::string::string_regex(&shape)
        .ok()?
        .prop_map(move |text| {
            if right_sum {
                super::checks::with_check_digit(&text).unwrap_or(text)
            } else {
                text
            }
        });
    Some(text.prop_filter("its checks pass", fits).boxed())
}

/// Any identifier of the table with a value that is right for it.
fn element() -> impl Strategy<Value = (String, String)> {
    let able: Vec<_> = table::all()
        .filter_map(|ai| {
            let parts: Option<Vec<_>> = ai.parts.iter().map(component).collect();
            Some((ai, parts?))
        })
        .collect();
    assert!(able.len() >= 530, "only {} of 541 identifiers", able.len());
    prop::sample::select(able).prop_flat_map(|(ai, parts)| {
        let optional: Vec<bool> = ai.parts.iter().map(|part| part.optional).collect();
        (Just(ai.code.clone()), parts, any::<bool>()).prop_map(move |(code, parts, short)| {
            let kept = parts
                .into_iter()
                .zip(&optional)
                .filter(|(_, optional)| !(short && **optional));
            (code, kept.map(|(part, _)| part).collect::<String>())
        })
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_as_data_and_in_brackets(elements in prop::collection::vec(element(), 1..6)) {
        let bracketed: String = elements.iter().map(|(ai, value)| format!("({ai}){}", value.replace('(', "\\("))).collect();
        let string = ElementString::read_bracketed(&bracketed, Unknown::Refused).unwrap();
        prop_assert_eq!(string.to_bracketed(), bracketed);
        prop_assert_eq!(ElementString::read(&string.to_data(), Unknown::Refused), Ok(string));
    }

    #[test]
    fn a_separator_more_at_the_end_changes_nothing(elements in prop::collection::vec(element(), 1..4)) {
        let bracketed: String = elements.iter().map(|(ai, value)| format!("({ai}){}", value.replace('(', "\\("))).collect();
        let string = ElementString::read_bracketed(&bracketed, Unknown::Refused).unwrap();
        let data = format!("{}{GS}", string.to_data());
        prop_assert_eq!(ElementString::read(&data, Unknown::Refused), Ok(string));
    }

    #[test]
    fn a_link_says_what_its_elements_say(gtin in 0u64..1_000_000_000_000, lot in "[A-Za-z0-9+/ %&#?-]{1,20}", count in "[1-9][0-9]{0,6}") {
        let digits = super::checks::with_check_digit(&format!("{gtin:013}0")).unwrap();
        // A space is outside GS1's characters; everything else must survive the escapes.
        let lot = lot.replace([' ', '#'], "-");
        let bracketed = format!("(01){digits}(10){lot}(30){count}");
        let address = link::from_bracketed(&bracketed, link::STEM).unwrap();
        let read = link::read(&address, Required::Here, Forgive::default()).unwrap();
        prop_assert_eq!(read.elements.to_bracketed(), bracketed);
    }

    #[test]
    fn no_text_whatever_brings_the_readers_down(text in ".{0,60}", prefix in "(\\]C1|\\]E0|\\]E4|\\]Q1https://a/01/|\\]e0|\\]d2)?") {
        let raw = format!("{prefix}{text}");
        let _ = symbol::read(&raw, Required::Here);
        let _ = ElementString::read_bracketed(&text, Unknown::Kept);
        let _ = ElementString::read(&text, Unknown::Kept);
        let _ = link::read(&format!("https://{text}"), Required::Here, Forgive { short_gtins: true, words: true });
    }
}

#[test]
fn more_elements_than_any_label_holds_are_no_label_in_whatever_form_they_come() {
    let many = 20_000;
    let code = |said: Result<ElementString, Fault>| said.unwrap_err().code;
    let brackets = ElementString::read_bracketed(&"(10)A".repeat(many), Unknown::Refused);
    assert_eq!(code(brackets), "too_many_elements");
    let data = ElementString::read(&"10A\u{1d}".repeat(many), Unknown::Refused);
    assert_eq!(code(data), "too_many_elements");
    let path = format!("https://a.example/{}", "10/A/".repeat(many));
    let faults = link::read(&path, Required::Later, Forgive::default()).unwrap_err();
    assert_eq!(faults[0].code, "link_without_key");
}
