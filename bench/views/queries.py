"""The three views of views.d, written by hand for DuckDB and Polars, each with an explicit schema.

References in the input are `urn:uuid:…`, so a key is what follows the ninth character: nothing is asked of the
other engines that the data does not need.
"""

REF = "STRUCT(reference VARCHAR)"
CODING = "STRUCT(system VARCHAR, code VARCHAR, display VARCHAR)"
CODES = "STRUCT(coding STRUCT(code VARCHAR)[])"


def key(reference):
    return f"substr({reference}, 10)"


def read(path, columns):
    listed = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    return f"read_ndjson('{path}', columns={{{listed}}})"


def observation(path):
    source = read(path, {
        "id": "VARCHAR", "subject": REF, "encounter": REF, "status": "VARCHAR", "category": f"{CODES}[]",
        "code": f"STRUCT(coding {CODING}[])", "effectiveDateTime": "VARCHAR",
        "valueQuantity": "STRUCT(value VARCHAR, code VARCHAR)", "valueCodeableConcept": CODES})
    return f"""SELECT id, {key('subject.reference')} AS patient, {key('encounter.reference')} AS encounter, status,
        category[1].coding[1].code AS category, code.coding[1].system AS code_system, code.coding[1].code AS code,
        code.coding[1].display AS code_display,
        list_filter(code.coding, lambda x: x.system = 'http://loinc.org')[1].code AS loinc,
        effectiveDateTime AS effective, valueQuantity.value AS "value", valueQuantity.code AS value_unit,
        valueCodeableConcept.coding[1].code AS value_code FROM {source}"""


def condition(path):
    source = read(path, {
        "id": "VARCHAR", "subject": REF, "encounter": REF, "clinicalStatus": CODES, "verificationStatus": CODES,
        "code": f'STRUCT(coding {CODING}[], "text" VARCHAR)', "onsetDateTime": "VARCHAR",
        "abatementDateTime": "VARCHAR", "recordedDate": "VARCHAR"})
    return f"""SELECT id, {key('subject.reference')} AS patient, {key('encounter.reference')} AS encounter,
        clinicalStatus.coding[1].code AS clinical_status, verificationStatus.coding[1].code AS verification_status,
        code.coding[1].system AS code_system, code.coding[1].code AS code, code.coding[1].display AS code_display,
        code."text" AS code_text, onsetDateTime AS onset, abatementDateTime AS abatement,
        recordedDate AS recorded FROM {source}"""


def encounter(path):
    source = read(path, {
        "id": "VARCHAR", "subject": REF, "status": "VARCHAR", "class": "STRUCT(code VARCHAR)",
        "type": "STRUCT(coding STRUCT(code VARCHAR, display VARCHAR)[])[]",
        "period": 'STRUCT("start" VARCHAR, "end" VARCHAR)', "reasonCode": f"{CODES}[]", "serviceProvider": REF,
        "participant": f"STRUCT(individual {REF}, type {CODES}[])[]"})
    # A lateral join of the participants takes DuckDB three times as long as this.
    return f"""SELECT * EXCLUDE (p), {key('p.individual.reference')} AS participant,
        p.type[1].coding[1].code AS participant_role FROM (
        SELECT id, {key('subject.reference')} AS patient, status, class.code AS "class",
        type[1].coding[1].code AS type_code, type[1].coding[1].display AS type_display,
        period.start AS started, period."end" AS ended, reasonCode[1].coding[1].code AS reason_code,
        {key('serviceProvider.reference')} AS provider,
        unnest(CASE WHEN len(participant) > 0 THEN participant ELSE [NULL] END) AS p FROM {source})"""


DUCKDB = {"observation": observation, "condition": condition, "encounter": encounter}


def polars_observation(pl, path):
    """The flat view for Polars, the one that it expresses without detours."""
    text, struct, listed = pl.String, pl.Struct, pl.List
    coding = struct({"system": text, "code": text, "display": text})
    codes = struct({"coding": listed(struct({"code": text}))})
    schema = {
        "id": text, "subject": struct({"reference": text}), "encounter": struct({"reference": text}),
        "status": text, "category": listed(codes), "code": struct({"coding": listed(coding)}),
        "effectiveDateTime": text, "valueQuantity": struct({"value": pl.Float64, "code": text}),
        "valueCodeableConcept": codes}
    col, field = pl.col, lambda column, name: pl.col(column).struct.field(name)
    first = lambda codings, name: codings.list.first().struct.field(name)
    code = field("code", "coding")
    loinc = code.list.eval(pl.element().filter(pl.element().struct.field("system") == "http://loinc.org"))
    return pl.scan_ndjson(path, schema=schema).select(
        col("id"), field("subject", "reference").str.slice(9).alias("patient"),
        field("encounter", "reference").str.slice(9).alias("encounter"), col("status"),
        first(col("category").list.first().struct.field("coding"), "code").alias("category"),
        first(code, "system").alias("code_system"), first(code, "code").alias("code"),
        first(code, "display").alias("code_display"), first(loinc, "code").alias("loinc"),
        col("effectiveDateTime").alias("effective"), field("valueQuantity", "value").alias("value"),
        field("valueQuantity", "code").alias("value_unit"),
        first(field("valueCodeableConcept", "coding"), "code").alias("value_code"))
