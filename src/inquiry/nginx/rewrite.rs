//! The rewrite phases: `set`, `if`, `return`, `rewrite`, `break`, before any access is asked for.
//!
//! Behaviour of nginx 1.22.1 `src/http/modules/ngx_http_rewrite_module.c`.

use crate::bytes::split_once;
use crate::conf::nginx::location::regex;
use crate::conf::nginx::tree::Directive;
use crate::conf::nginx::{Scope, path};
use crate::conf::{Kind, Unmodelled};
use crate::inquiry::nginx::{Flow, Run};

/// How a list of rewrite directives ended.
enum Ended {
    Through,
    Break,
    Flow(Flow),
}

impl<'c> Run<'c> {
    /// The rewrite directives of the location as it stands; a changed path is located anew.
    pub(super) fn rewrite_location(&mut self) -> Result<Flow, Unmodelled> {
        let scope = self.scope.clone();
        if scope.blocks.len() == self.server.blocks.len() {
            return Ok(Flow::On);
        }
        if let Some(limit) = self.limited() {
            // Its own directives count in place of the location's.
            let scope = scope.within(limit);
            return self.rewrite(&scope, false);
        }
        self.rewrite(&scope, false)
    }

    /// The rewrite directives of the innermost block of `scope`.
    pub(super) fn rewrite(&mut self, scope: &Scope<'c>, server: bool) -> Result<Flow, Unmodelled> {
        let Some(block) = scope.innermost() else { return Ok(Flow::On) };
        let before = self.uri.clone();
        match self.run_rewrites(block, &block.block)? {
            Ended::Flow(flow) => Ok(flow),
            Ended::Through if self.uri != before && !server => Ok(Flow::Again),
            Ended::Break | Ended::Through => Ok(Flow::On),
        }
    }

    fn run_rewrites(&mut self, block: &'c Directive, directives: &'c [Directive]) -> Result<Ended, Unmodelled> {
        for directive in directives {
            match directive.name.as_slice() {
                b"set" => {
                    let value = self.value(directive.arg(1))?;
                    let name = directive.arg(0).strip_prefix(b"$").unwrap_or(directive.arg(0)).to_ascii_lowercase();
                    self.set.insert(name, value);
                }
                b"break" => return Ok(Ended::Break),
                b"return" => return Ok(Ended::Flow(self.do_return(directive))),
                b"rewrite" => match self.do_rewrite(directive)? {
                    Ended::Through => {}
                    other => return Ok(other),
                },
                b"if" if self.condition(directive)? => {
                    self.link(directive, "if", "the condition holds");
                    // The block is a location of its own for what follows, with everything inherited.
                    if self.scope.innermost().is_some_and(|inner| std::ptr::eq(inner, block)) {
                        self.scope = self.scope.within(directive);
                    }
                    match self.run_rewrites(directive, &directive.block)? {
                        Ended::Through => {}
                        other => return Ok(other),
                    }
                }
                b"if" => {}
                name if name.ends_with(b"_by_lua_block")
                    || name.ends_with(b"_by_lua_file")
                    || name.starts_with(b"js_") =>
                {
                    let what = format!("{} may answer or change anything", String::from_utf8_lossy(name));
                    if name.starts_with(b"rewrite_") || name.starts_with(b"access_") || name.starts_with(b"set_") {
                        return Err(Unmodelled { place: Some(directive.place.clone()), what });
                    }
                }
                _ => {}
            }
        }
        Ok(Ended::Through)
    }

    fn do_return(&mut self, directive: &'c Directive) -> Flow {
        let code = std::str::from_utf8(directive.arg(0)).ok().and_then(|code| code.parse::<u16>().ok());
        let code = code.unwrap_or(302);
        self.link(directive, "return", format!("return {code}: answered before access is asked for"));
        if code == 444 { Flow::Closed } else { Flow::Status(code) }
    }

