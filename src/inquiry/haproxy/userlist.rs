//! A userlist, and credentials held against it.
//!
//! Behaviour of HAProxy 2.6.12 `src/cfgparse.c:cfg_parse_users`, `src/auth.c:check_user`.

use crate::basic;
use crate::basic::Presented;
use crate::basic::haproxy::Generation;
use crate::bytes::c_string;
use crate::conf::haproxy::tree::Section;
use crate::conf::{Place, Unmodelled};
use crate::inquiry::haproxy::unmodelled;
use crate::inquiry::{Means, Request};
use crate::scheme::same;
use crate::secret::Secret;
use crate::server::{Decision, Inputs};
use crate::trace::{Trace, Verdict, codes};

/// A user.
struct User {
    name: Vec<u8>,
    /// `password HASH`
    hash: Option<Secret>,
    /// `insecure-password TEXT`
    text: Option<Secret>,
    groups: Vec<Vec<u8>>,
    place: Place,
}

/// The users of a list, the first of each name.
pub(super) struct Userlist {
    users: Vec<User>,
}

impl Userlist {
    pub(super) fn of(section: &Section) -> Result<Self, Unmodelled> {
        let mut users: Vec<User> = Vec::new();
        for line in section.all("user") {
            if line.words.iter().any(|word| word.has_variable) {
                return Err(unmodelled(&line.place, "a user that a variable of the environment is a part of"));
            }
            let value = |name: &[u8]| {
                let at = line.words.iter().skip(2).position(|word| word.text == name)?;
                line.words.get(at + 3).map(|word| word.text.clone())
            };
            let groups = value(b"groups").unwrap_or_default();
            if users.iter().any(|user| user.name == line.word(1)) {
                continue;
            }
            users.push(User {
                name: line.word(1).to_vec(),
                hash: value(b"password").map(Secret::from),
                text: value(b"insecure-password").map(Secret::from),
                groups: groups.split(|byte| *byte == b',').map(<[u8]>::to_vec).collect(),
                place: line.place.clone(),
            });
        }
        for line in section.all("group") {
            let Some(at) = line.words.iter().position(|word| word.text == b"users") else { continue };
            for name in line.word(at + 1).split(|byte| *byte == b',') {
                if let Some(user) = users.iter_mut().find(|user| user.name == name) {
                    user.groups.push(line.word(1).to_vec());
                }
            }
        }
        Ok(Self { users })
    }

    /// What the list says to the credentials of a request, and whose they are.
    pub(super) fn ask(
        &self,
        request: &Request,
        means: &Means<'_>,
        work: &mut crate::crypt::Work,
    ) -> (Decision, Vec<u8>) {
        let generation = if means.server.info().name == "haproxy" { Generation::V2_6 } else { Generation::V2_8 };
        let mut trace = Trace::default();
        let presented = basic::haproxy::read(&request.head, generation, &mut trace);
        if let Presented::Credentials(credentials) = &presented
            && let Some(text) = self.find(&credentials.user).and_then(|user| user.text.as_ref())
        {
            let right = same(c_string(credentials.password.expose()), text.expose());
            let decision = if right {
                Decision::new(Verdict::Granted, 200, codes::OK, trace)
            } else {
                Decision::new(Verdict::Denied, 401, codes::PASSWORD_MISMATCH, trace)
            };
            return (decision, credentials.user.clone());
        }
        let mut file = Vec::new();
        for user in &self.users {
            let hash = user.hash.as_ref().map_or(&b""[..], Secret::expose);
            file.extend([&user.name[..], b":", hash, b"\n"].concat());
        }
        let file = Secret::from(file);
        let bytes = file.expose();
        let inputs = Inputs { head: &request.head, path: b"", file: &bytes, uri: &request.target };
        let mut decision = means.server.decide(&inputs, work);
        // Its place would be one in the file that stands for the list.
        decision.entry = None;
        let user = match presented {
            Presented::Credentials(credentials) => credentials.user,
            _ => Vec::new(),
        };
        (decision, user)
    }

    fn find(&self, name: &[u8]) -> Option<&User> {
        self.users.iter().find(|user| user.name == name)
    }

    pub(super) fn place_of(&self, name: &[u8]) -> Option<&Place> {
        self.find(name).map(|user| &user.place)
    }

    /// Whether the user is in one of these groups.
    pub(super) fn is_in(&self, name: &[u8], groups: &[&[u8]]) -> bool {
        self.find(name).is_some_and(|user| user.groups.iter().any(|own| groups.contains(&&own[..])))
    }
}
