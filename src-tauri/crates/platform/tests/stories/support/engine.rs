//! The two engines, as far as a story must know which it runs on: a database of its own, and a hand
//! that reaches into it behind the platform's back.

use bondhouse_platform::{Config, Findings, Storage};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A PostgreSQL server: the one that `BONDHOUSE_TEST_SERVER` names, or one of this test's own.
pub(crate) struct Server {
    pub(crate) address: String,
    own: Option<Child>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::started(false)
    }

    /// A server whose commits reach the disk, for measuring.
    pub(crate) fn durable() -> Self {
        Self::started(true)
    }

    fn started(durable: bool) -> Self {
        if let Ok(address) = std::env::var("BONDHOUSE_TEST_SERVER") {
            return Self { address, own: None };
        }
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/tools/postgres.sh");
        // It runs for as long as we hold its input open.
        let mut own = Command::new(tools)
            .args(["sh", "-c", "echo $BONDHOUSE_TEST_SERVER; cat"])
            .envs(durable.then_some(("DURABLE", "1")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(own.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        let address = address.trim().to_owned();
        assert!(!address.is_empty(), "no PostgreSQL: make setup installs it");
        Self {
            address,
            own: Some(own),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(own) = &mut self.own {
            drop(own.stdin.take());
            let _ = own.wait();
        }
    }
}

/// The program itself as a node of its own beside others, killed when dropped.
pub(crate) struct Node {
    pub(crate) url: String,
    child: Child,
}

impl Node {
    /// Started on the keys and database of a configuration, once it listens.
    pub(crate) fn start(config: &Config) -> Self {
        Self::start_with(config, None)
    }

    /// A node with a planted fault.
    pub(crate) fn start_with(config: &Config, mutant: Option<&str>) -> Self {
        // Benches share this file and have no program to start.
        let program = option_env!("CARGO_BIN_EXE_bondhouse-platform").unwrap_or_default();
        let mut child = Command::new(program)
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(&config.data)
            .envs(setting(config))
            .envs(mutant.map(|mutant| ("BONDHOUSE_MUTANT", mutant)))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        let url = format!("http://{}", said["listening"].as_str().unwrap());
        Self { url, child }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: whatever it was doing is left as it was.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address of an empty schema on a server.
pub(crate) async fn fresh(server: &str) -> String {
    let name = format!("story_{}", uuid::Uuid::now_v7().simple());
    run(server, &[&format!("CREATE SCHEMA {name}")]).await;
    let and = if server.contains('?') { '&' } else { '?' };
    format!("{server}{and}options=-csearch_path%3D{name}")
}

/// The setting by which the program itself finds the same database.
pub(crate) fn setting(config: &Config) -> Option<(&'static str, &str)> {
    match &config.storage {
        Storage::Postgres(url) => Some(("BONDHOUSE_DATABASE", url)),
        Storage::Embedded => None,
    }
}

/// What the doctor finds; on a thread that may block.
pub(crate) async fn examine(config: &Config) -> Findings {
    let config = config.clone();
    tokio::task::spawn_blocking(move || bondhouse_platform::examine(&config).unwrap())
        .await
        .unwrap()
}

/// Changes the database of a platform that has stopped, as no platform would.
pub(crate) async fn tamper(config: &Config, statements: &[&str]) {
    match &config.storage {
        Storage::Postgres(url) => run(url, statements).await,
        Storage::Embedded => {
            let file = rusqlite::Connection::open(config.data.join("platform.db")).unwrap();
            for statement in statements {
                file.execute(statement, []).unwrap();
            }
        }
    }
}

async fn run(url: &str, statements: &[&str]) {
    let (url, statements) = (url.to_owned(), statements.join(";"));
    tokio::task::spawn_blocking(move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        client.batch_execute(&statements).unwrap();
    })
    .await
    .unwrap();
}

/// The first column of a statement's answer, as text.
pub(crate) async fn ask(url: &str, statement: &str) -> Vec<String> {
    let (url, statement) = (url.to_owned(), statement.to_owned());
    tokio::task::spawn_blocking(move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        let answers = client.simple_query(&statement).unwrap();
        let rows = answers.into_iter().filter_map(|answer| match answer {
            postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("").to_owned()),
            _ => None,
        });
        rows.collect()
    })
    .await
    .unwrap()
}
