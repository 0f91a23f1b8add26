//! Bad links, and peers that are gone.

use std::io::ErrorKind;
use std::time::Duration;

use io_loop::Config;
use io_loop::apps::Impairments;
use io_loop::config::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

use crate::upstream::ECHO;
use crate::world::{World, echo, within};

async fn survives(impairments: Impairments) {
    for seed in 0..4 {
        let world = World::over(impairments, seed, Config::default());
        let mut flows = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let stream = world.connect(ECHO).await;
            flows.spawn(echo(stream, 200_000));
        }
        within(flows.join_all()).await;
        if impairments.loss > 0 {
            assert!(world.link.as_ref().unwrap().lost() > 0);
        }
        world.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_percent_of_loss() {
    survives(Impairments {
        loss: 10,
        ..Impairments::default()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn packets_that_overtake_each_other() {
    survives(Impairments {
        reorder: 50,
        ..Impairments::default()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn packets_that_arrive_twice() {
    survives(Impairments {
        duplicate: 100,
        ..Impairments::default()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn all_of_it_together() {
    survives(Impairments {
        loss: 10,
        reorder: 20,
        duplicate: 20,
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_application_that_vanishes_is_given_up() {
    let limits = Limits {
        vanished: Duration::from_secs(20),
        idle: Duration::from_mins(10),
        ..Limits::default()
    };
    let config = Config {
        limits,
        ..Config::default()
    };
    let world = World::over(Impairments::default(), 0, config);
    let mut owing = world.connect(crate::upstream::TICK).await;
    let idle = world.connect(ECHO).await;
    world.link.as_ref().unwrap().cut();
    // Something that the application does not acknowledge.
    world.local.ticks.notify_one();
    sleep(Duration::from_mins(1)).await;
    let metrics = world.metrics.snapshot();
    assert_eq!(metrics.reset_by_app, 1, "the one that owes an answer");
    // The one that owes nothing is the idle limit's.
    sleep(Duration::from_mins(10)).await;
    assert_eq!(world.metrics.snapshot().open_flows(), 0);
    // The same for the applications: nothing on either side waits for ever.
    owing.write_all(b"anyone?").await.unwrap();
    let error = within(owing.read(&mut [0; 4])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    drop(idle);
    let summary = world.end().await;
    assert_eq!(summary.sessions.totals().failed, 2, "{summary}");
}

/// A pause longer than the limit, with nothing owed, is no sign of anything.
#[tokio::test(start_paused = true)]
async fn an_end_after_a_long_pause_is_an_end() {
    let world = World::new();
    let mut stream = world.connect(ECHO).await;
    stream.write_u8(1).await.unwrap();
    within(stream.read_u8()).await.unwrap();
    sleep(Limits::default().vanished * 2).await;
    echo(stream, 10).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(world.end().await.metrics.finished, 1);
}
