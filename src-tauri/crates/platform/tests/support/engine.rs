//! The two engines, as far as a story must know which it runs on: a database of its own, and a hand
//! that reaches into it behind the platform's back.

use bondhouse_platform::{Config, Findings, Storage};

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
