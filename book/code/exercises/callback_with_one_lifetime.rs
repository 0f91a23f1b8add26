use futures::FutureExt as _;
use futures::future::BoxFuture;

#[derive(Default)]
struct Connection {
    log: Vec<&'static str>,
}

impl Connection {
    async fn execute(&mut self, statement: &'static str) {
        tokio::task::yield_now().await; // the database
        self.log.push(statement);
    }
}

// ANCHOR: solution
/// The box names what `AsyncFn` cannot: a future that borrows the connection *and* is `Send`.
async fn in_transaction<F>(mut connection: Connection, work: F) -> Connection
where
    F: for<'a> FnOnce(&'a mut Connection) -> BoxFuture<'a, ()>,
{
    connection.execute("BEGIN").await;
    work(&mut connection).await;
    connection.execute("COMMIT").await;
    connection
}
// ANCHOR_END: solution

#[tokio::test]
async fn the_transaction_runs_in_a_task() {
    let spawned = tokio::spawn(in_transaction(Connection::default(), |connection| {
        connection.execute("INSERT").boxed()
    }));
    let connection = spawned.await.unwrap();
    assert_eq!(connection.log, ["BEGIN", "INSERT", "COMMIT"]);
}
