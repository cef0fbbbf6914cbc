//! Length-delimited frames over one exchange stream.

use super::slots::Slot;
use commonwheel_protocol::limits::FRAME_BYTES;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::{PeerId, Stream};
use std::io;
use std::time::Duration;
use tokio::time::timeout;

/// How long one frame may take, waiting for its first byte included.
pub const FRAME_TIMEOUT: Duration = Duration::from_secs(30);

/// The bytes of the length that precedes every frame: an unsigned big-endian integer.
const LENGTH_BYTES: usize = 4;

const _: () = assert!(FRAME_BYTES <= u32::MAX as usize, "a frame's length fits its prefix");

/// One exchange stream with a peer, carrying frames both ways.
///
/// A frame is its length (four bytes, big-endian), then that many bytes. After any error, and when
/// a call is cancelled half-way, the stream has ended: a reader that lost its place cannot
/// misread what follows. Dropping it resets the stream.
pub struct Frames {
    peer: PeerId,
    stream: Option<Stream>,
    /// The place it takes among the peer's incoming streams; freed on drop.
    _slot: Option<Slot>,
}

/// Why a frame could not be sent or received.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A length above [`FRAME_BYTES`], announced by the peer or asked for by us.
    #[error("a frame of {found} bytes where at most {limit} are allowed; split it into several")]
    TooLarge {
        /// The length announced or given, in bytes.
        found: usize,
        /// The most that is allowed, in bytes.
        limit: usize,
    },
    /// The peer ended the stream within a frame.
    #[error("expected {expected} bytes, found {found} before the stream ended; ask again")]
    Truncated {
        /// How many bytes were to come.
        expected: usize,
        /// How many came.
        found: usize,
    },
    /// The frame was not through within [`FRAME_TIMEOUT`].
    #[error("no whole frame within {} seconds; ask again or ask another peer", FRAME_TIMEOUT.as_secs())]
    Timeout,
    /// An earlier error or a cancelled call has ended this stream.
    #[error("the stream has ended; open a new one")]
    Ended,
    /// The connection below failed.
    #[error("the connection failed ({0}); open a new stream")]
    Io(io::ErrorKind),
}

impl FrameError {
    /// Whether only the sender can have caused this, so that it may be held against it.
    pub fn is_senders_fault(&self) -> bool {
        matches!(self, FrameError::TooLarge { .. })
    }
}

impl Frames {
    pub(super) fn new(peer: PeerId, stream: Stream, slot: Option<Slot>) -> Self {
        Frames { peer, stream: Some(stream), _slot: slot }
    }

    /// The peer at the other end, as the transport has authenticated it.
    pub fn peer(&self) -> PeerId {
        self.peer
    }

    /// Sends one frame and returns when it is handed to the transport.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] before anything is sent; otherwise what ended the stream.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), FrameError> {
        check_length(bytes.len())?;
        let mut stream = self.stream.take().ok_or(FrameError::Ended)?;
        timeout(FRAME_TIMEOUT, write_frame(&mut stream, bytes)).await.map_err(|_| FrameError::Timeout)??;
        self.stream = Some(stream);
        Ok(())
    }

    /// The next frame, or `None` when the peer has closed its side between two frames.
    ///
    /// # Errors
    /// What ended the stream. An announced length above the limit is refused before anything
    /// is allocated for it.
    pub async fn recv(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        let mut stream = self.stream.take().ok_or(FrameError::Ended)?;
        let frame = timeout(FRAME_TIMEOUT, read_frame(&mut stream)).await.map_err(|_| FrameError::Timeout)??;
        self.stream = Some(stream);
        Ok(frame)
    }

    /// Closes our side, so that the peer's `recv` returns `None`; frames can still be received.
    ///
    /// # Errors
    /// What ended the stream.
    pub async fn close(&mut self) -> Result<(), FrameError> {
        let mut stream = self.stream.take().ok_or(FrameError::Ended)?;
        timeout(FRAME_TIMEOUT, stream.close()).await.map_err(|_| FrameError::Timeout)?.map_err(io_error)?;
        self.stream = Some(stream);
        Ok(())
    }

    /// The stream below, so that tests can send what no honest peer would; `None` when it has ended.
    pub fn raw(&mut self) -> Option<&mut Stream> {
        self.stream.as_mut()
    }
}

