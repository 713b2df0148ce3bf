//! The check of credentials: mod_auth_basic with its providers.
//!
//! Behaviour of httpd 2.4.71 `modules/aaa/mod_auth_basic.c:authenticate_basic_user`, `modules/aaa/mod_authn_core.c:authenticate_no_user`,
//! `modules/aaa/mod_authn_file.c`, `modules/aaa/mod_authn_anon.c`. What the user file says comes from [`crate::server`].

use std::io::Read;

use crate::basic::{Credentials, Presented};
use crate::conf::apache::rules::{Provider, ProviderKind, Rules};
use crate::conf::apache::{lex, path};
use crate::inquiry::apache::access::auth_type;
use crate::inquiry::apache::{Run, Stop, refused, shown, unmodelled};
use crate::server::{Decision, Opened};
use crate::trace::{Level, LogLine, Trace, Verdict, codes};

/// Longest line of a digest file.
const LONGEST: usize = 8190;
/// Bytes of a digest file that are read.
const LARGEST: u64 = 64 << 20;

/// What a provider says.
enum Says {
    Granted(Decision),
    Denied(Decision),
    NotFound,
    Error(Decision),
}

impl Run<'_> {
    /// Makes the user known, or ends the request.
    pub(super) fn authenticate(&mut self, rules: &Rules, any: bool) -> Result<(), Stop> {
        let path = self.path.clone();
        let place = rules.auth_type.as_ref().map(|said| said.place.clone());
        let Some(name) = auth_type(rules) else {
            let code: &[u8] = if any { b"AH00028" } else { b"AH00027" };
            let parts: &[&[u8]] = &[
                code,
                b": No authentication done but request not allowed without authentication for ",
                &path,
                b". Authentication not configured?",
            ];
            self.says(Level::Error, parts);
            self.link(
                place.as_ref(),
                "no-auth-type",
                "a user is required, and no AuthType says how to learn who it is",
            );
            return Err(refused(Verdict::Failed, 500, codes::MISCONFIGURED));
        };
        if self.string(name, None).is_none() {
            return Err(unmodelled(place.as_ref(), format!("AuthType {}", shown(name))));
        }
        let settings = &self.model.tree.settings;
        if name.eq_ignore_ascii_case(b"basic") && settings.has_module("mod_auth_basic.c") {
            return self.basic(rules);
        }
        if name.eq_ignore_ascii_case(b"digest") && settings.has_module("mod_auth_digest.c") {
            return Err(self.digest(rules));
        }
        let form = name.eq_ignore_ascii_case(b"form") && settings.has_module("mod_auth_form.c");
        if form || !settings.foreign.is_empty() {
            return Err(unmodelled(place.as_ref(), format!("AuthType {}", shown(name))));
        }
        Err(self.without_module(rules))
    }

    fn without_module(&mut self, rules: &Rules) -> Stop {
        let name = auth_type(rules).unwrap_or_default().to_vec();
        self.says(Level::Error, &[b"AH01796: AuthType ", &name, b" configured without corresponding module"]);
        refused(Verdict::Failed, 500, codes::MISCONFIGURED)
    }

    /// mod_auth_digest answers what is not Digest itself.
    fn digest(&mut self, rules: &Rules) -> Stop {
        let place = rules.auth_type.as_ref().map(|said| said.place.clone());
        let path = self.path.clone();
        if rules.auth_name.is_none() {
            self.says(Level::Error, &[b"AH01780: need AuthName: ", &path]);
            self.link(place.as_ref(), "no-auth-name", "AuthType Digest without AuthName");
            return refused(Verdict::Failed, 500, codes::MISCONFIGURED);
        }
        let value = self.header(b"authorization");
        let presented = crate::basic::apache::read(&self.request.head, &mut Trace::default(), &mut Vec::new());
        if matches!(presented, Presented::Nothing) && value.is_empty() {
            return refused(Verdict::Denied, 401, codes::NO_CREDENTIALS);
        }
        let scheme = value.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        if scheme.eq_ignore_ascii_case(b"digest") {
            return unmodelled(place.as_ref(), "the check of a Digest header");
        }
        self.says(Level::Error, &[b"AH01781: client used wrong authentication scheme `", scheme, b"': ", &path]);
        self.link(place.as_ref(), "digest", format!("AuthType Digest does not take {} credentials", shown(scheme)));
        refused(Verdict::Denied, 401, codes::WRONG_SCHEME)
    }

    fn basic(&mut self, rules: &Rules) -> Result<(), Stop> {
        let Some(realm) = &rules.auth_name else {
            let path = self.path.clone();
            let place = rules.auth_type.as_ref().map(|said| said.place.clone());
            self.says(Level::Error, &[b"AH01615: need AuthName: ", &path]);
            self.link(place.as_ref(), "no-auth-name", "AuthType Basic without AuthName");
            return Err(refused(Verdict::Failed, 500, codes::MISCONFIGURED));
        };
        self.link(Some(&realm.place), "realm", format!("AuthName \"{}\"", shown(&realm.value)));
        let presented = crate::basic::apache::read(&self.request.head, &mut Trace::default(), &mut Vec::new());
        let Presented::Credentials(credentials) = presented else {
            // The header alone decides.
            return Err(self.decided(b"", &&b""[..]).into());
        };
        self.user = Some(credentials.user.clone());
        let default = [Provider { name: b"file".to_vec(), kind: ProviderKind::File }];
        let list = rules.providers.as_ref().map_or(&[][..], |said| &said.value);
        let mut says = Says::NotFound;
        for provider in if list.is_empty() { &default[..] } else { list } {
            says = self.provider(&provider.name, &provider.kind, rules, &credentials)?;
            if !matches!(says, Says::NotFound) {
                break;
            }
            if list.len() > 1 {
                let text = format!("{} does not know the user", shown(&provider.name));
                self.link(rules.providers.as_ref().map(|said| said.place.clone()).as_ref(), "provider", text);
            }
        }
        let lenient = rules.authoritative.as_ref().filter(|said| !said.value);
        match (says, lenient) {
            (Says::Granted(decision), _) => {
                self.checked = Some(decision);
                Ok(())
            }
            (Says::NotFound | Says::Error(_), Some(lenient)) => {
                let place = lenient.place.clone();
                self.link(Some(&place), "authoritative", "AuthBasicAuthoritative Off, and no other module is asked");
                Err(self.without_module(rules))
            }
            (Says::Denied(decision), _) | (Says::Error(decision), None) => Err(decision.into()),
            (Says::NotFound, None) => {
                let path = self.path.clone();
                self.says(Level::Error, &[b"AH01618: user ", &credentials.user, b" not found: ", &path]);
                let trace = self.checked.take().map(|checked| checked.trace).unwrap_or_default();
                Err(Decision::new(Verdict::Denied, 401, codes::USER_NOT_FOUND, trace).into())
            }
        }
    }

    fn provider(
        &mut self,
        name: &[u8],
        kind: &ProviderKind,
        rules: &Rules,
        credentials: &Credentials,
    ) -> Result<Says, Stop> {
        match kind {
            ProviderKind::Alias(kind, over) => self.provider(name, kind, &over.over(rules), credentials),
            ProviderKind::Foreign => {
                let place = rules.providers.as_ref().map(|said| said.place.clone());
                Err(unmodelled(place.as_ref(), format!("AuthBasicProvider {}", shown(name))))
            }
            ProviderKind::Anon if is_digest(rules) => Ok(self.no_digest()),
            ProviderKind::Anon => Ok(self.anonymous(rules, credentials)),
            ProviderKind::File if !self.model.tree.settings.has_module("mod_authn_file.c") => {
                self.says(Level::Error, &[b"AH01616: No Authn provider configured"]);
                Ok(Says::Error(misconfigured()))
            }
            ProviderKind::File => self.file(rules, credentials),
        }
    }

    fn file(&mut self, rules: &Rules, credentials: &Credentials) -> Result<Says, Stop> {
        let digest = is_digest(rules);
        let Some(file) = &rules.user_file else {
            let code: &[u8] = if digest { b"AH01621" } else { b"AH01619" };
            self.says(Level::Error, &[code, b": AuthUserFile not specified in the configuration"]);
            return Ok(Says::Error(misconfigured()));
        };
        self.link(Some(&file.place), "user-file", format!("the user file is {}", shown(&file.value)));
        let name = path(&file.value).to_path_buf();
        let users = (self.means.users)(&name);
        self.user_file = Some(name);
        if digest {
            return self.digest_file(rules, &file.value, &*users, credentials);
        }
        let mut decision = self.decided(&file.value, &*users);
        if decision.verdict == Verdict::Granted {
            return Ok(Says::Granted(decision));
        }
        if decision.reason == codes::PASSWORD_MISMATCH {
            return Ok(Says::Denied(decision));
        }
        if decision.reason == codes::USER_NOT_FOUND {
            // The steps of the last search are shown with the refusal, whose line is logged once for all providers.
            decision.log.clear();
            self.checked = Some(decision);
            return Ok(Says::NotFound);
        }
        if decision.status == Some(500) {
            self.log.append(&mut decision.log);
            return Ok(Says::Error(decision));
        }
        Err(decision.into())
    }

    /// `AuthBasicUseDigestAlgorithm MD5`: the file is one of mod_auth_digest.
    fn digest_file(
        &mut self,
        rules: &Rules,
        name: &[u8],
        users: &dyn crate::server::UserFile,
        credentials: &Credentials,
    ) -> Result<Says, Stop> {
        let Some(said) = &rules.auth_name else { return Ok(Says::NotFound) };
        let Some(realm) = self.string(&said.value, None) else {
            return Err(unmodelled(Some(&said.place), format!("AuthName \"{}\"", shown(&said.value))));
        };
        let mut bytes = Vec::new();
        match users.open() {
            Opened::Bytes(reader) => drop(reader.take(LARGEST).read_to_end(&mut bytes)),
            Opened::Failed(errno) => {
                let text = [&b"AH01622: Could not open password file: "[..], name].concat();
                let mut line = LogLine::new(Level::Error, crate::basic::apache::escaped(&text));
                line.prefix = format!("({}){}: ", errno.number, errno.text).into_bytes();
                self.log.push(line);
                return Ok(Says::Error(misconfigured()));
            }
            _ => return Err(unmodelled(Some(&said.place), "a digest file that is not a file")),
        }
        let Ok(lines) = lex::lines(&bytes, LONGEST) else {
            return Err(unmodelled(Some(&said.place), "a digest file with lines that are too long"));
        };
        let stored = lines.iter().filter(|line| !line.text.starts_with(b"#")).find_map(|line| {
            let mut rest = &line.text[..];
            let (user, own) = (field(&mut rest), field(&mut rest));
            (user == credentials.user && own == realm).then(|| field(&mut rest).to_vec())
        });
        let Some(stored) = stored else { return Ok(Says::NotFound) };
        let text = crate::secret::Secret::from(
            [&credentials.user[..], b":", &realm, b":", credentials.password.expose()].concat(),
        );
        if format!("{:x}", md5::compute(text.expose())).as_bytes() == stored {
            return Ok(Says::Granted(Decision::new(Verdict::Granted, 200, codes::OK, Trace::default())));
        }
        Ok(Says::Denied(self.mismatch(credentials)))
    }

    fn mismatch(&mut self, credentials: &Credentials) -> Decision {
        let path = self.path.clone();
        let parts: &[&[u8]] = &[
            b"AH01617: user ",
            &credentials.user,
            b": authentication failure for \"",
            &path,
            b"\": Password Mismatch",
        ];
        self.says(Level::Error, parts);
        Decision::new(Verdict::Denied, 401, codes::PASSWORD_MISMATCH, Trace::default())
    }

    fn no_digest(&mut self) -> Says {
        self.says(Level::Error, &[b"AH02493: Authn provider does not support AuthBasicUseDigestAlgorithm"]);
        Says::Error(misconfigured())
    }

    fn anonymous(&mut self, rules: &Rules, credentials: &Credentials) -> Says {
        let Some(anonymous) = &rules.anonymous else { return Says::NotFound };
        if anonymous.users.is_empty() && !anonymous.any_user {
            return Says::NotFound;
        }
        let user = &credentials.user;
        let known = if user.is_empty() {
            anonymous.no_user
        } else {
            anonymous.any_user || anonymous.users.iter().any(|name| name.eq_ignore_ascii_case(user))
        };
        if !known {
            return Says::NotFound;
        }
        let password = credentials.password.expose();
        let given = !anonymous.must_give || !password.is_empty();
        let verified = !anonymous.verify || (password.contains(&b'@') && password.contains(&b'.'));
        if !(given && verified) {
            return Says::Denied(self.mismatch(credentials));
        }
        if anonymous.log {
            let line = LogLine::new(Level::Info, &b"AH01672: Anonymous: Passwd <"[..])
                .with(&crate::basic::apache::escaped(password), true)
                .with(b"> Accepted", false);
            self.log.push(line);
        }
        Says::Granted(Decision::new(Verdict::Granted, 200, codes::OK, Trace::default()))
    }
}

fn is_digest(rules: &Rules) -> bool {
    rules.digest.as_ref().is_some_and(|said| said.value)
}

fn misconfigured() -> Decision {
    Decision::new(Verdict::Failed, 500, codes::MISCONFIGURED, Trace::default())
}

/// Takes a field off, with all colons behind it.
fn field<'l>(rest: &mut &'l [u8]) -> &'l [u8] {
    let (field, mut after) = crate::bytes::split_once(rest, b':').unwrap_or((rest, b""));
    while let Some(less) = after.strip_prefix(b":") {
        after = less;
    }
    *rest = after;
    field
}
