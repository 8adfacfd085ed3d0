//! Fonts, words, made-up labels, and the tools that look at paper with other eyes than ours:
//! poppler draws and extracts, zbar reads. They come with `make setup`; a missing one fails the test.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says what it skipped"
)]

use bondhouse_domain::ids::{DeclarationNo, DeviceId};
use bondhouse_domain::labels::{Consignee, GoodsLine, Phone, Sender, WaybillLabel};
use bondhouse_domain::quantity::Quantity;
use bondhouse_paper::{Fonts, Template};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

pub(crate) static FONTS: LazyLock<Fonts> =
    LazyLock::new(|| Fonts::load(&assets().join("fonts")).expect("fonts: run `make setup`"));

pub(crate) fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../assets")
}

/// A folder of real-shaped samples beside the project, or `None` and a word about it.
pub(crate) fn sample(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../../shared/samples")
        .join(name);
    let text = fs::read_to_string(path).ok();
    if text.is_none() {
        println!("skipped: no samples");
    }
    text
}

/// The catalogue's text for a key, in `zh` or `en`.
pub(crate) fn words(language: &'static str) -> impl Fn(&str) -> Option<String> {
    let file = fs::read_to_string(assets().join("messages/src/labels.json")).unwrap();
    let texts: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&file).unwrap();
    move |key| texts.get(key)?.get(language).cloned()
}

pub(crate) fn template_json() -> String {
    fs::read_to_string(assets().join("labels/waybill-100x150.json")).unwrap()
}

pub(crate) fn template() -> Template {
    Template::read(&template_json(), words("zh")).unwrap()
}

pub(crate) fn goods(name: &str, pieces: i64) -> GoodsLine {
    GoodsLine {
        name: name.into(),
        quantity: Quantity::whole(pieces).unwrap(),
        unit: "件".into(),
    }
}

/// A parcel as it leaves on an ordinary day.
pub(crate) fn label() -> WaybillLabel {
    let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    WaybillLabel {
        carrier: "示范速递".into(),
        waybill_no: "YT4752711325367".into(),
        sort_code: "029-E25-91".into(),
        hub: "西安转运中心".into(),
        consignee: Consignee {
            name: "马**".into(),
            phone: Phone::Masked("159******14".into()),
            address: "陕西省西安市雁塔区珞喻路247号示范花园乙座***".into(),
        },
        sender: Sender {
            name: "某某跨境保税仓".into(),
            phone: "400-000-0000".into(),
            address: "浙江省宁波市北仑区保税东区示范路1号".into(),
        },
        goods: vec![
            goods("法国葡萄籽胶囊60粒", 1),
            goods("新西兰蜂蜜500克", 3),
            goods("美国复合维生素片200片", 2),
        ],
        weight: Some("3.6".parse().unwrap()),
        order_no: "B2C202621977480445".into(),
        declaration_no: DeclarationNo::new("31052026I022104216"),
        cleared_on: day,
        qr: "BH1R0AEBAGBAFAYDQOCIKBMGA2DQPCAIREEYUCULBOGA4DWKZ5T6XQ4H7JH2M YT4752711325367".into(),
        station: DeviceId::new("A1"),
        printed_at: day.and_hms_opt(15, 30, 0).unwrap(),
        copy: 0,
    }
}

/// An ordinary parcel, one with little on its label, one with all that fits, and a copy.
pub(crate) fn made_up_labels() -> Vec<WaybillLabel> {
    let mut sparse = label();
    sparse.waybill_no = "SF1324891352401".into();
    sparse.goods.truncate(1);
    sparse.weight = None;
    sparse.hub = String::new();
    sparse.qr = "BH1R YT4752711325367".into();

    let mut crowded = label();
    crowded.waybill_no = "JDVA00123456789-1-1-".into();
    crowded.sort_code = "乌鲁木齐-990-A99 01".into();
    crowded.consignee.phone = Phone::Virtual("17000000000 转 1234".into());
    crowded.consignee.address =
        "新疆维吾尔自治区巴音郭楞蒙古自治州库尔勒市经济技术开发区示范大道与人民东路交叉口向北五百米路西示范工业园三号厂房二层东侧仓库收发室***".into();
    crowded.goods = (1..=20)
        .map(|n| goods("意大利特级初榨橄榄油750毫升礼盒装", n))
        .collect();
    crowded.qr = format!(
        "{} {}",
        crowded.qr,
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".repeat(2)
    );

    let mut copy = label();
    copy.copy = 2;
    vec![label(), sparse, crowded, copy]
}

