//! In a test an executor may block its thread, which nobody else has; a panic is a panic there too.

async fn fetch() -> u32 {
    tokio::task::yield_now().await;
    1
}

#[tokio::test]
async fn an_executor_that_nests() {
    assert_eq!(pollster::block_on(fetch()), 1);
}

#[cfg(test)]
mod helpers {
    pub async fn nested() -> u32 {
        pollster::block_on(super::fetch())
    }

    pub async fn one_that_panics() -> u32 {
        tokio::runtime::Handle::current().block_on(super::fetch())
    }
}

#[tokio::test]
async fn calls_the_helpers() {
    helpers::nested().await;
    helpers::one_that_panics().await;
}
