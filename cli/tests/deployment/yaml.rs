//! Reads YAML as docker compose does, with merge keys (`<<`).

use yaml_rust2::{Yaml, YamlLoader, yaml::Hash};

/// The only document of a file, merge keys resolved.
pub(crate) fn read(path: &str) -> Yaml {
    let mut documents = YamlLoader::load_from_str(&super::text(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(documents.len(), 1, "{path} is one document");
    merged(documents.remove(0))
}

fn merged(yaml: Yaml) -> Yaml {
    match yaml {
        Yaml::Hash(hash) => {
            let mut result = Hash::new();
            let merge = Yaml::String("<<".to_owned());
            if let Some(base) = hash.get(&merge) {
                let Yaml::Hash(base) = merged(base.clone()) else { panic!("<< takes a mapping") };
                result.extend(base);
            }
            for (key, value) in hash {
                if key != merge {
                    result.insert(key, merged(value));
                }
            }
            Yaml::Hash(result)
        }
        Yaml::Array(items) => Yaml::Array(items.into_iter().map(merged).collect()),
        other => other,
    }
}

/// The entries of a mapping.
pub(crate) fn entries(yaml: &Yaml) -> Vec<(&str, &Yaml)> {
    let hash = yaml.as_hash().map(|hash| hash.iter().map(|(key, value)| (key.as_str().unwrap(), value)).collect());
    hash.unwrap_or_default()
}

/// The texts of a list.
pub(crate) fn texts(yaml: &Yaml) -> Vec<&str> {
    yaml.as_vec().map(|items| items.iter().map(|item| item.as_str().unwrap()).collect()).unwrap_or_default()
}
