//! The broker of other tests: it starts, survives a kill, and keeps its address.

use rtfm_testkit::kafka::{Broker, available};
use std::net::TcpStream;

#[test]
fn a_broker_restarts_with_its_address_and_data_after_a_stop_and_a_kill() {
    if let Err(missing) = available() {
        println!("kafka: left out ({missing})");
        return;
    }
    let broker = Broker::start().unwrap();
    let address = broker.bootstrap();
    TcpStream::connect(&address).expect("it listens");
    broker.kill();
    assert!(TcpStream::connect(&address).is_err(), "it is gone after a kill");
    broker.start_again().unwrap();
    TcpStream::connect(&address).expect("it listens again after a kill");
    broker.stop();
    assert!(TcpStream::connect(&address).is_err(), "it is gone after a stop");
    broker.start_again().unwrap();
    assert_eq!(broker.bootstrap(), address);
    drop(broker);
    assert!(TcpStream::connect(&address).is_err(), "it is gone when dropped");
}
