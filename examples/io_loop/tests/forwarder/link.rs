//! A device that has no room.

use io_loop::Config;
use io_loop::apps::Apps;
use io_loop::device::MemoryDevice;

use crate::upstream::{ECHO, Local};
use crate::world::{echo, start, target, within};

#[tokio::test(start_paused = true)]
async fn a_queue_of_one_packet_is_enough() {
    let (apps, device) = MemoryDevice::pair(1500, 1);
    let apps = Apps::start(apps, &Config::default());
    let running = start(device, &Local::new(), Config::default());
    let a = within(apps.connect(target(ECHO))).await.unwrap();
    let b = within(apps.connect(target(ECHO))).await.unwrap();
    tokio::join!(echo(a, 200_000), echo(b, 200_000));
    running.token.cancel();
    let _ = within(running.task).await.unwrap();
}
