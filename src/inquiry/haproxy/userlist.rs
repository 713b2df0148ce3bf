//! A userlist, and credentials held against it.
//!
//! Behaviour of HAProxy 2.6.12 `src/cfgparse.c:cfg_parse_users`, `src/auth.c:check_user`.

use crate::basic;
use crate::basic::Presented;
use crate::basic::haproxy::Generation;
use crate::bytes::{Span, Written, c_string};
use crate::conf::haproxy::lex::Word;
use crate::conf::haproxy::tree::Section;
use crate::conf::{Place, Unmodelled};
use crate::inquiry::course::{Course, unmodelled};
use crate::inquiry::held::Held;
use crate::secret::Secret;
use crate::server::Decision;
use crate::trace::Trace;

/// A user.
struct User {
    name: Word,
    /// `password HASH`
    hash: Option<(Secret, Written)>,
    /// `insecure-password TEXT`
    text: Option<(Secret, Written)>,
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
                line.words.get(at + 3).cloned()
            };
            let groups = value(b"groups").unwrap_or_default().text;
            if users.iter().any(|user| user.name.text == line.word(1)) {
                continue;
            }
            let secret = |word: Word| (Secret::from(word.text), word.written);
            users.push(User {
                name: line.words.get(1).cloned().unwrap_or_default(),
                hash: value(b"password").map(secret),
                text: value(b"insecure-password").map(secret),
                groups: groups.split(|byte| *byte == b',').map(<[u8]>::to_vec).collect(),
                place: line.place.clone(),
            });
        }
        for line in section.all("group") {
            let Some(at) = line.words.iter().position(|word| word.text == b"users") else { continue };
            for name in line.word(at + 1).split(|byte| *byte == b',') {
                if let Some(user) = users.iter_mut().find(|user| user.name.text == name) {
                    user.groups.push(line.word(1).to_vec());
                }
            }
        }
        Ok(Self { users })
    }

    /// What the list says to the credentials of a request, and whose they are.
    pub(super) fn ask(&self, course: &mut Course<'_>) -> Result<(Decision, Vec<u8>), Unmodelled> {
        let generation = if course.means.server.info().name == "haproxy" { Generation::V2_6 } else { Generation::V2_8 };
        let presented = basic::haproxy::read(&course.request.head, generation, &mut Trace::default());
        let mut held = Held::default();
        for user in &self.users {
            // A name with a colon is nobody's who logs in.
            if user.name.text.contains(&b':') {
                continue;
            }
            if user.name.text.starts_with(b"#") {
                return Err(unmodelled(&user.place, "a user whose name begins with #"));
            }
            let name = (&user.name.text[..], Some(user.name.written));
            let (nothing, end) =
                (Secret::default(), Written { at: Span::at(user.name.written.at.end, 0), is_plain: false });
            let field = |field: &Option<(Secret, Written)>| match field {
                Some((text, written)) => (text.clone(), *written),
                None => (nothing.clone(), end),
            };
            if user.text.is_some() {
                let (text, written) = field(&user.text);
                held.clear(&user.place, name, (c_string(text.expose()), Some(written)));
            } else {
                let (hash, written) = field(&user.hash);
                held.entry(&user.place, name, (hash.expose(), Some(written)));
            }
        }
        let decision = course.ask(&held, false);
        let user = match presented {
            Presented::Credentials(credentials) => credentials.user,
            _ => Vec::new(),
        };
        Ok((decision, user))
    }

    fn find(&self, name: &[u8]) -> Option<&User> {
        self.users.iter().find(|user| user.name.text == name)
    }

    pub(super) fn place_of(&self, name: &[u8]) -> Option<&Place> {
        self.find(name).map(|user| &user.place)
    }

    /// Whether the user is in one of these groups.
    pub(super) fn is_in(&self, name: &[u8], groups: &[&[u8]]) -> bool {
        self.find(name).is_some_and(|user| user.groups.iter().any(|own| groups.contains(&&own[..])))
    }
}
