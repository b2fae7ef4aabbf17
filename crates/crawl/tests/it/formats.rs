//! Every format in a few bytes, and what must not be taken for one.

use crate::of_bytes;
use arrow::{
    array::{Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};
use orc_rust::ArrowWriterBuilder;
use parquet::arrow::ArrowWriter;
use std::{io::Write, sync::Arc};

/// Format, label and columns, as in `csv: id Int64, name Utf8`.
fn told(name: &str, bytes: &[u8]) -> String {
    let Some(found) = of_bytes(name, bytes) else { return "unknown".to_owned() };
    let columns: Vec<_> =
        found.columns.iter().map(|column| format!("{} {}", column.name, column.data_type)).collect();
    format!("{} {}: {}", found.format, found.label, columns.join(", "))
}

fn batch() -> RecordBatch {
    let schema =
        Schema::new(vec![Field::new("id", DataType::Int64, false), Field::new("name", DataType::Utf8, true)]);
    let ids = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let names = Arc::new(StringArray::from(vec![Some("a"), None, Some("c")]));
    RecordBatch::try_new(Arc::new(schema), vec![ids, names]).unwrap()
}

#[test]
fn texts_are_told_by_what_they_hold() {
    let patient = r#"{"resourceType":"Patient","id":"1","birthDate":"1970-01-01","name":[{"family":"A"}]}"#;
    for (name, text, wanted) in [
        ("a.json", patient.to_owned(), "fhir-resource Patient: resourceType code, id id, name List<HumanName>, birthDate date"),
        ("a", format!("{patient}\n{patient}\n"), "fhir-ndjson Patient: resourceType code, id id, name List<HumanName>, birthDate date"),
        ("a.ndjson", format!("{patient}\n"), "fhir-ndjson Patient: resourceType code, id id, name List<HumanName>, birthDate date"),
        ("a.json", r#"{"entry":[],"resourceType":"Bundle"}"#.to_owned(), "fhir-bundle Bundle: resourceType code, entry List<Bundle.entry>"),
        ("a.json", r#"[{"a":1,"b":"x"},{"a":1.5,"c":[1]}]"#.to_owned(), "json : a Float64, b Utf8, c List"),
        ("a.jsonl", "{\"a\":1}\n{\"a\":2,\"d\":true}\n".to_owned(), "ndjson : a Int64, d Boolean"),
        ("a.xml", r#"<?xml version="1.0"?><Patient xmlns="http://hl7.org/fhir"><id value="1"/><active value="true"/></Patient>"#.to_owned(), "fhir-xml Patient: id id, active boolean"),
        ("a.xml", "<rows><row><id>1</id><w>2</w></row><row><id>2</id></row></rows>".to_owned(), "xml rows: id Utf8, w Utf8"),
        ("a.hl7", "MSH|^~\\&|A|B|C|D|20260102||ADT^A01|1|P|2.5\rEVN|A01\rPID|1||9990001112\r".to_owned(), "hl7v2 ADT: MSH Segment, EVN Segment, PID Segment"),
        ("a.csv", "nhs_number,seen,weight\n9990001112,2026-01-02,71.5\n".to_owned(), "csv : nhs_number Int64, seen Date32, weight Float64"),
        ("a.tsv", "id\tname\n1\tx\n".to_owned(), "csv : id Int64, name Utf8"),
        ("a.log", "2026-01-02T03:04:05Z INFO started\n2026-01-02T03:04:06Z WARN late\n".to_owned(), "log levels: time Utf8, level Utf8, message Utf8"),
        ("a", "Jan  2 03:04:05 gw sshd[12]: closed\nJan  2 03:04:06 gw cron: ran\n".to_owned(), "log syslog: priority Utf8, time Utf8, host Utf8, app Utf8, process Utf8, message Utf8"),
        ("a", "10.0.0.1 - - [02/Jan/2026:03:04:05 +0000] \"GET / HTTP/1.1\" 200 12\n".to_owned(), "log access: client Utf8, identity Utf8, user Utf8, time Utf8, request Utf8, status Utf8, bytes Utf8, referrer Utf8, agent Utf8"),
        ("a.md", "# Words\n\nof, a, text\n".to_owned(), "unknown"),
        ("a.html", "<html><body/></html>".to_owned(), "unknown"),
        ("a.json", "{\"a\": ".to_owned(), "unknown"),
        ("a.txt", "Just a text, with a comma.\nAnd another line.\n".to_owned(), "unknown"),
    ] {
        assert_eq!(told(name, text.as_bytes()), wanted, "{name}: {text}");
    }
}

#[test]
fn what_people_filled_in_is_no_name_of_a_column() {
    // A table without a header: its first row is somebody's.
    let row = "Ada,Archer,9990001112,1970-01-01\nBo,Baker,9990001120,1981-02-03\n";
    assert_eq!(
        told("a.csv", row.as_bytes()),
        "csv : column_1 Utf8, column_2 Utf8, column_3 Int64, column_4 Date32"
    );
    let names_only = "Ada,Archer,Leeds\nBo,Baker,York\n";
    assert_eq!(told("a.csv", names_only.as_bytes()), "csv : column_1 Utf8, column_2 Utf8, column_3 Utf8");
    let by_number = r#"{"9990001112":{"a":1},"9990001120":{"a":2}}"#;
    assert_eq!(told("a.json", by_number.as_bytes()), "json : column_1 Struct, column_2 Struct");
}

#[test]
fn files_of_columns_are_told_by_their_ends() {
    let mut parquet = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut parquet, batch().schema(), None).unwrap();
    writer.write(&batch()).unwrap();
    writer.close().unwrap();
    assert_eq!(told("a", &parquet), "parquet : id Int64, name Utf8");
    assert_eq!(of_bytes("a", &parquet).unwrap().rows, Some(3));
    assert_eq!(told("a", &parquet[..parquet.len() - 9]), "unknown", "it was cut off");

    let mut orc = Vec::new();
    let mut writer = ArrowWriterBuilder::new(&mut orc, batch().schema()).try_build().unwrap();
    writer.write(&batch()).unwrap();
    writer.close().unwrap();
    assert_eq!(told("a", &orc), "orc : id Int64, name Utf8");
    assert_eq!(of_bytes("a", &orc).unwrap().rows, Some(3));

    let schema = br#"{"type":"record","name":"Visit","fields":[{"name":"id","type":"long"},
        {"name":"note","type":["null","string"]},{"name":"day","type":{"type":"int","logicalType":"date"}}]}"#;
    let length = u16::try_from(schema.len() * 2).unwrap();
    let mut avro = b"Obj\x01\x02\x16avro.schema".to_vec();
    avro.extend([(length & 0x7f) as u8 | 0x80, (length >> 7) as u8]);
    avro.extend(schema);
    avro.push(0);
    avro.extend([7; 16]);
    assert_eq!(told("a", &avro), "avro Visit: id Int64, note Utf8, day Date32");
    assert_eq!(told("a", &avro[..40]), "unknown", "it was cut off");
}

#[test]
fn of_dicom_tags_are_told_and_no_values() {
    let element = |tag: [u8; 4], vr: &[u8; 2], value: &[u8]| {
        [tag.as_slice(), vr, &u16::try_from(value.len()).unwrap().to_le_bytes(), value].concat()
    };
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    file.extend(element([2, 0, 0x10, 0], b"UI", b"1.2.840.10008.1.2.1\0"));
    let data = [
        element([8, 0, 0x60, 0], b"CS", b"MR"),
        element([0x10, 0, 0x10, 0], b"PN", b"Archer^Ada"),
        element([0x10, 0, 0x20, 0], b"LO", b"9990001112"),
    ]
    .concat();
    file.extend(&data);
    assert_eq!(
        told("a.dcm", &file),
        "dicom : TransferSyntaxUID UI, Modality CS, PatientName PN, PatientID LO"
    );
    assert_eq!(told("a", &data), "dicom : Modality CS, PatientName PN, PatientID LO", "without its preamble");
}

#[test]
fn packed_texts_are_told_by_what_they_unpack_to() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all("id,name\n1,x\n".repeat(50_000).as_bytes()).unwrap();
    assert_eq!(told("a.csv.gz", &packer.finish().unwrap()), "csv : id Utf8, name Utf8");
    let packed = zstd::encode_all(b"id,name\n1,x\n2,y\n".as_slice(), 1).unwrap();
    assert_eq!(told("a.csv.zst", &packed), "csv : id Int64, name Utf8");
}

#[test]
fn no_bytes_are_too_odd() {
    let starts: [&[u8]; 10] = [
        b"PAR1",
        b"ORC",
        b"Obj\x01",
        b"MSH|",
        b"{",
        b"[",
        b"<a",
        b"\x1f\x8b\x08",
        b"\x28\xb5\x2f\xfd",
        b"\x08\0\x05\0CS",
    ];
    for start in starts {
        for end in [
            b"".as_slice(),
            b"\0\0\0\0",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"{\"a\":[[[",
            b"|^~\\&",
        ] {
            drop(of_bytes("a", &[start, end].concat()));
            drop(of_bytes("a.csv", &[start, end, &[0xfe; 200]].concat()));
        }
    }
}
