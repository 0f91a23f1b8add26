//! Broken programs that the compiler refuses: what it says is what there is to see.

/// Prints the error of a program that does not compile. `tests/refused.rs` compares it with the
/// compiler's.
pub fn show(error: &str) {
    println!("{}", error.trim_end());
    println!("symptom: does not compile");
}
