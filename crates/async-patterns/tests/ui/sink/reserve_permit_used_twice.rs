//! A permit is room for one item.

use async_patterns::sink::ReserveExt;
use futures::channel::mpsc::Sender;

async fn send_two(sink: &mut Sender<u32>) {
    let permit = sink.reserve().await.unwrap();
    permit.feed(1).unwrap();
    permit.feed(2).unwrap();
}

fn main() {}
