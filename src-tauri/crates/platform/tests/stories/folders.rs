//! Customs through a single-window client's folders: whatever fails or dies, each message goes once.

use crate::support::customs::list_no;
use crate::support::signatory::Signatory;
use crate::support::{SHOP, World};
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use bondhouse_customs::{Message, Reading};
use bondhouse_domain::customs::{Document, MessageKind, Receipt};
use bondhouse_domain::time::{Span, Zone};
use bondhouse_platform::{Certificates, Config, Folders};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

async fn docked(root: &Path, signer: Option<String>) -> World {
    let folders = Folders {
        root: root.to_owned(),
        envelope_to: Some("DXPEDCCEB0000001".to_owned()),
        signer,
    };
    World::open_with(|config| config.folders = Some(folders)).await
}

fn names(root: &Path, folder: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root.join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn read(path: &Path) -> Message {
    bondhouse_customs::read(&fs::read(path).unwrap(), Reading::default()).unwrap()
}

/// What the client does with a file it was offered.
fn client(root: &Path, name: &str, to: &str) {
    fs::rename(root.join("OutBox").join(name), root.join(to).join(name)).unwrap();
}

fn put(root: &Path, name: &str, document: Document) {
    let xml = bondhouse_customs::write(&Message::of([document]), Zone::SHANGHAI).unwrap();
    fs::write(root.join("InBox").join(name), xml).unwrap();
}

async fn handovers(world: &World, state: &str) -> Value {
    let path = format!("/v1/admin/handovers?state={state}");
    world.admin("GET", &path, &Value::Null).await.ok()
}

async fn unmatched(world: &World) -> Vec<Value> {
    let shown = world.admin("GET", "/v1/admin/unmatched", &Value::Null);
    shown.await.ok().as_array().unwrap().clone()
}

async fn round(world: &World) {
    world.platform.round().await.unwrap();
}

#[tokio::test]
async fn a_message_goes_out_in_its_envelope_and_customs_answer_comes_in() {
    let folders = TempDir::new().unwrap();
    let root = folders.path();
    let world = docked(root, None).await;
    world
        .post(&world.shop, "/v1/shop/orders", &world.order("B1", 1))
        .await
        .ok();
    round(&world).await;
    let offered = names(root, "OutBox");
    assert_eq!(offered, ["CEB311_B1_1.xml", "CEB511_YT1433281291145_2.xml"]);
    let sent = read(&root.join("OutBox/CEB311_B1_1.xml"));
    // It says who buys, so it is the client's to read and not everybody's on this machine.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::metadata(root.join("OutBox/CEB311_B1_1.xml")).unwrap();
        assert_eq!(file.permissions().mode() & 0o037, 0);
    }
    let exchange = sent.exchange.clone().unwrap();
    assert_eq!(
        (exchange.cop_msg_id.as_str(), exchange.msg_type.as_str()),
        ("NB01-1", "CEB311")
    );
    assert!(
        matches!(sent.documents().next(), Some(Document::Order(order)) if order.order_no == "B1")
    );
    // Nothing is given out by HTTP beside the folder.
    let http = world.get(&world.customs, "/v1/customs/outbox").await;
    assert_eq!(
        (http.status, http.code()),
        (409, "platform.through_folders")
    );

    client(root, &offered[0], "SentBox");
    client(root, &offered[1], "FailBox");
    put(
        root,
        "CEB312_receipt.xml",
        Document::Receipt(Receipt {
            message: MessageKind::Ceb312,
            ebp_code: SHOP.into(),
            order_no: "B1".into(),
            return_status: "120".into(),
            return_time: Some(world.clock.now()),
            ..Receipt::default()
        }),
    );
    round(&world).await;
    assert_eq!(handovers(&world, "sent").await[0]["n"], 1);
    assert_eq!(handovers(&world, "failed").await[0]["n"], 2);
    assert_eq!(names(root, "InBox"), Vec::<String>::new());
    assert_eq!(names(root, "ReadBox"), ["CEB312_receipt.xml"]);

    // Somebody mends what the client failed on.
    world
        .admin("POST", "/v1/admin/handovers/2/again", &Value::Null)
        .await
        .ok();
    let twice = world
        .admin("POST", "/v1/admin/handovers/2/again", &Value::Null)
        .await;
    assert_eq!(twice.code(), "platform.not_failed");
    round(&world).await;
    assert_eq!(names(root, "OutBox"), ["CEB511_YT1433281291145_2.xml"]);
    assert_eq!(names(root, "FailBox"), Vec::<String>::new());
}

