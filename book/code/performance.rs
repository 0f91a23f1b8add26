//! Chapter "Performance": waiting in a row.

use std::io;
use std::time::Duration;

use tokio::time::sleep;

async fn load_user(id: u32) -> io::Result<u32> {
    sleep(Duration::from_secs(1)).await;
    Ok(id)
}

async fn load_orders(id: u32) -> io::Result<Vec<u32>> {
    sleep(Duration::from_secs(1)).await;
    Ok(vec![id * 10, id * 10 + 1])
}

// ANCHOR: in_a_row
pub async fn page_in_a_row(id: u32) -> io::Result<(u32, Vec<u32>)> {
    let user = load_user(id).await?;
    let orders = load_orders(id).await?; // could have started at the same time
    Ok((user, orders))
}
// ANCHOR_END: in_a_row

// ANCHOR: together
pub async fn page(id: u32) -> io::Result<(u32, Vec<u32>)> {
    tokio::try_join!(load_user(id), load_orders(id))
}
// ANCHOR_END: together

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn together_takes_half_as_long() {
        let started = Instant::now();
        let in_a_row = page_in_a_row(7).await.unwrap();
        assert_eq!(started.elapsed().as_secs(), 2);
        let started = Instant::now();
        assert_eq!(page(7).await.unwrap(), in_a_row);
        assert_eq!(started.elapsed().as_secs(), 1);
    }
}
