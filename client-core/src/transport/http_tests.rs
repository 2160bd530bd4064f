use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
};

use super::*;
use crate::{at_rest::StoredFile, transport::RequestBody};

fn get(path: &str) -> Request {
    Request {
        method: Method::Get,
        path: path.to_owned(),
        headers: vec![],
        body: RequestBody::Empty,
        answer_bytes_max: 1000,
    }
}

/// Answers one connection with `answer` after reading a request, and hands the request over.
fn serve(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        head + &String::from_utf8_lossy(&body)
    });
    (address, server)
}

#[test]
fn plain_http_goes_to_this_machine_only() {
    for address in ["http://127.0.0.1:80", "http://[::1]:80/", "http://localhost", "https://a.b"] {
        assert!(HttpTransport::new(&[address.to_owned()], None).is_ok(), "{address}");
    }
    for address in ["http://hq.example.org", "http://10.0.0.1", "ftp://a", "a", "https://a/?x", ""]
    {
        let refused = HttpTransport::new(&[address.to_owned()], None);
        assert!(matches!(refused, Err(TransportError::Address(_))), "{address}");
    }
    assert!(HttpTransport::new(&[], None).is_err());
    assert!(HttpTransport::new(&["https://a".to_owned()], Some("ab")).is_err());
}

#[test]
fn a_range_of_a_file_is_sent_with_its_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo");
    std::fs::write(&path, "0123456789").unwrap();
    let (address, server) = serve("HTTP/1.1 204 No Content\r\nHattama-Wire: 1\r\n\r\n");
    let transport = HttpTransport::new(&[address], None).unwrap();
    let request = Request {
        method: Method::Put,
        body: RequestBody::FileRange { file: StoredFile::plain(path), first: 3, len: 4 },
        ..get("/v1/blobs/x")
    };
    let answer = transport.execute(request, &Stop::default()).unwrap();
    assert_eq!((answer.status, answer.header("hattama-WIRE")), (204, Some("1")));
    let seen = server.join().unwrap();
    assert!(seen.starts_with("PUT /v1/blobs/x HTTP/1.1\r\n"), "{seen}");
    assert!(seen.to_lowercase().contains("content-length: 4"), "{seen}");
    assert!(!seen.to_lowercase().contains("chunked"), "{seen}");
    assert!(seen.ends_with("3456"), "{seen}");
}

#[test]
fn an_answer_beyond_the_limit_is_not_read_on() {
    let (address, server) =
        serve("HTTP/1.1 200 OK\r\ncontent-length: 2000000\r\n\r\naaaaaaaaaaaaaaaaaaaaaaaaa");
    let transport = HttpTransport::new(&[address], None).unwrap();
    let request = Request { answer_bytes_max: 10, ..get("/") };
    let answer = transport.execute(request, &Stop::default());
    assert_eq!(answer, Err(TransportError::TooLong));
    server.join().unwrap();
}

#[test]
fn a_redirect_is_handed_over_and_not_followed() {
    let (address, server) =
        serve("HTTP/1.1 302 Found\r\nlocation: http://portal/\r\ncontent-length: 0\r\n\r\n");
    let transport = HttpTransport::new(&[address], None).unwrap();
    assert_eq!(transport.execute(get("/"), &Stop::default()).unwrap().status, 302);
    server.join().unwrap();
}

#[test]
fn a_closed_port_is_unreachable_and_the_next_address_is_tried() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let transport = HttpTransport::new(std::slice::from_ref(&closed), None).unwrap();
    let refused = transport.execute(get("/"), &Stop::default());
    assert!(matches!(refused, Err(TransportError::Unreachable(_))), "{refused:?}");

    let (open, server) = serve("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let transport = HttpTransport::new(&[closed, open], None).unwrap();
    assert_eq!(transport.execute(get("/"), &Stop::default()).unwrap().body, b"ok");
    server.join().unwrap();
}

#[test]
fn a_silent_server_is_left_at_once_when_told_to_stop() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let transport = HttpTransport::new(&[address], None).unwrap();
    let source = Stop::default();
    let stop = source.armed();
    let started = std::time::Instant::now();
    let waiting = std::thread::spawn(move || transport.execute(get("/"), &stop));
    std::thread::sleep(Duration::from_millis(200));
    source.interrupt();
    assert_eq!(waiting.join().unwrap(), Err(TransportError::Interrupted));
    assert!(started.elapsed() < Duration::from_secs(2));
}

/// Answers one TLS connection; hands over the address and the pin of its certificate.
fn serve_tls() -> (String, String, std::thread::JoinHandle<()>) {
    let made = rcgen::generate_simple_self_signed(vec!["hq.example.org".to_owned()]).unwrap();
    let cert = made.cert.der().clone();
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let pin = hattama_proto::id::PartHash::of(&cert).to_hex();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert], key)
        .unwrap();
    let config = std::sync::Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let connection = rustls::ServerConnection::new(config).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, socket);
        let mut request = [0; 1024];
        // A phone that does not trust us hangs up here.
        if stream.read(&mut request).is_ok_and(|read| read > 0) {
            let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";
            drop(stream.write_all(answer).and_then(|()| stream.flush()));
        }
    });
    (address, pin, server)
}

#[test]
fn a_pinned_certificate_is_accepted_whatever_its_name_and_issuer() {
    let (address, pin, server) = serve_tls();
    let transport = HttpTransport::new(&[address], Some(&pin)).unwrap();
    assert_eq!(transport.execute(get("/"), &Stop::default()).unwrap().body, b"ok");
    server.join().unwrap();
}

#[test]
fn another_certificate_than_the_pinned_one_is_refused() {
    let (address, _, server) = serve_tls();
    let transport = HttpTransport::new(&[address], Some(&"0".repeat(64))).unwrap();
    let refused = transport.execute(get("/"), &Stop::default());
    assert!(matches!(refused, Err(TransportError::Untrusted(_))), "{refused:?}");
    server.join().unwrap();
}

#[test]
fn a_self_made_certificate_without_a_pin_is_refused() {
    let (address, _, server) = serve_tls();
    let transport = HttpTransport::new(&[address], None).unwrap();
    let refused = transport.execute(get("/"), &Stop::default());
    assert!(matches!(refused, Err(TransportError::Untrusted(_))), "{refused:?}");
    server.join().unwrap();
}

#[test]
fn an_answer_is_waited_for_while_the_slowest_line_carries_what_was_sent_and_no_longer() {
    assert_eq!(patience(0), Duration::from_secs(IDLE_TIMEOUT_S));
    // One cell, at 400 bytes a second.
    assert!(patience(32 * 1024) >= Duration::from_secs(IDLE_TIMEOUT_S + 80));
    let longest = patience(hattama_proto::limits::RANGE_BYTES_MAX);
    assert_eq!(longest, patience(UNSENT_BYTES_MAX));
    assert!(longest < Duration::from_secs(240), "a dead connection is noticed: {longest:?}");
}
