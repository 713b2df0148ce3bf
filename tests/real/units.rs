//! Units with drop-ins, read as systemd reads them: what `systemd-analyze` says of the same files, which asks no running systemd.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use why401::cli::host::Disk;
use why401::host::unit::{Hiding, Unit};

use crate::driver::site::Site;
use crate::driver::{find, number, say, skip};
use crate::rng::Rng;

const FOLDERS: &[&str] =
    &["etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system"];

fn write(rng: &mut Rng, path: &Path, is_main: bool) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut text = if is_main { "[Service]\nExecStart=/bin/true\n".to_owned() } else { "[Service]\n".to_owned() };
    for _ in 0..rng.below(4) {
        text.push_str(rng.word(&[
            "PrivateTmp=yes\n",
            "PrivateTmp = no\n",
            "PrivateTmp=\\\n  on\n",
            "PrivateTmp=\n",
            "PrivateTmp=maybe\n",
            "ProtectHome=\n",
            "# PrivateTmp=yes\n",
            "ProtectHome=true\n",
            "ProtectHome=read-only\n",
            "ProtectHome=tmpfs\n",
            "ProtectHome=0\n",
            "[Unit]\nPrivateTmp=yes\n[Service]\n",
            "Restart=no\n",
        ]));
    }
    fs::write(path, text).unwrap();
}

#[test]
fn units_and_their_drop_ins_are_read_as_systemd_does() {
    let program = match find(&["systemd-analyze"]) {
        Ok(program) => program,
        Err(why) => return skip("systemd-analyze", &why),
    };
    let (seed, count) = (number("WHY401_SEED", 401), number("WHY401_CONFIGS", 25));
    let site = Site::new("units");
    let (mut hidden, mut open) = (0, 0);
    for index in 0..count {
        let mut rng = Rng::new(seed, index);
        let root = site.path(&format!("root{index}"));
        let main = *rng.pick(FOLDERS);
        write(&mut rng, &root.join(main).join("web.service"), true);
        for folder in FOLDERS {
            for name in ["10-a.conf", "5.conf", "z.conf", "README"] {
                if rng.chance(30) {
                    write(&mut rng, &root.join(folder).join("web.service.d").join(name), false);
                }
            }
        }
        let run = |words: &[&str]| {
            let output = Command::new(&program).args(words).arg(format!("--root={}", root.display())).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        let unit = Unit::read(&Disk::below(root.clone()), "web").unwrap();
        let said = run(&["cat-config", "systemd/system/web.service"]);
        let begin = format!("# {}/", root.display());
        let files: Vec<PathBuf> =
            said.lines().filter_map(|line| line.strip_prefix(&begin)).map(|path| Path::new("/").join(path)).collect();
        assert_eq!(unit.files, files, "{said}");
        let said: Value =
            serde_json::from_str(&run(&["security", "--offline=true", "--json=short", "web.service"])).unwrap();
        let row = |name: &str| said.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone();
        let is_private = unit.hides(Path::new("/tmp/users")).is_some();
        assert_eq!(is_private, row("PrivateTmp=")["set"] == true, "{}: {:?}", root.display(), unit.settings);
        let home = match row("ProtectHome=")["description"].as_str().unwrap() {
            "Service has no access to home directories" => Some(Hiding::Closed),
            "Service has access to fake empty home directories" => Some(Hiding::Empty),
            _ => None,
        };
        let own = unit.hides(Path::new("/home/a/users")).map(|hidden| hidden.hiding);
        assert_eq!(own, home, "{}: {:?}", root.display(), unit.settings);
        if is_private { hidden += 1 } else { open += 1 }
    }
    say(&format!("units: {hidden} with a /tmp of their own, {open} without"));
    assert!(hidden > 0 && open > 0);
}