    fn do_rewrite(&mut self, directive: &'c Directive) -> Result<Ended, Unmodelled> {
        let Some(pattern) = regex(directive.arg(0), false) else {
            let what = "a regular expression that this program can't read".to_owned();
            return Err(Unmodelled { place: Some(directive.place.clone()), what });
        };
        let Some(captures) = pattern.captures(&self.uri).map(|captures| {
            captures.iter().map(|part| part.map_or(Vec::new(), |part| part.as_bytes().to_vec())).collect::<Vec<_>>()
        }) else {
            return Ok(Ended::Through);
        };
        self.captures = captures;
        let replacement = directive.arg(1);
        let flag = directive.arg(2);
        let absolute = [&b"http://"[..], b"https://", b"$scheme"].iter().any(|start| replacement.starts_with(start));
        if absolute || flag == b"redirect" || flag == b"permanent" {
            self.link(directive, "rewrite", "rewrite redirects before access is asked for");
            return Ok(Ended::Flow(Flow::Status(if flag == b"permanent" { 301 } else { 302 })));
        }
        let value = self.value(replacement)?;
        let (path, args) = split_once(&value, b'?').map_or((&value[..], None), |(path, args)| (path, Some(args)));
        if let Some(args) = args {
            let old = std::mem::take(&mut self.args);
            self.args = if replacement.ends_with(b"?") || old.is_empty() {
                args.to_vec()
            } else if args.is_empty() {
                old
            } else {
                [args, b"&", &old].concat()
            };
        }
        self.uri = path.to_vec();
        let shown = String::from_utf8_lossy(&self.uri).into_owned();
        self.link(directive, "rewrite", format!("rewrite makes the path {shown}"));
        Ok(match flag {
            b"last" => Ended::Flow(Flow::Again),
            b"break" => Ended::Break,
            _ => Ended::Through,
        })
    }

    /// Whether the condition of an `if` holds.
    fn condition(&mut self, directive: &'c Directive) -> Result<bool, Unmodelled> {
        let mut words: Vec<Vec<u8>> = directive.args.clone();
        if let Some(first) = words.first_mut() {
            *first = first.strip_prefix(b"(").unwrap_or(first).to_vec();
        }
        if let Some(last) = words.last_mut() {
            *last = last.strip_suffix(b")").unwrap_or(last).to_vec();
        }
        words.retain(|word| !word.is_empty() || directive.args.len() == 3);
        let not = |what: &str| Unmodelled { place: Some(directive.place.clone()), what: what.to_owned() };
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        match words.as_slice() {
            [variable] => {
                let value = self.value(variable)?;
                Ok(!value.is_empty() && value != b"0")
            }
            [test, name] if test.len() >= 2 => {
                let value = self.value(name)?;
                let kind = self.means.files.kind(path(&value));
                let (negated, test) = test.strip_prefix(b"!").map_or((false, *test), |test| (true, test));
                let is = match test {
                    b"-f" => kind == Some(Kind::File),
                    b"-d" => kind == Some(Kind::Folder),
                    b"-e" => kind.is_some(),
                    _ => return Err(not("a test of this kind")),
                };
                Ok(is != negated)
            }
            [left, operator, right] => {
                let value = self.value(left)?;
                match *operator {
                    b"=" => Ok(value == self.value(right)?),
                    b"!=" => Ok(value != self.value(right)?),
                    b"~" | b"~*" | b"!~" | b"!~*" => {
                        let pattern = regex(right, operator.ends_with(b"*"));
                        let pattern =
                            pattern.ok_or_else(|| not("a regular expression that this program can't read"))?;
                        let found = pattern.captures(&value).map(|captures| {
                            captures
                                .iter()
                                .map(|part| part.map_or(Vec::new(), |part| part.as_bytes().to_vec()))
                                .collect()
                        });
                        let is = found.is_some();
                        if let Some(captures) = found {
                            self.captures = captures;
                        }
                        Ok(is != operator.starts_with(b"!"))
                    }
                    _ => Err(not("a condition of this kind")),
                }
            }
            _ => Err(not("a condition of this kind")),
        }
    }
}
