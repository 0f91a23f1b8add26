use std::fmt::Display;

struct Shelf {
    name: String,
}

// ANCHOR: solution
fn label<T: Display>(shelf: &Shelf, item: T) -> impl Future<Output = String> + use<T> {
    let shelf = shelf.name.clone();
    async move { format!("{shelf}: {item}") }
}
// ANCHOR_END: solution

#[tokio::test]
async fn the_shelf_may_be_gone() {
    let label = {
        let name = "A3".into();
        let shelf = Shelf { name };
        tokio::spawn(label(&shelf, 7))
    };
    assert_eq!(label.await.unwrap(), "A3: 7");
}
