//! `block_in_place` in the very code that chose the runtime.
#![allow(dead_code)]

use tokio::{
    runtime::{Builder, Runtime},
    task::{self, LocalSet, block_in_place, block_in_place as run_blocking},
};

#[tokio::test]
async fn in_a_test() {
    block_in_place(|| 1);
}

#[tokio::test(flavor = "current_thread")]
async fn in_a_test_that_names_the_flavor() {
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    let sum = task::block_in_place(|| 1 + 1);
    assert_eq!(sum, 2);
}

#[tokio::test]
async fn under_another_name() -> Result<(), std::io::Error> {
    let text = run_blocking(|| std::fs::read_to_string("input"))?;
    drop(text);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn a_program() {
    tokio::task::block_in_place(|| ());
}

fn a_runtime_by_hand() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        block_in_place(|| ());
    });
}

fn a_runtime_in_steps() -> std::io::Result<()> {
    let mut builder = Builder::new_current_thread();
    builder.enable_time();
    builder.thread_name("only");
    let runtime = builder.build()?;
    let value = runtime.block_on(async { block_in_place(|| 3) });
    assert_eq!(value, 3);
    Ok(())
}

fn a_local_set_on_a_multi_thread_runtime() {
    let runtime = Runtime::new().unwrap();
    let local = LocalSet::new();
    local.block_on(&runtime, async { block_in_place(|| ()) });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_set_in_a_multi_thread_test() {
    let local = LocalSet::new();
    local
        .run_until(async {
            block_in_place(|| ());
        })
        .await;
}

#[tokio::test]
async fn in_a_spawned_task() {
    let task = tokio::spawn(async { block_in_place(|| 5) });
    assert_eq!(task.await.unwrap(), 5);
}

#[tokio::test]
async fn in_a_join_set() {
    let mut set = task::JoinSet::new();
    set.spawn(async { block_in_place(|| ()) });
    set.join_all().await;
}

#[tokio::test]
async fn in_nested_blocks_and_closures() {
    let work = || async { Some(1).map(|n| block_in_place(|| n)) };
    work().await;
}

#[tokio::test]
async fn in_an_async_closure() {
    let work = async |n: u32| block_in_place(|| n);
    work(3).await;
}

#[tokio::test]
async fn in_one_branch_of_a_select() {
    tokio::select! {
        () = async { block_in_place(|| ()) } => {}
        () = std::future::pending() => {}
    }
}

#[tokio::test]
async fn in_a_join() {
    tokio::join!(async { block_in_place(|| ()) }, async {});
}

#[tokio::test]
async fn behind_a_trait_object() {
    let work: std::pin::Pin<Box<dyn Future<Output = ()>>> = Box::pin(async { block_in_place(|| ()) });
    work.await;
}

#[tokio::test]
async fn inside_a_wrapper() {
    let limit = std::time::Duration::from_secs(1);
    let work = async { block_in_place(|| ()) };
    tokio::time::timeout(limit, work).await.unwrap();
}

mod tests {
    use super::*;

    macro_rules! current_thread_test {
        ($name:ident, $body:block) => {
            #[tokio::test]
            async fn $name() $body
        };
    }

    current_thread_test!(made_by_a_macro, {
        block_in_place(|| ());
    });

    macro_rules! wrapped_test {
        (async fn $name:ident() $body:block) => {
            #[tokio::test]
            async fn $name() {
                async fn inner() $body
                inner().await;
            }
        };
    }

    wrapped_test! {
        async fn put_into_a_function_by_a_macro() {
            block_in_place(|| ());
        }
    }
}
