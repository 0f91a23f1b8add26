//! `AsyncFn` says what was meant: a callback whose future may borrow its argument.
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

async fn in_transaction<F>(connection: &mut Connection, work: F)
where
    F: AsyncFn(&mut Connection),
{
    connection.execute("BEGIN").await;
    work(connection).await;
    connection.execute("COMMIT").await;
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    let mut connection = Connection::default();
    in_transaction(&mut connection, async |connection: &mut Connection| {
        connection.execute("INSERT").await;
    })
    .await;
    println!("fine: {}", connection.log.join(", "));
}
