//! Reading HTTP/1.1 answers (RFC 9112) out of a buffer that fills piece by piece.

use std::mem::MaybeUninit;

/// More headers than this are no answer to one of our requests.
const MOST_HEADERS: usize = 64;
/// The size of a chunk and its extensions take no more bytes.
const LONGEST_CHUNK_HEAD: usize = 8 << 10;
/// A longer answer is not read: nothing that we ask for comes near it.
pub(crate) const LONGEST_ANSWER: usize = 4 << 20;

/// The head of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Whether the connection may be used again.
    pub(crate) keep_alive: bool,
    body_start: usize,
    framing: Framing,
}

/// How the end of the body is found (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

/// The bytes are no HTTP answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl Head {
    /// The head at the start of `bytes`; `None` while it is incomplete.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Head>, Unreadable> {
        // Two kilobytes that every answer would clear, and of which it uses some hundred bytes.
        let mut headers = [const { MaybeUninit::uninit() }; MOST_HEADERS];
        let mut response = httparse::Response::new(&mut []);
        let parser = httparse::ParserConfig::default();
        let body_start = match parser.parse_response_with_uninit_headers(&mut response, bytes, &mut headers) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if bytes.len() < LONGEST_ANSWER => return Ok(None),
            _ => return Err(Unreadable),
        };
        let status = response.code.ok_or(Unreadable)?;
        let mut keep_alive = response.version == Some(1);
        let mut framing = Framing::UntilClose;
        for header in response.headers.iter() {
            if header.name.eq_ignore_ascii_case("content-length") && framing != Framing::Chunked {
                framing = Framing::Length(parse_length(header.value)?);
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                if !header.value.eq_ignore_ascii_case(b"chunked") {
                    return Err(Unreadable);
                }
                framing = Framing::Chunked;
            } else if header.name.eq_ignore_ascii_case("connection") {
                keep_alive = !header.value.eq_ignore_ascii_case(b"close")
                    && (keep_alive || header.value.eq_ignore_ascii_case(b"keep-alive"));
            }
        }
        if status < 200 || status == 204 || status == 304 {
            framing = Framing::Length(0);
        }
        Ok(Some(Head { status, keep_alive: keep_alive && framing != Framing::UntilClose, body_start, framing }))
    }

    /// Whether another answer follows this one (100 Continue and its kin).
    pub(crate) fn is_interim(&self) -> bool {
        self.status < 200
    }

    /// How many bytes the head takes.
    pub(crate) fn length(&self) -> usize {
        self.body_start
    }

    /// The body in `bytes`, which begin with this head; `None` while it is incomplete. `ended` says that no more will come.
    /// `chunks` keeps how far a chunked body has come, and must be fresh for each answer.
    pub(crate) fn body<'a>(
        &self,
        bytes: &'a [u8],
        ended: bool,
        chunks: &'a mut Chunks,
    ) -> Result<Option<&'a [u8]>, Unreadable> {
        let rest = &bytes[self.body_start..];
        match self.framing {
            Framing::Length(length) => match rest.get(..length) {
                // Nothing was asked that this could be the answer to.
                Some(_) if rest.len() > length => Err(Unreadable),
                body => Ok(body),
            },
            Framing::Chunked => Ok(chunks.join(rest)?.then_some(chunks.whole.as_slice())),
            Framing::UntilClose => Ok(ended.then_some(rest)),
        }
    }
}

fn parse_length(value: &[u8]) -> Result<usize, Unreadable> {
    let digits = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = digits.and_then(|digits| digits.parse().ok()).ok_or(Unreadable)?;
    if length <= LONGEST_ANSWER { Ok(length) } else { Err(Unreadable) }
}

/// A chunked body being put together (RFC 9112 section 7.1). It goes on where it stopped: an answer in many small pieces is read once,
/// not once a piece.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    whole: Vec<u8>,
    /// How many bytes of the body were taken, up to the end of a chunk.
    taken: usize,
}

impl Chunks {
    /// Begins a new body; the room is kept.
    pub(crate) fn clear(&mut self) {
        self.whole.clear();
        self.taken = 0;
    }

    /// Takes the complete chunks of `bytes`, the body so far; whether the last one is there.
    fn join(&mut self, bytes: &[u8]) -> Result<bool, Unreadable> {
        loop {
            let rest = &bytes[self.taken..];
            let (start, size) = match httparse::parse_chunk_size(rest) {
                Ok(httparse::Status::Complete(found)) => found,
                Ok(httparse::Status::Partial) if rest.len() < LONGEST_CHUNK_HEAD => return Ok(false),
                _ => return Err(Unreadable),
            };
            if size == 0 {
                return trailers_end(&rest[start..]);
            }
            let size = usize::try_from(size).ok().filter(|size| *size <= LONGEST_ANSWER).ok_or(Unreadable)?;
            let Some((chunk, after)) = rest[start..].split_at_checked(size) else { return Ok(false) };
            match after {
                [b'\r', b'\n', ..] => {
                    self.whole.extend_from_slice(chunk);
                    self.taken += start + size + 2;
                }
                [] | [b'\r'] => return Ok(false),
                _ => return Err(Unreadable),
            }
        }
    }
}

