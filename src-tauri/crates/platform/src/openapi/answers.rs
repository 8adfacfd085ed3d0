//! What a call answers, read off the type that its handler returns.
//!
//! Nobody writes an answer down a second time, so the document cannot say another one than is sent: a
//! field that is added to an answer is in the document, and a handler whose answer cannot be told does
//! not compile into the list of calls.

use crate::error::Result;
use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::future::Future;

/// What a call answers.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    /// What a success carries, by content type; nothing where it has no body.
    pub(crate) content: Vec<(&'static str, Schema)>,
    /// What a 422 may carry beside a refusal.
    pub(crate) unprocessable: Option<Schema>,
}

/// An answer that can be told.
pub(crate) trait Told {
    /// Describes it.
    fn told(schemas: &mut SchemaGenerator) -> Answered;
}

/// Describes what a handler answers.
pub(crate) fn of<Arguments, H: Handler<Arguments>>(
    _: &H,
    schemas: &mut SchemaGenerator,
) -> Answered {
    H::Answer::told(schemas)
}

/// A function that answers calls, whatever it asks of them.
pub(crate) trait Handler<Arguments> {
    /// What it answers when nothing is refused.
    type Answer: Told;
}

macro_rules! handlers {
    ($(($($argument:ident),*))+) => {$(
        impl<F, Answering, Answer, $($argument),*> Handler<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> Answering,
            Answering: Future<Output = Result<Answer>>,
            Answer: Told,
        {
            type Answer = Answer;
        }
    )+};
}

handlers! {
    ()
    (A)
    (A, B)
    (A, B, C)
    (A, B, C, D)
    (A, B, C, D, E)
}

/// JSON of a type.
pub(crate) fn json<T: JsonSchema>(schemas: &mut SchemaGenerator) -> (&'static str, Schema) {
    ("application/json", schemas.subschema_for::<T>())
}

/// Bytes of a content type, of which nothing more is told.
pub(crate) fn file(kind: &'static str) -> (&'static str, Schema) {
    (kind, json_schema!({ "type": "string" }))
}

fn only(content: (&'static str, Schema)) -> Answered {
    Answered {
        content: vec![content],
        unprocessable: None,
    }
}

impl<T: JsonSchema> Told for Json<T> {
    fn told(schemas: &mut SchemaGenerator) -> Answered {
        only(json::<T>(schemas))
    }
}

impl<T: Told> Told for (StatusCode, T) {
    fn told(schemas: &mut SchemaGenerator) -> Answered {
        T::told(schemas)
    }
}

impl Told for StatusCode {
    fn told(_: &mut SchemaGenerator) -> Answered {
        Answered::default()
    }
}

impl Told for String {
    fn told(_: &mut SchemaGenerator) -> Answered {
        only(file("text/plain"))
    }
}

/// A kept message, byte by byte.
impl Told for Vec<u8> {
    fn told(_: &mut SchemaGenerator) -> Answered {
        only(file("application/octet-stream"))
    }
}

/// What is made by hand is a sealed envelope for a workstation.
impl Told for Response {
    fn told(_: &mut SchemaGenerator) -> Answered {
        only(file(bondhouse_protocol::envelope::CONTENT_TYPE))
    }
}

impl Told for crate::dockings::Answers {
    fn told(schemas: &mut SchemaGenerator) -> Answered {
        let answers = json::<Self>(schemas);
        Answered {
            unprocessable: Some(answers.1.clone()),
            content: vec![answers],
        }
    }
}
