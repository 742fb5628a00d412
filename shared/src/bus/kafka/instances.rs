//! Names for static group membership, one for each of this process's consumers in a group.

use parking_lot::Mutex;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

#[derive(Debug, Default)]
pub(super) struct InstanceNames(Mutex<HashMap<String, BTreeSet<usize>>>);

/// A name in use; dropping this frees it.
#[derive(Debug)]
pub(super) struct InstanceName {
    instance_names: Arc<InstanceNames>,
    group: String,
    number: usize,
    name: String,
}

impl InstanceNames {
    /// Takes the first free name of the group: `instance`, then `instance-2` and so on. Two members with one name would
    /// fence each other off.
    pub(super) fn take(self: &Arc<Self>, group: &str, instance: &str) -> InstanceName {
        let mut taken = self.0.lock();
        let taken = taken.entry(group.to_owned()).or_default();
        let number = (1..).find(|number| !taken.contains(number)).unwrap_or_default();
        taken.insert(number);
        let name = if number == 1 { instance.to_owned() } else { format!("{instance}-{number}") };
        InstanceName { instance_names: self.clone(), group: group.to_owned(), number, name }
    }
}

impl InstanceName {
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for InstanceName {
    fn drop(&mut self) {
        let mut taken = self.instance_names.0.lock();
        if let Some(numbers) = taken.get_mut(&self.group) {
            numbers.remove(&self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_consumer_of_a_group_has_a_name_of_its_own() {
        let instance_names = Arc::new(InstanceNames::default());
        let first = instance_names.take("g", "node-a");
        let second = instance_names.take("g", "node-a");
        assert_eq!(
            [first.name(), second.name(), instance_names.take("h", "node-a").name()],
            ["node-a", "node-a-2", "node-a"]
        );
        drop(first);
        assert_eq!(instance_names.take("g", "node-a").name(), "node-a", "a name that is given back is used again");
    }
}
