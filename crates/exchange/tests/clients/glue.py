"""AWS Glue as boto3 sees it.

usage: glue.py URL read                          everything, as JSON: databases, tables, partitions
       glue.py URL put DATABASE TABLE            makes a table of somebody else
       glue.py URL say DATABASE TABLE NAME TEXT  sets a parameter of a table, as a crawler would
       glue.py URL database NAME                 makes a database of somebody else
"""
import json, sys
import boto3

url, command, *arguments = sys.argv[1:]
glue = boto3.client(
    "glue", endpoint_url=url, region_name="eu-west-2", aws_access_key_id="reader", aws_secret_access_key="reader"
)


def listed(operation, member, **arguments):
    return [item for page in glue.get_paginator(operation).paginate(**arguments) for item in page[member]]


if command == "read":
    told = {}
    for database in listed("get_databases", "DatabaseList"):
        tables = {}
        for table in listed("get_tables", "TableList", DatabaseName=database["Name"]):
            place = {"DatabaseName": database["Name"], "TableName": table["Name"]}
            partitions = listed("get_partitions", "Partitions", **place) if table.get("PartitionKeys") else []
            tables[table["Name"]] = {**table, "Partitions": partitions}
        told[database["Name"]] = {**database, "Tables": tables}
    print(json.dumps(told, default=str))
elif command == "put":
    database, table = arguments
    glue.create_table(DatabaseName=database, TableInput={"Name": table, "Description": "Not carelake's."})
elif command == "say":
    database, name, parameter, text = arguments
    table = glue.get_table(DatabaseName=database, Name=name)["Table"]
    kept = ["Name", "Description", "TableType", "Parameters", "PartitionKeys", "StorageDescriptor", "Owner"]
    table = {member: table[member] for member in kept if member in table}
    table["Parameters"][parameter] = text
    glue.update_table(DatabaseName=database, TableInput=table)
elif command == "database":
    glue.create_database(DatabaseInput={"Name": arguments[0]})
