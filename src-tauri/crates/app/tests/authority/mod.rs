//! The smallest authority a gate needs: it says yes to every act, and nothing else.
//!
//! What it may refuse is told with the real platform; here only the clerk's hands matter.

#![allow(unreachable_pub, reason = "a module of test binaries, not a library")]

use bondhouse_protocol::envelope::{self, CONTENT_TYPE, SIGNATURE_HEADER, SIGNER_HEADER};
use bondhouse_protocol::wire::SyncResponse;
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{SystemTime, UNIX_EPOCH};

/// Listens on a free port for as long as the test runs; answers with its address.
pub fn listen(key: SigningKey, station: VerifyingKey) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (key, station) = (key.clone(), station);
            // A workstation that hangs up in the middle is no matter here.
            std::thread::spawn(move || drop(converse(&stream, &key, &station)));
        }
    });
    url
}

fn converse(
    mut stream: &TcpStream,
    key: &SigningKey,
    station: &VerifyingKey,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let is_sync = line.starts_with("POST /v1/sync");
    let (mut length, mut signature) = (0, String::new());
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header == "\r\n" {
            break;
        }
        let (name, value) = header.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            name if name == SIGNATURE_HEADER => signature = value.trim().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if !is_sync {
        return stream.write_all(
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        );
    }
    let asked: Value = envelope::open(&body, &signature, station).expect("a signed call");
    let sealed = envelope::seal(&answer(&asked), key).unwrap();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: {CONTENT_TYPE}\r\n{SIGNER_HEADER}: k1\r\n{SIGNATURE_HEADER}: {}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        sealed.signature,
        sealed.body.len()
    )?;
    stream.write_all(&sealed.body)
}

fn answer(asked: &Value) -> SyncResponse {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = u64::try_from(now.as_millis()).unwrap();
    let acts = asked["acts"].as_array().cloned().unwrap_or_default();
    let answers: Vec<Value> = acts
        .iter()
        .map(|act| json!({ "id": act["id"], "refusal": null }))
        .collect();
    let push = &asked["push"];
    serde_json::from_value(json!({
        "proto": 1, "nonce": asked["nonce"], "server_time": now, "authority_epoch": 1,
        // It takes nothing in: what was done stays unsent, as on a busy day.
        "acked": {
            "position": { "seq": push["from_seq"].as_u64().unwrap() - 1, "hash": push["prev_hash"] },
            "pos": asked["cursor"]["pos"], "receipt": "",
        },
        "need_from": null, "verdicts": [], "feed": [], "more": false, "grants": [], "revokes": [],
        "answers": answers, "digest_ok": null, "resnapshot": false, "customs_fresh_at": now,
    }))
    .unwrap()
}
