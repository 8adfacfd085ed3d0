//! Reading a whole message: find out what it is, read its documents, refuse what is unsafe.
//!
//! A message that is not well-formed, too large or unknown is refused whole. A document whose values
//! make no sense is refused alone; its neighbours are read.

use crate::envelope::{Exchange, Message, Record};
use crate::fault::{Doubt, Fatal, Fault, Place, Places, Stop};
use crate::layout::{self, Layout};
use crate::signature::{self, Signers};
use crate::source::{Open, Source, Token};
use crate::table::read_node;
use crate::tables::transport;
use crate::text;
use base64::Engine as _;
use bondhouse_domain::clearance::Status;
use bondhouse_domain::customs::{Document, MessageKind, says};
use bondhouse_domain::message::Message as Said;
use bondhouse_domain::time::Zone;

/// How much a message may ask of the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size in bytes.
    pub bytes: usize,
    /// Nesting of elements.
    pub depth: usize,
    /// Attributes of one element.
    pub attributes: usize,
    /// Records, lines and unknown elements together.
    pub items: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 4 << 20,
            depth: 64,
            attributes: 64,
            items: 50_000,
        }
    }
}

/// How to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Limits on what is read.
    pub limits: Limits,
    /// The zone customs' times are written in.
    pub zone: Zone,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            zone: Zone::SHANGHAI,
        }
    }
}

/// Reads a message of either family, also one inside an exchange envelope.
///
/// # Errors
/// A [`Fault`] when the message as a whole cannot be used; single documents carry their own.
pub fn read(bytes: &[u8], reading: Reading) -> Result<Message, Fault> {
    with(bytes, reading, None)
}

/// Reads a message that must carry a signature of one of `signers` over all of it; inside an exchange
/// envelope it is the message within that is signed.
///
/// # Errors
/// A [`Fault`] as of [`read`], or that the signature is missing, not supported, broken or another's.
pub fn read_signed(bytes: &[u8], reading: Reading, signers: &Signers) -> Result<Message, Fault> {
    with(bytes, reading, Some(signers))
}

fn with(bytes: &[u8], reading: Reading, signers: Option<&Signers>) -> Result<Message, Fault> {
    if bytes.len() > reading.limits.bytes {
        let place = Place { line: 1, column: 1 };
        return Err(Fault {
            refusal: says::too_large(reading.limits.bytes),
            place,
            record: None,
        });
    }
    let (text, lied) = text::decode(bytes)?;
    let mut reader = Reader {
        source: Source::new(&text, reading.limits, reading.zone),
        places: Places::new(&text),
        message: Message::default(),
    };
    let inner = reader.root().map_err(|fatal| reader.fault(&fatal))?;
    let mut message = match inner {
        None => {
            let mut message = reader.message;
            if let Some(signers) = signers {
                signature::check(&text, signers)?;
                message.genuine = true;
                message
                    .doubts
                    .retain(|doubt| doubt.message.code != UNCHECKED);
            }
            message
        }
        Some((exchange, data)) => {
            let mut message = with(&data, reading, signers)?;
            if message.exchange.replace(exchange).is_some() {
                let place = Place { line: 1, column: 1 };
                return Err(Fault {
                    refusal: says::envelope(1, 1),
                    place,
                    record: None,
                });
            }
            message
        }
    };
    if let Some(declared) = lied {
        let declared: String = declared.chars().take(20).collect();
        message.doubts.push(Doubt {
            message: says::doubt_encoding(declared),
            place: Place { line: 1, column: 1 },
        });
    }
    Ok(message)
}

/// The doubt that a signature was not checked.
const UNCHECKED: &str = "customs.doubt.signed";

struct Reader<'a> {
    source: Source<'a>,
    places: Places<'a>,
    message: Message,
}

/// Elements of the bonded frame that only hold others.
const LOOKED_THROUGH: &[&str] = &[
    "Signature",
    "Object",
    "Package",
    "DataInfo",
    "BussinessData",
];

