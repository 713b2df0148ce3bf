//! Random questions: files and headers put together from parts that matter to some server.
//!
//! The parts are hashes of known passwords with what goes wrong with them in life, separators, blanks, line ends, comments,
//! continuations, over-long lines, NULs, duplicates and byte order marks; and headers with broken base64, odd schemes and
//! blanks, several lines, control bytes. Most questions have only a few faults, so that all of them are reached.

use std::collections::BTreeSet;

use crate::support::escape::unescape;
use crate::support::question::{File, Question, base64, head_with};

use crate::rng::Rng;

/// A hash of a known password.
struct Known {
    password: Vec<u8>,
    hash: Vec<u8>,
}

/// The parts that are read once.
pub(crate) struct Grammar {
    known: Vec<Known>,
    /// Which of them stand in calm files.
    favoured: Vec<usize>,
    /// How many files of a hundred are calm.
    calm: usize,
}

const USERS: &[&[u8]] = &[
    b"alice",
    b"alice",
    b"alice",
    b"bob",
    b"al",
    b"al ice",
    b"Alice",
    b"",
    b"#alice",
    b" alice",
    b"alice ",
    b"andr\xc3\xa9",
    b"andr\xe9",
    b"al\nice",
    b"al\0ice",
    b"a\\ice",
    b"a\"b\"",
    b"alice\r",
    b"-",
    b"\xef\xbb\xbfalice",
];

/// Line ends, the usual ones more often.
const ENDS: &[&[u8]] =
    &[b"\n", b"\n", b"\n", b"\n", b"\r\n", b"\r\n", b"\r", b"\n\r", b"\n\n", b"\0\n", b"\\\n", b" \n", b"\t\r\n"];

/// What stands before or behind a part where nothing should.
const BITS: &[&[u8]] = &[
    b" ", b"  ", b"\t", b"\r", b"\0", b":", b"::", b"#", b" # note", b":note:", b"\"", b"'", b"\\", b"\xa0", b"\x0b",
    b"\x0c", b"=", b"==", b"$", b"*", b"!", b".", b"A", b"\x1f", b"\x7f", b"\x85",
];

/// What is put in the place of a prefix.
const TAGS: &[&[u8]] = &[
    b"{SHA}",
    b"{sha}",
    b"{SSHA}",
    b"{PLAIN}",
    b"{CRYPT}",
    b"$apr1$",
    b"$APR1$",
    b"$1$",
    b"$2y$",
    b"$2a$",
    b"$2b$",
    b"$2x$",
    b"$2$",
    b"$2z$",
    b"$5$",
    b"$6$",
    b"$3$",
    b"$y$",
    b"$7$",
    b"_",
    b"$md5$",
    b"$md5,",
    b"$sha1$",
    b"$1+ntlm$",
];

/// Fields that are no hash.
const FIELDS: &[&[u8]] = &[
    b"",
    b"*",
    b"!",
    b"x",
    b"*0",
    b"*1",
    b"!!",
    b"NP",
    b"*LK*",
    b"secret",
    b"$",
    b"$$",
    b"$2y$",
    b"$apr1$",
    b"{SHA}",
    b"{SSHA}",
    b"{PLAIN}",
    b"$apr1$$",
    b"$6$",
    b"$y$j9T$",
    b"{SSHA}Zm9vCg==",
    b"$argon2id$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$AAAA",
    b"5ebe2294ecd0e0f08eab7690d2a6ee69",
    b"0123456789012",
    b"{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
];

impl Grammar {
    /// Reads the table of hashes.
    pub(crate) fn new() -> Self {
        let lines = include_str!("hashes.tsv").lines().filter(|line| !line.starts_with('#'));
        let known = lines.map(|line| {
            let mut cells = line.split('\t').skip(1).map(|cell| unescape(cell).unwrap());
            Known { password: cells.next().unwrap(), hash: cells.next().unwrap() }
        });
        Self { known: known.collect(), favoured: Vec::new(), calm: 0 }
    }

    /// The same with fields of the server's own kind, made of each password. They are favoured.
    pub(crate) fn with(mut self, field: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let passwords: BTreeSet<_> = self.known.iter().map(|known| known.password.clone()).collect();
        let start = self.known.len();
        self.known.extend(passwords.into_iter().map(|password| Known { hash: field(&password), password }));
        self.favoured.extend(start..self.known.len());
        self
    }

    /// The same for a server that refuses a whole file for one line: many files have few faults, and hold hashes that begin
    /// with one of `prefixes`.
    pub(crate) fn calm(mut self, prefixes: &[&str]) -> Self {
        let begins = |known: &Known| prefixes.iter().any(|prefix| known.hash.starts_with(prefix.as_bytes()));
        self.favoured.extend((0..self.known.len()).filter(|&at| begins(&self.known[at])));
        self.calm = 60;
        self
    }

