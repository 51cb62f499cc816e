//! Reading HTTP/1.1 answers (RFC 9112) out of a buffer that fills piece by piece.

/// More headers than this are no answer to one of our requests.
const MOST_HEADERS: usize = 64;
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
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let body_start = match response.parse(bytes) {
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
    /// A chunked body is put together in `scratch`.
    pub(crate) fn body<'a>(
        &self,
        bytes: &'a [u8],
        ended: bool,
        scratch: &'a mut Vec<u8>,
    ) -> Result<Option<&'a [u8]>, Unreadable> {
        let rest = &bytes[self.body_start..];
        match self.framing {
            Framing::Length(length) => match rest.get(..length) {
                // Nothing was asked that this could be the answer to.
                Some(_) if rest.len() > length => Err(Unreadable),
                body => Ok(body),
            },
            Framing::Chunked => Ok(unchunk(rest, scratch)?.then_some(scratch.as_slice())),
            Framing::UntilClose => Ok(ended.then_some(rest)),
        }
    }
}

fn parse_length(value: &[u8]) -> Result<usize, Unreadable> {
    let digits = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = digits.and_then(|digits| digits.parse().ok()).ok_or(Unreadable)?;
    if length <= LONGEST_ANSWER { Ok(length) } else { Err(Unreadable) }
}

/// Puts the chunks of `bytes` together in `whole` (RFC 9112 section 7.1); whether the last one is there. Starts anew each time:
/// answers of a pass server come in one piece or two.
fn unchunk(mut bytes: &[u8], whole: &mut Vec<u8>) -> Result<bool, Unreadable> {
    whole.clear();
    loop {
        let (start, size) = match httparse::parse_chunk_size(bytes) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) => return Ok(false),
            Err(_) => return Err(Unreadable),
        };
        bytes = &bytes[start..];
        if size == 0 {
            return trailers_end(bytes);
        }
        let size = usize::try_from(size).ok().filter(|size| *size <= LONGEST_ANSWER).ok_or(Unreadable)?;
        let Some((chunk, rest)) = bytes.split_at_checked(size) else { return Ok(false) };
        whole.extend_from_slice(chunk);
        match rest {
            [b'\r', b'\n', rest @ ..] => bytes = rest,
            [] | [b'\r'] => return Ok(false),
            _ => return Err(Unreadable),
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
        let mut scratch = Vec::new();
        for cut in cuts.iter().copied().chain([bytes.len()]) {
            let sofar = &bytes[..cut.min(bytes.len())];
            if head.is_none() {
                head = Head::parse(sofar)?;
            }
            if let Some(head) = head {
                let ended = ended && sofar.len() == bytes.len();
                if let Some(body) = head.body(sofar, ended, &mut scratch)? {
                    assert_eq!(sofar.len(), bytes.len(), "complete before the end");
                    return Ok(Some((head.status, body.to_vec())));
                }
            }
        }
        Ok(None)
    }

    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n6;x=y\r\npedia \r\n0\r\nA: b\r\n\r\n";

    proptest! {
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
