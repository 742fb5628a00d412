//! The client for other programs, on the local bus, on a real Kafka broker, and on a bus whose faults are scripted.

mod answering;
mod contract;
mod faults;
mod publishing;
mod world;
