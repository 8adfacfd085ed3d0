//! Sign-in at a workstation: a badge or a name says who, a PIN proves it.
//!
//! There is no default account: a new workstation asks for its first supervisor. PINs are kept as
//! argon2id hashes; wrong tries lock the person with growing waits that survive a restart.

use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use crate::{App, floor, refuse};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use bondhouse_domain::facts::{Fact, Signed};
use bondhouse_domain::ids::PersonId;
use bondhouse_domain::people::{Role, Tries, check_pin, says};
use bondhouse_domain::time::Instant;
use bondhouse_store::Person;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// Who.
    pub person: PersonId,
    /// The name on the status line.
    pub name: String,
    /// What they may.
    pub role: Role,
}

/// A person as others may see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub(crate) struct PersonView {
    /// The name.
    pub name: String,
    /// What they may.
    pub role: Role,
}

/// A person to be added.
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPerson {
    /// The name on the status line, unique here.
    pub name: String,
    /// 6 to 12 digits.
    pub pin: String,
    /// What they may; the first person is a supervisor whatever stands here.
    #[serde(default = "clerk")]
    pub role: Role,
    /// The badge's code as scanned, if they have one.
    #[serde(default)]
    pub badge: Option<String>,
}

fn clerk() -> Role {
    Role::Clerk
}

/// A try to sign in: a badge or a name, and a PIN.
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The badge's code as scanned.
    #[serde(default)]
    pub badge: Option<String>,
    /// The name chosen.
    #[serde(default)]
    pub name: Option<String>,
    /// The PIN.
    pub pin: String,
}

/// OWASP's least for argon2id: 19 MiB, two passes.
fn hasher() -> Result<Argon2<'static>, AppError> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(hash_failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_failed(error: impl ToString) -> AppError {
    AppError::failed(bondhouse_domain::station::says::storage("hash").0, error)
}

/// SHA-256 of a badge's code: 128 random bits need no slow hash.
fn badge_hash(badge: &str) -> Vec<u8> {
    Sha256::digest(badge.trim().as_bytes()).to_vec()
}

pub(crate) fn list(app: &App, _: &Asker, _: Nothing) -> Result<Vec<PersonView>, AppError> {
    let people = app.store()?.read(|view| view.people())?;
    Ok(people
        .into_iter()
        .filter(|p| p.active)
        .map(view_of)
        .collect())
}

pub(crate) fn first_supervisor(
    app: &App,
    asker: &Asker,
    new: NewPerson,
) -> Result<PersonView, AppError> {
    if !app.store()?.read(|view| view.people())?.is_empty() {
        return refuse(says::exists());
    }
    insert(
        app,
        asker,
        NewPerson {
            role: Role::Supervisor,
            ..new
        },
    )
}

pub(crate) fn add(app: &App, asker: &Asker, new: NewPerson) -> Result<PersonView, AppError> {
    insert(app, asker, new)
}

fn insert(app: &App, asker: &Asker, new: NewPerson) -> Result<PersonView, AppError> {
    let name = new.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 40 {
        return refuse(says::bad_name());
    }
    check_pin(&new.pin)?;
    let password = hasher()?
        .hash_password(new.pin.as_bytes())
        .map_err(hash_failed)?
        .to_string();
    let person = Person {
        id: PersonId::new(asker.id.0.to_string()),
        name: name.clone(),
        role: new.role.name().to_owned(),
        password,
        badge_hash: new.badge.as_deref().map(badge_hash).unwrap_or_default(),
        active: true,
        failures: 0,
        locked_until: Instant::from_millis(0),
    };
    save(app, person)?;
    Ok(PersonView {
        name,
        role: new.role,
    })
}

pub(crate) fn sign_in(app: &App, asker: &Asker, attempt: SignIn) -> Result<PersonView, AppError> {
    let person = prove(app, &attempt)?;
    let role = role_of(&person);
    let session = Session {
        person: person.id.clone(),
        name: person.name.clone(),
        role,
    };
    record(app, asker, &session, true)?;
    *app.session() = Some(session.clone());
    floor::entrance::entered(app, &session);
    tracing::info!(role = role.name(), "signed in");
    Ok(view_of(person))
}

/// Who this is, by badge or name and a PIN; wrong tries count whatever it is asked for.
pub(crate) fn prove(app: &App, attempt: &SignIn) -> Result<Person, AppError> {
    let store = app.store()?;
    let people = store.read(|view| view.people())?;
    let badge = attempt.badge.as_deref().map(badge_hash);
    let found =
        people
            .into_iter()
            .filter(|p| p.active)
            .find(|person| match (&badge, &attempt.name) {
                (Some(badge), _) => !person.badge_hash.is_empty() && &person.badge_hash == badge,
                (None, Some(name)) => &person.name == name,
                (None, None) => false,
            });
    let Some(mut person) = found else {
        return refuse(says::unknown(attempt.name.as_deref().unwrap_or("badge")));
    };
    let now = app.estimate().now;
    let tries = Tries {
        failures: person.failures,
        locked_until: person.locked_until,
    };
    tries.admit(now)?;
    if !pin_fits(&person.password, &attempt.pin)? {
        let tries = tries.failed(now);
        (person.failures, person.locked_until) = (tries.failures, tries.locked_until);
        save(app, person)?;
        tries.admit(now)?;
        return refuse(says::wrong_pin(tries.left()));
    }
    if person.failures > 0 {
        (person.failures, person.locked_until) = (0, Instant::from_millis(0));
        save(app, person.clone())?;
    }
    Ok(person)
}

/// Whose badge this is; its bits as printed, without the scanner's prefix.
pub(crate) fn by_badge(app: &App, badge: &str) -> Result<Option<Person>, AppError> {
    let found = app
        .store()?
        .read(|view| view.person_by_badge(&badge_hash(badge)))?;
    Ok(found.filter(|person| person.active))
}

/// A role of another version gives the least right.
fn role_of(person: &Person) -> Role {
    Role::read(&person.role).unwrap_or(Role::Auditor)
}

fn view_of(person: Person) -> PersonView {
    PersonView {
        role: role_of(&person),
        name: person.name,
    }
}

/// A record of its own: people are local and no fact of the journal, wrong tries included.
fn save(app: &App, person: Person) -> Result<(), AppError> {
    let request = app.request("people.save", app.fresh_id(), &person.id);
    let done = app
        .store()?
        .write(request, move |tx| tx.put_person(&person))?;
    app.touched(done.touched);
    Ok(())
}

fn pin_fits(stored: &str, pin: &str) -> Result<bool, AppError> {
    let hash = PasswordHash::new(stored).map_err(hash_failed)?;
    Ok(hasher()?.verify_password(pin.as_bytes(), &hash).is_ok())
}

pub(crate) fn sign_out(app: &App, asker: &Asker, _: Nothing) -> Result<Nothing, AppError> {
    let Some(session) = app.session().take() else {
        return Ok(Nothing {});
    };
    // The next person finds their own tasks, from the store; nobody's scan goes to the last one's.
    *app.floor() = crate::Floor::default();
    record(app, asker, &session, false)?;
    Ok(Nothing {})
}

fn record(app: &App, asker: &Asker, session: &Session, signed_in: bool) -> Result<(), AppError> {
    let op = if signed_in {
        "people.sign_in"
    } else {
        "people.sign_out"
    };
    let request = app.request(op, asker.id, &session.person);
    let done = app.store()?.write(request, move |tx| {
        tx.record(&Fact::Signed(Signed { signed_in }))?;
        Ok(())
    })?;
    app.touched(done.touched);
    Ok(())
}
