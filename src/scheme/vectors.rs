//! Reads the known answers of `tests/vectors/`, for the tests of the schemes only.

/// One line: password, setting, result.
pub(crate) type Vector = (Vec<u8>, &'static str, &'static str);

/// The lines of a file of `tests/vectors/`: the password in hex, `-` where empty; comments begin with `#`.
pub(crate) fn read(text: &'static str) -> Vec<Vector> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let vectors: Vec<_> = lines.map(line).collect();
    assert!(vectors.len() >= 20, "only {} known answers", vectors.len());
    vectors
}

fn line(line: &'static str) -> Vector {
    let columns: Vec<_> = line.split('\t').collect();
    let [password, setting, result] = columns[..] else { panic!("three columns: {line}") };
    (unhex(password), setting, result)
}

/// The bytes of a column in hex.
pub(crate) fn unhex(column: &str) -> Vec<u8> {
    let digits = if column == "-" { "" } else { column };
    digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Bytes without rhyme, the same in each run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let next = |_| {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 56) as u8
        };
        (0..count).map(next).collect()
    }
}