/// Whether the blank line that ends the trailers is there.
fn trailers_end(bytes: &[u8]) -> Result<bool, Unreadable> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    match httparse::parse_headers(bytes, &mut headers) {
        Ok(httparse::Status::Complete((length, _))) if length == bytes.len() => Ok(true),
        Ok(httparse::Status::Partial) => Ok(false),
        _ => Err(Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds `bytes` up to each cut in turn, as a connection does; the status and body once complete.
    fn read(bytes: &[u8], cuts: &[usize], ended: bool) -> Result<Option<(u16, Vec<u8>)>, Unreadable> {
        let mut head = None;
        let mut chunks = Chunks::default();
        for cut in cuts.iter().copied().chain([bytes.len()]) {
            let sofar = &bytes[..cut.min(bytes.len())];
            if head.is_none() {
                head = Head::parse(sofar)?;
            }
            if let Some(head) = head {
                let ended = ended && sofar.len() == bytes.len();
                if let Some(body) = head.body(sofar, ended, &mut chunks)? {
                    assert_eq!(sofar.len(), bytes.len(), "complete before the end");
                    return Ok(Some((head.status, body.to_vec())));
                }
            }
        }
        Ok(None)
    }

    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n6;x=y\r\npedia \r\n0\r\nA: b\r\n\r\n";

    /// Any answer of ours, and what is to be read from it.
    fn any_answer() -> impl Strategy<Value = (Vec<u8>, u16, Vec<u8>)> {
        let header =
            ("[a-z]{1,12}-[a-z]{1,8}", "[ -~]{0,40}").prop_map(|(name, value)| format!("x-{name}: {value}\r\n"));
        let headers = prop::collection::vec(header, 0..12).prop_map(|headers| headers.concat());
        let chunks = prop::collection::vec(prop::collection::vec(any::<u8>(), 1..200), 0..8);
        (200..600_u16, headers, chunks, any::<bool>()).prop_map(|(status, headers, chunks, chunked)| {
            let body = if matches!(status, 204 | 304) { Vec::new() } else { chunks.concat() };
            let mut bytes = format!("HTTP/1.1 {status} Reason\r\n{headers}").into_bytes();
            if chunked && !matches!(status, 204 | 304) {
                bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
                for chunk in &chunks {
                    bytes.extend(format!("{:x};note=1\r\n", chunk.len()).into_bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                bytes.extend(b"0\r\n\r\n");
            } else {
                bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
                bytes.extend(&body);
            }
            (bytes, status, body)
        })
    }

    proptest! {
        #[test]
        fn any_split_of_any_answer_reads_the_same((bytes, status, body) in any_answer(), mut cuts in prop::collection::vec(0..2_000_usize, 0..12)) {
            cuts.sort_unstable();
            prop_assert_eq!(read(&bytes, &cuts, false), Ok(Some((status, body.clone()))));
            let each: Vec<usize> = (0..bytes.len()).collect();
            prop_assert_eq!(read(&bytes, &each, false), Ok(Some((status, body))));
        }

        #[test]
        fn no_damage_makes_it_panic((mut bytes, _, _) in any_answer(), damage in prop::collection::vec((0..2_000_usize, any::<u8>()), 1..4)) {
            for (at, byte) in damage {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            for ended in [false, true] {
                let _ = read(&bytes, &[], ended);
                let _ = read(&bytes[..bytes.len() / 2], &[], ended);
            }
        }

        #[test]
        fn pieces_make_no_difference(mut cuts in prop::collection::vec(0..120_usize, 0..20)) {
            cuts.sort_unstable();
            let plain = b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\n\r\nhello";
            prop_assert_eq!(read(plain, &cuts, false), Ok(Some((201, b"hello".to_vec()))));
            prop_assert_eq!(read(CHUNKED, &cuts, false), Ok(Some((200, b"Wikipedia ".to_vec()))));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, tail: Vec<u8>) {
            let _ = read(&bytes, &[], true);
            let mut answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
            answer.extend(tail);
            let _ = read(&answer, &[], true);
        }
    }

    #[test]
    fn the_end_is_found_in_each_way() {
        let until_close = b"HTTP/1.0 200 OK\r\n\r\nall of it";
        assert_eq!(read(until_close, &[], false), Ok(None));
        assert_eq!(read(until_close, &[], true), Ok(Some((200, b"all of it".to_vec()))));
        assert_eq!(read(b"HTTP/1.1 204 No Content\r\n\r\n", &[], false), Ok(Some((204, Vec::new()))));
        assert_eq!(read(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", &[], false), Ok(None));
    }

    #[test]
    fn what_is_no_answer_is_unreadable() {
        for bytes in [
            &b"SSH-2.0-OpenSSH\r\n"[..],
            b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n",
        ] {
            assert_eq!(read(bytes, &[], false), Err(Unreadable), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn connections_are_kept_as_the_server_says() {
        let keeps = |head: &str| {
            Head::parse(format!("{head}\r\ncontent-length: 0\r\n\r\n").as_bytes()).unwrap().unwrap().keep_alive
        };
        assert!(keeps("HTTP/1.1 200 OK") && keeps("HTTP/1.0 200 OK\r\nConnection: Keep-Alive"));
        assert!(!keeps("HTTP/1.1 200 OK\r\nConnection: Close") && !keeps("HTTP/1.0 200 OK"));
    }
}
