//! Chores of the workspace: `cargo xtask tidy` holds the rules of the house.

mod edges;
mod purity;
mod shape;
mod sources;
mod tree;

use std::path::Path;
use std::process::ExitCode;

/// One broken rule: where, and what to do.
pub struct Finding(pub String);

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => report(tidy()),
        Some("shrink") => report(shape::shrink(&root())),
        _ => {
            eprintln!("usage: cargo xtask tidy     check the rules of the house");
            eprintln!("       cargo xtask shrink   lower the ratchet to what the code has now");
            ExitCode::from(2)
        }
    }
}

fn report(findings: anyhow::Result<Vec<Finding>>) -> ExitCode {
    match findings {
        Ok(findings) if findings.is_empty() => {
            eprintln!("tidy");
            ExitCode::SUCCESS
        }
        Ok(findings) => {
            for Finding(text) in &findings {
                println!("{text}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Every rule on the workspace that this program was built in.
fn tidy() -> anyhow::Result<Vec<Finding>> {
    let root = root();
    let sources = sources::all(&root)?;
    let metadata = tree::metadata(&root)?;
    let mut findings = Vec::new();
    findings.extend(edges::check(&root, &metadata)?);
    findings.extend(tree::check(&metadata));
    findings.extend(purity::check(&root, &sources)?);
    findings.extend(shape::check(&root, &sources)?);
    Ok(findings)
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_house_is_tidy() {
        let findings = super::tidy().expect("the workspace can be read");
        let texts: Vec<String> = findings.into_iter().map(|finding| finding.0).collect();
        assert!(texts.is_empty(), "\n{}\n", texts.join("\n"));
    }
}
