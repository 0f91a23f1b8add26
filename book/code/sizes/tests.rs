use super::*;

// ANCHOR: measured
#[test]
fn sizes_are_as_the_chapter_says() {
    let file: &[u8] = b"GET / HTTP/1.1";
    assert!(size_of_val(&across(file)) > 64 * 1024);
    assert!(size_of_val(&boxed(file)) < 256);
    assert!(size_of_val(&scoped()) < 256);
}
// ANCHOR_END: measured

// ANCHOR: bound
#[tokio::test]
async fn a_connection_stays_small() {
    let file: &[u8] = b"GET / HTTP/1.1";
    async_patterns::assert_future_size!(boxed(file), <= 256);
    assert_eq!(boxed(file).await.unwrap(), 3);
}
// ANCHOR_END: bound

#[tokio::test]
async fn all_give_their_answers() {
    let file: &[u8] = b"GET / HTTP/1.1";
    assert_eq!(Box::pin(across(file)).await.unwrap(), 3);
    assert_eq!(scoped().await, 16 * 1024);
}
