//! What several tests check in the same way.

use std::fs;
use std::path::Path;

use report::tables;
use serde_json::Value;

/// Fails unless the file at `path` (from the crate's folder) holds `text`; writes it when asked to.
pub(crate) fn equals_file(text: &str, path: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, text).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    let differs = expected.lines().zip(text.lines()).position(|(a, b)| a != b).map(|line| line + 1);
    assert!(expected == text, "{path} differs (first at line {differs:?}); look at it, then run with UPDATE=1");
}

/// Fails unless the `run.json` in `folder` is as `docs/run.schema.json` promises.
pub(crate) fn keeps_the_promise(folder: &Path) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/run.schema.json");
    let validator = jsonschema::validator_for(&json(&schema)).unwrap();
    let record = json(&folder.join("run.json"));
    let faults: Vec<String> =
        validator.iter_errors(&record).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Fails unless every table in `folder` has the header of its schema, and `datapackage.json` describes each column.
pub(crate) fn tables_are_described(folder: &Path) {
    let package = json(&folder.join("datapackage.json"));
    let resources = package["resources"].as_array().unwrap();
    let files =
        fs::read_dir(folder.join("tables")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = files.map(|file| format!("tables/{file}")).collect();
    let mut described: Vec<String> =
        resources.iter().map(|resource| resource["path"].as_str().unwrap().into()).collect();
    files.sort();
    described.sort();
    assert_eq!(files, described);
    for resource in resources {
        let path = folder.join(resource["path"].as_str().unwrap());
        let name = path.file_stem().unwrap().to_str().unwrap();
        let schema = tables::ALL.into_iter().find(|schema| schema.name == name).unwrap();
        let fields = resource["schema"]["fields"].as_array().unwrap();
        let names: Vec<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
        assert_eq!(names, schema.header());
        assert!(fields.iter().all(|field| field["description"].as_str().is_some_and(|text| text.len() > 5)));
        assert_eq!(resource["bytes"], fs::metadata(&path).unwrap().len());
        if path.extension().unwrap() == "csv" {
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(text.lines().next().unwrap(), schema.header().join(","), "{}", path.display());
        }
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
