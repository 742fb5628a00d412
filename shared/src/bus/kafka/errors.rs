//! librdkafka's errors as bus errors.

use crate::bus::{BusError, MAX_RECORD_BYTES};
use rdkafka::{error::KafkaError, types::RDKafkaErrorCode as Code};

/// The error code, including `AdminOp`, which the library's accessor omits.
pub(super) fn code_of(error: &KafkaError) -> Option<Code> {
    match error {
        KafkaError::AdminOp(code) => Some(*code),
        other => other.rdkafka_error_code(),
    }
}

/// Converts an error of a call; `about` is its topic or subject.
pub(super) fn from_kafka(about: &str, error: &KafkaError) -> BusError {
    match code_of(error) {
        Some(code) => from_code(about, code),
        None => match error {
            KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_) | KafkaError::Nul(_) => {
                BusError::Fatal(format!("{about}: {error}"))
            }
            KafkaError::Canceled => BusError::Closed(format!("{about}: the client was closed")),
            other => BusError::Unavailable(format!("{about}: {other}")),
        },
    }
}

pub(super) fn from_code(about: &str, code: Code) -> BusError {
    match code {
        Code::UnknownTopicOrPartition | Code::UnknownTopic => BusError::UnknownTopic(about.to_owned()),
        Code::MessageSizeTooLarge | Code::MessageBatchTooLarge => {
            BusError::TooLarge { topic: about.to_owned(), size: 0, limit: MAX_RECORD_BYTES }
        }
        Code::InvalidRecord => BusError::InvalidRecord(about.to_owned()),
        code if is_fatal(code) => BusError::Fatal(format!("{about}: {code}")),
        Code::Fenced | Code::FencedInstanceId => {
            BusError::Closed(format!("{about}: another consumer uses the same group.instance.id"))
        }
        code => BusError::Unavailable(format!("{about}: {code}")),
    }
}

/// Whether a person must correct a setting or a permission.
pub(super) fn is_fatal(code: Code) -> bool {
    matches!(
        code,
        Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism
            | Code::IllegalSASLState
            | Code::SecurityDisabled
            | Code::SSL
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::InvalidTopic
            | Code::InvalidConfig
            | Code::InvalidGroupId
            | Code::InvalidPartitions
            | Code::InvalidReplicationFactor
            | Code::InvalidReplicaAssignment
            | Code::InvalidRequiredAcks
            | Code::InvalidSessionTimeout
            | Code::InconsistentGroupProtocol
            | Code::PolicyViolation
            | Code::UnsupportedVersion
            | Code::UnsupportedFeature
            | Code::InvalidArgument
    )
}

/// Whether a rebalance is in progress, so that the call may succeed a moment later or become unnecessary.
pub(super) fn is_rebalance(code: Option<Code>) -> bool {
    matches!(
        code,
        Some(
            Code::RebalanceInProgress
                | Code::IllegalGeneration
                | Code::UnknownMemberId
                | Code::AssignmentLost
                | Code::WaitingForCoordinator
        )
    )
}

/// Whether the group's coordinator is still being elected, as on a new cluster.
pub(super) fn is_coordination(code: Option<Code>) -> bool {
    matches!(
        code,
        Some(
            Code::NotCoordinator
                | Code::CoordinatorNotAvailable
                | Code::CoordinatorLoadInProgress
                | Code::WaitingForCoordinator
        )
    )
}

/// Whether a partition's leader is still being elected.
pub(super) fn is_leadership(code: Option<Code>) -> bool {
    matches!(
        code,
        Some(
            Code::NotLeaderForPartition
                | Code::LeaderNotAvailable
                | Code::UnknownTopicOrPartition
                | Code::UnknownPartition
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resilience::{Class, Classify};

    #[test]
    fn codes_become_errors_with_a_class() {
        let of = |code| from_kafka("t", &KafkaError::AdminOp(code));
        assert!(matches!(of(Code::UnknownTopicOrPartition), BusError::UnknownTopic(topic) if topic == "t"));
        assert!(matches!(of(Code::MessageSizeTooLarge), BusError::TooLarge { .. }));
        assert_eq!(of(Code::MessageSizeTooLarge).class(), Class::Permanent);
        assert!(matches!(of(Code::InvalidRecord), BusError::InvalidRecord(topic) if topic == "t"));
        for code in [Code::TopicAuthorizationFailed, Code::SaslAuthenticationFailed, Code::InvalidConfig] {
            assert!(matches!(of(code), BusError::Fatal(_)), "{code:?}");
        }
        for code in [Code::MessageTimedOut, Code::BrokerTransportFailure, Code::AllBrokersDown, Code::NotEnoughReplicas]
        {
            assert!(matches!(of(code), BusError::Unavailable(_)), "{code:?}");
        }
        assert!(matches!(of(Code::FencedInstanceId), BusError::Closed(_)));
    }
}