/// Labels from the sample waybills, whose personal data is masked already.
pub(crate) fn sample_labels(count: usize) -> Vec<WaybillLabel> {
    let Some(lines) = sample("waybills-1000.jsonl") else {
        return Vec::new();
    };
    lines
        .lines()
        .step_by(1000 / count)
        .map(|line| {
            let waybill: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = |pointer: &str| {
                waybill
                    .pointer(pointer)
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .to_owned()
            };
            let mut label = label();
            label.waybill_no = text("/waybill_no");
            label.sort_code = text("/sort_code");
            label.hub = text("/hub");
            label.consignee = Consignee {
                name: text("/to/name"),
                phone: Phone::Masked(text("/to/phone")),
                address: text("/to/addr"),
            };
            label.goods = waybill["goods"]
                .as_array()
                .unwrap()
                .iter()
                .map(|line| {
                    goods(
                        line["name"].as_str().unwrap(),
                        line["qty"].as_i64().unwrap(),
                    )
                })
                .collect();
            label.weight = Some(waybill["weight_kg"].to_string().parse().unwrap());
            label.order_no = text("/order_no");
            label.declaration_no = DeclarationNo::new(text("/list_no"));
            label.qr = text("/qr");
            label
        })
        .collect()
}

/// A PDF on disk, for as long as this value lives.
pub(crate) struct Paper {
    folder: tempfile::TempDir,
}

impl Paper {
    pub(crate) fn new(pdf: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("paper.pdf"), pdf).unwrap();
        Self { folder }
    }

    fn pdf(&self) -> PathBuf {
        self.folder.path().join("paper.pdf")
    }

    /// Text with its layout kept, trailing blanks removed.
    pub(crate) fn text(&self) -> String {
        let text = run(Command::new("pdftotext")
            .arg("-layout")
            .arg(self.pdf())
            .arg("-"));
        text.replace('\u{c}', "\n--- next page ---\n")
            .lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    }

    pub(crate) fn fonts(&self) -> String {
        run(Command::new("pdffonts").arg(self.pdf()))
    }

    pub(crate) fn info(&self) -> String {
        run(Command::new("pdfinfo").arg(self.pdf()))
    }

    /// Every page as the dots a thermal head would burn.
    pub(crate) fn dots(&self, dpi: &str) -> Vec<PathBuf> {
        let prefix = self.folder.path().join(format!("at-{dpi}"));
        run(Command::new("pdftoppm")
            .args(["-mono", "-r", dpi])
            .arg(self.pdf())
            .arg(&prefix));
        let mut pages: Vec<PathBuf> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_str().unwrap().starts_with(prefix.to_str().unwrap()))
            .collect();
        pages.sort();
        pages
    }
}

/// What zbar reads off a picture, one line a symbol, sorted.
pub(crate) fn scanned(picture: &Path) -> Vec<String> {
    let read = run(Command::new("zbarimg")
        .args(["--nodbus", "-q", "--raw"])
        .arg(picture));
    let mut lines: Vec<String> = read.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The rows of a PBM picture, as bytes of eight dots, and how many dots a row has.
pub(crate) fn dot_rows(picture: &Path) -> (usize, Vec<Vec<u8>>) {
    let bytes = fs::read(picture).unwrap();
    let mut fields = bytes.splitn(4, |b| b.is_ascii_whitespace());
    assert_eq!(fields.next().unwrap(), b"P4");
    let mut number = || {
        std::str::from_utf8(fields.next().unwrap())
            .unwrap()
            .parse::<usize>()
            .unwrap()
    };
    let (width, height) = (number(), number());
    let rows: Vec<Vec<u8>> = fields
        .next()
        .unwrap()
        .chunks(width.div_ceil(8))
        .map(<[u8]>::to_vec)
        .collect();
    assert_eq!(rows.len(), height);
    (width, rows)
}

/// Lengths of the black and white runs along one row of a PBM picture, white margin first.
pub(crate) fn runs_in_row(picture: &Path, row: usize) -> Vec<usize> {
    let (width, rows) = dot_rows(picture);
    let line = &rows[row];
    let black = |x: usize| line[x / 8] >> (7 - x % 8) & 1;
    let mut runs = vec![0];
    for x in 0..width {
        if x > 0 && black(x) != black(x - 1) {
            runs.push(0);
        }
        *runs.last_mut().unwrap() += 1;
    }
    runs
}

fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("{command:?}: {e}: run `make setup`"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
