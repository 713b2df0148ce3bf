//! Which scheme and cost new entries get, and making them.
//!
//! What a server accepts is asked of the server itself: an entry made with the right password must let the user in.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::basic::head;
use crate::cli::args;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::pace;
use crate::cli::random;
use crate::crypt::{MOST_PACE, Work};
use crate::scheme;
use crate::scheme::bcrypt;
use crate::scheme::{Cost, MakeError, Making, SCHEMES, Scheme};
use crate::secret::Secret;
use crate::server::{Decision, Inputs, Server, UserFile};
use crate::trace::Verdict;

/// The scheme of new entries where nothing else is asked.
pub const DEFAULT: &str = "bcrypt";

/// A login slower than this, in seconds, has to be forced: every request with the password costs it.
const SLOW: f64 = 1.0;

/// A login as slow as this, in seconds, is told.
const TELLING: f64 = 0.5;

/// Adds the options that choose a scheme.
#[must_use]
pub fn args(command: Command) -> Command {
    let number = |name: &'static str| Arg::new(name).long(name).value_name("N").value_parser(value_parser!(u64));
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    command
        .arg(Arg::new("scheme").long("scheme").value_name("NAME").help("The scheme of the new hash [default: bcrypt]"))
        .arg(
            number("cost")
                .conflicts_with("rounds")
                .help("Cost of the hash; of bcrypt, each step doubles the time [default: 12]"),
        )
        .arg(number("rounds").help("Rounds of the schemes that count them"))
        .arg(args::servers("for", "Take the strongest scheme that all of these servers accept"))
        .arg(flag("force").help("Allow a hash whose check takes longer than a second"))
        .arg(flag("allow-empty").help("Allow an empty password"))
        .arg(flag("allow-truncation").help("Allow a password of which the scheme uses only the beginning"))
}

/// A scheme with its cost, and what is allowed.
pub struct Choice {
    /// The scheme.
    pub scheme: &'static Scheme,
    /// The cost; `None` where the scheme has none.
    pub cost: Option<u64>,
    servers: Vec<&'static dyn Server>,
    chosen_for_servers: bool,
    allow_empty: bool,
    allow_truncation: bool,
}

impl Choice {
    /// What the options choose for `user`'s entry.
    pub fn of(matches: &ArgMatches, user: &[u8]) -> Result<Self, Error> {
        let servers = args::named_servers(matches, "for")?.unwrap_or_default();
        let asked = ["cost", "rounds"].into_iter().find_map(|unit| Some((unit, *matches.get_one::<u64>(unit)?)));
        let scheme = match matches.get_one::<String>("scheme") {
            Some(name) => named(name)?,
            None if servers.is_empty() => named(DEFAULT)?,
            None => strongest(&servers, asked.map(|(unit, _)| unit), user)?,
        };
        let cost = cost(scheme, asked)?;
        if let (Some(of), Some(cost)) = (&scheme.cost, cost) {
            refuse_slow(scheme, of, cost, matches.get_flag("force"))?;
        }
        let chosen_for_servers = !servers.is_empty() && !matches.contains_id("scheme");
        let choice = Self {
            scheme,
            cost,
            servers,
            chosen_for_servers,
            allow_empty: matches.get_flag("allow-empty"),
            allow_truncation: matches.get_flag("allow-truncation"),
        };
        if matches.get_one::<String>("scheme").is_some() {
            choice.refuse_unaccepted(&sample(scheme, user)?, user)?;
        }
        Ok(choice)
    }

    /// Refuses passwords that are not stored as they are.
    pub fn check(&self, password: &Secret) -> Result<(), Error> {
        let length = password.expose().len();
        if length == 0 && !self.allow_empty {
            return Err(Error::usage("the password is empty").help("--allow-empty stores it all the same"));
        }
        let name = self.scheme.name;
        match self.scheme.password_bytes {
            Some(most) if length > most && !self.allow_truncation => {
                let help = "take a shorter one or another --scheme; --allow-truncation stores the beginning";
                Err(Error::usage(format!("the password has {length} bytes, of which {name} uses the first {most}"))
                    .help(help))
            }
            _ => Ok(()),
        }
    }

