//! A prepared headquarters that is served.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    time::Duration,
};

use hattama_server::{app::Headquarters, http};
use tokio::runtime::Runtime;

/// The prepared headquarters on loopback.
pub(super) struct Served {
    pub(super) address: SocketAddr,
    pub(super) headquarters: Headquarters,
    stop_serving: Box<dyn FnOnce(&Runtime)>,
    pub(super) runtime: Runtime,
}

impl Served {
    pub(super) fn start(folder: &Path) -> Self {
        let runtime = Runtime::new().expect("threads");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (headquarters, stop_serving) = runtime.block_on(async {
            let headquarters = Headquarters::open(folder).await.expect("it opens");
            let server = http::serve(headquarters.clone(), listener, None).expect("it serves");
            let handle = server.handle();
            tokio::spawn(server);
            let stop = move |runtime: &Runtime| runtime.block_on(handle.stop(true));
            (headquarters, Box::new(stop) as Box<dyn FnOnce(&Runtime)>)
        });
        Self { address, headquarters, stop_serving, runtime }
    }

    pub(super) fn stop(self) {
        // The server's own threads hold the folder as long as they live.
        (self.stop_serving)(&self.runtime);
        self.runtime.block_on(self.headquarters.close());
        drop(self.headquarters);
        self.runtime.shutdown_timeout(Duration::from_secs(10));
    }
}
