//! Two requests in Kafka's protocol: one shows that a broker answers, because an open port is not enough where a broker
//! listens before it serves; the other creates ACLs, which the client library cannot.

use rtfm_shared::bus::access::{AclOperation, AclResource, AclRule};
use std::{
    io::{Error, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Whether the broker at this address answers an ApiVersions request.
pub(super) fn answers(address: SocketAddr) -> bool {
    ask(address, Duration::from_millis(500), 18, 0, &[]).is_ok_and(|answer| answer.starts_with(&[0, 0]))
}

/// Allows users what the rules say (CreateAcls, version 1).
pub(super) fn allow(address: SocketAddr, rules: &[(String, AclRule)]) -> std::io::Result<()> {
    let creations: Vec<Vec<u8>> = rules
        .iter()
        .flat_map(|(user, rule)| {
            rule.operations.iter().map(move |operation| creation(user, &rule.resource, *operation))
        })
        .collect();
    let count = i32::try_from(creations.len()).map_err(Error::other)?;
    let body = [count.to_be_bytes().to_vec(), creations.concat()].concat();
    let answer = ask(address, Duration::from_secs(30), 30, 1, &body)?;
    // The throttle time, the number of results, and for each its error code and a message, which is empty without error.
    let results = answer.get(8..).unwrap_or_default();
    if results.len() == creations.len() * 4 && results.chunks(4).all(|result| result.starts_with(&[0, 0])) {
        return Ok(());
    }
    Err(Error::other(format!("the broker refused ACLs: {}", String::from_utf8_lossy(results))))
}

fn creation(user: &str, resource: &AclResource, operation: AclOperation) -> Vec<u8> {
    let (kind, name, pattern) = match resource {
        AclResource::Topic(name) => (2, name, 3),
        AclResource::Group(name) => (3, name, 3),
        AclResource::GroupPrefix(name) => (3, name, 4),
    };
    let operation = match operation {
        AclOperation::Read => 3,
        AclOperation::Write => 4,
        AclOperation::Create => 5,
        AclOperation::Delete => 6,
        AclOperation::Describe => 8,
        AclOperation::DescribeConfigs => 10,
        AclOperation::AlterConfigs => 11,
    };
    let allow = 3;
    [vec![kind], text(name), vec![pattern], text(&format!("User:{user}")), text("*"), vec![operation, allow]].concat()
}

fn text(text: &str) -> Vec<u8> {
    let length = i16::try_from(text.len()).expect("a short text");
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

/// Sends a request and returns the answer after its header.
fn ask(address: SocketAddr, patience: Duration, api: i16, version: i16, body: &[u8]) -> std::io::Result<Vec<u8>> {
    const CORRELATION: i32 = 0x5254_464d;
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    let mut request = Vec::new();
    request.extend(api.to_be_bytes());
    request.extend(version.to_be_bytes());
    request.extend(CORRELATION.to_be_bytes());
    request.extend((-1_i16).to_be_bytes()); // no client id
    request.extend(body);
    stream.write_all(&u32::try_from(request.len()).map_err(Error::other)?.to_be_bytes())?;
    stream.write_all(&request)?;
    let mut length = [0_u8; 4];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; usize::try_from(u32::from_be_bytes(length)).map_err(Error::other)?];
    stream.read_exact(&mut answer)?;
    match answer.split_at_checked(4) {
        Some((correlation, rest)) if correlation == CORRELATION.to_be_bytes() => Ok(rest.to_vec()),
        _ => Err(Error::other("an answer to another question")),
    }
}