    /// The field for `user` with `password`, with a new salt.
    pub fn make(&self, user: &[u8], password: &Secret) -> Result<Vec<u8>, Error> {
        self.check(password)?;
        let field = make(self.scheme, self.cost, password.expose())?;
        self.refuse_unaccepted(&field, user)?;
        Ok(field)
    }

    /// Fields for several users with their passwords; some schemes take less time for them together.
    #[must_use]
    pub fn make_together(&self, jobs: &[(&[u8], &Secret)]) -> Vec<Result<Vec<u8>, Error>> {
        if self.scheme.name != "bcrypt" {
            return jobs.iter().map(|(user, password)| self.make(user, password)).collect();
        }
        let salts: Vec<Result<Vec<u8>, Error>> = jobs
            .iter()
            .map(|(_, password)| self.check(password).and_then(|()| random::bytes(bcrypt::SALT_BYTES)))
            .collect();
        let ready: Vec<(&[u8], Making<'_>)> = jobs
            .iter()
            .zip(&salts)
            .filter_map(|((_, password), salt)| {
                Some((password.expose(), Making { cost: self.cost, random: salt.as_ref().ok()? }))
            })
            .collect();
        let mut made = bcrypt::make_together(&ready).into_iter();
        let mut field = |user: &[u8], salt: Result<Vec<u8>, Error>| {
            salt?;
            let field = made.next().unwrap_or(Err(MakeError::NoCost)).map_err(|error| unmade(self.scheme, error))?;
            self.refuse_unaccepted(&field, user)?;
            Ok(field)
        };
        drop(ready);
        jobs.iter().zip(salts).map(|((user, _), salt)| field(user, salt)).collect()
    }

    /// The servers that have to accept it.
    #[must_use]
    pub fn servers(&self) -> &[&'static dyn Server] {
        &self.servers
    }

    /// Whether `field` is of this scheme and cost, and spelled as new ones are.
    #[must_use]
    pub fn is_of(&self, field: &[u8]) -> bool {
        let prefix = self.scheme.prefixes.first().copied().unwrap_or_default();
        (self.scheme.identify)(field)
            && scheme::identify(field).is_some_and(|scheme| scheme.name == self.scheme.name)
            && field.starts_with(prefix.as_bytes())
            && self.scheme.cost.as_ref().and_then(|cost| (cost.of)(field)) == self.cost
    }

    /// Seconds that a login takes on this machine, where they are many enough to be told.
    #[must_use]
    pub fn slowness(&self) -> Option<f64> {
        let estimated = (self.scheme.cost.as_ref()?.seconds)(self.cost?);
        (estimated > TELLING / MOST_PACE).then(|| estimated * pace::pace()).filter(|seconds| *seconds >= TELLING)
    }

    /// Why the scheme was taken, where servers were named and the scheme was not.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        if !self.chosen_for_servers {
            return None;
        }
        let names: Vec<&str> = self.servers.iter().map(|server| server.info().name).collect();
        let (scheme, names) = (self.scheme.name, names.join(", "));
        Some(format!("{scheme} is the strongest scheme that is made here and accepted by {names}"))
    }

    /// The scheme with its cost, in words.
    #[must_use]
    pub fn title(&self) -> String {
        match (&self.scheme.cost, self.cost) {
            (Some(of), Some(cost)) if of.unit == "cost" => format!("{}, cost {cost}", self.scheme.name),
            (Some(of), Some(cost)) => format!("{}, {cost} {}", self.scheme.name, of.unit),
            _ => self.scheme.name.to_owned(),
        }
    }

    fn refuse_unaccepted(&self, field: &[u8], user: &[u8]) -> Result<(), Error> {
        match self.servers.iter().find(|server| !accepts(**server, field, user)) {
            None => Ok(()),
            Some(server) => {
                let text = format!("{} does not accept {}", server.info().name, self.title());
                Err(Error::new(Exit::No, "not-accepted", text)
                    .help("without --scheme, --for finds one that is accepted"))
            }
        }
    }
}

