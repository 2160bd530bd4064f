//! One connection, from its making to its end.

use std::{
    io,
    sync::{Arc, atomic::AtomicU64, atomic::Ordering},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    time::{sleep, timeout},
};

use super::{
    Mood,
    foreign::{Foreign, request_len},
    state::{How, Pass, Shared, Way},
};

/// Most bytes read at once. Small, so that two directions take turns and delays are smooth.
const PIECE_BYTES: usize = 16 * 1024;

/// How long headquarters may be silent after a repeated conversation before the proxy hangs up.
const REPEAT_SILENCE: Duration = Duration::from_millis(200);

/// How many bytes of a conversation are kept to be repeated.
const REPEAT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How carried bytes are treated.
#[derive(Clone, Copy)]
struct Pace {
    delay: Duration,
    bytes_per_s: Option<u64>,
}

impl Pace {
    async fn hold(self, len: usize) {
        let paced = self
            .bytes_per_s
            .map_or(Duration::ZERO, |rate| Duration::from_secs_f64(len as f64 / rate as f64));
        let wait = self.delay + paced;
        if !wait.is_zero() {
            sleep(wait).await;
        }
    }
}

pub(super) async fn connection(shared: Arc<Shared>, mut phone: TcpStream) {
    shared.connections.fetch_add(1, Ordering::SeqCst);
    let mut ends = shared.ends();
    let mood = shared.read(|state| state.mood.clone());
    let work = async {
        match mood {
            Mood::Carry => {
                carry(&shared, phone, Pace { delay: Duration::ZERO, bytes_per_s: None }, None).await
            }
            Mood::Slow(rate) => {
                let pace = Pace { delay: Duration::ZERO, bytes_per_s: Some(rate) };
                carry(&shared, phone, pace, None).await
            }
            Mood::Late(delay) => {
                carry(&shared, phone, Pace { delay, bytes_per_s: None }, None).await
            }
            Mood::Twice => twice(&shared, phone).await,
            Mood::Refuse => phone.set_zero_linger(),
            Mood::Silence => {
                std::future::pending::<()>().await;
                Ok(())
            }
            Mood::Answer(foreign) => answer(&shared, &mut phone, &foreign).await,
        }
    };
    tokio::select! {
        // A connection that broke is what this is for.
        _broken = work => {}
        _ = ends.changed() => {}
    }
}

/// Carries bytes both ways until either side ends or a cut falls.
async fn carry(
    shared: &Shared,
    mut phone: TcpStream,
    pace: Pace,
    keep: Option<&mut Vec<u8>>,
) -> io::Result<()> {
    let upstream = shared.read(|state| state.upstream);
    let Ok(mut hq) = TcpStream::connect(upstream).await else {
        // Nobody is there: the phone is told so as the network would tell it.
        return phone.set_zero_linger();
    };
    phone.set_nodelay(true)?;
    hq.set_nodelay(true)?;
    let how = {
        let (mut phone_reads, mut phone_writes) = phone.split();
        let (mut hq_reads, mut hq_writes) = hq.split();
        let up = Line { shared, way: Way::Up, counter: &shared.up, pace };
        let down = Line { shared, way: Way::Down, counter: &shared.down, pace };
        tokio::select! {
            how = up.pump(&mut phone_reads, &mut hq_writes, keep) => how,
            how = down.pump(&mut hq_reads, &mut phone_writes, None) => how,
        }
    };
    match how {
        Ok(How::Finish) => {
            let _gone = phone.shutdown().await;
            let _gone = hq.shutdown().await;
        }
        Ok(How::Reset) | Err(_) => {
            phone.set_zero_linger()?;
            hq.set_zero_linger()?;
        }
    }
    Ok(())
}

/// One direction of a connection.
struct Line<'a> {
    shared: &'a Shared,
    way: Way,
    counter: &'a AtomicU64,
    pace: Pace,
}

impl Line<'_> {
    async fn pump(
        &self,
        from: &mut ReadHalf<'_>,
        to: &mut WriteHalf<'_>,
        mut keep: Option<&mut Vec<u8>>,
    ) -> io::Result<How> {
        let mut buffer = vec![0; PIECE_BYTES];
        loop {
            let count = from.read(&mut buffer).await?;
            if count == 0 {
                return Ok(How::Finish);
            }
            self.counter.fetch_add(count as u64, Ordering::SeqCst);
            self.pace.hold(count).await;
            match self.shared.pass(self.way, count) {
                Pass::All => to.write_all(&buffer[..count]).await?,
                Pass::Until(here, how) => {
                    to.write_all(&buffer[..here]).await?;
                    return Ok(how);
                }
            }
            if let Some(keep) = keep.as_deref_mut()
                && keep.len() + count <= REPEAT_BYTES_MAX
            {
                keep.extend_from_slice(&buffer[..count]);
            }
        }
    }
}

/// Carries a conversation, then says all that the phone said once more and drops the answers.
async fn twice(shared: &Shared, phone: TcpStream) -> io::Result<()> {
    let mut said = Vec::new();
    let pace = Pace { delay: Duration::ZERO, bytes_per_s: None };
    carry(shared, phone, pace, Some(&mut said)).await?;
    let upstream = shared.read(|state| state.upstream);
    let mut hq = TcpStream::connect(upstream).await?;
    let (mut reads, mut writes) = hq.split();
    let say = async {
        let _gone = writes.write_all(&said).await;
        std::future::pending::<()>().await;
    };
    let hear = async {
        let mut buffer = vec![0; PIECE_BYTES];
        while let Ok(Ok(count)) = timeout(REPEAT_SILENCE, reads.read(&mut buffer)).await
            && count > 0
        {}
    };
    tokio::select! {
        () = say => {}
        () = hear => {}
    }
    Ok(())
}

/// Reads one request and answers it in somebody else's name.
async fn answer(shared: &Shared, phone: &mut TcpStream, foreign: &Foreign) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = vec![0; PIECE_BYTES];
    while request_len(&request).is_none() {
        let count = phone.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        shared.up.fetch_add(count as u64, Ordering::SeqCst);
        request.extend_from_slice(&buffer[..count]);
    }
    let answer = foreign.bytes();
    phone.write_all(&answer).await?;
    shared.down.fetch_add(answer.len() as u64, Ordering::SeqCst);
    phone.shutdown().await
}
