//! Who reads and writes which topic. The services' consumer groups and the ACLs for Kafka come from here.

use super::topics::{
    self, FEEDBACK, MESSAGES, PROGRESS, QUERIES, RESPONSES, SETTINGS, dead_letter_topic, is_dead_letter_topic,
};

/// A part of the system that has a Kafka user of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    Bot,
    Processor,
    /// The people who run the `rtfm` command. `rtfm up` needs the rights of all three.
    Operator,
}

/// What a service does with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TopicUse {
    Publish,
    /// Reads all of it, without a group.
    Follow,
    /// Shares it with the service's other instances, as this consumer group. What fails goes to its dead-letter topic.
    Consume(&'static str),
}

/// The consumer group of the index pipeline.
pub const INDEX_GROUP: &str = "rtfm-index";
/// The consumer group of the answer pipeline.
pub const ANSWER_GROUP: &str = "rtfm-answer";
/// The consumer group of the bots that deliver answers.
pub const ANSWERS_GROUP: &str = "rtfm-bot";
/// The consumer group of the bots that show partial answers. A group of its own, so that a rebalance of one does not
/// interrupt the other.
pub const PARTIALS_GROUP: &str = "rtfm-bot-progress";
/// The beginning of the names that lone readers give the client library, which looks for a coordinator of such a group
/// though they join none.
pub(super) const READERS: &str = "rtfm-reader-";
/// The beginning of every group's name.
const GROUPS: &str = "rtfm-";

/// Everything that services do with the topics in their ordinary work, dead letters aside.
pub const USES: [(Service, &str, TopicUse); 19] = [
    (Service::Bot, MESSAGES, TopicUse::Publish),
    (Service::Bot, QUERIES, TopicUse::Publish),
    // To count questions for the limits of servers.
    (Service::Bot, QUERIES, TopicUse::Follow),
    (Service::Bot, RESPONSES, TopicUse::Consume(ANSWERS_GROUP)),
    (Service::Bot, PROGRESS, TopicUse::Consume(PARTIALS_GROUP)),
    (Service::Bot, FEEDBACK, TopicUse::Publish),
    (Service::Bot, SETTINGS, TopicUse::Publish),
    (Service::Bot, SETTINGS, TopicUse::Follow),
    (Service::Processor, MESSAGES, TopicUse::Consume(INDEX_GROUP)),
    (Service::Processor, QUERIES, TopicUse::Consume(ANSWER_GROUP)),
    (Service::Processor, RESPONSES, TopicUse::Publish),
    (Service::Processor, PROGRESS, TopicUse::Publish),
    (Service::Processor, SETTINGS, TopicUse::Follow),
    // `rtfm import`, and the decisions of people who cannot use the bot's commands.
    (Service::Operator, MESSAGES, TopicUse::Publish),
    (Service::Operator, SETTINGS, TopicUse::Publish),
    // `rtfm ask`, `search` and `status`.
    (Service::Operator, QUERIES, TopicUse::Publish),
    (Service::Operator, RESPONSES, TopicUse::Follow),
    (Service::Operator, PROGRESS, TopicUse::Follow),
    (Service::Operator, SETTINGS, TopicUse::Follow),
];

/// Something that an ACL is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclResource {
    Topic(String),
    Group(String),
    /// Every group whose name begins so.
    GroupPrefix(String),
}

/// The operations of Kafka that the system uses, in Kafka's spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclOperation {
    Read,
    Write,
    Create,
    Delete,
    Describe,
    DescribeConfigs,
    AlterConfigs,
}

/// What a service may do with a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclRule {
    pub service: Service,
    pub resource: AclResource,
    /// In the order of the enum, without repetition; never empty.
    pub operations: Vec<AclOperation>,
}

/// The ACLs that a service needs: nothing else is used.
pub fn acls(service: Service) -> Vec<AclRule> {
    let mut rules: Vec<_> = topics::catalogue()
        .into_iter()
        .map(|topic| {
            let operations = on_topic(service, &topic.name);
            AclRule { service, resource: AclResource::Topic(topic.name), operations }
        })
        .collect();
    let groups = used_by(service).filter_map(|(_, topic_use)| match topic_use {
        TopicUse::Consume(group) => Some(group),
        TopicUse::Publish | TopicUse::Follow => None,
    });
    let read = vec![AclOperation::Read];
    rules.extend(groups.map(|group| AclRule {
        service,
        resource: AclResource::Group(group.to_owned()),
        operations: read.clone(),
    }));
    // The operator looks at the services' groups too.
    let prefix = if service == Service::Operator { GROUPS } else { READERS };
    let (resource, operations) = (AclResource::GroupPrefix(prefix.to_owned()), vec![AclOperation::Describe]);
    rules.push(AclRule { service, resource, operations });
    rules
}

