//! SELinux, AppArmor and the like, and file systems with rules of their own: permissions allow it and the system refuses.
//!
//! Known from that contradiction alone. Which labels a policy lets a server read is not modelled.

use std::path::Path;

use crate::host::acl;
use crate::host::block::{Block, Cause};
use crate::host::walk::View;
use crate::host::{Attribute, Node};

use crate::host::identity::Identity;

/// SELinux's label of a file.
const LABEL: &str = "security.selinux";

impl Block {
    /// The block where `path`, free of links, should be readable and the system says no.
    #[must_use]
    pub fn by_module(view: &View<'_>, path: &Path, node: Node) -> Self {
        let label = match view.attribute(path, LABEL) {
            Attribute::Value(value) => Some(String::from_utf8_lossy(&value).trim_end_matches('\0').to_owned()),
            Attribute::None | Attribute::Unsupported => None,
        };
        let has_lists = view.attribute(path, acl::ATTRIBUTE) != Attribute::Unsupported;
        Self { at: path.to_path_buf(), node: Some(node), cause: Cause::Module { label }, links: Vec::new(), has_lists }
    }
}

/// Says what is known.
pub(super) fn sentence(at: &str, label: Option<&str>, who: &Identity) -> String {
    let name = &who.name;
    match label {
        Some(label) => format!(
            "{at}: its permissions let {name} read it and the system refuses, as SELinux does for a wrong label; this one is {label} \
             (`ausearch -m avc -ts recent` shows what was refused)"
        ),
        None => format!(
            "{at}: its permissions let {name} read it and the system refuses, as AppArmor, a network file system or FUSE do (`dmesg` or \
             `journalctl -k` shows what AppArmor refused)"
        ),
    }
}
