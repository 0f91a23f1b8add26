//! `traps.toml`, read.

use serde::Deserialize;

/// The list of traps that the whole project is made from.
#[derive(Deserialize)]
pub struct Catalog {
    trap: Vec<Trap>,
}

/// One trap; `traps.toml` explains the fields.
#[derive(Deserialize)]
pub struct Trap {
    pub id: String,
    pub title: String,
    pub severity: String,
    pub helper: String,
    pub chapter: Option<String>,
}

impl Catalog {
    /// The list as it was when this program was built.
    ///
    /// # Panics
    ///
    /// When `traps.toml` is not what its head says; the gallery's tests see to that.
    pub fn load() -> Self {
        toml::from_str(include_str!("../../../traps.toml")).expect("traps.toml is well-formed")
    }

    pub fn find(&self, id: &str) -> Option<&Trap> {
        self.trap.iter().find(|trap| trap.id == id)
    }

    pub fn print(&self) {
        let widest = self
            .trap
            .iter()
            .map(|trap| trap.id.len())
            .max()
            .unwrap_or(0);
        for trap in &self.trap {
            println!("{:widest$}  {} ({})", trap.id, trap.title, trap.severity);
        }
        println!("\nRun one: cargo run -p traps -- <trap> --broken, then --fixed");
    }
}