impl std::fmt::Debug for Frames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frames").field("peer", &self.peer).field("ended", &self.stream.is_none()).finish()
    }
}

async fn write_frame(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Result<(), FrameError> {
    let length = check_length(bytes.len())?.to_be_bytes();
    stream.write_all(&length).await.map_err(io_error)?;
    stream.write_all(bytes).await.map_err(io_error)?;
    stream.flush().await.map_err(io_error)
}

async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<Vec<u8>>, FrameError> {
    let prefix = read_up_to(stream, LENGTH_BYTES).await?;
    if prefix.is_empty() {
        return Ok(None);
    }
    let prefix: [u8; LENGTH_BYTES] = prefix
        .try_into()
        .map_err(|short: Vec<u8>| FrameError::Truncated { expected: LENGTH_BYTES, found: short.len() })?;
    let expected = usize::try_from(u32::from_be_bytes(prefix)).unwrap_or(usize::MAX);
    check_length(expected)?;
    let frame = read_up_to(stream, expected).await?;
    if frame.len() < expected {
        return Err(FrameError::Truncated { expected, found: frame.len() });
    }
    Ok(Some(frame))
}

/// Reads until `length` bytes or the end. Memory grows with what arrives, not with what is
/// announced, so that many streams that announce much and send nothing cost nothing.
async fn read_up_to(stream: &mut (impl AsyncRead + Unpin), length: usize) -> Result<Vec<u8>, FrameError> {
    let mut bytes = Vec::new();
    stream.take(length as u64).read_to_end(&mut bytes).await.map_err(io_error)?;
    Ok(bytes)
}

fn check_length(found: usize) -> Result<u32, FrameError> {
    match u32::try_from(found) {
        Ok(length) if found <= FRAME_BYTES => Ok(length),
        _ => Err(FrameError::TooLarge { found, limit: FRAME_BYTES }),
    }
}

fn io_error(error: io::Error) -> FrameError {
    FrameError::Io(error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use futures::io::Cursor;

    fn read(bytes: &[u8]) -> Result<Option<Vec<u8>>, FrameError> {
        block_on(read_frame(&mut Cursor::new(bytes)))
    }

    #[test]
    fn frames_come_back_whole_and_the_end_between_frames_is_no_error() {
        let mut wire = Cursor::new(Vec::new());
        block_on(write_frame(&mut wire, b"first")).unwrap();
        block_on(write_frame(&mut wire, b"")).unwrap();
        assert_eq!(wire.get_ref()[..4], [0, 0, 0, 5]);
        wire.set_position(0);
        assert_eq!(block_on(read_frame(&mut wire)), Ok(Some(b"first".to_vec())));
        assert_eq!(block_on(read_frame(&mut wire)), Ok(Some(Vec::new())));
        assert_eq!(block_on(read_frame(&mut wire)), Ok(None));
    }

    #[test]
    fn a_frame_at_the_limit_passes_and_one_byte_more_is_refused_by_its_length_alone() {
        let mut wire = Cursor::new(Vec::new());
        let largest = vec![7; FRAME_BYTES];
        block_on(write_frame(&mut wire, &largest)).unwrap();
        wire.set_position(0);
        assert_eq!(block_on(read_frame(&mut wire)), Ok(Some(largest)));
        let announced = u32::try_from(FRAME_BYTES + 1).unwrap().to_be_bytes();
        assert_eq!(read(&announced), Err(FrameError::TooLarge { found: FRAME_BYTES + 1, limit: FRAME_BYTES }));
    }

    #[test]
    fn a_truncated_frame_is_an_error_in_the_length_and_in_the_content() {
        assert_eq!(read(&[0, 0]), Err(FrameError::Truncated { expected: 4, found: 2 }));
        assert_eq!(read(&[0, 0, 0, 3, b'a']), Err(FrameError::Truncated { expected: 3, found: 1 }));
    }
}