#[tokio::test]
async fn a_hand_over_that_broke_off_is_finished_and_not_repeated() {
    let folders = TempDir::new().unwrap();
    let root = folders.path();
    let world = docked(root, None).await;
    // The last step cannot be done: the file is ready and written down, and stays where it is.
    fs::remove_dir(root.join("OutBox")).unwrap();
    fs::write(root.join("OutBox"), "in the way").unwrap();
    world
        .post(&world.shop, "/v1/shop/orders", &world.order("B1", 1))
        .await
        .ok();
    assert!(world.platform.round().await.is_err());
    assert_eq!(names(root, "Ready").len(), 2);
    // A file of a life that ended before it was written down is written anew.
    fs::write(root.join("Ready/CEB411_TB1_3.xml"), "half a mess").unwrap();

    fs::remove_file(root.join("OutBox")).unwrap();
    fs::create_dir(root.join("OutBox")).unwrap();
    world
        .post(&world.payer, "/v1/payer/payments", &world.payment("B1", 1))
        .await
        .ok();
    round(&world).await;
    let offered = names(root, "OutBox");
    assert_eq!(offered.len(), 3, "{offered:?}");
    assert_eq!(
        read(&root.join("OutBox/CEB411_TB1_3.xml")).kind,
        MessageKind::Ceb411
    );
    for name in &offered {
        client(root, name, "SentBox");
        // Some clients clear up after themselves.
        fs::remove_file(root.join("SentBox").join(name)).unwrap();
    }
    round(&world).await;
    round(&world).await;
    assert_eq!(names(root, "OutBox"), Vec::<String>::new(), "offered once");
}