fn named(name: &str) -> Result<&'static Scheme, Error> {
    let makeable = || SCHEMES.iter().filter(|scheme| scheme.make.is_some()).map(|scheme| scheme.name);
    let list = || makeable().collect::<Vec<_>>().join(", ");
    match scheme::find(name) {
        Some(scheme) if scheme.make.is_some() => Ok(scheme),
        Some(_) => Err(Error::usage(format!("new {name} entries are not made here")).help(format!("take {}", list()))),
        None => {
            Err(Error::usage(format!("there is no scheme `{name}`")).help(format!("new entries can be {}", list())))
        }
    }
}

/// The strongest scheme that all of `servers` accept, of those whose cost is counted in `unit`.
fn strongest(servers: &[&'static dyn Server], unit: Option<&str>, user: &[u8]) -> Result<&'static Scheme, Error> {
    let counts =
        |scheme: &Scheme| unit.is_none_or(|unit| scheme.cost.as_ref().is_some_and(|cost| option(cost) == unit));
    let mut schemes: Vec<_> =
        SCHEMES.iter().copied().filter(|scheme| scheme.make.is_some() && counts(scheme)).collect();
    schemes.sort_by_key(|scheme| std::cmp::Reverse(scheme.strength));
    for scheme in schemes {
        let field = sample(scheme, user)?;
        if servers.iter().all(|server| accepts(*server, &field, user)) {
            return Ok(scheme);
        }
    }
    let mut taken = Vec::new();
    for server in servers {
        taken.push((server.info().name, accepted_by(*server, user)?));
    }
    let (text, help) = in_vain(&taken);
    Err(Error::new(Exit::No, "no-common-scheme", text).help(help))
}

/// Why servers that take these schemes take none in common, and what each of those to blame takes: of many servers only two
/// that already exclude each other, where there are such.
fn in_vain(taken: &[(&str, Vec<&str>)]) -> (String, String) {
    let apart = |one: &[&str], other: &[&str]| !one.iter().any(|scheme| other.contains(scheme));
    let pairs = taken.iter().enumerate().flat_map(|(at, one)| taken[at + 1..].iter().map(move |other| (one, other)));
    let pair = pairs.into_iter().find(|(one, other)| apart(&one.1, &other.1));
    let blamed = pair.map_or_else(|| taken.iter().collect(), |(one, other)| vec![one, other]);
    let names: Vec<&str> = blamed.iter().map(|(name, _)| *name).collect();
    let mut text = format!("no scheme that is made here is accepted by all of {}", names.join(", "));
    if let [one, other] = names[..] {
        text = format!("no scheme that is made here is accepted by both {one} and {other}");
    }
    let list = |schemes: &[&str]| if schemes.is_empty() { "none".to_owned() } else { schemes.join(", ") };
    let help: Vec<String> = blamed.iter().map(|(name, schemes)| format!("{name} accepts {}", list(schemes))).collect();
    (text, help.join("\n"))
}

/// The schemes made here that `server` accepts, the strongest first.
pub fn accepted_by(server: &dyn Server, user: &[u8]) -> Result<Vec<&'static str>, Error> {
    let mut schemes: Vec<_> = SCHEMES.iter().copied().filter(|scheme| scheme.make.is_some()).collect();
    schemes.sort_by_key(|scheme| std::cmp::Reverse(scheme.strength));
    let mut names = Vec::new();
    for scheme in schemes {
        if accepts(server, &sample(scheme, user)?, user) {
            names.push(scheme.name);
        }
    }
    Ok(names)
}

/// An entry of the scheme at its least cost, with a fixed salt.
fn sample(scheme: &Scheme, user: &[u8]) -> Result<Vec<u8>, Error> {
    let Some(of) = &scheme.make else { return Ok(Vec::new()) };
    let random = vec![user.first().copied().unwrap_or(1); of.random_bytes];
    let making = Making { cost: scheme.cost.as_ref().map(|cost| cost.min), random: &random };
    (of.make)(b"password", &making).map_err(|error| unmade(scheme, error))
}

/// Whether a file with just this entry lets the user in, the password being the right one.
fn accepts(server: &dyn Server, field: &[u8], user: &[u8]) -> bool {
    let file = [user, b":", field, b"\n"].concat();
    decide(server, &&file[..], user).verdict == Verdict::Granted
}

/// What `server` answers to the right password of `user`.
pub fn decide(server: &dyn Server, file: &dyn UserFile, user: &[u8]) -> Decision {
    let head = head::with_user_pass(user, &Secret::from(&b"right password"[..]));
    server.decide(&Inputs { head: head.expose(), path: b"FILE", file, uri: b"/" }, &mut Work::assuming())
}

/// The option that sets a cost.
fn option(cost: &Cost) -> &'static str {
    if cost.unit == "rounds" { "rounds" } else { "cost" }
}

