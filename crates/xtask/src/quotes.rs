//! The code that the pages under `docs/` quote is the code that is there.
//!
//! A block of Rust that follows a line ending in a file's name and a colon, such as "`crates/domain/src/job.rs`:", is
//! a quote of that file. Indentation doesn't count, and a line `// …` stands for any lines left out.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

const FENCE: &str = "```";
const LEFT_OUT: &str = "// …";

/// Fails on the first quote that its file doesn't have.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    for entry in fs::read_dir(workspace.root().join("docs"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            check_page(workspace.root(), &path)?;
        }
    }
    Ok(())
}

fn check_page(root: &Path, page: &Path) -> Result<()> {
    let text = fs::read_to_string(page)?;
    let page = page.strip_prefix(root).unwrap_or(page).display();
    for quote in quotes(&text) {
        let source = fs::read_to_string(root.join(quote.file))
            .with_context(|| format!("{page} quotes {}, which can't be read", quote.file))?;
        if let Some(missing) = quote.missing_in(&source) {
            bail!("{page} quotes {}, which no longer says:\n{missing}", quote.file);
        }
    }
    Ok(())
}

/// A block of code and the file that it was taken from.
#[derive(Debug, PartialEq)]
struct Quote<'a> {
    file: &'a str,
    lines: Vec<&'a str>,
}

impl Quote<'_> {
    /// The first run of lines that `source` doesn't have one after the other.
    fn missing_in(&self, source: &str) -> Option<String> {
        let source = source.lines().map(str::trim).collect::<Vec<_>>();
        let runs = self.lines.split(|line| *line == LEFT_OUT).filter(|run| !run.is_empty());
        runs.into_iter()
            .find(|run| !source.windows(run.len()).any(|window| window == *run))
            .map(|run| run.join("\n"))
    }
}

fn quotes(page: &str) -> Vec<Quote<'_>> {
    let mut quotes = Vec::new();
    let mut file = None;
    let mut lines = page.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix(FENCE) {
            let block = lines.by_ref().take_while(|line| *line != FENCE).collect();
            if let (Some(file), "rust") = (file, language) {
                quotes.push(Quote { file, lines: block });
            }
        } else if !line.is_empty() {
            file = file_at_the_end(line);
        }
    }
    quotes
}

/// The file named by the last words of a line: "…, from `tests/architecture.rs`:".
fn file_at_the_end(line: &str) -> Option<&str> {
    let (_, file) = line.strip_suffix("`:")?.rsplit_once('`')?;
    file.contains('/').then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A page\n\nA rule, in `src/a.rs`:\n\n```rust\nfn a() {\n    // …\n}\n```\n\nNo quote:\n\n```rust\nfn b() {}\n```\n";

    #[test]
    fn block_after_a_file_name_is_a_quote() {
        assert_eq!(quotes(PAGE), [Quote { file: "src/a.rs", lines: vec!["fn a() {", "// …", "}"] }]);
    }

    #[test]
    fn lines_left_out_do_not_count() {
        let quote = Quote { file: "src/a.rs", lines: vec!["fn a() {", "// …", "}"] };
        assert_eq!(quote.missing_in("mod x {\n    fn a() {\n        one();\n    }\n}\n"), None);
    }

    #[test]
    fn changed_line_is_named() {
        let quote = Quote { file: "src/a.rs", lines: vec!["fn a() {", "// …", "two();", "}"] };
        assert_eq!(quote.missing_in("fn a() {\n    one();\n}\n"), Some("two();\n}".to_owned()));
    }
}