    /// A question.
    pub(crate) fn question(&self, rng: &mut Rng) -> Question {
        loop {
            let user = user(rng);
            let calm = self.calm > 0 && rng.chance(self.calm);
            let known = if calm { &self.known[*rng.pick(&self.favoured)] } else { rng.pick(&self.known) };
            let file = if rng.chance(1) {
                self.odd_file(rng)
            } else if calm {
                File::Bytes(self.calm_file(rng, &user, known))
            } else {
                File::Bytes(self.file(rng, &user, known))
            };
            let password = password(rng, &known.password);
            let head = head_with(&header(rng, &user, &password));
            if ends_once(&head) {
                return Question { file, head };
            }
        }
    }

    #[expect(clippy::unused_self, reason = "a part of the grammar like the others")]
    fn odd_file(&self, rng: &mut Rng) -> File {
        rng.pick(&[File::Missing, File::Unreadable, File::Directory, File::Bytes(Vec::new())]).clone()
    }

    fn file(&self, rng: &mut Rng, user: &[u8], known: &Known) -> Vec<u8> {
        let mut file = Vec::new();
        let usual_end = rng.text(&[&b"\n"[..], b"\n", b"\n", b"\r\n", b"\r\n", b"\r"]);
        let lines = 1 + rng.below(4);
        let own = rng.below(lines);
        if rng.chance(4) {
            file.extend_from_slice(b"\xef\xbb\xbf");
        }
        for at in 0..lines {
            let line = if at == own { entry(rng, user, &known.hash) } else { self.other_line(rng, user) };
            file.extend(line);
            let last = at + 1 == lines;
            if !(last && rng.chance(20)) {
                file.extend_from_slice(if rng.chance(12) { rng.text(ENDS) } else { usual_end });
            }
        }
        if rng.chance(4) && !file.is_empty() {
            let at = rng.below(file.len());
            file[at] = rng.byte();
        }
        file
    }

    /// A file with one fault at most, most of the time.
    fn calm_file(&self, rng: &mut Rng, user: &[u8], known: &Known) -> Vec<u8> {
        let names = [&b"carol"[..], b"dave", b"erin", b"#frank", b"g h", b"\xfc", user];
        let lines = 1 + rng.below(4);
        let own = rng.below(lines);
        let end = if rng.chance(10) { &b"\r\n"[..] } else { b"\n" };
        let mut file = Vec::new();
        for at in 0..lines {
            let other = &self.known[*rng.pick(&self.favoured)].hash;
            if at == own {
                let mut field = known.hash.clone();
                if rng.chance(12) {
                    spoil(rng, &mut field);
                }
                file.extend([user, b":", &field, if rng.chance(6) { rng.text(BITS) } else { b"" }].concat());
            } else {
                match rng.below(10) {
                    0 => file.extend(self.other_line(rng, user)),
                    1 => file.extend_from_slice(b"# note"),
                    _ => file.extend([names[(at + rng.below(2) * 3) % names.len()], b":", other].concat()),
                }
            }
            file.extend_from_slice(end);
        }
        file
    }

    fn other_line(&self, rng: &mut Rng, user: &[u8]) -> Vec<u8> {
        let hash = &self.known[rng.below(self.known.len())].hash;
        match rng.below(12) {
            0 => Vec::new(),
            1 => [&b"# "[..], user, rng.text(BITS)].concat(),
            2 => [&b"#"[..], user, b":", hash, rng.text(BITS)].concat(),
            3 => [&b" # note"[..], rng.text(BITS)].concat(),
            4 => user[..rng.below(user.len() + 1)].to_vec(),
            5 => [user, rng.text(&[&b""[..], b" ", b"\\", b"\0", b"\t"])].concat(),
            6 => rng.text(BITS).to_vec(),
            7 => long_line(rng, user),
            8 => entry(rng, user, hash),
            9 => b"no colon here".to_vec(),
            _ => entry(rng, b"carol", hash),
        }
    }
}

/// A line about as long as some server's limit.
fn long_line(rng: &mut Rng, user: &[u8]) -> Vec<u8> {
    let limit = *rng.pick(&[1024, 2048, 4096, 8190, 8192, 16384]);
    let length = limit + rng.below(7) - 3;
    let start = rng.text(&[&b"#"[..], b"carol:", b"", user, b"x"]);
    let mut line = start.to_vec();
    line.resize(length.max(line.len()), *rng.pick(b"x :A#\\"));
    if rng.chance(20) {
        let at = rng.below(line.len());
        line[at] = *rng.pick(b"\0\\\r: ");
    }
    line
}

