//! The consumer loop that every pipeline runs in: poll → lane by key → handle → acknowledge → commit.
//!
//! Order holds within a lane and many lanes run at once; an offset is committed only when everything
//! before it on its partition is done; what cannot be handled goes to the dead-letter topic whole; a
//! dependency that is away stops its work without losing or dead-lettering any; on a rebalance and on
//! shutdown what is under way is finished within a deadline.

mod handler;

pub use handler::{Failure, Handler};
