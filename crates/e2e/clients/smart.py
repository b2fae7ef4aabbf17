"""A SMART backend service, by two libraries: discovery, a signed assertion, a token, a resource.

usage: smart.py keys FOLDER                               writes private.json, public.json
       smart.py send FOLDER BASE_URL CA_FILE CLIENT_ID    prints a status for each library
"""
import asyncio, json, os, sys
from pathlib import Path

command, folder, *rest = sys.argv[1:]
folder = Path(folder)


def keys():
    from jwcrypto import jwk

    made = [
        jwk.JWK.generate(kty="RSA", size=2048, alg="RS384", kid="rsa", key_ops=["sign"]),
        jwk.JWK.generate(kty="EC", crv="P-384", alg="ES384", kid="ec", key_ops=["sign"]),
    ]
    private = [key.export_private(as_dict=True) for key in made]
    public = [{**key.export_public(as_dict=True), "key_ops": ["verify"]} for key in made]
    (folder / "private.json").write_text(json.dumps({"keys": private}))
    (folder / "public.json").write_text(json.dumps({"keys": public}))


async def fhir_client(base, client_id, jwks):
    """Finds the token endpoint by the SMART configuration, signs by RS384, asks for what no gateway of ours gives."""
    from cumulus_fhir_support import FhirClient, NetworkError

    async with FhirClient(f"{base}/fhir/r4", [], smart_client_id=client_id, smart_jwks=jwks) as client:
        try:
            await client.request("GET", "Patient/1", retry_delays=[])
        except NetworkError as error:
            return error.response.status_code


def oauth_client(base, client_id, jwks):
    """Signs by ES384, and creates a resource with the token."""
    import requests
    from requests_oauth2client import OAuth2Client, OAuth2ClientCredentialsAuth, PrivateKeyJwt

    key = {name: value for name, value in jwks["keys"][1].items() if name != "key_ops"}
    signer = PrivateKeyJwt(client_id, key, alg="ES384", lifetime=60)
    client = OAuth2Client(f"{base}/oauth/token", auth=signer)
    return requests.post(
        f"{base}/fhir/r4/Patient",
        data=json.dumps({"resourceType": "Patient"}),
        headers={"Content-Type": "application/fhir+json"},
        auth=OAuth2ClientCredentialsAuth(client, scope="system/Patient.c"),
    ).status_code


if command == "keys":
    keys()
else:
    base, authority, client_id = rest
    os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = authority
    jwks = json.loads((folder / "private.json").read_text())
    print(asyncio.run(fhir_client(base, client_id, jwks)))
    print(oauth_client(base, client_id, jwks))
