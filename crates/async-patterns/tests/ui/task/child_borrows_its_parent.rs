//! Children are `'static`.

use async_patterns::task::TaskScope;

fn main() {
    let scope = TaskScope::new();
    let words = vec!["a", "b"];
    scope.spawn("borrow", |_token| async { println!("{}", words.len()) });
}
