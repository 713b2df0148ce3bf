//! The list of reason codes: code, title, paragraph. `explain`, the man page and JSON read this one table.
//!
//! Codes are stable; titles and paragraphs may be improved. A code is a row here and nowhere else.

/// A stable, documented code.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// The code, in kebab-case.
    pub name: &'static str,
    /// A few words, as printed after the status.
    pub title: &'static str,
    /// What it means and what to look at, for `explain`.
    pub text: &'static str,
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Code {}

macro_rules! codes {
    ($($(#[$doc:meta])* $ident:ident = $name:literal, $title:literal, $text:literal;)*) => {
        $($(#[$doc])* pub const $ident: Code = Code { name: $name, title: $title, text: $text };)*
        /// Every reason code, in the order of the documentation.
        pub const REASONS: &[Code] = &[$($ident),*];
    };
}

codes! {
    /// Granted.
    OK = "ok", "granted", "The server accepts the credentials.";
    /// The check did not match.
    PASSWORD_MISMATCH = "password-mismatch", "password mismatch",
        "The user's line was found and the password does not match what is stored there, as this server reads it. Either the \
         password is another, or the stored field is one that this server can't match: an unknown scheme, a blank or a \
         note after the hash, a cost out of its range. The line under the verdict says which byte decided. `why401 verify` \
         tells whether the password is right apart from any server.";
    /// No line of this user.
    USER_NOT_FOUND = "user-not-found", "user not found",
        "The server read the file and found no line whose user name equals the sent one, byte for byte. Upper and lower case, \
         blanks and encodings differ as bytes. A line may also be hidden from the server: by an over-long line before \
         it, a comment that continues, a byte order mark, or old line ends. `why401 list` shows the names as they stand.";
    /// No usable Authorization header.
    NO_CREDENTIALS = "no-credentials", "no credentials",
        "The request carries no credentials that the server can use, so it answers with a challenge. Browsers and tools \
         send the first request this way and ask the user only then. If credentials were meant to be sent, a proxy or a \
         redirect may have removed the header.";
    /// An Authorization header of another scheme.
    WRONG_SCHEME = "wrong-scheme", "wrong authentication scheme",
        "The Authorization header names another scheme than Basic, or spells the word in a way that this server does not \
         take: some want exactly one blank after it, some want it in this case.";
    /// A Basic header that can't be read.
    MALFORMED_CREDENTIALS = "malformed-credentials", "malformed credentials",
        "The header says Basic and what follows is not credentials for this server: broken base64, no colon, an empty name. \
         Servers differ in what they forgive. Make the header anew: base64 of `user:password`, without a line break.";
    /// The HTTP layer refuses the request.
    BAD_REQUEST = "bad-request", "bad request",
        "The server refuses the request before it looks at credentials: a malformed or over-long header line, a control \
         character, or two Authorization lines.";
    /// No user file at the path.
    FILE_MISSING = "file-missing", "user file missing",
        "The user file can't be found where the configuration says. The path is the server's, which may see another tree (a \
         container, a chroot). Apache and nginx show this only once credentials are sent.";
    /// The user file can't be opened by the server.
    FILE_UNREADABLE = "file-unreadable", "user file unreadable",
        "The server's identity can't read the user file: its mode, its owner, or a directory on the way. Give the server's group \
         read permission (`chgrp www-data FILE && chmod 640 FILE`) and search permission on each directory; never make the \
         file readable to all.";
    /// A directory or device stands there.
    FILE_NOT_REGULAR = "file-not-regular", "user file is not a file",
        "What stands at the user file's path is a directory or a device. A container runtime creates a directory where a mounted \
         file was missing on the host.";
    /// The server refuses the file's content.
    FILE_REJECTED = "file-rejected", "user file refused",
        "The server reads the whole file before it serves anyone, and refuses it for one line. The line named under the verdict \
         is the one to mend.";
    /// crypt(3) failed.
    CRYPT_FAILED = "crypt-failed", "hash function failed",
        "The C library's crypt(3) does not know the stored hash and returned an error, which this server answers with an error \
         of its own. Store the password under a scheme that the library knows (`why401 set --for SERVER`).";
    /// Opening the file never returns.
    WOULD_HANG = "would-hang", "the server would hang",
        "The user file is a FIFO. The server's worker waits in open(2) until somebody writes to it, and so does the client.";
    /// The check ends the process.
    SERVER_CRASHES = "server-crashes", "the server crashes",
        "Checking this entry ends the server's process (an assertion or an uncaught error), and the client's connection closes \
         without an answer.";
    /// More work than the limit.
    WORK_LIMIT = "work-limit", "not decided: too much work",
        "The entry asks for more hashing than the limit allows (`--work-limit SECONDS`). The server itself would do that work at \
         every login; lower the cost of the entry.";
    /// A scheme without code.
    SCHEME_NOT_BUILT = "scheme-not-built", "not decided: scheme not built",
        "The entry uses a scheme that this program knows by name and does not compute. It does not guess.";
    /// A fact that is not modelled.
    NOT_MODELLED = "not-modelled", "not decided: not modelled",
        "The decision depends on a fact that this program does not model. It does not guess.";
    /// Refused by address.
    ADDRESS_DENIED = "address-denied", "address denied",
        "A rule on the client's address refuses the request, whatever the credentials.";
    /// Refused by a rule that no credentials can meet.
    RULE_DENIED = "rule-denied", "refused by a rule",
        "A rule of the configuration refuses this request, whatever the credentials: `Require all denied`, a rule on methods, or \
         rules that only refuse and never admit. The chain names it. No password helps here; the rule is to be changed.";
    /// Authenticated and not authorized.
    USER_NOT_AUTHORIZED = "user-not-authorized", "user not authorized",
        "The password is right and a rule on users or groups refuses this one.";
    /// Something else answers than the authentication.
    ANSWERED_BEFORE = "answered-otherwise", "answered by something else than the authentication",
        "Something in the configuration answers this request without asking for credentials, or after letting it through: a \
         redirect, a `return`, an error page, a page that is not there. The chain names it.";
    /// Refused, and the log does not tell whether for the name or the password.
    CREDENTIALS_REFUSED = "credentials-refused", "credentials refused",
        "A log tells that credentials came and were refused, not why: an access log names the user at most, and lighttpd writes one \
         line for an unknown user, a wrong password, a user that `require` does not name, and a user file that it can't read. \
         The error log of Apache or nginx tells more; `why401 test` tells all.";
    /// Refused, and the log names no user.
    NO_USER_LOGGED = "no-user-logged", "no user name",
        "An access log tells of a 401 without a user name. Mostly the request carried no credentials, as the first request of a \
         browser does. Apache shows this only then; nginx also where the header was of another scheme, broken, or without a \
         name.";
    /// Refused by a server behind this one.
    REFUSED_UPSTREAM = "refused-upstream", "refused by a server behind this one",
        "The 401 was answered by the application that the server passes requests on to, not by the server itself: its own user \
         file has no part in it. Where both ask for a password, browsers can keep only one of the two.";
    /// Too many requests.
    RATE_LIMITED = "rate-limited", "too many requests",
        "A limit on requests refused this one, whatever its credentials: nginx's limit_req or limit_conn, mod_evasive, or an answer \
         429.";
    /// An answer is held back.
    REFUSAL_DELAYED = "refusal-delayed", "refusal delayed",
        "nginx's auth_delay holds a refusal back for some seconds. To the user it looks as if the server hangs; the 401 comes, only late.";
    /// fail2ban banned the client.
    CLIENT_BANNED = "client-banned", "client banned",
        "fail2ban banned the client's address: its connections are refused or time out, and no request reaches the server. See \
         `fail2ban-client status JAIL`; `fail2ban-client set JAIL unbanip ADDRESS` ends it. A stored wrong password in a program of the \
         same network brings it back.";
    /// The Digest header does not fit.
    DIGEST_REFUSED = "digest-refused", "Digest header refused",
        "A Digest header was refused for something else than name or password: another realm than the configuration's, an address \
         that a proxy changed, a nonce that is old or was made before a restart or by another server.";
    /// The configuration can't serve this.
    MISCONFIGURED = "misconfigured", "server misconfigured",
        "The configuration of this area is incomplete or contradictory, and the server answers with an error.";
}

/// The reason code of this name.
#[must_use]
pub fn find(name: &str) -> Option<Code> {
    REASONS.iter().copied().find(|code| code.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_kebab_case_and_explained() {
        for (at, code) in REASONS.iter().enumerate() {
            assert!(code.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", code.name);
            assert!(REASONS[..at].iter().all(|other| other.name != code.name), "{} twice", code.name);
            assert!(!code.title.is_empty() && code.text.ends_with('.'), "{}", code.name);
        }
    }
}
