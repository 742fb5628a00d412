//! The service that says who this is.

use super::Service;
use qdrant_client::qdrant::{HealthCheckReply, HealthCheckRequest, qdrant_server::Qdrant};
use tonic::{Request, Response, Status};

#[tonic::async_trait]
impl Qdrant for Service {
    async fn health_check(&self, _: Request<HealthCheckRequest>) -> Result<Response<HealthCheckReply>, Status> {
        let title = "rtfm-testkit in-memory Qdrant".to_owned();
        Ok(Response::new(HealthCheckReply { title, version: self.version(), commit: None }))
    }
}
