//! A value that would be thrown away is refused, with a hint where it can go.

use async_patterns::task::TaskScope;

fn main() {
    let scope = TaskScope::new();
    scope.spawn("answer", |_token| async { 42 });
}
