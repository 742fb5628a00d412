//! `rtfm topics acls`: the ACLs of each service, for a Kafka that asks for them.

use crate::{
    error::CliError,
    output,
    style::Style,
    table::{self, Align},
};
use clap::Args;
use rtfm_shared::bus::access::{AclOperation, AclResource, AclRule, Service, acls};
use serde_json::{Value, json};

/// The Kafka users of the services.
#[derive(Debug, Args)]
pub(super) struct ServiceUsers {
    /// The bot's Kafka user
    #[arg(long, value_name = "USER", default_value = "rtfm-bot")]
    bot: String,
    /// The processors' Kafka user
    #[arg(long, value_name = "USER", default_value = "rtfm-processor")]
    processor: String,
    /// The Kafka user of the people who run `rtfm`
    #[arg(long, value_name = "USER", default_value = "rtfm-operator")]
    operator: String,
}

impl ServiceUsers {
    fn of(&self, service: Service) -> &str {
        match service {
            Service::Bot => &self.bot,
            Service::Processor => &self.processor,
            Service::Operator => &self.operator,
        }
    }
}

pub(super) fn run(users: &ServiceUsers, as_commands: bool, as_json: bool) -> Result<(), CliError> {
    let rules: Vec<_> = [Service::Bot, Service::Processor, Service::Operator].into_iter().flat_map(acls).collect();
    let mut out = output::stdout();
    if as_json {
        out.json(&Value::from_iter(rules.iter().map(|rule| to_json(users, rule))))?;
    } else if as_commands {
        commands(users, &rules).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    } else {
        let head = ["user", "resource", "name", "operations"].map(|name| (name, Align::Left));
        let rows: Vec<_> = rules.iter().map(|rule| row(users, rule)).collect();
        table::lines(head, &rows, Style::of_stdout()).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

/// The kind, the name and the kind of pattern, as Kafka calls them.
fn parts(resource: &AclResource) -> (&'static str, &str, &'static str) {
    match resource {
        AclResource::Topic(name) => ("topic", name, "literal"),
        AclResource::Group(name) => ("group", name, "literal"),
        AclResource::GroupPrefix(name) => ("group", name, "prefixed"),
    }
}

fn operations(rule: &AclRule) -> Vec<String> {
    rule.operations.iter().map(|operation| format!("{operation:?}")).collect()
}

fn row(users: &ServiceUsers, rule: &AclRule) -> [String; 4] {
    let (kind, name, pattern) = parts(&rule.resource);
    let name = if pattern == "prefixed" { format!("{name}*") } else { name.to_owned() };
    [users.of(rule.service).to_owned(), kind.to_owned(), name, operations(rule).join(", ")]
}

fn to_json(users: &ServiceUsers, rule: &AclRule) -> Value {
    let (kind, name, pattern) = parts(&rule.resource);
    json!({ "user": users.of(rule.service), "resource": kind, "name": name, "pattern": pattern, "operations": operations(rule) })
}

/// One command for all resources of a kind on which a service may do the same.
fn commands(users: &ServiceUsers, rules: &[AclRule]) -> Vec<String> {
    let mut left: Vec<&AclRule> = rules.iter().collect();
    let mut lines = Vec::new();
    while let Some(first) = left.first().copied() {
        let (kind, _, pattern) = parts(&first.resource);
        let like_first = |rule: &AclRule| {
            let (its_kind, _, its_pattern) = parts(&rule.resource);
            (rule.service, its_kind, its_pattern) == (first.service, kind, pattern)
                && rule.operations == first.operations
        };
        let (same, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|rule| like_first(rule));
        left = others;
        let operations: String =
            first.operations.iter().map(|op: &AclOperation| format!(" --operation {op:?}")).collect();
        let names: String = same.iter().map(|rule| format!(" --{kind} {}", parts(&rule.resource).1)).collect();
        let user = users.of(first.service);
        lines.push(format!(
            "kafka-acls.sh --bootstrap-server \"$KAFKA_BOOTSTRAP_SERVERS\" --add --allow-principal 'User:{user}'\
             {operations} --resource-pattern-type {pattern}{names}"
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_rights_are_given_by_one_command() {
        let users = ServiceUsers { bot: "b".to_owned(), processor: "p".to_owned(), operator: "o".to_owned() };
        let lines = commands(&users, &acls(Service::Processor));
        let start = "kafka-acls.sh --bootstrap-server \"$KAFKA_BOOTSTRAP_SERVERS\" --add --allow-principal 'User:p'";
        assert!(lines.iter().all(|line| line.starts_with(start)), "{lines:#?}");
        let has = |rest: &str| lines.iter().any(|line| line.strip_prefix(start) == Some(rest));
        assert!(
            has(" --operation Read --operation Describe --resource-pattern-type literal --topic discord-messages \
                 --topic bot-queries --topic bot-settings"),
            "{lines:#?}"
        );
        assert!(
            has(" --operation Read --resource-pattern-type literal --group rtfm-index --group rtfm-answer"),
            "{lines:#?}"
        );
        let lines = commands(&users, &acls(Service::Operator));
        assert!(
            lines
                .iter()
                .any(|line| line.ends_with("--operation Describe --resource-pattern-type prefixed --group rtfm-"))
        );
    }
}
