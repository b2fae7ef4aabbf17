"""Sends one FHIR resource, signed by botocore.

usage: sign.py BASE_URL CA_FILE KEY_ID SECRET [SESSION_TOKEN] < resource.json
Prints status and body; the same request is sent twice, as a client does that got no answer.
"""
import json, sys
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

base, authority, *keys = sys.argv[1:]
body = sys.stdin.buffer.read()
resource = json.loads(body)
request = AWSRequest(
    "POST",
    f"{base}/fhir/r4/{resource['resourceType']}",
    headers={"Content-Type": "application/fhir+json"},
    data=body,
)
SigV4Auth(Credentials(*keys), "healthlake", "eu-west-2").add_auth(request)
session = URLLib3Session(verify=authority)
for _ in range(2):
    answer = session.send(request.prepare())
    print(answer.status_code, answer.headers.get("location"), answer.text)
