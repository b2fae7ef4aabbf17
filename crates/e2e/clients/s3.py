"""A bucket of S3, by moto: serves until its standard input ends. Each line of that takes an object out again."""

import sys

import boto3
from moto.server import ThreadedMotoServer

OBJECTS = {
    "gp/2026-01-01/patient.ndjson": '{"resourceType":"Patient","id":"1"}\n',
    "gp/2026-01-02/patient.ndjson": '{"resourceType":"Patient","id":"2"}\n',
    "gp/wards.csv": "ward,beds\nx,4\n",
}

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f"http://{host}:{port}"
s3 = boto3.client(
    "s3", endpoint_url=url, region_name="eu-west-2", aws_access_key_id="id", aws_secret_access_key="secret"
)
s3.create_bucket(Bucket="exports", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
for key, body in OBJECTS.items():
    s3.put_object(Bucket="exports", Key=key, Body=body.encode())
print(url, flush=True)
for line in sys.stdin:
    s3.delete_object(Bucket="exports", Key=line.strip())
    print("gone", flush=True)
server.stop()
