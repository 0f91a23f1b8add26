//! A database layer runs a callback inside a transaction. The bound says "for any borrow of the
//! connection, some one future type": but the future borrows the connection, so its type differs
//! from borrow to borrow.
// ANCHOR: program
#[derive(Default)]
struct Connection {
    log: Vec<String>,
}

impl Connection {
    async fn execute(&mut self, statement: &str) {
        self.log.push(statement.to_owned());
    }
}

async fn in_transaction<F, Fut>(connection: &mut Connection, work: F)
where
    F: Fn(&mut Connection) -> Fut,
    Fut: Future<Output = ()>,
{
    connection.execute("BEGIN").await;
    work(connection).await;
    connection.execute("COMMIT").await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut connection = Connection::default();
    in_transaction(&mut connection, |connection| async move {
        connection.execute("INSERT").await;
    })
    .await;
    println!("fine: {:?}", connection.log);
}
