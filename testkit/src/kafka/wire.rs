//! One request in Kafka's protocol, which shows that a broker answers. An open port is not enough, because a broker
//! listens before it serves.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Whether the broker at this address answers an ApiVersions request.
pub(super) fn answers(address: SocketAddr) -> bool {
    ask(address).unwrap_or(false)
}

fn ask(address: SocketAddr) -> std::io::Result<bool> {
    const CORRELATION: i32 = 0x5254_464d;
    let patience = Duration::from_millis(500);
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    let mut request = Vec::new();
    request.extend(10_i32.to_be_bytes()); // the length of what follows
    request.extend(18_i16.to_be_bytes()); // ApiVersions
    request.extend(0_i16.to_be_bytes()); // version 0
    request.extend(CORRELATION.to_be_bytes());
    request.extend((-1_i16).to_be_bytes()); // no client id
    stream.write_all(&request)?;
    let mut answer = [0_u8; 10];
    stream.read_exact(&mut answer)?;
    let correlation = i32::from_be_bytes([answer[4], answer[5], answer[6], answer[7]]);
    let error = i16::from_be_bytes([answer[8], answer[9]]);
    Ok(correlation == CORRELATION && error == 0)
}
