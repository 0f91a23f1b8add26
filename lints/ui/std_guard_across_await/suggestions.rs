// run-rustfix
// rustfix-only-machine-applicable
// Where the guard can be dropped, and how sure that is: `.fixed` has only what is certain.
#![allow(dead_code)]
use std::sync::Mutex;

async fn other() {}

async fn certain(m: &Mutex<Vec<u32>>) -> u32 {
    let mut list = m.lock().unwrap();
    list.push(1);
    let first = list[0];
    other().await;
    first
}

async fn tail_expression(m: &Mutex<u32>) {
    let mut total = m.lock().unwrap();
    *total += 1;
    other().await
}

async fn before_a_loop(m: &Mutex<u32>) {
    let total = m.lock().unwrap();
    let times = *total;
    for _ in 0..times {
        other().await;
    }
}

async fn in_nested_block(m: &Mutex<u32>, wait: bool) {
    if wait {
        let mut total = m.lock().unwrap();
        *total += 1;
        let result = async { 1 }.await;
        println!("{result}");
    }
}

async fn used_in_a_loop_before(m: &Mutex<Vec<u32>>) {
    let list = m.lock().unwrap();
    for item in list.iter() {
        println!("{item}");
    }
    other().await;
}

async fn borrowed_from(m: &Mutex<Vec<u32>>) {
    let list = m.lock().unwrap();
    let first = list.first();
    other().await;
    println!("{first:?}");
}

async fn lent_into_a_collection(m: &Mutex<Vec<u32>>) {
    let mut seen: Vec<&u32> = Vec::new();
    let list = m.lock().unwrap();
    seen.extend(list.first());
    other().await;
}

async fn used_later(m: &Mutex<u32>) {
    let total = m.lock().unwrap();
    other().await;
    println!("{total}");
}

async fn used_in_the_same_statement(m: &Mutex<u32>) {
    let total = m.lock().unwrap();
    println!("{} {}", *total, async { 1 }.await);
}

async fn used_by_a_closure_later(m: &Mutex<u32>) {
    let total = m.lock().unwrap();
    other().await;
    let read = || *total;
    println!("{}", read());
}

async fn behind_an_attribute(m: &Mutex<u32>) {
    let total = m.lock().unwrap();
    println!("{total}");
    #[allow(clippy::unit_arg)]
    drop(other().await);
}

async fn in_a_macro_call(m: &Mutex<u32>) {
    let total = m.lock().unwrap();
    println!("{total}");
    println!("{}", async { 1 }.await);
}

async fn protects_something_else(m: &Mutex<()>) {
    let _serial = m.lock().unwrap();
    other().await;
}

fn main() {}
