//! What a trace says of a place in the head is what stands there.

use why401::crypt::Work;
use why401::server::{Inputs, SERVERS};
use why401::trace::Step;

#[test]
fn the_value_of_the_header_is_where_every_server_is_said_to_find_it() {
    const VALUE: &[u8] = b"Basic dTpzZWNyZXQ=";
    let file: &[u8] = b"u:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n";
    let (mut found, mut wrong) = (0, Vec::new());
    for before in ["Authorization: ", "Authorization:", "authorization:   ", "Accept: */*\r\nAuthorization: "] {
        for after in ["\r\n\r\n", "\r\nX: y\r\n\r\n"] {
            let head = [b"GET / HTTP/1.1\r\nHost: h\r\n", before.as_bytes(), VALUE, after.as_bytes()].concat();
            for server in SERVERS {
                let inputs = Inputs { head: &head, path: b"f", file: &file, uri: b"/" };
                let decision = server.decide(&inputs, &mut Work::limited(10.0));
                for (step, _) in decision.trace.iter() {
                    let Step::HeaderValue { at } = step else { continue };
                    let name = server.info().name;
                    let place = usize::try_from(at.start).unwrap()..usize::try_from(at.end).unwrap();
                    if head.get(place.clone()) != Some(VALUE) {
                        let shown = head.get(place).unwrap_or_default().escape_ascii().to_string();
                        wrong.push(format!("{name}: `{shown}` in {}", head.escape_ascii()));
                    }
                    found += 1;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found > 100, "only {found} values were found");
}
