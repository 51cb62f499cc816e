//! A small HTTP/1.1 server whose behaviour is known exactly: one thread a connection, and a function that answers.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use loadgen::Target;

/// A request as the answering function sees it.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: String,
}

/// What is written back, byte by byte as it stands.
pub(crate) struct Answer(pub(crate) Vec<u8>);

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Answer(
            format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes(),
        )
    }

    pub(crate) fn empty(status: u16) -> Self {
        Answer(format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n").into_bytes())
    }

    /// Nothing at all: the connection is closed.
    pub(crate) fn hang_up() -> Self {
        Answer(Vec::new())
    }
}

/// A running server; it ends when this is dropped.
pub(crate) struct Server {
    pub(crate) target: Target,
    ended: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::parse(&format!("http://{}", listener.local_addr().unwrap()), &[]).unwrap();
        let (ended, connections) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let answer = Arc::new(answer);
        let server = Server { target, ended: ended.clone(), connections: connections.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                connections.lock().unwrap().push(stream.try_clone().unwrap());
                let answer = answer.clone();
                std::thread::Builder::new().stack_size(128 << 10).spawn(move || serve(stream, &*answer)).unwrap();
            }
        });
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // One more connection wakes the listener.
        let _ = TcpStream::connect(self.target.address());
        for connection in self.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(std::net::Shutdown::Both);
        }
    }
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(&Asked) -> Answer) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(asked) = read(&mut reader) {
        let Answer(bytes) = answer(&asked);
        if bytes.is_empty() || stream.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

/// The next request; none at the end.
pub(crate) fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|length| *length > 0)?;
        let header = header.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length: ") {
            length = value.parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { method, path, body: String::from_utf8(body).ok()? })
}

/// A pass server that remembers nothing: every resident gets a token, every pass is the same, and all of `verdict` is said of it.
pub(crate) fn pass_server(asked: &Asked, verdict: impl Fn(&str) -> bool) -> Answer {
    match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/v1/residents/batch") => {
            let count = asked.body.matches("\"document\"").count();
            let tokens = vec![r#"{"token":"T"}"#; count].join(",");
            Answer::json(200, &format!(r#"{{"residents":[{tokens}]}}"#))
        }
        ("POST", "/v1/residents") => Answer::json(201, r#"{"token":"T"}"#),
        ("POST", "/v1/passes") => {
            let code = if asked.body.contains("\"duration_s\":1}") { "SHORT" } else { "GOOD" };
            let pass = format!(r#"{{"pass":"P","code":"{code}","purpose":"pet","valid_from_s":1,"valid_until_s":2}}"#);
            Answer::json(201, &pass)
        }
        ("POST", "/v1/verifications") => Answer::json(200, &format!(r#"{{"valid":{}}}"#, verdict(&asked.body))),
        ("POST", "/v1/check-ins") => Answer::empty(204),
        ("DELETE", _) => Answer::empty(204),
        _ => Answer::empty(200),
    }
}
