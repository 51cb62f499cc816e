"""Checks the tables of run folders: check_tables.py RUN...

The Frictionless validator reads every CSV table by its description in datapackage.json. Every Parquet table is read with PyArrow: it
has the columns, types and constraints described, and the rows of its CSV twin, which may lie in another of the RUNs. (The validator
reads Parquet through pandas, which turns whole numbers with gaps into floating point, so it cannot judge these files.)
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from frictionless import Package

TYPES = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "date": pa.string(),
    "datetime": pa.string(),
    "time": pa.string(),
}


def faults_by_validator(run):
    """What the validator says of the descriptor and of the CSV tables."""
    package = Package(str(run / "datapackage.json"))
    for resource in [one for one in package.resources if one.format == "parquet"]:
        package.remove_resource(resource.name)
    report = package.validate()
    faults = [f"{run.name}: {error.message}" for error in report.errors]
    return faults + [f"{run.name}: {task.name}: {error.message}" for task in report.tasks for error in task.errors]


def csv_table(path, fields):
    types = {field["name"]: TYPES[field["type"]] for field in fields}
    options = pa.csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True)
    return pa.csv.read_csv(path, convert_options=options)


def faults_of_parquet(path, fields, twin):
    """What is wrong with a Parquet table, compared with its description and with its CSV twin."""
    expected = pa.schema([(field["name"], TYPES[field["type"]]) for field in fields])
    table = pa.parquet.read_table(path)
    if table.column_names != expected.names:
        return [f"{path}: its columns are {table.column_names}"]
    faults = []
    for field, found in zip(fields, table.schema):
        text = pa.types.is_string(found.type) or pa.types.is_large_string(found.type) or pa.types.is_string_view(found.type)
        if not (found.type.equals(TYPES[field["type"]]) or (text and TYPES[field["type"]] == pa.string())):
            faults.append(f"{path}: {field['name']} has the type {found.type}")
    table = table.cast(expected)
    for field in fields:
        column, rules = table[field["name"]], field.get("constraints", {})
        if rules.get("required") and column.null_count:
            faults.append(f"{path}: {field['name']} has empty cells")
        if "enum" in rules and not set(pc.unique(column).to_pylist()) <= {None, *rules["enum"]}:
            faults.append(f"{path}: {field['name']} has other words than {rules['enum']}")
        bounds = pc.min_max(column).as_py() if pa.types.is_primitive(column.type) else {"min": None, "max": None}
        for rule, worse in [("minimum", min), ("maximum", max)]:
            value = bounds["min" if rule == "minimum" else "max"]
            if rule in rules and value is not None and worse(value, rules[rule]) != rules[rule]:
                faults.append(f"{path}: {field['name']} has {value}, beyond its {rule}")
    if not table.equals(csv_table(twin, fields)):
        faults.append(f"{path} and {twin} differ")
    return faults


def faults_of_run(run, runs):
    """All faults of a run folder, and how many tables were read."""
    faults = faults_by_validator(run)
    resources = json.loads((run / "datapackage.json").read_text())["resources"]
    for resource in resources:
        path = run / resource["path"]
        if resource["format"] == "parquet":
            twins = [one / Path(resource["path"]).with_suffix(".csv") for one in [run, *runs]]
            twin = next(twin for twin in twins if twin.exists())
            faults += faults_of_parquet(path, resource["schema"]["fields"], twin)
    return faults, len(resources)


def validator_sees_a_broken_cell(run):
    """A validator that accepts everything would accept us too."""
    with tempfile.TemporaryDirectory() as folder:
        broken = Path(folder) / run.name
        shutil.copytree(run, broken)
        days = broken / "tables" / "days.csv"
        header, first, *rest = days.read_text().splitlines()
        days.write_text("\n".join([header, "minus one" + first[first.index(",") :], *rest]) + "\n")
        return any('the cell "minus one"' in fault for fault in faults_by_validator(broken))


def main():
    runs = [Path(argument) for argument in sys.argv[1:]]
    found = [faults_of_run(run, runs) for run in runs]
    faults = [fault for faults, _ in found for fault in faults]
    if not validator_sees_a_broken_cell(runs[0]):
        faults.append("the validator did not see a broken cell")
    for fault in faults[:20]:
        print(fault, file=sys.stderr)
    if faults:
        sys.exit(f"{len(faults)} faults")
    print(f"{sum(tables for _, tables in found)} tables in {len(runs)} run folders are as described, and CSV and Parquet agree")


main()
