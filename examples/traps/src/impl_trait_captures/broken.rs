//! A shop makes the future of a receipt from a borrowed order. The future takes a copy of the
//! number and needs no borrow; but in the 2024 edition `impl Future` captures the borrow anyway.
// ANCHOR: program
struct Order {
    number: u32,
}

fn mail_receipt(order: &Order) -> impl Future<Output = String> {
    let number = order.number;
    async move { format!("receipt for order {number}") }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mailed = {
        let order = Order { number: 7 };
        tokio::spawn(mail_receipt(&order))
    };
    println!("fine: {}", mailed.await.unwrap());
}
