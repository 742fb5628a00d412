//! The local bus among processes: killed in the middle of their work, and side by side on one file. This binary
//! runs itself again for the other processes.

mod child;
mod killed_consumer;
mod killed_publisher;
mod process;
mod side_by_side;