fn used_by(service: Service) -> impl Iterator<Item = (&'static str, TopicUse)> {
    USES.into_iter().filter(move |(of, ..)| *of == service).map(|(_, topic, topic_use)| (topic, topic_use))
}

fn on_topic(service: Service, topic: &str) -> Vec<AclOperation> {
    // Every service checks that all topics exist with their partitions.
    let mut operations = vec![AclOperation::Describe];
    for (used, topic_use) in used_by(service) {
        match topic_use {
            TopicUse::Publish if used == topic => operations.push(AclOperation::Write),
            TopicUse::Follow | TopicUse::Consume(_) if used == topic => operations.push(AclOperation::Read),
            TopicUse::Consume(_) if dead_letter_topic(used) == topic => operations.push(AclOperation::Write),
            _ => {}
        }
    }
    if service == Service::Operator {
        use AclOperation::{AlterConfigs, Create, Delete, DescribeConfigs, Read, Write};
        operations.extend([Create, Delete, DescribeConfigs, AlterConfigs]);
        // `rtfm dlq` reads dead letters, notes on their topic what became of them, and replays them.
        let consumed = USES.iter().any(|(_, used, kind)| *used == topic && matches!(kind, TopicUse::Consume(_)));
        operations.extend(is_dead_letter_topic(topic).then_some([Read, Write]).into_iter().flatten());
        operations.extend(consumed.then_some(Write));
    }
    operations.sort_unstable();
    operations.dedup();
    operations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(service: Service, topic: &str) -> String {
        let rules = acls(service);
        let rule = rules.iter().find(|rule| rule.resource == AclResource::Topic(topic.to_owned())).unwrap();
        rule.operations.iter().map(|operation| format!("{operation:?} ")).collect::<String>().trim().to_owned()
    }

    #[test]
    fn each_service_gets_what_it_uses_and_no_more() {
        assert_eq!(allowed(Service::Bot, "bot-settings"), "Read Write Describe");
        assert_eq!(allowed(Service::Processor, "bot-settings"), "Read Describe");
        assert_eq!(allowed(Service::Bot, "bot-responses"), "Read Describe");
        assert_eq!(allowed(Service::Processor, "bot-responses"), "Write Describe");
        assert_eq!(allowed(Service::Processor, "bot-feedback"), "Describe");
        assert_eq!(allowed(Service::Bot, "bot-responses.dlq"), "Write Describe");
        assert_eq!(allowed(Service::Bot, "discord-messages.dlq"), "Describe");
    }

    #[test]
    fn only_the_operator_changes_topics() {
        let everything = "Read Write Create Delete Describe DescribeConfigs AlterConfigs";
        assert_eq!(allowed(Service::Operator, "bot-queries.dlq"), everything);
        for rule in acls(Service::Bot).into_iter().chain(acls(Service::Processor)) {
            assert!(
                rule.operations
                    .iter()
                    .all(|operation| *operation <= AclOperation::Write || *operation == AclOperation::Describe),
                "{rule:?}"
            );
        }
    }

    #[test]
    fn groups_belong_to_the_service_that_consumes_as_them() {
        let groups = |service| -> Vec<AclResource> {
            let resources = acls(service).into_iter().map(|rule| rule.resource);
            resources.filter(|resource| !matches!(resource, AclResource::Topic(_))).collect()
        };
        let group = |name: &str| AclResource::Group(name.to_owned());
        let prefix = |name: &str| AclResource::GroupPrefix(name.to_owned());
        assert_eq!(groups(Service::Bot), [group("rtfm-bot"), group("rtfm-bot-progress"), prefix("rtfm-reader-")]);
        assert_eq!(groups(Service::Processor), [group("rtfm-index"), group("rtfm-answer"), prefix("rtfm-reader-")]);
        assert_eq!(groups(Service::Operator), [prefix("rtfm-")]);
        assert!(USES.iter().all(|(_, _, kind)| !matches!(kind, TopicUse::Consume(name) if !name.starts_with(GROUPS))));
    }
}
