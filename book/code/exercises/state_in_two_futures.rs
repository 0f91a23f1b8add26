use tokio::task::yield_now;

#[derive(Default)]
struct World {
    ticks: u32,
    commands: Vec<&'static str>,
}

async fn simulate(ticks: &mut u32) {
    for _ in 0..3 {
        *ticks += 1;
        yield_now().await;
    }
}

async fn take_commands(commands: &mut Vec<&'static str>) {
    for command in ["north", "jump"] {
        commands.push(command);
        yield_now().await;
    }
}

// ANCHOR: solution
async fn play(world: &mut World) {
    // Two borrows of two fields: each future has its part for itself.
    let World { ticks, commands } = world;
    tokio::join!(simulate(ticks), take_commands(commands));
}
// ANCHOR_END: solution

#[tokio::test]
async fn both_get_what_they_need() {
    let mut world = World::default();
    play(&mut world).await;
    assert_eq!(
        (world.ticks, world.commands.as_slice()),
        (3, &["north", "jump"][..])
    );
}
