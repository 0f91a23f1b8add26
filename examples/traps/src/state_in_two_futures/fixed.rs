//! The world has one owner. Commands come to it as messages, and between two messages it is nobody
//! else's.
// ANCHOR: program
use tokio::sync::mpsc;
use tokio::task::yield_now;

#[derive(Default)]
struct World {
    ticks: u32,
    commands: Vec<&'static str>,
}

async fn simulate(mut commands: mpsc::Receiver<&'static str>) -> World {
    let mut world = World::default();
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(command) => world.commands.push(command),
                None => return world,
            },
            () = yield_now() => world.ticks += 1, // the game's clock
        }
    }
}

async fn players(commands: mpsc::Sender<&'static str>) {
    for command in ["north", "jump"] {
        if commands.send(command).await.is_err() {
            return;
        }
    }
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    let (sender, receiver) = mpsc::channel(8);
    let (world, ()) = tokio::join!(simulate(receiver), players(sender));
    match world.commands[..] {
        ["north", "jump"] => println!("fine: both commands taken, one owner"),
        ref commands => println!("symptom: {commands:?} after {} ticks", world.ticks),
    }
}
