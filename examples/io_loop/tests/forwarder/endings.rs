//! How flows end when they do not end well.

use std::io::ErrorKind;
use std::sync::atomic::Ordering;
use std::time::Duration;

use io_loop::config::Limits;
use io_loop::{Config, Event};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};

use crate::upstream::{BREAK, ECHO, PANIC, REFUSE, SILENT, STUCK};
use crate::world::{World, echo, noop, target, within};

#[tokio::test(start_paused = true)]
async fn an_application_that_resets_resets_the_upstream() {
    for config in [Config::default(), noop()] {
        let world = World::with(config);
        let mut stream = world.connect(ECHO).await;
        stream.write_all(b"half of some").await.unwrap();
        sleep(Duration::from_secs(1)).await;
        drop(stream);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(world.local.resets.load(Ordering::SeqCst), 1);
        assert_eq!(world.end().await.metrics.reset_by_app, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_breaks_resets_the_application() {
    for config in [Config::default(), noop()] {
        let world = World::with(config);
        let mut stream = world.connect(BREAK).await;
        // Either of them finds out first.
        let written = within(stream.write_all(&vec![0; 1_000_000])).await;
        assert_eq!(written.unwrap_err().kind(), ErrorKind::ConnectionReset);
        let error = within(stream.read(&mut [0; 16])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let summary = world.end().await;
        assert_eq!(summary.metrics.reset_by_session, 1);
        assert_eq!(summary.sessions.totals().failed, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_that_refuses_resets_the_application() {
    let world = World::new();
    let mut stream = world.connect(REFUSE).await;
    let error = within(stream.read(&mut [0; 16])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let summary = world.end().await;
    let failed = &summary.sessions.children()[0];
    assert!(
        failed.outcome.to_string().contains("192.0.2.1:12"),
        "{summary}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_target_that_does_not_answer_is_given_up() {
    let world = World::new();
    let mut stream = world.connect(SILENT).await;
    let began = Instant::now();
    let error = within(stream.read(&mut [0; 16])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(
        began.elapsed().as_secs(),
        Limits::default().connect.as_secs()
    );
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_is_ended_and_a_busy_one_is_not() {
    let limits = Limits {
        idle: Duration::from_secs(10),
        ..Limits::default()
    };
    let world = World::with(Config {
        limits,
        ..Config::default()
    });
    let mut busy = world.connect(ECHO).await;
    let mut idle = world.connect(ECHO).await;
    let began = Instant::now();
    let watched = tokio::spawn(async move {
        let error = idle.read(&mut [0; 16]).await.unwrap_err();
        (error.kind(), began.elapsed())
    });
    for _ in 0..5 {
        sleep(Duration::from_secs(7)).await;
        busy.write_u8(1).await.unwrap();
        within(busy.read_u8()).await.unwrap();
    }
    let (kind, after) = within(watched).await.unwrap();
    assert_eq!((kind, after.as_secs()), (ErrorKind::ConnectionReset, 10));
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_panics_resets_its_flow_and_no_other() {
    let world = World::new();
    let mut panicking = world.connect(PANIC).await;
    let healthy = world.connect(ECHO).await;
    panicking.write_all(b"now").await.unwrap();
    let error = within(panicking.read(&mut [0; 16])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    echo(healthy, 100_000).await;
    assert_eq!(world.local.resets.load(Ordering::SeqCst), 1);
    let summary = world.end().await;
    assert_eq!(summary.metrics.sessions_panicked, 1);
    assert_eq!(summary.sessions.totals().panicked, 1);
    assert_eq!(summary.metrics.reset_by_session, 1);
}

#[tokio::test(start_paused = true)]
async fn cancelled_in_the_middle_of_everything_all_tasks_end() {
    for config in [Config::default(), noop()] {
        let world = World::with(config);
        let mut streams = Vec::new();
        for port in [ECHO, STUCK, SILENT, BREAK, REFUSE, PANIC].repeat(10) {
            let mut stream = world.connect(port).await;
            streams.push(tokio::spawn(async move {
                let mut buffer = vec![0; 4096];
                while stream.write(&buffer).await.is_ok() {
                    if port == ECHO && stream.read(&mut buffer).await.is_err() {
                        break;
                    }
                }
            }));
        }
        let socket = world.apps.bind().await.unwrap();
        socket.send_to(b"x", target(ECHO)).await.unwrap();
        // Somewhere in the middle.
        while world.metrics.bytes_up.get() < 1_000_000 || world.metrics.sessions_panicked.get() < 10
        {
            tokio::task::yield_now().await;
        }
        let began = Instant::now();
        let summary = world.end().await;
        assert!(began.elapsed() <= Limits::default().shutdown);
        let totals = summary.sessions.totals();
        assert_eq!(totals.still_running, 0, "{summary}");
        assert_eq!(totals.panicked, 10, "{summary}");
        // Every application was told.
        for stream in streams {
            within(stream).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn cancellation_takes_effect_within_a_turn() {
    let world = World::new();
    echo(world.connect(ECHO).await, 1000).await;
    let turns = world.metrics.turns.get();
    world.token.cancel();
    let (summary, _) = within(world.task).await.unwrap();
    // One to notice, and one that `run` begins with.
    assert!(summary.metrics.turns <= turns + 2);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_ends_ends_the_loop() {
    let world = World::new();
    let stream = world.connect(ECHO).await;
    drop(world.apps);
    let (summary, _) = within(world.task).await.unwrap();
    assert!(summary.device.is_some(), "{summary}");
    assert_eq!(summary.sessions.totals().still_running, 0);
    drop(stream);
}

#[tokio::test(start_paused = true)]
async fn events_tell_what_happens() {
    use async_patterns::broadcast::Event as Received;
    let (apps, device) = io_loop::device::MemoryDevice::pair(1500, 64);
    let apps = io_loop::apps::Apps::start(apps, &Config::default());
    let local = crate::upstream::Local::new();
    let token = tokio_util::sync::CancellationToken::new();
    let io = io_loop::IoLoop::new(device, local, Config::default(), token.clone());
    let mut events = io.events();
    let task = tokio::spawn(io.run());
    let stream = within(apps.connect(target(ECHO))).await.unwrap();
    echo(stream, 100).await;
    for expected in ["opened", "finished"] {
        match within(events.recv()).await.unwrap() {
            Received::Message(event @ (Event::Opened(_) | Event::Ended(..))) => {
                let text = event.to_string();
                assert!(
                    text.starts_with(expected) && text.ends_with("192.0.2.1:7"),
                    "{text}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
    token.cancel();
    let _ = within(task).await.unwrap();
}