fn user(rng: &mut Rng) -> Vec<u8> {
    if rng.chance(60) {
        return b"alice".to_vec();
    }
    match rng.below(20) {
        0 => vec![b'u'; 1 + rng.below(3000)],
        1 => (0..=rng.below(6)).map(|_| rng.byte()).filter(|&byte| byte != b':').collect(),
        _ => rng.text(USERS).to_vec(),
    }
}

/// `USER:FIELD` with what may be wrong about it.
fn entry(rng: &mut Rng, user: &[u8], hash: &[u8]) -> Vec<u8> {
    let mut field = hash.to_vec();
    if rng.chance(35) {
        spoil(rng, &mut field);
        if rng.chance(25) {
            spoil(rng, &mut field);
        }
    }
    let mut line = Vec::new();
    if rng.chance(5) {
        line.extend_from_slice(rng.text(BITS));
    }
    line.extend_from_slice(user);
    line.extend_from_slice(if rng.chance(6) {
        rng.text(&[&b" :"[..], b": ", b"::", b"", b"\t:", b":\t", b"\\\n:"])
    } else {
        b":"
    });
    line.extend(field);
    if rng.chance(8) {
        line.extend_from_slice(rng.text(BITS));
    }
    line
}

/// One thing that happens to stored hashes.
fn spoil(rng: &mut Rng, field: &mut Vec<u8>) {
    let at = rng.below(field.len() + 1);
    match rng.below(16) {
        0 => field.truncate(at),
        1 => {
            field.pop();
        }
        2 | 3 => field.extend_from_slice(rng.text(BITS)),
        4 => {
            let bits = rng.text(BITS);
            field.splice(at..at, bits.iter().copied());
        }
        5 | 6 if at < field.len() => field[at] = *rng.pick(b"./09AZaz$=:+-_*!\\ #,@"),
        7 if at < field.len() => field[at] = rng.byte(),
        8 if at < field.len() => field[at] ^= 0x20,
        9 | 10 => {
            let end = field.iter().skip(1).position(|&b| b == b'$' || b == b'}').map_or(0, |end| end + 2);
            field.splice(..end, rng.text(TAGS).iter().copied());
        }
        11 => *field = rng.text(FIELDS).to_vec(),
        12 => {
            let doubled = field.iter().flat_map(|&b| std::iter::repeat_n(b, if b == b'$' { 2 } else { 1 }));
            *field = doubled.collect();
        }
        13 => {
            let count = *rng.pick(&[1, 2, 3, 4, 28, 40, 44, 80, 1000, 2020, 2048, 3000]);
            field.splice(at..at, std::iter::repeat_n(*rng.pick(b"Ax=./"), count));
        }
        14 if at + 1 < field.len() => field.swap(at, at + 1),
        _ if at < field.len() => {
            field.remove(at);
        }
        _ => field.push(b'x'),
    }
}

/// The password that is sent, for an entry of `right`.
fn password(rng: &mut Rng, right: &[u8]) -> Vec<u8> {
    let mut sent = right.to_vec();
    if rng.chance(75) {
        return sent;
    }
    match rng.below(12) {
        0 => sent.extend_from_slice(rng.text(BITS)),
        1 => sent.push(b'\n'),
        2 => sent.extend_from_slice(b"\0junk"),
        3 => sent.truncate(rng.below(right.len() + 1)),
        4 => sent.truncate(8),
        5 => sent.make_ascii_uppercase(),
        6 => sent.clear(),
        7 => sent.resize(*rng.pick(&[72, 73, 255, 256, 257, 511, 512, 513, 1000, 1100]), b'a'),
        8 => sent.insert(0, b' '),
        9 => sent.iter_mut().for_each(|byte| *byte ^= 0x80),
        10 => sent.extend_from_slice(b":x"),
        _ => sent = b"wrong".to_vec(),
    }
    sent
}

const SCHEMES: &[&[u8]] = &[
    b"basic",
    b"BASIC",
    b"bAsIc",
    b"Basicx",
    b"Basi",
    b"",
    b"Bearer",
    b"Digest",
    b"Basic,",
    b"Basic:",
    b"Basic\xa0",
    b"Negotiate",
    b"\"Basic\"",
];

const GAPS: &[&[u8]] = &[b"", b"  ", b"   ", b"\t", b" \t", b"\t ", b" \t ", b"\xa0", b"\x0b", b"\x01 ", b"\0"];