#[tokio::test]
async fn an_answer_is_taken_in_once_and_half_a_file_is_waited_for() {
    let folders = TempDir::new().unwrap();
    let root = folders.path();
    let world = docked(root, None).await;
    let receipt = Document::Receipt(Receipt {
        message: MessageKind::Ceb622,
        cop_no: "NOBODY0001".into(),
        invt_no: list_no("NOBODY0001"),
        return_status: "800".into(),
        return_time: Some(world.clock.now()),
        ..Receipt::default()
    });
    // It is taken in, but cannot be put aside: the machine dies between the two.
    put(root, "receipt.xml", receipt.clone());
    fs::remove_dir(root.join("ReadBox")).unwrap();
    fs::write(root.join("ReadBox"), "in the way").unwrap();
    assert!(world.platform.round().await.is_err());
    fs::remove_file(root.join("ReadBox")).unwrap();
    fs::create_dir(root.join("ReadBox")).unwrap();
    round(&world).await;
    // And the client brings it again under another name.
    put(root, "receipt again.xml", receipt.clone());
    round(&world).await;
    assert_eq!(names(root, "ReadBox").len(), 2);
    assert_eq!(
        unmatched(&world).await.len(),
        1,
        "one message, taken in once"
    );

    // A client that writes in place: what is there is half a message, and then all of it.
    let whole = bondhouse_customs::write(
        &Message::of([Document::Receipt(Receipt {
            message: MessageKind::Ceb622,
            cop_no: "NOBODY0002".into(),
            return_status: "120".into(),
            return_time: Some(world.clock.now()),
            ..Receipt::default()
        })]),
        Zone::SHANGHAI,
    )
    .unwrap();
    let growing = root.join("InBox/growing.xml");
    fs::write(&growing, &whole[..whole.len() / 2]).unwrap();
    round(&world).await;
    world.pass(Span::millis(9_000)).await;
    assert!(growing.exists());
    fs::write(&growing, &whole).unwrap();
    round(&world).await;
    assert!(!growing.exists());
    assert_eq!(unmatched(&world).await.len(), 2);

    // What never becomes a message is kept as evidence and shown.
    fs::write(
        root.join("InBox/odd.txt"),
        "<!DOCTYPE x [<!ENTITY e 'e'>]><x>&e;",
    )
    .unwrap();
    round(&world).await;
    world.pass(Span::millis(10_000)).await;
    let odd = unmatched(&world).await;
    assert_eq!(
        (&odd[0]["kind"], &odd[0]["key"]),
        (&json!("unreadable"), &json!("odd.txt"))
    );
    assert!(names(root, "ReadBox").contains(&"odd.txt".to_owned()));
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_not_customs_being_there() {
    let folders = TempDir::new().unwrap();
    let root = folders.path();
    let world = docked(root, None).await;
    round(&world).await;
    let seen = || async {
        crate::support::reply(world.http.get(world.platform.url() + "/health"))
            .await
            .ok()["customs_seen_at"]
            .clone()
    };
    let first = seen().await;
    assert!(first.is_i64(), "an empty OutBox is a client at work");
    world
        .post(&world.shop, "/v1/shop/orders", &world.order("B1", 1))
        .await
        .ok();
    round(&world).await;
    for _ in 0..20 {
        world.pass(Span::minutes(1)).await;
    }
    let last = seen().await.as_i64().unwrap();
    let silent = world.clock.now().as_millis() - last;
    assert!(silent >= Span::minutes(4).as_millis(), "{silent}");
    for name in names(root, "OutBox") {
        client(root, &name, "SentBox");
    }
    round(&world).await;
    assert_eq!(seen().await, world.clock.now().as_millis());
}

#[tokio::test]
async fn an_order_number_is_no_path() {
    let folders = TempDir::new().unwrap();
    let root = folders.path();
    let world = docked(root, None).await;
    let odd = "../../etc/甲 B1";
    world
        .post(&world.shop, "/v1/shop/orders", &world.order(odd, 1))
        .await
        .ok();
    round(&world).await;
    let offered = names(root, "OutBox");
    assert!(
        offered.contains(&"CEB311_______etc___B1_1.xml".to_owned()),
        "{offered:?}"
    );
}

/// A signer that signs: it adds a signature element before the message ends.
async fn sign(body: Bytes) -> (StatusCode, Vec<u8>) {
    let text = String::from_utf8(body.to_vec()).unwrap();
    if text.contains("CEB511") {
        return (StatusCode::UNPROCESSABLE_ENTITY, b"no such card".to_vec());
    }
    let (inside, end) = text.rsplit_once("</").unwrap();
    let signature = r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignatureValue>AA==</ds:SignatureValue></ds:Signature>"#;
    (
        StatusCode::OK,
        format!("{inside}{signature}</{end}").into_bytes(),
    )
}

async fn listen(app: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/sign")
}

#[tokio::test]
async fn whoever_holds_the_card_signs_and_a_signer_that_lies_is_not_believed() {
    let folders = TempDir::new().unwrap();
    let root = folders.path();
    let signer = listen(axum::Router::new().route("/sign", post(sign))).await;
    let world = docked(root, Some(signer)).await;
    world
        .post(&world.shop, "/v1/shop/orders", &world.order("B1", 1))
        .await
        .ok();
    round(&world).await;
    // The waybill is refused by the signer and shown as failed; the order goes, signed.
    assert_eq!(names(root, "OutBox"), ["CEB311_B1_1.xml"]);
    assert!(read(&root.join("OutBox/CEB311_B1_1.xml")).signed);
    assert_eq!(handovers(&world, "failed").await[0]["n"], 2);

    let echo = post(|body: Bytes| async move { body });
    let folders = TempDir::new().unwrap();
    let liar = listen(axum::Router::new().route("/sign", echo)).await;
    let world = docked(folders.path(), Some(liar)).await;
    world
        .post(&world.shop, "/v1/shop/orders", &world.order("B1", 1))
        .await
        .ok();
    round(&world).await;
    assert_eq!(names(folders.path(), "OutBox"), Vec::<String>::new());
    assert_eq!(
        handovers(&world, "failed").await.as_array().unwrap().len(),
        2
    );
}

/// A world that believes one signatory, by HTTP.
async fn wary(customs: &Signatory, bonded_unsigned: bool) -> World {
    let certificates = Certificates {
        file: customs.certificate(),
        bonded_unsigned,
    };
    World::open_with(|config| config.certificates = Some(certificates)).await
}

/// Customs' release of a list, as it would be written.
fn release(world: &World, cop_no: &str) -> Vec<u8> {
    let released = Receipt {
        message: MessageKind::Ceb622,
        cop_no: cop_no.into(),
        invt_no: list_no(cop_no),
        return_status: "800".into(),
        return_time: Some(world.clock.now()),
        ..Receipt::default()
    };
    let message = Message::of([Document::Receipt(released)]);
    bondhouse_customs::write(&message, Zone::SHANGHAI).unwrap()
}

/// What is kept of messages that were not believed, and what the audit says of them.
async fn disbelieved(world: &World, who: &str) -> (Vec<Value>, Vec<Value>) {
    let untrusted = unmatched(world).await.into_iter();
    let untrusted = untrusted.filter(|one| one["kind"] == "untrusted");
    let path = format!("/v1/admin/audit?who={who}");
    let audit = world.admin("GET", &path, &Value::Null).await.ok();
    let audit = audit.as_array().unwrap().clone();
    let refused = audit.into_iter().filter(|call| call["status"] == 422);
    (untrusted.collect(), refused.collect())
}

#[tokio::test]
async fn by_http_a_release_that_customs_did_not_sign_releases_nothing_and_is_written_down() {
    let (Some(customs), Some(other)) = (Signatory::new(), Signatory::new()) else {
        return;
    };
    let world = wary(&customs, true).await;
    let mut bench = world.station(7).await;
    // The trucks' papers are of the bonded family, which may come unsigned here.
    world.stock_up(&mut bench, 10).await;
    world.buy("B1", 1).await;
    let list = world.list_declared().await;
    let seen = || async {
        let health = crate::support::reply(world.http.get(world.platform.url() + "/health"));
        health.await.ok()["customs_seen_at"].clone()
    };
    let before = seen().await;
    world.clock.forward(Span::minutes(1));

    let unsigned = release(&world, &list);
    let foreign = other.sign(&unsigned);
    let signed = customs.sign(&unsigned);
    let text = String::from_utf8(signed.clone()).unwrap();
    let altered = text.replacen(&list, "NB01L261122999999", 1);
    let mut wanted = Vec::new();
    for (xml, code) in [
        (unsigned, "customs.signature_missing"),
        (foreign, "customs.signature_foreign"),
        (altered.into_bytes(), "customs.signature_broken"),
    ] {
        let reply = world
            .post_xml(&world.customs, "/v1/customs/inbox", &xml)
            .await;
        assert_eq!((reply.status, reply.code()), (422, code));
        assert_eq!(world.state("B1").await, "declared", "{code}");
        wanted.push(code);
    }
    assert_eq!(seen().await, before, "a forger is not customs being there");
    let (kept, audited) = disbelieved(&world, &world.customs.id).await;
    let mut codes: Vec<&str> = kept
        .iter()
        .map(|one| one["key"].as_str().unwrap())
        .collect();
    codes.reverse();
    assert_eq!(codes, wanted);
    assert_eq!(audited.len(), 3);
    let evidence = format!("/v1/admin/messages/{}", kept[0]["raw"]);
    let evidence = world.admin("GET", &evidence, &Value::Null).await.ok();
    assert!(evidence.as_str().unwrap().contains("NB01L261122999999"));

    let reply = world
        .post_xml(&world.customs, "/v1/customs/inbox", &signed)
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(world.state("B1").await, "cleared");
}

#[tokio::test]
async fn in_the_folder_a_forged_file_is_set_aside_and_taken_in_once_its_certificate_is_trusted() {
    let (Some(customs), Some(other)) = (Signatory::new(), Signatory::new()) else {
        return;
    };
    let (data, folders) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (root, folder) = (folders.path(), data.path().to_owned());
    let world = World::open_with(|config| {
        config.data = folder;
        config.certificates = Some(Certificates {
            file: other.certificate(),
            bonded_unsigned: false,
        });
        config.folders = Some(Folders {
            root: root.to_owned(),
            envelope_to: None,
            signer: None,
        });
    })
    .await;
    let signed = customs.sign(&release(&world, "NOBODY0001"));
    // Named like a file of ours: it must not pass for one the client failed with.
    world
        .post(&world.shop, "/v1/shop/orders", &world.order("B1", 1))
        .await
        .ok();
    round(&world).await;
    let ours = names(root, "OutBox")[0].clone();
    fs::write(root.join("InBox").join(&ours), &signed).unwrap();
    round(&world).await;
    assert_eq!(names(root, "FailBox"), [format!("Failed_{ours}")]);
    assert_eq!(names(root, "ReadBox"), Vec::<String>::new());
    round(&world).await;
    assert_eq!(handovers(&world, "failed").await, json!([]));
    let (kept, audited) = disbelieved(&world, "single-window").await;
    assert_eq!((kept.len(), audited.len()), (1, 1));
    assert_eq!(kept[0]["key"], "customs.signature_foreign");
    assert_eq!(
        (&audited[0]["method"], &audited[0]["target"]),
        (&json!("FILE"), &json!(ours))
    );

    // The operator installs customs' new certificate and brings the file back.
    let mut config = world.config.clone();
    world.platform.stop().await.unwrap();
    config.certificates = Some(Certificates {
        file: customs.certificate(),
        bonded_unsigned: false,
    });
    let again = bondhouse_platform::Platform::start(config).await.unwrap();
    let failed = root.join("FailBox").join(format!("Failed_{ours}"));
    fs::rename(failed, root.join("InBox/receipt.xml")).unwrap();
    again.round().await.unwrap();
    assert_eq!(names(root, "ReadBox"), ["receipt.xml"]);
    assert_eq!(names(root, "FailBox"), Vec::<String>::new());
}

#[tokio::test]
async fn a_gate_receipt_without_signature_is_refused_unless_the_operator_lets_it_pass() {
    let Some(customs) = Signatory::new() else {
        return;
    };
    for (lets_pass, status) in [(false, 422), (true, 200)] {
        let world = wary(&customs, lets_pass).await;
        let response = bondhouse_domain::customs::CommonResponse::default();
        let message = Message::of([Document::CommonResponse(response)]);
        let xml = bondhouse_customs::write(&message, Zone::SHANGHAI).unwrap();
        let reply = world
            .post_xml(&world.customs, "/v1/customs/inbox", &xml)
            .await;
        assert_eq!(reply.status, status, "{}", reply.body);
    }
}

/// The program itself, started on a data folder, once it listens.
fn program(config: &Config, root: &Path) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bondhouse-platform"))
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(&config.data)
        .arg("--customs-folder")
        .arg(root)
        .envs(crate::support::engine::setting(config))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.contains("listening"), "{line}");
    child
}

