//! The program as its operator meets it: what it says when something is wrong, and the files that run it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_bondhouse-platform");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// The program on a folder, with nothing of this shell's own settings.
fn program(data: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env_clear()
        .envs([("BONDHOUSE_LISTEN", "127.0.0.1:0")])
        .env("BONDHOUSE_DATA", data);
    command
}

/// What it says on standard error as it refuses to start.
fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty(), "nothing listens");
    String::from_utf8(output.stderr).unwrap()
}

/// Where a running program's log goes, beside its folder.
fn log_of(data: &Path) -> PathBuf {
    data.with_extension("log")
}

struct Running(Child, String);

impl Running {
    fn start(data: &Path) -> Self {
        let log = File::create(log_of(data)).unwrap();
        let mut child = program(data)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        Self(child, said["listening"].as_str().unwrap().to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn whatever_is_wrong_at_the_start_is_said_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let running = Running::start(&data);

    let second = refused(&mut program(&data));
    assert!(
        second.contains("platform.db") && second.contains("in use"),
        "{second}"
    );
    let elsewhere = folder.path().join("elsewhere");
    let taken = refused(program(&elsewhere).env("BONDHOUSE_LISTEN", &running.1));
    assert!(
        taken.contains(&format!("cannot listen on {}", running.1)),
        "{taken}"
    );
    let port = refused(program(&elsewhere).env("BONDHOUSE_LISTEN", "127.0.0.1:99999"));
    assert!(
        port.contains("--listen") && port.contains("127.0.0.1:99999"),
        "{port}"
    );
    let server = refused(
        program(&elsewhere).env("BONDHOUSE_DATABASE", "postgres://nobody@127.0.0.1:1/none"),
    );
    assert!(
        server.contains("cannot connect to the database server"),
        "{server}"
    );
    let address = refused(program(&elsewhere).env("BONDHOUSE_DATABASE", "mysql://x"));
    assert!(
        address.contains("the database's address is wrong"),
        "{address}"
    );
    assert!(
        !address.contains("mysql://x"),
        "an address may hold a password: {address}"
    );

    let settings = folder.path().join("warehouse.toml");
    std::fs::write(
        &settings,
        "name = \"宁波一号保税仓\"\nlegder = \"T3105W000076\"\n",
    )
    .unwrap();
    let wrong = refused(program(&elsewhere).env("BONDHOUSE_CONFIG", &settings));
    for word in ["warehouse.toml", "line 2", "legder", "ledger"] {
        assert!(wrong.contains(word), "{word} in {wrong}");
    }
    let missing =
        refused(program(&elsewhere).env("BONDHOUSE_CONFIG", folder.path().join("none.toml")));
    assert!(
        missing.contains("cannot read") && missing.contains("none.toml"),
        "{missing}"
    );

    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let no_folder = refused(&mut program(&file));
    assert!(no_folder.contains(file.to_str().unwrap()), "{no_folder}");
    drop(running);

    let key = data.join("data.key");
    let own = std::fs::read(&key).unwrap();
    std::fs::write(&key, "a key by hand\n").unwrap();
    let no_key = refused(&mut program(&data));
    assert!(no_key.contains("data.key is no key"), "{no_key}");
    std::fs::write(&key, own).unwrap();

    // A database that a later version has been at, one of another program, and one that is none.
    let database = data.join("platform.db");
    let step = "INSERT INTO schema_migrations (name, sha, at) VALUES ('299901010000-later', '', 0)";
    let sql = rusqlite::Connection::open(&database).unwrap();
    sql.execute(step, []).unwrap();
    drop(sql);
    let newer = refused(&mut program(&data));
    assert!(
        newer.contains("newer than the program") && newer.contains("299901010000-later"),
        "{newer}"
    );
    let sql = rusqlite::Connection::open(&database).unwrap();
    sql.execute_batch("PRAGMA application_id = 7").unwrap();
    drop(sql);
    let foreign = refused(&mut program(&data));
    assert!(foreign.contains("another program"), "{foreign}");
    for file in ["platform.db-wal", "platform.db-shm"] {
        let _ = std::fs::remove_file(data.join(file));
    }
    std::fs::write(
        &database,
        "this is a letter, not a database, and long enough to be looked at",
    )
    .unwrap();
    let damaged = refused(&mut program(&data));
    assert!(damaged.contains("platform.db"), "{damaged}");
}

#[test]
fn one_file_may_say_everything_the_environment_wins_over_it_and_half_a_setting_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("of the file");
    let file = folder.path().join("platform.toml");
    let write = |server: &str| {
        let text = format!("name = \"二号仓\"\nwarehouse = \"NB02\"\n[server]\n{server}\n");
        std::fs::write(&file, text).unwrap();
    };
    write(&format!(
        "data = {data:?}\nlisten = \"127.0.0.1:0\"\nconnections = 16"
    ));
    let started = |command: &mut Command| {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = child.spawn().unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        assert!(line.contains("\"listening\":\"127.0.0.1:"), "{line}");
        Running(child, line)
    };
    let bare = || {
        let mut command = Command::new(PROGRAM);
        command.env_clear().env("BONDHOUSE_CONFIG", &file);
        command
    };
    drop(started(&mut bare()));
    assert!(data.join("platform.db").exists());
    let doctor = bare().arg("doctor").output().unwrap();
    assert!(doctor.status.success(), "{doctor:?}");
    let elsewhere = folder.path().join("of the environment");
    drop(started(bare().env("BONDHOUSE_DATA", &elsewhere)));
    assert!(elsewhere.join("platform.db").exists());

    for (server, said) in [
        (
            "tls_key = \"x.pem\"",
            "tls_key means nothing without tls_chain",
        ),
        (
            "customs_signer = \"http://x\"",
            "customs_signer means nothing without customs_folder",
        ),
        ("lisen = \"127.0.0.1:0\"", "lisen"),
    ] {
        write(server);
        let refusal = refused(&mut bare());
        assert!(refusal.contains(said), "{refusal}");
    }
}

#[test]
fn help_names_every_setting_with_its_variable_and_shows_no_secret() {
    let help = Command::new(PROGRAM)
        .arg("--help")
        .env(
            "BONDHOUSE_DATABASE",
            "postgres://warehouse:secret@host/name",
        )
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let manual = std::fs::read_to_string(root().join("docs/operation/platform.md")).unwrap();
    let variables: BTreeSet<&str> = help
        .split(|c: char| !(c.is_ascii_uppercase() || c == '_'))
        .filter(|word| word.starts_with("BONDHOUSE_"))
        .collect();
    assert!(variables.len() >= 9, "{variables:?}");
    for variable in variables {
        assert!(
            manual.contains(&format!("`{variable}`")),
            "{variable} is not in the manual"
        );
    }
    for command in ["doctor", "move-out", "move-in", "restored", "rotate-keys"] {
        assert!(
            help.contains(command) && manual.contains(command),
            "{command}"
        );
    }
    assert!(!help.contains("secret"), "{help}");
}

#[test]
fn a_running_platform_is_examined_where_it_stands_and_what_is_wrong_with_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let _running = Running::start(&data);
    let doctor = || program(&data).arg("doctor").output().unwrap();
    let well = doctor();
    let said = String::from_utf8(well.stdout).unwrap();
    assert!(
        well.status.success() && said.contains("feed entries"),
        "{said}"
    );
    // A second hand in the file, while it runs.
    let db = rusqlite::Connection::open(data.join("platform.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let changed = db
        .execute("UPDATE warehouses SET feed_pos = feed_pos + 1", [])
        .unwrap();
    assert!(changed > 0);
    let ill = doctor();
    let said = String::from_utf8(ill.stdout).unwrap();
    assert!(
        !ill.status.success() && said.contains("WRONG") && said.contains("feed"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn asked_to_stop_it_ends_well_and_leaves_one_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut running = Running::start(&data);
    let pid = running.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(running.0.wait().unwrap().success());
    let wal = std::fs::metadata(data.join("platform.db-wal")).map_or(0, |file| file.len());
    assert_eq!(wal, 0);
    let log = std::fs::read_to_string(log_of(&data)).unwrap();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for said in ["listening", "stopping"] {
        assert!(lines.iter().any(|line| line["fields"]["message"] == said));
    }
    let doctor = program(&data).arg("doctor").output().unwrap();
    assert!(doctor.status.success());
    assert!(
        String::from_utf8(doctor.stdout)
            .unwrap()
            .contains("sealed values")
    );
}

/// The unit names only what systemd knows, and the program it starts takes the variables it sets.
#[test]
fn the_service_file_is_one_that_systemd_takes() {
    let unit =
        std::fs::read_to_string(root().join("docs/operation/bondhouse-platform.service")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bondhouse-platform.service");
    std::fs::write(
        &file,
        unit.replace("/usr/local/bin/bondhouse-platform", PROGRAM),
    )
    .unwrap();
    let verify = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .arg(&file)
        .output();
    let Ok(verify) = verify else {
        println!("skipped: no systemd-analyze");
        return;
    };
    let said = String::from_utf8_lossy(&verify.stderr);
    assert!(
        verify.status.success() && !said.contains("bondhouse-platform.service"),
        "{said}"
    );
    let variables: Vec<&str> = unit
        .lines()
        .filter_map(|line| line.strip_prefix("Environment="))
        .flat_map(str::split_whitespace)
        .filter_map(|setting| setting.split('=').next())
        .collect();
    let help = Command::new(PROGRAM).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(!variables.is_empty());
    for variable in variables {
        assert!(help.contains(variable), "{variable} is no setting");
    }
}

/// What the image copies exists, is enough to build from, and brings what the program loads.
#[test]
fn the_container_file_copies_what_there_is_and_installs_what_is_loaded() {
    let text = std::fs::read_to_string(root().join("docs/operation/Containerfile")).unwrap();
    let mut copied = BTreeSet::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (_, sources) = words.split_last().unwrap();
        if sources[0].starts_with("--from") {
            assert_eq!(sources[1..], ["/src/target/release/bondhouse-platform"]);
            continue;
        }
        for source in sources {
            assert!(root().join(source).exists(), "{source} is not there");
            copied.insert((*source).to_owned());
        }
    }
    // Cargo must find every member, and the compiler every file the crates of the platform include.
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--locked"])
        .current_dir(root())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let home = root().canonicalize().unwrap();
    let within = |path: &Path| {
        let path = path.strip_prefix(&home).unwrap();
        copied.iter().any(|part| path.starts_with(part))
    };
    for package in metadata["packages"].as_array().unwrap() {
        if package["source"].is_null() {
            let manifest = Path::new(package["manifest_path"].as_str().unwrap());
            assert!(within(manifest), "{} is not copied", manifest.display());
            for target in package["targets"].as_array().unwrap() {
                let source = Path::new(target["src_path"].as_str().unwrap());
                let kinds = target["kind"].to_string();
                if kinds.contains("bin") || kinds.contains("custom-build") || kinds.contains("lib")
                {
                    assert!(within(source), "{} is not copied", source.display());
                }
            }
        }
    }
    let toolchain = std::fs::read_to_string(root().join("rust-toolchain.toml")).unwrap();
    let channel = toolchain.split('"').nth(1).unwrap();
    let image = text
        .split("rust:")
        .nth(1)
        .unwrap()
        .split('-')
        .next()
        .unwrap();
    assert!(
        channel.starts_with(image),
        "{image} builds what {channel} is meant for"
    );

    // Of the image's own packages: libc6 and libgcc-s1. Certificates of shops are checked against ca-certificates.
    let own = [
        "linux-vdso",
        "ld-linux",
        "libc.so",
        "libm.so",
        "libgcc_s.so",
        "libpthread",
        "libdl",
        "librt",
    ];
    let loaded = Command::new("ldd").arg(PROGRAM).output().unwrap();
    let loaded = String::from_utf8(loaded.stdout).unwrap();
    let foreign: Vec<&str> = loaded
        .lines()
        .filter(|line| !own.iter().any(|name| line.contains(name)))
        .collect();
    assert_eq!(foreign, Vec::<&str>::new());
    assert!(text.contains("ca-certificates"));
}

/// The text of a line of the container file, after its word.
fn line_of<'a>(text: &'a str, word: &str) -> &'a str {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(word));
    lines.next_back().unwrap().trim()
}

/// The image's last stage, without an engine to build it: its files and no others, its user, its
/// environment, a root that cannot be written.
#[cfg(target_os = "linux")]
#[test]
fn in_what_the_image_holds_the_program_runs_as_its_user_and_stops_when_told() {
    let possible = Command::new("bwrap")
        .args(["--ro-bind", "/", "/", "true"])
        .output();
    if !possible.is_ok_and(|tried| tried.status.success()) {
        println!("skipped: no bwrap");
        return;
    }
    let text = std::fs::read_to_string(root().join("docs/operation/Containerfile")).unwrap();
    let user = text
        .split("--uid ")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let home = line_of(&text, "VOLUME");
    let entry = line_of(&text, "ENTRYPOINT").trim_matches(['[', ']', '"']);
    let mut sandbox = Command::new("bwrap");
    sandbox.args(["--unshare-user", "--uid", user, "--gid", user, "--clearenv"]);
    let loaded = Command::new("ldd").arg(PROGRAM).output().unwrap();
    for word in String::from_utf8(loaded.stdout).unwrap().split_whitespace() {
        if word.starts_with('/') {
            sandbox.args(["--ro-bind", word, word]);
        }
    }
    let certificates = "/etc/ssl/certs/ca-certificates.crt";
    sandbox.args(["--ro-bind-try", certificates, certificates]);
    sandbox.args(["--ro-bind", PROGRAM, &format!("/usr/local/bin/{entry}")]);
    sandbox.args(["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]);
    sandbox.arg("--bind").arg(&data).arg(home);
    sandbox.args(["--remount-ro", "/", "--setenv", "PATH", "/usr/local/bin"]);
    for setting in line_of(&text, "ENV").split_whitespace() {
        let (name, value) = setting.split_once('=').unwrap();
        // The image has its port to itself; this machine has not.
        let value = value.replace(":7700", ":0");
        sandbox.args(["--setenv", name, &value]);
    }
    let mut running = sandbox
        .args(["--die-with-parent", entry])
        .stdout(Stdio::piped())
        .stderr(File::create(log_of(&data)).unwrap())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let log = || std::fs::read_to_string(log_of(&data)).unwrap();
    let said: serde_json::Value =
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{}", log()));
    let port = said["listening"]
        .as_str()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap();
    let mut calling = std::net::TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    calling
        .write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut health = String::new();
    calling.read_to_string(&mut health).unwrap();
    assert!(
        health.starts_with("HTTP/1.1 200") && health.contains("\"ok\":true"),
        "{health}"
    );
    // Told by the engine's signal, which the file names, it ends well.
    let of = running.id();
    let children = format!("/proc/{of}/task/{of}/children");
    let inside = std::fs::read_to_string(children).unwrap();
    let signal = line_of(&text, "STOPSIGNAL").trim_start_matches("SIG");
    let told = Command::new("kill")
        .args([&format!("-{signal}"), inside.trim()])
        .status();
    assert!(told.unwrap().success());
    assert!(running.wait().unwrap().success(), "{}", log());
    let names = ["admin.key", "authority.key", "data.key", "platform.db"];
    assert!(names.iter().all(|name| data.join(name).exists()));
}
