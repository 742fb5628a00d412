//! The processor: keeps what is said (`index`) and answers questions about it (`answer`).

pub mod answer;
pub mod embed;
pub mod gemini;
pub mod index;
pub mod llm;
pub mod store;
mod text;