/// Everything the client has taken so far, by file name.
fn take_all(root: &Path, taken: &mut BTreeMap<String, u32>) {
    for name in names(root, "OutBox") {
        let from: PathBuf = root.join("OutBox").join(&name);
        if fs::remove_file(from).is_ok() {
            *taken.entry(name).or_default() += 1;
        }
    }
}

#[tokio::test]
async fn killed_again_and_again_it_hands_every_message_over_exactly_once() {
    const MESSAGES: usize = 240;
    let (data, folders) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let root = folders.path();
    // A shop hands in orders that nobody can declare yet; each is handed on to customs.
    let config = {
        let folder = data.path().to_owned();
        let world = World::open_with(|config| config.data = folder).await;
        let range = json!({ "range": { "prefix": "ZZ", "first": 1, "count": 500, "digits": 9 } });
        world
            .post(&world.carrier, "/v1/carrier/number-pools", &range)
            .await
            .ok();
        let orders: Vec<Value> = (0..MESSAGES / 2)
            .map(|n| world.order(&format!("B{n}"), 1))
            .collect();
        world
            .post(&world.shop, "/v1/shop/orders", &json!(orders))
            .await
            .ok();
        let config = world.config.clone();
        world.platform.stop().await.unwrap();
        config
    };
    let mut taken = BTreeMap::new();
    let mut kills = 0;
    while taken.len() < MESSAGES {
        let mut program = program(&config, root);
        let before = taken.len();
        // Killed at another moment each time: while it writes, while it offers, after the client took some.
        loop {
            let enough = match kills % 3 {
                0 => !names(root, "Ready").is_empty(),
                1 => !names(root, "OutBox").is_empty(),
                _ => {
                    take_all(root, &mut taken);
                    taken.len() > before + 10
                }
            };
            if enough || taken.len() == MESSAGES {
                break;
            }
        }
        program.kill().unwrap();
        program.wait().unwrap();
        take_all(root, &mut taken);
        kills += 1;
        assert!(
            kills < 200,
            "it gets nowhere: {} of {MESSAGES}",
            taken.len()
        );
    }
    let again: Vec<_> = taken.iter().filter(|(_, times)| **times > 1).collect();
    assert!(again.is_empty(), "offered more than once: {again:?}");
    assert!(kills > 1, "it was never killed in between");
}
