use tokio::task::yield_now;

async fn send(bytes: &[u8]) -> usize {
    yield_now().await;
    bytes.len()
}

fn header(table: &[u8; 32 * 1024]) -> [u8; 2] {
    [table[0], table[1]]
}

// ANCHOR: solution
#[expect(clippy::large_stack_arrays, reason = "it ends before the await")]
async fn send_header() -> usize {
    let header = {
        let table = [7; 32 * 1024];
        header(&table) // two bytes leave the block, the table does not
    };
    send(&header).await
}
// ANCHOR_END: solution

#[tokio::test]
async fn the_table_is_no_part_of_the_future() {
    async_patterns::assert_future_size!(send_header(), < 128);
    assert_eq!(send_header().await, 2);
}
