//! What an async body may do: statements, each list complete in itself, free of names from outside
//! but for the prelude of the batch.

/// Name and text.
pub const BODIES: &[(&str, &str)] = &[
    ("empty", ""),
    ("diverges", "if false { let never: ! = panic!(); never } pending::<()>().await;"),
    (
        "guard",
        "let lock = std::sync::Mutex::new(0_u8);
        let mut guard = lock.lock().unwrap(); *guard += 1; yield_now().await; drop(guard);",
    ),
    (
        "guards_in_data",
        "struct Holder<'a>(Option<std::sync::MutexGuard<'a, [u8; 4]>>, ());
        let lock = std::sync::Mutex::new([0; 4]);
        let mut all = vec![Holder(lock.lock().ok(), ())];
        for Holder(held, ()) in &mut all { yield_now().await; *held = None; }
        let [.., last] = &all[..] else { return_none().await; unreachable!() };
        let _ = last.0.as_deref();",
    ),
    (
        "let_chains",
        "let lock = std::cell::RefCell::new(Some(Some(3)));
        if let Some(inner) = &*lock.borrow() && let Some(number @ 1..=9) = inner && *number > 2 { yield_now().await; }
        while let Some(Some(at)) = lock.take() && at < 4 { yield_now().await; }",
    ),
    (
        "labels",
        "let found = 'outer: loop {
            'inner: for at in 0.. { if at == 3 { yield_now().await; continue 'outer; } if at > 4 { break 'inner; } if at == 2 { break 'outer at; } }
        };
        let value = 'block: { if found == 2 { yield_now().await; break 'block 1; } 2 }; let _ = value;",
    ),
    (
        "select_loop",
        "let (send, mut receive) = tokio::sync::mpsc::channel::<Vec<u8>>(1);
        let token = tokio_util::sync::CancellationToken::new();
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        let mut rest = None;
        loop {
            tokio::select! {
                biased;
                () = token.cancelled() => break,
                Some(message) = receive.recv(), if rest.is_none() => rest = Some(message),
                permit = send.reserve(), if rest.is_some() => match (permit, rest.take()) { (Ok(permit), Some(rest)) => permit.send(rest), _ => drop(return_none().await) },
                _ = ticks.tick() => continue,
                else => break,
            }
        }",
    ),
    (
        "select_nested",
        "tokio::select! {
            value = async { tokio::select! { () = yield_now() => 1, () = pending() => 2 } } => drop(value),
            _ = tokio::time::sleep(Duration::ZERO) => { tokio::select! { else => {} } }
        }",
    ),
    (
        "select_of_futures",
        "use futures::{FutureExt as _, StreamExt as _};
        let mut one = Box::pin(yield_now().fuse());
        let mut numbers = futures::stream::iter(0..3).fuse();
        loop { futures::select! { () = one => break, number = numbers.next() => if number.is_none() { break }, complete => break, default => {} } }
        futures::select_biased! { () = Box::pin(yield_now()).fuse() => {} }",
    ),
    (
        "timeouts",
        "let limit = tokio::time::Instant::now() + Duration::from_secs(1);
        let mut sum = 0_u64;
        let _ = tokio::time::timeout_at(limit, async { for at in 0..u64::MAX { sum = sum.wrapping_add(at); if sum == 9 { break } } }).await;
        let sleep = tokio::time::sleep_until(limit); tokio::pin!(sleep); (&mut sleep).await; sleep.as_mut().reset(limit);",
    ),
    (
        "broadcast",
        "let (send, mut receive) = tokio::sync::broadcast::channel::<std::sync::Arc<str>>(2);
        let _ = send.send(\"x\".into()); drop(send);
        while let Ok(text) = receive.recv().await { let _ = text.len(); }
        match receive.recv().await { Err(tokio::sync::broadcast::error::RecvError::Lagged(by)) => drop(by), Err(_) | Ok(_) => {} }",
    ),
    (
        "blocking",
        "std::thread::sleep(Duration::ZERO);
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
        let _ = tokio::task::spawn_blocking(move || loop { if stop.load(std::sync::atomic::Ordering::Relaxed) { break std::fs::read(\"/\") } }).await;
        let (send, receive) = std::sync::mpsc::channel::<()>(); drop(send); for () in receive {}
        let _ = std::thread::spawn(|| futures::executor::block_on(async {})).join();",
    ),
    (
        "blocking_indirect",
        "trait Reads { fn read(&self) -> usize { std::fs::metadata(\".\").map_or(0, |data| data.len() as usize) } }
        impl<T: ?Sized> Reads for T {}
        fn by_pointer(read: fn(&str) -> usize) -> usize { read(\"\") }
        fn even(n: u8) -> usize { if n == 0 { \"\".read() } else { odd(n - 1) } }
        fn odd(n: u8) -> usize { if n == 0 { 1 } else { even(n - 1) } }
        let _ = by_pointer(<str as Reads>::read) + even(4) + (&() as &dyn Reads as *const _ as *const () as usize);",
    ),
    (
        "tasks",
        "tokio::spawn(async {}); let _ = tokio::spawn(yield_now());
        let mut set = tokio::task::JoinSet::new(); set.spawn(async { 1 }); set.spawn_blocking(|| 2);
        while let Some(Ok(_)) = set.join_next().await {} set.abort_all();",
    ),
    (
        "many_futures",
        "use futures::StreamExt as _;
        let all = futures::future::join_all((0..3).map(|at| async move { yield_now().await; at })).await;
        let mut some: futures::stream::FuturesUnordered<_> = all.into_iter().map(|at| async move { at }).collect();
        while let Some(at) = some.next().await { if at == 7 { some.push(panic!()) } }
        let mut buffered = futures::stream::iter(0..9).map(|at| async move { at }).buffer_unordered(usize::MAX);
        while let Some(_) = buffered.next().await { yield_now().await; }
        let _ = tokio::join!(yield_now(), async { tokio::join!(yield_now(), yield_now()) });
        let _: Result<(u8, u8), ()> = tokio::try_join!(async { Ok(1) }, async { Err(()) });",
    ),
    (
        "large_values",
        "let buffer = [[0_u8; 1024]; 40]; yield_now().await; let _ = buffer[3][5];
        let nothing: [[(); usize::MAX]; 2] = [[(); usize::MAX]; 2]; yield_now().await; let _ = nothing.len();
        let never: [std::convert::Infallible; 0] = []; yield_now().await; let _ = never;",
    ),
    (
        "patterns",
        "let mut value = (1, [2, 3, 4], Some(\"x\"));
        let (ref mut a, [first, rest @ ..], ref text @ Some(..)) = value else { return_none().await; panic!() };
        *a += first + rest.len() as i32; yield_now().await; let _ = text;
        match value { (i32::MIN..=0, ..) => {} (n, _, Some(s)) if { yield_now().await; s.len() == n as usize } => {} (_, [_, _, x], _) => drop(x) }
        (value.0, _) = (3, 4); [_, value.1[0], ..] = [1, 2, 3];",
    ),
    (
        "question_marks",
        "let all: Result<u8, Box<dyn std::error::Error + Send + Sync>> = async {
            let text = String::from_utf8(vec![49])?; yield_now().await; Ok(text.parse::<u8>()?)
        }.await;
        let Ok(_) = all else { return_none().await; panic!() };
        let _: Option<u8> = async { let first = return_none().await?; Some(first) }.await;",
    ),
    (
        "raw_pointers",
        "let mut value = 3_u32; let pointer = &raw mut value;
        unsafe { pointer.write(4); *pointer += 1; std::ptr::drop_in_place(pointer); }
        let function: unsafe extern \"C\" fn(u8) -> u8 = { unsafe extern \"C\" fn f(x: u8) -> u8 { x } f };
        yield_now().await; let _ = unsafe { function(1) };
        let _ = std::mem::MaybeUninit::<[u8; 0]>::uninit();",
    ),
    (
        "constants",
        "const LIMIT: usize = { let mut at = 0; while at < 4 { at += 1; } at };
        static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(LIMIT);
        let array = [const { Vec::<u8>::new() }; LIMIT]; yield_now().await;
        let _ = (array.len(), const { 1 + LIMIT }, COUNT.load(std::sync::atomic::Ordering::SeqCst));
        thread_local! { static HERE: Cell<u8> = const { Cell::new(1) }; } HERE.with(|here| here.set(2));",
    ),
    (
        "closures",
        "let mut log = Vec::new();
        let mut push = |text: &'static str| { log.push(text); log.len() }; push(\"a\");
        let compose = |f: &dyn Fn(u8) -> u8| move |x: u8| { let _ = &log; x }; let _ = compose(&|x| x);
        let later: Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = u8>>>> = Box::new(|| Box::pin(async { 1 }));
        let _ = later().await;",
    ),
    (
        "dropped_half_way",
        "struct Loud(&'static str); impl Drop for Loud { fn drop(&mut self) { let _ = self.0; } }
        let one = Loud(\"a\"); let two = Box::new(Loud(\"b\"));
        if std::hint::black_box(true) { drop(one); yield_now().await; } else { std::mem::forget(two); }
        let pair = (Loud(\"c\"), Loud(\"d\")); let (left, _) = pair; yield_now().await; drop(left);
        let _ = async { let _inner = Loud(\"e\"); yield_now().await };",
    ),
    (
        "wakers",
        "let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut job = std::pin::pin!(yield_now()); while job.as_mut().poll(&mut cx).is_pending() { yield_now().await; }
        let mut first = true;
        std::future::poll_fn(|cx| if std::mem::take(&mut first) { cx.waker().wake_by_ref(); Poll::Pending } else { Poll::Ready(()) }).await;",
    ),
    (
        "half_reads",
        "use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
        let (one, two) = tokio::io::duplex(8); let (mut read, mut write) = tokio::io::split(one); let mut lines = tokio::io::BufReader::new(two).lines();
        let mut buffer = [0; 4];
        for _ in 0..2 { tokio::select! { got = read.read_exact(&mut buffer) => drop(got), line = lines.next_line() => drop(line), sent = write.write_all(b\"x\") => drop(sent) } }",
    ),
    (
        "async_locks",
        "let lock = std::sync::Arc::new(tokio::sync::Mutex::new(vec![1]));
        let waits = std::pin::pin!(lock.lock()); let mut waits = Some(waits);
        tokio::select! { mut held = async { waits.take().unwrap().await } => { held.push(2); yield_now().await; } () = yield_now() => { lock.lock().await.clear(); } }
        let _permit = tokio::sync::Semaphore::const_new(1).acquire().await.map(std::mem::forget);
        let (_, seen) = tokio::sync::watch::channel(1); let shown = *seen.borrow(); let _ = shown;",
    ),
];