/// The cost to use: the one asked for in the scheme's own unit, or its default.
fn cost(scheme: &Scheme, asked: Option<(&str, u64)>) -> Result<Option<u64>, Error> {
    let name = scheme.name;
    match (&scheme.cost, asked) {
        (None, None) => Ok(None),
        (None, Some((unit, _))) => Err(Error::usage(format!("{name} has one fixed cost, and no --{unit}"))),
        (Some(cost), None) => Ok(Some(cost.default)),
        (Some(cost), Some((unit, _))) if unit != option(cost) => {
            Err(Error::usage(format!("{name} has no --{unit}")).help(format!("its cost is set by --{}", option(cost))))
        }
        (Some(cost), Some((_, asked))) if asked < cost.min || asked > cost.max => {
            Err(out_of_range(scheme, cost.min, cost.max))
        }
        (Some(_), Some((_, asked))) => Ok(Some(asked)),
    }
}

fn out_of_range(scheme: &Scheme, min: u64, max: u64) -> Error {
    let option = scheme.cost.as_ref().map_or("cost", option);
    Error::usage(format!("--{option} of {} is {min} to {max}", scheme.name))
}

fn refuse_slow(scheme: &Scheme, of: &Cost, cost: u64, force: bool) -> Result<(), Error> {
    let estimated = (of.seconds)(cost);
    if force || estimated <= SLOW / MOST_PACE {
        return Ok(());
    }
    let seconds = estimated * pace::pace();
    if seconds <= SLOW {
        return Ok(());
    }
    let text =
        format!("a login with {} at {} {cost} takes {seconds:.1} s here, at every request", scheme.name, of.unit);
    Err(Error::usage(text).help("take a lower one; --force takes this one all the same"))
}

fn make(scheme: &Scheme, cost: Option<u64>, password: &[u8]) -> Result<Vec<u8>, Error> {
    let Some(of) = &scheme.make else {
        return Err(Error::usage(format!("new {} entries are not made here", scheme.name)));
    };
    let random = random::bytes(of.random_bytes)?;
    (of.make)(password, &Making { cost, random: &random }).map_err(|error| unmade(scheme, error))
}

fn unmade(scheme: &Scheme, error: MakeError) -> Error {
    match error {
        MakeError::CostOutOfRange { min, max } => out_of_range(scheme, min, max),
        MakeError::NoCost => Error::usage(format!("{} has one fixed cost", scheme.name)),
        MakeError::ForbiddenByte(at) => {
            Error::usage(format!("byte {} of the password is one that {} can't keep", at + 1, scheme.name))
                .help("take another password or another --scheme")
        }
        _ => Error::new(Exit::CouldNot, "random", format!("can't make a {} entry", scheme.name)),
    }
}
