"""Holds the SCIM door against RFC 7643 and RFC 7644, by scim2-tester: scim.py BASE AUTHORITY TOKEN.

One line for each check that is neither passed nor passed over, then the number of those that are passed.
"""

import ssl
import sys

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

base, authority, token = sys.argv[1:]
client = httpx2.Client(
    base_url=f"{base}/scim/v2",
    headers={"Authorization": f"Bearer {token}"},
    verify=ssl.create_default_context(cafile=authority),
)
results = check_server(SyncSCIMClient(client))
good = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}
for result in results:
    if result.status not in good | {Status.SKIPPED}:
        print(f"{result.status.name} {result.resource_type} {result.title}: {result.reason}".replace("\n", " "))
print(sum(result.status in good for result in results))
