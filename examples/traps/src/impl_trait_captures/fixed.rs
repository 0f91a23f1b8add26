//! `use<>` says what the future captures: nothing of the borrow.
// ANCHOR: program
struct Order {
    number: u32,
}

fn mail_receipt(order: &Order) -> impl Future<Output = String> + use<> {
    let number = order.number;
    async move { format!("receipt for order {number}") }
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    let mailed = {
        let order = Order { number: 7 };
        tokio::spawn(mail_receipt(&order))
    };
    println!("fine: {}", mailed.await.expect("the mail does not panic"));
}
