//! Every Rust file of the workspace, read once.

use std::fs;
use std::path::Path;

use anyhow::Context;

/// One file.
pub struct Source {
    /// From the root of the workspace, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// Folders that hold no code of ours.
const SKIPPED: [&str; 6] =
    ["target", ".git", "node_modules", "yakusoku-data", "corpus", "artifacts"];

/// Reads them all, in order of their paths.
pub fn all(root: &Path) -> anyhow::Result<Vec<Source>> {
    let mut found = Vec::new();
    walk(root, root, &mut found)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<Source>) -> anyhow::Result<()> {
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !path.is_symlink() && !SKIPPED.contains(&name.as_ref()) {
            walk(root, &path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let path = path.strip_prefix(root)?.to_string_lossy().into_owned();
            found.push(Source { path, text });
        }
    }
    Ok(())
}

impl Source {
    /// The crate it belongs to: `mail` for `crates/mail/src/…`.
    pub fn crate_name(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// Whether the program contains it, as opposed to tests, benches and the like.
    pub fn is_product(&self) -> bool {
        let test_file = self.path.ends_with("/tests.rs") || self.path.ends_with("_tests.rs");
        self.path.starts_with("crates/") && self.path.contains("/src/") && !test_file
    }

    /// The lines before the tests at the end of the file, numbered from 1.
    pub fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = |(_, line): &(usize, &str)| !line.starts_with("mod tests {");
        let lines = self.text.lines().enumerate().map(|(i, line)| (i + 1, line));
        lines.take_while(tests).filter(|(_, line)| *line != "#[cfg(test)]")
    }

    /// As [`Source::product_lines`], without comments.
    pub fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.product_lines().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}
