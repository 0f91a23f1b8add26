//! A game server moves its world on and takes commands at the same time. Each future wants the
//! world for itself.
// ANCHOR: program
use tokio::task::yield_now;

#[derive(Default)]
struct World {
    ticks: u32,
    commands: Vec<&'static str>,
}

async fn simulate(world: &mut World) {
    for _ in 0..3 {
        world.ticks += 1;
        yield_now().await;
    }
}

async fn take_commands(world: &mut World) {
    for command in ["north", "jump"] {
        world.commands.push(command);
        yield_now().await;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut world = World::default();
    tokio::join!(simulate(&mut world), take_commands(&mut world));
    println!("fine: {} ticks, {:?}", world.ticks, world.commands);
}
