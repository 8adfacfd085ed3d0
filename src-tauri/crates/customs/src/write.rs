//! Writing a whole message: frame, documents in the order of their tables, sender.

use crate::envelope::{Exchange, Message};
use crate::layout::{self, Frame};
use crate::sink::Sink;
use crate::table::write_node;
use crate::tables::transport;
use crate::unverified;
use base64::Engine as _;
use bondhouse_domain::customs::{Document, MessageKind, says};
use bondhouse_domain::message::{Message as Said, Refusal};
use bondhouse_domain::time::Zone;

/// Writes a message as UTF-8 XML, unsigned; inside its exchange envelope if it has one.
///
/// Documents that were refused in reading are left out.
///
/// # Errors
/// A [`Refusal`] when documents of different kinds stand together, or a text holds a control character.
pub fn write(message: &Message, zone: Zone) -> Result<Vec<u8>, Refusal> {
    for document in message.documents() {
        if !carries(message.kind, document) {
            return Err(says::mixed_documents(message.kind, document.kind()));
        }
    }
    let Some(layout) = layout::of(message.kind) else {
        return Err(says::mixed_documents(message.kind, message.kind));
    };
    let prefix = if layout.frame == Frame::CebRequest {
        "ceb:"
    } else {
        ""
    };
    let mut sink = Sink::new(prefix, zone).ordered_by(unverified::of(message.kind));
    let documents = |sink: &mut Sink| {
        message
            .documents()
            .for_each(|document| layout::write_document(sink, layout.node, document));
    };
    let extra = |sink: &mut Sink| message.extra.iter().for_each(|extra| sink.extra(extra));
    match layout.frame {
        Frame::CebRequest | Frame::CebAnswer => {
            let root = format!("{}Message", message.kind);
            let xmlns = if prefix.is_empty() {
                "xmlns"
            } else {
                "xmlns:ceb"
            };
            let named = [
                (xmlns, layout::CEB),
                ("guid", message.guid.as_str()),
                ("version", &message.version),
            ];
            let given: Vec<_> = named.into_iter().filter(|(_, v)| !v.is_empty()).collect();
            sink.open_with(&root, &given);
            documents(&mut sink);
            if let Some(transfer) = &message.transfer {
                write_node(&mut sink, "BaseTransfer", &transport::TRANSFER, transfer);
            }
            for subscription in &message.subscriptions {
                write_node(
                    &mut sink,
                    "BaseSubscribe",
                    &transport::SUBSCRIPTION,
                    subscription,
                );
            }
            extra(&mut sink);
            sink.close(&root);
        }
        Frame::BondedRequest => {
            sink.open("Signature");
            sink.open_with("Object", &[("Id", "String")]);
            sink.open("Package");
            package(&mut sink, message, &documents, &extra);
            sink.close("Package");
            sink.close("Object");
            sink.close("Signature");
        }
        Frame::BondedAnswer(namespace) => {
            let xmlns = [("xmlns", namespace)];
            sink.open_with("Package", if namespace.is_empty() { &[] } else { &xmlns });
            package(&mut sink, message, &documents, &extra);
            sink.close("Package");
        }
        Frame::Bare => documents(&mut sink),
        Frame::Local => {
            sink.open_with("mo", &[("version", "1.0.0")]);
            sink.open("head");
            sink.text_leaf("businessType", "RESULT", true);
            sink.close("head");
            sink.open("body");
            sink.open("list");
            documents(&mut sink);
            sink.close("list");
            sink.close("body");
            extra(&mut sink);
            sink.close("mo");
        }
        Frame::Own(root) => {
            sink.open(root);
            documents(&mut sink);
            extra(&mut sink);
            sink.close(root);
        }
    }
    let text = sink.finish().map_err(says::cannot_write)?;
    match &message.exchange {
        None => Ok(text.into_bytes()),
        Some(exchange) => enclose(exchange, text.as_bytes(), zone),
    }
}

/// What the standard would object to in the documents of a message: mandatory elements that are
/// empty, texts that are too long. A sender looks here before it sends; customs would not accept it.
pub fn objections(message: &Message, zone: Zone) -> Vec<Said> {
    message
        .documents()
        .flat_map(|document| layout::objections(document, zone))
        .collect()
}

fn carries(kind: MessageKind, document: &Document) -> bool {
    document.kind() == kind
}

fn package(
    sink: &mut Sink,
    message: &Message,
    documents: &dyn Fn(&mut Sink),
    extra: &dyn Fn(&mut Sink),
) {
    let mut head = message.package.clone().unwrap_or_default();
    if head.message_type.is_empty() {
        head.message_type = message.kind.to_string();
    }
    if head.version.is_empty() {
        head.version = "1.0".into();
    }
    write_node(sink, "EnvelopInfo", &transport::PACKAGE, &head);
    sink.open("DataInfo");
    if let Some(pocket) = &message.pocket {
        write_node(sink, "PocketInfo", &transport::POCKET, pocket);
    }
    sink.open("BussinessData");
    documents(sink);
    extra(sink);
    sink.text_leaf("DelcareFlag", &message.declare_flag, false);
    sink.close("BussinessData");
    sink.close("DataInfo");
}

/// Puts a message's bytes, as they are, into the exchange's envelope: a signature inside stays whole.
///
/// # Errors
/// A [`Refusal`] when a text of the envelope holds a control character.
pub fn enclose(exchange: &Exchange, inner: &[u8], zone: Zone) -> Result<Vec<u8>, Refusal> {
    let mut sink = Sink::new("", zone);
    sink.open_with("DxpMsg", &[("xmlns", layout::DXP), ("ver", "1.0")]);
    let unknown = |after: &'static str| {
        let around = exchange.extra.iter().filter(|e| e.within.is_empty());
        around.filter(move |e| e.after == after)
    };
    let follow = |sink: &mut Sink, name| unknown(name).for_each(|extra| sink.extra(extra));
    follow(&mut sink, "");
    write_node(&mut sink, "TransInfo", &transport::EXCHANGE, exchange);
    follow(&mut sink, "TransInfo");
    sink.text_leaf(
        "Data",
        &base64::engine::general_purpose::STANDARD.encode(inner),
        true,
    );
    follow(&mut sink, "Data");
    if !exchange.file_name.is_empty()
        || ["AddInfo", "FileName"]
            .iter()
            .any(|at| unknown(at).next().is_some())
    {
        sink.open("AddInfo");
        follow(&mut sink, "AddInfo");
        sink.text_leaf("FileName", &exchange.file_name, true);
        follow(&mut sink, "FileName");
        sink.close("AddInfo");
    }
    sink.close("DxpMsg");
    sink.finish()
        .map(String::into_bytes)
        .map_err(says::cannot_write)
}
