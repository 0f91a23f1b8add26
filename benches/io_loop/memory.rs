//! What an idle session holds.

use io_loop::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{ECHO, World, live_bytes, on_one_thread, target};

const FLOWS: usize = 1000;
/// Bytes of the applications' buffers, which are not the loop's.
const THEIRS: usize = 1024;

pub fn run() {
    let bytes = on_one_thread(per_flow());
    println!("\n## An idle session that has exchanged 64 bytes\n");
    println!("{:.0} KiB allocated per session", bytes / 1024.0);
    println!(
        "\nOf these, {} KiB are the socket's two buffers, which are zeroed pages until they are \
         used; the applications' half, about {} KiB, is in it.",
        2 * Config::default().socket_buffer / 1024,
        2 * THEIRS / 1024,
    );
}

async fn per_flow() -> f64 {
    let config = Config {
        max_flows: 2 * FLOWS,
        ..Config::default()
    };
    let theirs = Config {
        socket_buffer: THEIRS,
        session_buffer: THEIRS,
        ..Config::default()
    };
    let world = World::with(config, &theirs);
    let mut flows = Vec::with_capacity(FLOWS);
    let before = live_bytes();
    for _ in 0..FLOWS {
        let mut stream = world.apps.connect(target(ECHO)).await.expect("it opens");
        let mut buffer = [7; 64];
        stream.write_all(&buffer).await.expect("it is open");
        stream.read_exact(&mut buffer).await.expect("it is open");
        flows.push(stream);
    }
    let held = live_bytes() - before;
    world.end().await;
    held as f64 / FLOWS as f64
}
