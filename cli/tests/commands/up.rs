//! `rtfm up`: starts, serves its health, and stops on a signal.

use crate::support::{Running, World};
use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
};

fn address(line: &str) -> String {
    let start = line.find("http://").unwrap_or_else(|| panic!("no address in {line:?}"));
    line[start..].split_whitespace().next().unwrap().to_owned()
}

#[test]
fn it_is_alive_until_it_is_interrupted() {
    let world = World::new();
    let mut up = Running::spawn(world.command(&["up"]));
    let address = address(&up.line_with("http://"));
    up.line_with("RTFM is up");
    world.run(&["health", "--url", &format!("{address}/healthz")]).with_code(0);
    world.run(&["health", "--url", &format!("{address}/nothing-here")]).with_code(1);
    up.interrupt();
    let ended = up.ended().with_code(0);
    assert!(ended.stdout.contains("stopped"), "{ended:?}");
    let dead = world.run(&["health", "--url", &format!("{address}/healthz")]).with_code(1);
    assert!(dead.stderr.contains(&address), "{dead:?}");
}

#[test]
fn an_address_in_use_is_named() {
    let world = World::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = world.command(&["up"]);
    command.env("HTTP_ADDR", &address);
    let ended = Running::spawn(command).ended().with_code(1);
    assert!(ended.stderr.contains(&address) && ended.stderr.contains("HTTP_ADDR"), "{ended:?}");
}

#[test]
fn the_health_endpoints_can_be_off() {
    let world = World::new();
    let mut command = world.command(&["up"]);
    command.env("HTTP_ADDR", "off");
    let mut up = Running::spawn(command);
    up.line_with("RTFM is up");
    up.interrupt();
    up.ended().with_code(0);
    let mut health = world.command(&["health"]);
    health.env("HTTP_ADDR", "off");
    Running::spawn(health).ended().with_code(2);
}

#[test]
fn it_reports_that_it_waits_for_a_broker_and_can_be_interrupted() {
    let world = World::new();
    // A port without a listener: it was free a moment ago.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = world.command(&["up"]);
    command.env("KAFKA_BOOTSTRAP_SERVERS", &closed);
    let mut child = command.spawn().unwrap();
    let errors = BufReader::new(child.stderr.take().unwrap());
    // The client library's own log lines may come first.
    let mut lines = errors.lines().map(|line| line.unwrap());
    let line = lines.find(|line| line.starts_with("rtfm: ")).expect("a message before it ends");
    assert!(line.starts_with(&format!("rtfm: Kafka at {closed} cannot be reached")), "{line}");
    assert!(line.ends_with("Retrying, 14 attempts left"), "{line}");
    let kill = format!("kill -INT {}", child.id());
    assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
