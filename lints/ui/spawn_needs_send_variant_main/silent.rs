//! In a program, no other crate has to live with the trait.
#![warn(spawn_needs_send_variant)]

mod services {
    pub trait Service {
        async fn call(&self);
    }

    pub struct One;

    impl Service for One {
        async fn call(&self) {}
    }

    pub async fn serve<S: Service>(service: S) {
        service.call().await;
    }
}

#[tokio::main]
async fn main() {
    tokio::spawn(services::serve(services::One)).await.unwrap();
}
