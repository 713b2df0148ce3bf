//! SELinux, AppArmor and the like, and file systems with rules of their own: permissions allow it and the system refuses.
//!
//! Known from that contradiction alone. Which labels a policy lets a server read is not modelled.

use crate::host::identity::Identity;

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