impl Reader<'_> {
    fn fault(&mut self, fatal: &Fatal) -> Fault {
        let place = self.places.of(fatal.at);
        Fault {
            refusal: fatal.why.refusal(place),
            place,
            record: None,
        }
    }

    /// Reads everything; answers the inner message of an exchange envelope.
    fn root(&mut self) -> Result<Option<(Exchange, Vec<u8>)>, Fatal> {
        let Token::Open(open) = self.source.next()? else {
            return Err(Fatal {
                why: Stop::Truncated,
                at: self.source.at(),
            });
        };
        let at = open.at;
        let root = open.name().to_owned();
        let home = self.source.home().to_owned();
        let inner = match (root.as_str(), home.as_str()) {
            ("DxpMsg", layout::DXP) => Some(self.exchange(at)?),
            ("CommonResponeMessage", _) => {
                self.record(layout::of(MessageKind::CommonResponse), at)?;
                None
            }
            ("Signature" | "Package", "" | layout::DSIG | layout::SAS) => {
                self.bonded()?;
                None
            }
            ("mo", "") => {
                self.inside(layout::of(MessageKind::Jkf), &["body", "list"])?;
                None
            }
            ("InventoryReturnList", "") => {
                self.inside(layout::of(MessageKind::PlatformRelease), &[])?;
                None
            }
            (name, home) => {
                let shown = || name.chars().take(64).collect();
                let layout = layout::by_ceb_root(name).ok_or_else(|| Fatal {
                    why: Stop::UnknownMessage(shown()),
                    at,
                })?;
                if home != layout::CEB {
                    return Err(Fatal {
                        why: Stop::WrongNamespace(shown()),
                        at,
                    });
                }
                self.message.guid = open.attribute("guid").unwrap_or_default();
                self.message.version = open.attribute("version").unwrap_or_default();
                self.unified(layout)?;
                None
            }
        };
        match self.source.next()? {
            Token::End => {}
            _ => {
                return Err(Fatal {
                    why: Stop::NotWellFormed,
                    at: self.source.at(),
                });
            }
        }
        if inner.is_none() && self.message.records.is_empty() {
            return Err(Fatal {
                why: Stop::NothingInside,
                at,
            });
        }
        self.collect_doubts();
        Ok(inner)
    }

    /// `CEBnnnMessage`: documents, sender, subscriptions, signature.
    fn unified(&mut self, layout: &'static Layout) -> Result<(), Fatal> {
        while let Some(open) = self.source.element()? {
            match open.name() {
                name if open.ours && name == layout.node => self.record(Some(layout), open.at)?,
                "BaseTransfer" if open.ours => {
                    let transfer = self.message.transfer.get_or_insert_default();
                    read_node(&mut self.source, &transport::TRANSFER, transfer)?;
                    self.outside_records();
                }
                "BaseSubscribe" if open.ours => {
                    let mut subscription = crate::envelope::Subscription::default();
                    read_node(
                        &mut self.source,
                        &transport::SUBSCRIPTION,
                        &mut subscription,
                    )?;
                    self.message.subscriptions.push(subscription);
                    self.outside_records();
                }
                "Signature" if !open.ours => self.signature(open.at)?,
                _ => self.unknown(&open)?,
            }
        }
        Ok(())
    }

    /// The bonded frame: head, pocket, flag and one business element, however deep it stands.
    fn bonded(&mut self) -> Result<(), Fatal> {
        let mut inside = 1_usize;
        while inside > 0 {
            let Some(open) = self.source.element()? else {
                inside -= 1;
                continue;
            };
            match open.name() {
                // Another namespace's word is not customs', whatever it calls its elements.
                _ if !open.ours => self.unknown(&open)?,
                name if LOOKED_THROUGH.contains(&name) => inside += 1,
                "EnvelopInfo" => {
                    let package = self.message.package.get_or_insert_default();
                    read_node(&mut self.source, &transport::PACKAGE, package)?;
                    self.outside_records();
                }
                "PocketInfo" => {
                    let pocket = self.message.pocket.get_or_insert_default();
                    read_node(&mut self.source, &transport::POCKET, pocket)?;
                    self.outside_records();
                }
                "DelcareFlag" => {
                    self.message.declare_flag = self.source.leaf("DelcareFlag")?.into_owned()
                }
                "SignedInfo" | "KeyInfo" => {
                    self.source.skip()?;
                }
                "SignatureValue" => {
                    if self.source.skip()? {
                        self.signed(open.at);
                    }
                }
                name => match layout::by_business_element(name) {
                    Some(layout) => self.record(Some(layout), open.at)?,
                    None => self.unknown(&open)?,
                },
            }
        }
        Ok(())
    }

    /// Documents inside wrappers that only hold others.
    fn inside(&mut self, layout: Option<&'static Layout>, wrappers: &[&str]) -> Result<(), Fatal> {
        let node = layout.map_or("", |layout| layout.node);
        let mut inside = 1_usize;
        while inside > 0 {
            let Some(open) = self.source.element()? else {
                inside -= 1;
                continue;
            };
            match open.name() {
                _ if !open.ours => self.unknown(&open)?,
                name if name == node => self.record(layout, open.at)?,
                name if wrappers.contains(&name) => inside += 1,
                // It only repeats that this is a receipt.
                "head" => {
                    self.source.skip()?;
                }
                _ => self.unknown(&open)?,
            }
        }
        Ok(())
    }

    fn record(&mut self, layout: Option<&'static Layout>, at: usize) -> Result<(), Fatal> {
        let Some(layout) = layout else {
            return Err(Fatal {
                why: Stop::UnknownMessage(String::new()),
                at,
            });
        };
        self.collect_doubts();
        self.message.kind = layout.kind;
        if !layout.verified {
            self.source.doubt(at, says::doubt_unverified(layout.kind));
        }
        let place = self.places.marked(at);
        let document = layout::read_document(layout.kind, &mut self.source)?;
        if let Document::Receipt(receipt) = &document
            && let Status::Unknown(status) = Status::read(&receipt.return_status)
            && !status.is_empty()
        {
            let status: String = status.chars().take(20).collect();
            self.source.doubt(at, says::doubt_status(status));
        }
        let (flaw, doubts, untold) = self.source.findings();
        let doubts = self.told(doubts, untold);
        let result = match flaw {
            None => Ok(document),
            Some(flaw) => {
                let place = self.places.of(flaw.at);
                let record = u32::try_from(self.message.records.len() + 1).ok();
                Err(Fault {
                    refusal: flaw.why.refusal(flaw.field, place),
                    place,
                    record,
                })
            }
        };
        self.message.records.push(Record {
            place,
            result,
            doubts,
        });
        Ok(())
    }

    /// A flaw outside the documents spoils none of them; it is told as a doubt.
    fn outside_records(&mut self) {
        let (flaw, doubts, untold) = self.source.findings();
        let mut doubts = self.told(doubts, untold);
        if let Some(flaw) = flaw {
            doubts.push(Doubt {
                message: says::doubt_missing(flaw.field),
                place: self.places.of(flaw.at),
            });
        }
        self.message.doubts.extend(doubts);
    }

    fn collect_doubts(&mut self) {
        let (_, doubts, untold) = self.source.findings();
        let doubts = self.told(doubts, untold);
        self.message.doubts.extend(doubts);
    }

    fn told(&mut self, mut doubts: Vec<(usize, Said)>, untold: usize) -> Vec<Doubt> {
        doubts.sort_by_key(|(at, _)| *at);
        let mut told: Vec<Doubt> = doubts
            .into_iter()
            .map(|(at, message)| Doubt {
                message,
                place: self.places.of(at),
            })
            .collect();
        if untold > 0 {
            let place = told
                .last()
                .map_or(Place { line: 1, column: 1 }, |doubt| doubt.place);
            told.push(Doubt {
                message: says::doubt_more(untold),
                place,
            });
        }
        told
    }

    fn signature(&mut self, at: usize) -> Result<(), Fatal> {
        self.source.skip()?;
        self.signed(at);
        Ok(())
    }

    fn signed(&mut self, at: usize) {
        self.message.signed = true;
        self.source.doubt(at, says::doubt_signed());
    }

    fn unknown(&mut self, open: &Open<'_>) -> Result<(), Fatal> {
        let name: String = open.name().chars().take(64).collect();
        self.source.doubt(open.at, says::doubt_unknown(name));
        let extra = self.source.extra(open, "", "")?;
        self.message.extra.push(extra);
        Ok(())
    }

    /// `DxpMsg`: where it goes, and the message inside in base64.
    fn exchange(&mut self, at: usize) -> Result<(Exchange, Vec<u8>), Fatal> {
        let mut exchange = Exchange::default();
        let mut data = None;
        let mut inside = 1_usize;
        let mut after = "";
        while inside > 0 {
            let Some(open) = self.source.element()? else {
                inside -= 1;
                continue;
            };
            after = match open.name() {
                "TransInfo" if open.ours => {
                    read_node(&mut self.source, &transport::EXCHANGE, &mut exchange)?;
                    "TransInfo"
                }
                "Data" if open.ours => {
                    let text = self.source.leaf("Data")?;
                    let packed: Vec<u8> =
                        text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
                    let bytes = base64::engine::general_purpose::STANDARD.decode(packed);
                    data = Some(bytes.map_err(|_| Fatal {
                        why: Stop::Envelope,
                        at: open.at,
                    })?);
                    "Data"
                }
                "AddInfo" if open.ours => {
                    inside += 1;
                    "AddInfo"
                }
                "FileName" if open.ours => {
                    exchange.file_name = self.source.leaf("FileName")?.into_owned();
                    "FileName"
                }
                _ => {
                    let extra = self.source.extra(&open, "", after)?;
                    exchange.extra.push(extra);
                    after
                }
            };
        }
        let data = data.ok_or(Fatal {
            why: Stop::Envelope,
            at,
        })?;
        Ok((exchange, data))
    }
}
