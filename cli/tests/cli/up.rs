//! `rtfm up`: starts, shows its health, and ends when it is asked to.

use crate::support::{Running, World};
use std::net::TcpListener;

fn door(line: &str) -> String {
    let start = line.find("http://").unwrap_or_else(|| panic!("no address in {line:?}"));
    line[start..].split_whitespace().next().unwrap().to_owned()
}

#[test]
fn it_is_alive_until_it_is_interrupted() {
    let world = World::new();
    let mut up = Running::spawn(world.command(&["up"]));
    let address = door(&up.line_with("http://"));
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
fn the_door_can_be_shut() {
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
