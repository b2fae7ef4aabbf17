"""Reads OpenLineage events by the classes that OpenLineage generates from its own schemas.

usage: lineage.py < events.ndjson
Each event is built of these classes, which check ids and times, know every member and every version of a schema; what
they write again must be what was read. Prints the type of each event.
"""
import json, sys
import attr
from openlineage.client import event_v2, facet_v2
from openlineage.client.serde import Serde

FACETS = {
    "processing_engine": facet_v2.processing_engine_run.ProcessingEngineRunFacet,
    "nominalTime": facet_v2.nominal_time_run.NominalTimeRunFacet,
    "errorMessage": facet_v2.error_message_run.ErrorMessageRunFacet,
    "jobType": facet_v2.job_type_job.JobTypeJobFacet,
    "documentation": facet_v2.documentation_job.DocumentationJobFacet,
    "sql": facet_v2.sql_job.SQLJobFacet,
    "dataSource": facet_v2.datasource_dataset.DatasourceDatasetFacet,
    "schema": facet_v2.schema_dataset.SchemaDatasetFacet,
    "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet,
    "columnLineage": facet_v2.column_lineage_dataset.ColumnLineageDatasetFacet,
    "outputStatistics": facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
}
schema, lineage = facet_v2.schema_dataset, facet_v2.column_lineage_dataset


def field(told):
    nested = [field(inner) for inner in told.pop("fields", [])]
    return schema.SchemaDatasetFacetFields(**told, fields=nested)


def facet(name, told):
    told = dict(told)
    expected = told.pop("_schemaURL")
    if name == "schema":
        told["fields"] = [field(one) for one in told["fields"]]
    if name == "columnLineage":
        told["fields"] = {
            column: lineage.Fields([lineage.InputField(**one) for one in origin["inputFields"]])
            for column, origin in told["fields"].items()
        }
    made = FACETS[name](producer=told.pop("_producer"), **told)
    assert made._schemaURL == expected, f"{expected} is not {made._schemaURL}"
    return made


def facets(told):
    return {name: facet(name, one) for name, one in told.items()}


def dataset(kind, told):
    special = {name: facets(told[name]) for name in ("inputFacets", "outputFacets") if name in told}
    return kind(told["namespace"], told["name"], facets=facets(told["facets"]), **special)


for line in sys.stdin:
    told = json.loads(line)
    event = event_v2.RunEvent(
        eventType=event_v2.RunState(told["eventType"]),
        eventTime=told["eventTime"],
        producer=told["producer"],
        run=event_v2.Run(told["run"]["runId"], facets(told["run"]["facets"])),
        job=event_v2.Job(told["job"]["namespace"], told["job"]["name"], facets(told["job"]["facets"])),
        inputs=[dataset(event_v2.InputDataset, one) for one in told["inputs"]],
        outputs=[dataset(event_v2.OutputDataset, one) for one in told["outputs"]],
    )
    again = json.loads(Serde.to_json(event))
    read = json.loads(line)

    def bare(value):
        """Without what is empty, which the classes fill in or leave out."""
        if isinstance(value, dict):
            return {name: bare(inner) for name, inner in value.items() if inner not in ({}, [], None)}
        return [bare(inner) for inner in value] if isinstance(value, list) else value

    assert bare(again) == bare(read), f"{json.dumps(again)}\nis not\n{json.dumps(read)}"
    print(event.eventType.value)