const NAMES: &[&[u8]] = &[
    b"authorization:",
    b"AUTHORIZATION: ",
    b"Authorization:",
    b"Authorization :",
    b"Authorization\t: ",
    b" Authorization: ",
    b"Authorization:  ",
    b"Authorization:\t",
    b"Proxy-Authorization: ",
    b"Authorization_: ",
    b"Authorization",
    b"X-Authorization: ",
    b"Authorizat\xefon: ",
    b": ",
];

/// The header lines that send the credentials, each with its line end.
fn header(rng: &mut Rng, user: &[u8], password: &[u8]) -> Vec<u8> {
    if rng.chance(2) {
        return Vec::new();
    }
    let mut token = base64(&[user, b":", password].concat());
    if rng.chance(3) {
        token = base64(user);
    }
    if rng.chance(9) {
        spoil_token(rng, &mut token);
    }
    let scheme = if rng.chance(5) { rng.text(SCHEMES) } else { &b"Basic"[..] };
    let gap = if rng.chance(6) { rng.text(GAPS) } else { &b" "[..] };
    let mut value = [scheme, gap, &token].concat();
    if rng.chance(6) {
        value.extend_from_slice(rng.text(&[
            &b" "[..],
            b"\t",
            b"  \t",
            b" x",
            b",",
            b", Basic x",
            b"\0",
            b"\x0c",
            b"\x01",
            b"\x7f",
            b"\x80",
        ]));
    }
    if rng.chance(2) {
        let at = rng.below(value.len());
        value[at] = rng.byte();
    }
    let name = if rng.chance(3) { rng.text(NAMES) } else { &b"Authorization: "[..] };
    let mut end = &b"\r\n"[..];
    if rng.chance(2) {
        end = rng.text(&[&b"\n"[..], b"\r\r\n", b"\r\n ", b"\r\n\t x\r\n", b" \r\n", b"\t\r\n"]);
    }
    if rng.chance(2) {
        let limit = *rng.pick(&[1363, 4096, 8190, 8192]) + rng.below(9);
        let blanks = limit.saturating_sub(name.len() + value.len() + 4);
        value.splice(5.min(value.len())..5.min(value.len()), std::iter::repeat_n(b' ', blanks));
    }
    let line = [name, &value, end].concat();
    match rng.below(80) {
        0 => [line.clone(), line].concat(),
        1 => [b"Authorization: Bearer x\r\n", &line[..]].concat(),
        2 => [&line[..], b"Authorization: Bearer x\r\n"].concat(),
        3 => [b"Authorization:\r\n", &line[..]].concat(),
        4 => [b"X-Other: 1\r\n", &line[..], b"Accept: */*\r\n"].concat(),
        5 => [&line[..], b"authorization: ", &value, b"\r\n"].concat(),
        6 => [b"Proxy-Authorization: Basic eDp4\r\n", &line[..]].concat(),
        _ => line,
    }
}

/// One thing that happens to base64.
fn spoil_token(rng: &mut Rng, token: &mut Vec<u8>) {
    let at = rng.below(token.len() + 1);
    match rng.below(10) {
        0 => while token.pop_if(|byte| *byte == b'=').is_some() {},
        1 => token.extend_from_slice(rng.text(&[&b"="[..], b"==", b"=x", b"====", b"A", b"AA", b"AAA", b"=AAAA"])),
        2 => token.truncate(at),
        3 => {
            let bits = rng.text(&[
                &b"="[..],
                b" ",
                b"\t",
                b"-",
                b"_",
                b"!",
                b",",
                b"\"",
                b"\r\n ",
                b"\x80",
                b"%",
                b"\0",
                b"\x01",
                b"\n",
            ]);
            token.splice(at..at, bits.iter().copied());
        }
        4 => *token = base64(token),
        5 => token.iter_mut().for_each(|byte| {
            *byte = if *byte == b'+' {
                b'-'
            } else if *byte == b'/' {
                b'_'
            } else {
                *byte
            }
        }),
        6 => *token = [b"\"", &token[..], b"\""].concat(),
        7 if at < token.len() => token[at] = *rng.pick(b"ABCDwxyz0189+/=-_"),
        8 => token.insert(0, *rng.pick(b"=, !A")),
        _ if at < token.len() => {
            token.remove(at);
        }
        _ => token.clear(),
    }
}

/// Whether the head has one empty line, at its end.
pub(crate) fn ends_once(head: &[u8]) -> bool {
    let empty = |at: usize| head[at..].starts_with(b"\n\n") || head[at..].starts_with(b"\n\r\n");
    (0..head.len()).filter(|&at| empty(at)).count() == 1 && head.ends_with(b"\n\r\n")
}
