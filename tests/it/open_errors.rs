//! What servers say of a user file that can't be opened, held against what their languages say: `tests/vectors/open.tsv`.

use why401::crypt::{Errno, Work};
use why401::server::{self, Inputs, Opened, SERVERS, UserFile};
use why401::trace::{Step, Verdict};

use crate::support;
use crate::support::question::head_for;

const ERRNOS: [Errno; 7] =
    [Errno::ENOENT, Errno::EACCES, Errno::ENOTDIR, Errno::EISDIR, Errno::ELOOP, Errno::ENAMETOOLONG, Errno::ENXIO];

/// A file whose open(2) fails.
struct Failing(Errno);

impl UserFile for Failing {
    fn open(&self) -> Opened<'_> {
        if self.0 == Errno::EISDIR { Opened::Directory } else { Opened::Failed(self.0) }
    }
}

/// A row: its name, the number, and the words of strerror(3), Python and Node.
fn rows() -> Vec<(String, Errno, [String; 3])> {
    let text = std::fs::read_to_string(support::tests("vectors/open.tsv")).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let cells: Vec<_> = line.split('\t').map(str::to_owned).collect();
        let number: i32 = cells[1].parse().unwrap();
        let errno = ERRNOS.into_iter().find(|errno| errno.number == number).expect("a number that has a name here");
        (cells[0].clone(), errno, [cells[2].clone(), cells[4].clone(), cells[5].clone()])
    });
    rows.collect()
}

/// What a server's decision says: the steps' word for the file, its log, and the verdict.
fn said(name: &str, errno: Errno) -> (Option<&'static str>, String, Verdict) {
    let head = head_for(b"alice", b"secret");
    let inputs = Inputs { head: &head, path: b"FILE", file: &Failing(errno), uri: b"/" };
    let decision = server::find(name).unwrap().decide(&inputs, &mut Work::limited(1.0));
    let what = decision.trace.iter().find_map(|(step, _)| match step {
        Step::FileFailed { what } => Some(*what),
        _ => None,
    });
    let log = decision.log.iter().map(|line| String::from_utf8_lossy(&line.text).into_owned()).collect::<Vec<_>>();
    (what, log.join("\n"), decision.verdict)
}

#[test]
fn a_file_that_is_not_opened_is_told_in_the_words_of_the_servers_language() {
    let rows = rows();
    assert_eq!(rows.len(), ERRNOS.len());
    for (row, errno, [strerror, python, node]) in rows {
        assert_eq!(errno.text, strerror);
        let mut small = strerror.clone();
        small[..1].make_ascii_lowercase();
        for (name, words) in
            [("radicale", &python), ("pypiserver", &python), ("http-auth", &node), ("registry", &small)]
        {
            let (_, log, _) = said(name, errno);
            // The registry makes the file where there is none.
            let is_made = name == "registry" && errno == Errno::ENOENT;
            assert!(is_made || log.contains(words.as_str()), "{name}, {row}: `{log}` without `{words}`");
        }
    }
}

type Open = fn() -> Opened<'static>;

/// A file that is opened as this says.
struct Kept(Open);

impl UserFile for Kept {
    fn open(&self) -> Opened<'_> {
        (self.0)()
    }
}

#[test]
fn a_fifo_a_device_and_a_directory_are_told_apart_and_let_nobody_in() {
    let head = head_for(b"alice", b"secret");
    let kinds: [(&str, Open); 3] =
        [("fifo", || Opened::Fifo), ("device", || Opened::Device), ("directory", || Opened::Directory)];
    let mut told = 0;
    for (kind, open) in kinds {
        for server in SERVERS {
            let inputs = Inputs { head: &head, path: b"FILE", file: &Kept(open), uri: b"/" };
            let decision = server.decide(&inputs, &mut Work::limited(1.0));
            let name = server.info().name;
            assert!(!decision.verdict.lets_in(), "{name}, {kind}");
            for (step, _) in decision.trace.iter() {
                let Step::FileFailed { what } = step else { continue };
                assert!(*what == kind || *what == "not-regular", "{name}, {kind}: {what}");
                told += 1;
            }
        }
    }
    assert!(told > 3 * 20, "only {told} files were told to fail");
}

/// `os.ReadFile` and `os.Open` fail before there is anything to scan; a directory opens, and fails when it is read.
#[test]
fn programs_in_go_open_a_directory_and_stop_at_what_is_missing() {
    let (_, log, verdict) = said("go-htpasswd", Errno::ENOENT);
    assert_eq!((log.as_str(), verdict), ("open FILE: no such file or directory", Verdict::RefusedToStart));
    let (_, log, verdict) = said("go-htpasswd", Errno::EISDIR);
    assert!(log.starts_with("Error scanning htpasswd file: read FILE: is a directory"), "{log}");
    assert_eq!(verdict, Verdict::RefusedToStart);
    // Zot does not look at the error of reading: a file without users.
    assert_eq!(said("zot", Errno::EISDIR).2, Verdict::Denied);
    assert_eq!(said("zot", Errno::ENOENT).2, Verdict::RefusedToStart);
}

#[test]
fn every_server_names_what_keeps_it_from_the_file_and_lets_nobody_in() {
    let mut told = 0;
    for (row, errno, _) in rows() {
        for server in SERVERS {
            let name = server.info().name;
            let (what, _, verdict) = said(name, errno);
            assert!(!verdict.lets_in(), "{name}, {row}: {}", verdict.name());
            // In some the users stand in the configuration: there is no file to fail.
            assert!(what.is_none_or(|what| what == row), "{name}, {row}: {what:?}");
            told += usize::from(what.is_some());
        }
    }
    assert!(told > 7 * 20, "only {told} files were told to fail");
}
