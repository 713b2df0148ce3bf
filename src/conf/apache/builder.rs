//! What a configuration has declared when a directive is read: modules, methods, and names given to providers.

use std::collections::HashMap;

use crate::conf::apache::methods::Methods;
use crate::conf::apache::rules::{ProviderKind, TestKind};
use crate::conf::apache::settings::Settings;

/// Reads sections; keeps what they may refer to.
#[derive(Clone, Debug)]
pub struct Builder<'s> {
    pub(super) settings: &'s Settings,
    /// The methods that are known.
    pub methods: Methods,
    pub(super) authn_aliases: HashMap<Vec<u8>, ProviderKind>,
    pub(super) authz_aliases: HashMap<Vec<u8>, TestKind>,
}

impl<'s> Builder<'s> {
    pub(super) fn new(settings: &'s Settings) -> Self {
        Self { settings, methods: Methods::default(), authn_aliases: HashMap::new(), authz_aliases: HashMap::new() }
    }

    /// Whether a module is there, by its source file.
    pub(super) fn has(&self, module: &str) -> bool {
        self.settings.has_module(module)
    }
}
